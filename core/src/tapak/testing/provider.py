"""A provider without a server: what the contract asks, kept in memory. Authors of providers read it beside theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from marshmallow import fields

from tapak.sdk.databases import Database, derive_password
from tapak.sdk.errors import ChangedMeanwhile, ProviderError, StaleFence
from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.provider import Applied, Capabilities, Change, Check, Probe, Provider, Verification
from tapak.sdk.resources import RecordSet, Site, Spec
from tapak.sdk.settings import SettingsSchema


@dataclass
class MemoryServer:
    """What stands at a server that isn't there.

    ``before`` is called with the name of each act (read, apply, verify) and may raise a ProviderError or change what
    stands; ``acts`` lists every change that was made, and ``given`` what each identity was last handed of others'
    outputs. ``unseen`` are identities that the public doesn't see yet.
    """

    standing: dict[str, Spec] = field(default_factory=dict)
    fences: MutableMapping[str, int] = field(default_factory=lambda: defaultdict(int))
    acts: list[tuple[str, str]] = field(default_factory=list)
    given: dict[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    before: Callable[[str], None] = lambda act: None


class MemorySettings(SettingsSchema):
    """Which server of this process is meant."""

    server = fields.String(required=True, metadata={"label": "Server"})
    password = fields.String(metadata={"label": "Kata sandi", "secret": True})


class MemoryProvider(Provider):
    """Serves record sets, sites and databases from this process's memory."""

    name = "memory"
    title = "Memori"
    capabilities = Capabilities(
        kinds=frozenset({RecordSet.kind, Site.kind, Database.kind}),
        record_types=frozenset({"A", "AAAA", "CNAME", "TXT"}),
        engines=frozenset({"mariadb"}),
        atomic=True,
        fenced=True,
        batch=10,
    )
    settings_schema = MemorySettings
    servers: ClassVar[defaultdict[str, MemoryServer]] = defaultdict(MemoryServer)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._server = self.servers[self.settings["server"]]

    def check(self) -> Sequence[Check]:
        try:
            self._server.before("check")
        except ProviderError as problem:
            return (Check("Sambungan", False, problem.message),)
        return (Check("Sambungan", True, "Server menjawab."),)

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        self._server.before("read")
        return {spec.identity: self._server.standing.get(spec.identity) for spec in specs}

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        self._server.before("apply")
        for change in changes:
            self._compare(change, fence)
        for change in changes:
            self._make(change, fence)
        return tuple(_applied(change) for change in changes)

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return [self._look(spec, spec) for spec in specs]

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        return [self._look(spec, None) for spec in specs]

    def _compare(self, change: Change, fence: int) -> None:
        if fence < self._server.fences[change.identity]:
            raise StaleFence("Pekerja lama ditolak.", log=f"{change.identity}: fence {fence} is stale")
        if self._server.standing.get(change.identity) != change.observed:
            raise ChangedMeanwhile(
                f"{change.identity} baru saja berubah. Akan dicoba lagi.", log=f"{change.identity} changed meanwhile"
            )

    def _make(self, change: Change, fence: int) -> None:
        self._server.fences[change.identity] = fence
        self._server.acts.append((change.action, change.identity))
        self._server.given[change.identity] = change.given
        if change.desired is None:
            self._server.standing.pop(change.identity, None)
        else:
            self._server.standing[change.identity] = change.desired

    def _look(self, spec: Spec, wanted: Spec | None) -> Verification:
        self._server.before("verify")
        seen = None if spec.identity in self._server.unseen else self._server.standing.get(spec.identity)
        probe = Probe(f"memory:{self.settings['server']}", _text(wanted), _text(seen), seen == wanted)
        return Verification(spec.identity, (probe,))


class MemoryPlugin:
    """The plugin object that contributes :class:`MemoryProvider`."""

    @hookimpl
    def providers(self) -> Sequence[type[Provider]]:
        return (MemoryProvider,)


def _applied(change: Change) -> Applied:
    if not isinstance(change.desired, Database):
        return Applied(change.identity)
    password = derive_password("kunci server di memori", change.desired)
    return Applied(change.identity, {"user": change.desired.name}, {"password": password})


def _text(spec: Spec | None) -> str:
    if spec is None:
        return ""
    return " ".join(spec.values) if isinstance(spec, RecordSet) else spec.identity
