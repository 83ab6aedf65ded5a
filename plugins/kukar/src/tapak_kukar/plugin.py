"""The entry point of Kukar's plugin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tapak.sdk.hookspecs import Folders, PluginSettings, hookimpl
from tapak.sdk.procedure import Procedure
from tapak.sdk.registers import Register
from tapak.sdk.step_kinds import StepKind
from tapak_kukar.check_pse import CheckPse
from tapak_kukar.dns_change import DNS_CHANGE
from tapak_kukar.hosting import HOSTING
from tapak_kukar.registers import REGISTERS
from tapak_kukar.service_changes import HOSTING_CHANGE
from tapak_kukar.settings import KukarSettings

HERE = Path(__file__).parent


@hookimpl
def procedures() -> Sequence[Procedure]:
    """Every version that may still have running requests."""
    return (HOSTING, DNS_CHANGE, HOSTING_CHANGE)


@hookimpl
def step_kinds() -> Sequence[StepKind]:
    """Kukar's own kinds."""
    return (CheckPse(),)


@hookimpl
def registers() -> Sequence[Register]:
    """The records of all of Kukar's procedures."""
    return REGISTERS


@hookimpl
def settings_schema() -> PluginSettings:
    """The settings of all of Kukar's procedures."""
    return PluginSettings("kukar", KukarSettings)


@hookimpl
def folders() -> Folders:
    """The page of the PSE check, and the English words of forms and registers."""
    return Folders("kukar", pages=HERE / "pages", translations=HERE / "translations")
