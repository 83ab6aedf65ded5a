"""Finds and checks plugins: entry points of the group ``tapak``, collected once when a process starts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeVar, cast

import pluggy

from tapak.engine.transitions import check_procedure
from tapak.sdk import hookspecs
from tapak.sdk.databases import Database
from tapak.sdk.hookspecs import Folders, StepFinished
from tapak.sdk.procedure import Procedure
from tapak.sdk.provider import Provider
from tapak.sdk.registers import Register
from tapak.sdk.resources import KINDS, RecordSet
from tapak.sdk.scanning import Scanner
from tapak.sdk.settings import SettingsSchema
from tapak.sdk.step_kinds import StepKind

GROUP = "tapak"
CORE = "tapak"

T = TypeVar("T")


class PluginProblem(RuntimeError):
    """What is installed can't run together; the message names every problem, one a line."""


@dataclass(frozen=True, eq=False)
class Registry:
    """Everything that plugins contribute. ``procedures`` by code, ``settings`` and ``folders`` by the plugin's prefix,
    others by name.

    ``announce`` tells every plugin of an event; ``listened`` says whether any wants to know.
    """

    procedures: Mapping[str, Procedure]
    step_kinds: Mapping[str, StepKind]
    registers: Mapping[str, Register]
    providers: Mapping[str, type[Provider]]
    settings: Mapping[str, type[SettingsSchema]]
    scanners: Mapping[str, type[Scanner]]
    announce: Callable[[StepFinished], None]
    listened: bool = False
    folders: Mapping[str, Folders] = field(default_factory=dict)

    def versions(self, key: str) -> tuple[Procedure, ...]:
        """Every installed version of the procedure ``key``, newest first."""
        found = (procedure for procedure in self.procedures.values() if procedure.key == key)
        return tuple(sorted(found, key=lambda procedure: procedure.version, reverse=True))


@cache
def registry() -> Registry:
    """What is installed; found when it is first asked for.

    Raises:
        PluginProblem: what is installed can't run together.
    """
    return build(installed=True)


class _InstalledProviders(Mapping[str, type[Provider]]):
    """Providers by name, each loaded when it is asked for, where the entry point that has it bears its name."""

    def __getitem__(self, name: str) -> type[Provider]:
        for place in entry_points(group=GROUP, name=name):
            for found in getattr(place.load(), "providers", tuple)():
                if found.name == name and not list(_provider_problems(found)):
                    return cast("type[Provider]", found)
        return registry().providers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(registry().providers)

    def __len__(self) -> int:
        return len(registry().providers)


def providers_alone() -> Registry:
    """A registry of providers alone: for a process that asks for one and is to be there at once.

    Raises:
        PluginProblem: as for :func:`registry`, when a provider is asked for.
    """
    return Registry({}, {}, {}, _InstalledProviders(), {}, {}, lambda _: None)


def build(plugins: Iterable[object] = (), *, installed: bool = False) -> Registry:
    """A registry of ``plugins`` (modules or objects with hooks) and, where ``installed``, of every entry point.

    Raises:
        PluginProblem: two contribute the same name, a hook is unknown, a provider's capabilities or a procedure's
            declaration don't hold.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        for plugin in plugins:
            manager.register(plugin)
        if installed:
            manager.load_setuptools_entrypoints(GROUP)
        manager.check_pending()
    except (pluggy.PluginValidationError, ImportError) as problem:
        raise PluginProblem(str(problem)) from problem
    return _collect(manager.hook)


def _collect(hook: Any) -> Registry:
    problems: list[str] = []
    kinds = _index("step kind", _flat(hook.step_kinds()), lambda kind: kind.name, problems)
    procedures = _index("procedure", _flat(hook.procedures()), lambda procedure: procedure.code, problems)
    providers = _index("provider", _flat(hook.providers()), lambda provider: provider.name, problems)
    schemas = _index("settings of plugin", hook.settings_schema(), lambda settings: settings.plugin, problems)
    registers = _index("register", _flat(hook.registers()), lambda register: register.key, problems)
    scanners = _index("scanner", _flat(hook.scanners()), lambda scanner: scanner.name, problems)
    for scanner in scanners.values():
        problems.extend(f"scanner {scanner.name}: {told}" for told in _scanner_problems(scanner))
    for procedure in procedures.values():
        problems.extend(f"procedure {procedure.code}: {told}" for told in check_procedure(procedure, kinds))
    actors = {f"{procedure.key}:{actor.key}" for procedure in procedures.values() for actor in procedure.actors}
    for register in registers.values():
        lost = [writer for writer in register.writers if writer not in actors]
        problems.extend(f"register {register.key}: its writer {writer} is no procedure's actor" for writer in lost)
        if register.imported + register.sealed + bool(register.writers) > 1:
            problems.append(f"register {register.key}: it is imported, sealed or written by hand, only one of them")
    for provider in providers.values():
        problems.extend(f"provider {provider.name}: {told}" for told in _provider_problems(provider))
    folders = _index("folders of plugin", hook.folders(), lambda folders: folders.plugin, problems)
    for prefix, brought in folders.items():
        problems.extend(f"folders of plugin {prefix}: {told}" for told in _folder_problems(brought))
    if problems:
        raise PluginProblem("\n".join(problems))
    return Registry(
        procedures,
        kinds,
        registers,
        providers,
        MappingProxyType({prefix: settings.schema for prefix, settings in schemas.items()}),
        scanners,
        lambda event: hook.step_finished(event=event),
        bool(hook.step_finished.get_hookimpls()),
        folders,
    )


def _folder_problems(folders: Folders) -> Iterator[str]:
    if folders.plugin == CORE:
        yield f"{CORE} is core's own prefix"
    for folder in (folders.letters, folders.pages, folders.translations):
        if folder is not None and not folder.is_dir():
            yield f"{folder} is no folder: is it package data?"


def _flat(answers: Sequence[Sequence[T]]) -> Iterator[T]:
    return chain.from_iterable(reversed(answers))


def _index(what: str, things: Iterable[T], name: Callable[[T], str], problems: list[str]) -> Mapping[str, T]:
    found = [(name(thing), thing) for thing in things]
    counted = Counter(key for key, _ in found)
    problems.extend(f"{what} {key} is contributed {times} times" for key, times in counted.items() if times > 1)
    return MappingProxyType(dict(found))


def _scanner_problems(scanner: type[Scanner]) -> Iterator[str]:
    """A sandbox finds the class by its module and name."""
    if getattr(sys.modules.get(scanner.__module__), scanner.__qualname__, None) is not scanner:
        yield "its class can't be imported by name"
    if "." not in scanner.name:
        yield "its name has no namespace"


def _provider_problems(provider: type[Provider]) -> Iterator[str]:
    able = provider.capabilities
    unknown = able.kinds - KINDS
    if not able.kinds:
        yield "it serves no kind of resource"
    if unknown:
        yield f"unknown kinds of resource: {', '.join(sorted(unknown))}"
    if (Database.kind in able.kinds) != bool(able.engines):
        yield "a provider of databases names their engines, and no other does"
    if (RecordSet.kind in able.kinds) != bool(able.record_types):
        yield "record types are named exactly where record sets are served"
    if able.batch < 1:
        yield f"a batch holds at least one change, not {able.batch}"
    if not issubclass(provider.settings_schema, SettingsSchema):
        yield "its settings_schema is no SettingsSchema"
