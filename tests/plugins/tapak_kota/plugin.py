"""The plugin's hooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from marshmallow import fields

from tapak.sdk.hookspecs import Folders, PluginSettings, hookimpl
from tapak.sdk.procedure import Procedure
from tapak.sdk.registers import Register
from tapak.sdk.settings import SettingsSchema
from tapak.sdk.step_kinds import StepKind
from tapak_kota.application import HOSTED
from tapak_kota.kinds import Inspection
from tapak_kota.placing import PLACED, PLACING

HERE = Path(__file__).parent


class KotaSettings(SettingsSchema):
    """Settings of its own, beside those of other plugins."""

    room = fields.String(load_default="Ruang server", metadata={"label": "Ruang"})


@hookimpl
def procedures() -> Sequence[Procedure]:
    return (PLACING, HOSTED)


@hookimpl
def step_kinds() -> Sequence[StepKind]:
    return (Inspection(),)


@hookimpl
def registers() -> Sequence[Register]:
    return (PLACED,)


@hookimpl
def settings_schema() -> PluginSettings:
    return PluginSettings("kota", KotaSettings)


@hookimpl
def folders() -> Folders:
    return Folders("kota", letters=HERE / "letters", pages=HERE / "pages", translations=HERE / "translations")
