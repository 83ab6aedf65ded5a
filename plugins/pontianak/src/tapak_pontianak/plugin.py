"""The entry point of Pontianak's plugin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, PluginSettings, hookimpl
from tapak.sdk.procedure import Procedure
from tapak.sdk.registers import Register
from tapak.sdk.step_kinds import StepKind
from tapak_pontianak.changes import HOSTING_CHANGE
from tapak_pontianak.hosting import HOSTING
from tapak_pontianak.registers import REGISTERS
from tapak_pontianak.settings import PontianakSettings
from tapak_pontianak.verify_security import VerifySecurity

HERE = Path(__file__).parent


@hookimpl
def procedures() -> Sequence[Procedure]:
    """Every version that may still have running requests."""
    return (HOSTING, HOSTING_CHANGE)


@hookimpl
def step_kinds() -> Sequence[StepKind]:
    """Pontianak's own kinds."""
    return (VerifySecurity(),)


@hookimpl
def registers() -> Sequence[Register]:
    """The records of Pontianak's procedure."""
    return REGISTERS


@hookimpl
def settings_schema() -> PluginSettings:
    """The settings of Pontianak's procedure."""
    return PluginSettings("pontianak", PontianakSettings)


@hookimpl
def folders() -> Folders:
    """The verification's page and report, and the English words of forms and registers."""
    return Folders("pontianak", letters=HERE / "letters", pages=HERE / "pages", translations=HERE / "translations")
