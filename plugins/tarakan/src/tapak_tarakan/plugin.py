"""The entry point of Tarakan's plugin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, PluginSettings, hookimpl
from tapak.sdk.procedure import Procedure
from tapak.sdk.registers import Register
from tapak_tarakan.changes import COLOCATION_CHANGE, HOSTING_CHANGE, WEBSITE_CHANGE
from tapak_tarakan.colocation import COLOCATION
from tapak_tarakan.hosting import HOSTING
from tapak_tarakan.registers import REGISTERS
from tapak_tarakan.settings import TarakanSettings
from tapak_tarakan.website import WEBSITE


@hookimpl
def procedures() -> Sequence[Procedure]:
    """Every version that may still have running requests."""
    return (HOSTING, COLOCATION, WEBSITE, HOSTING_CHANGE, WEBSITE_CHANGE, COLOCATION_CHANGE)


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
    """Letters, and the English words of forms and registers."""
    here = Path(__file__).parent
    return Folders("tarakan", letters=here / "letters", translations=here / "translations")
