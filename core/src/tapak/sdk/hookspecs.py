"""Everything that a plugin may contribute, in one place.

Registration hooks are collected once when the process starts; the event hook is called by a worker after the commit,
at least once. Nothing here answers for one agency what another asked: what differs between tenants is data of a
procedure, never a hook's first result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from tapak.sdk.procedure import Procedure
    from tapak.sdk.provider import Provider
    from tapak.sdk.registers import Register
    from tapak.sdk.scanning import Scanner
    from tapak.sdk.settings import SettingsSchema
    from tapak.sdk.step_kinds import StepKind

PROJECT = "tapak"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class PluginSettings:
    """The settings schema of one plugin, under the prefix that its procedures' keys have (``kota``)."""

    plugin: str
    schema: type[SettingsSchema]


@dataclass(frozen=True)
class Folders:
    """Where a plugin's files lie, as data of its package; ``plugin`` is the prefix of their names.

    ``letters`` holds a folder a letter, named ``kota/permit``; ``pages`` the templates of task pages; ``translations``
    the catalogue of each language (``en/LC_MESSAGES/messages.po``). None: the plugin brings none.
    """

    plugin: str
    letters: Path | None = None
    pages: Path | None = None
    translations: Path | None = None


@dataclass(frozen=True)
class StepFinished:
    """A step was finished and committed. Names only: a listener reads what it may through its own door."""

    tenant: str
    request_number: str
    procedure: str
    step: str
    outcome: str


@hookspec
def procedures() -> Sequence[Procedure]:
    """Procedures, every version that may still have running requests."""
    raise AssertionError("a specification is never called")


@hookspec
def step_kinds() -> Sequence[StepKind]:
    """Step kinds, every version that may still have running requests."""
    raise AssertionError("a specification is never called")


@hookspec
def registers() -> Sequence[Register]:
    """Registers that step kinds write into."""
    raise AssertionError("a specification is never called")


@hookspec
def settings_schema() -> PluginSettings:
    """The plugin's settings, one schema."""
    raise AssertionError("a specification is never called")


@hookspec
def folders() -> Folders:
    """The plugin's letters, task pages and translations."""
    raise AssertionError("a specification is never called")


@hookspec
def providers() -> Sequence[type[Provider]]:
    """Provider classes that tenants may connect."""
    raise AssertionError("a specification is never called")


@hookspec
def scanners() -> Sequence[type[Scanner]]:
    """Scanner classes that look through every application's files."""
    raise AssertionError("a specification is never called")


@hookspec
def step_finished(event: StepFinished) -> None:
    """A step of some tenant's request was finished."""
