"""The entry point of Tarakan's plugin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, PluginSettings, hookimpl
from tapak.sdk.procedure import Procedure
from tapak.sdk.registers import Register
from tapak_tarakan.hosting import HOSTING
from tapak_tarakan.registers import REGISTERS
from tapak_tarakan.settings import TarakanSettings


@hookimpl
def procedures() -> Sequence[Procedure]:
    """Every version that may still have running requests."""
    return (HOSTING,)


@hookimpl
def registers() -> Sequence[Register]:
    """The records of all of Tarakan's procedures."""
    return REGISTERS


@hookimpl
def settings_schema() -> PluginSettings:
    """The settings of all of Tarakan's procedures."""
    return PluginSettings("tarakan", TarakanSettings)


@hookimpl
def folders() -> Folders:
    """The English words of forms and registers."""
    return Folders("tarakan", translations=Path(__file__).parent / "translations")
