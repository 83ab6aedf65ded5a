"""Settings that a tenant's admin may change: the tenant's own and each plugin's, every one by a strict schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tapak.engine.numbering import PATTERN_LENGTH, BadPattern, parse, pattern_problem
from tapak.sdk.certificates import HSTS_SECONDS
from tapak.sdk.errors import Invalid
from tapak.sdk.settings import SettingsSchema, secret_fields
from tapak.tenants.models import PluginSetting, Tenant
from tapak.tenants.secrets import Identity, Place, is_recipient, seal, unseal

TABLE = "plugin_setting"
KEY = validate.Length(min=1, max=100)
RESERVED = "reserved_names"
RECIPIENTS = "sealing_recipients"
READERS = "sealed_readers"
SCANNING = ("entries", "unpacked", "entry", "ratio", "seconds", "memory", "findings")
"""Limits of a look through an application's files, as ``tapak.scanning.limits.Limits`` explains them."""
POSITIVE = validate.Range(1, 2**40)


def _pattern(text: str) -> None:
    try:
        parse(text)
    except BadPattern as problem:
        raise ValidationError(problem.message) from problem


def _recipient(text: str) -> None:
    if not is_recipient(text):
        raise ValidationError(f"{text!r} bukan kunci publik age (age1…).")


class TenantSettings(SettingsSchema):
    """``tenant.settings``. Only what was set is stored.

    ``procedures`` are keys of what the tenant runs; ``actors`` says per procedure which position acts for an actor
    where it isn't the procedure's own; ``numbers`` holds a pattern per series and ``number_values`` the values of its
    tokens; ``document_quota`` is in bytes; ``scanning`` holds limits of :data:`SCANNING`. ``sealing_recipients`` are
    the agency's own age keys (``age1…``) that rows of sealed registers are encrypted to; ``sealed_readers`` the
    positions whose holders may read them on the screen. A service's term is ``service_term_days`` (unset: it has none);
    ``renewal_grace_days`` after its end a service that wasn't renewed is late, and is suspended where
    ``suspend_expired``. A renamed service's old name leads to the new one for ``rename_redirect_days`` (0: it goes at
    once); the site of an ended one answers 410 for ``deactivated_keep_days`` before it is removed; the letter on an
    emergency deactivation is due within ``emergency_letter_days`` (working days). With ``https`` on, or redirect (HTTP
    leads there), new sites answer HTTPS; ``hsts`` is for how long browsers are told to ask by it only (off, day, year).

    ``steps`` holds, per procedure, what is set of its steps (:mod:`tapak.sdk.adapting`). ``reminder_days`` are days
    before a service's last one on which its unit is reminded. ``naming_patterns`` (``*`` stands for anything) are those
    of which a new name must fit one, as the decree ``naming_decree`` says. ``services_per_unit`` is how many services a
    unit may have, ``unit_services`` the same by the key of a unit (0: none more).
    """

    procedures = fields.List(fields.String(validate=KEY))
    steps = fields.Dict(fields.String(validate=KEY), fields.Dict(fields.String(validate=KEY), fields.Raw()))
    actors = fields.Dict(fields.String(validate=KEY), fields.Dict(fields.String(validate=KEY), fields.String()))
    numbers = fields.Dict(
        fields.String(validate=KEY), fields.String(validate=[validate.Length(max=PATTERN_LENGTH), _pattern])
    )
    number_values = fields.Dict(
        fields.String(validate=validate.Regexp(r"\A[a-z][a-z0-9_]*\Z")), fields.String(validate=validate.Length(max=60))
    )
    reserved_names = fields.List(fields.String(validate=validate.Length(min=1, max=63)))
    waiting_limit_minutes = fields.Integer(strict=True, validate=validate.Range(1, 100_000))
    reminder_days = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 365)), validate=validate.Length(max=10)
    )
    naming_patterns = fields.List(
        fields.String(validate=validate.Length(min=1, max=63)), validate=validate.Length(max=50)
    )
    naming_decree = fields.String(validate=validate.Length(max=200))
    services_per_unit = fields.Integer(strict=True, validate=validate.Range(1, 10_000))
    unit_services = fields.Dict(
        fields.String(validate=KEY), fields.Integer(strict=True, validate=validate.Range(0, 10_000))
    )
    expected_waiting_minutes = fields.Integer(strict=True, validate=validate.Range(0, 100_000))
    service_term_days = fields.Integer(strict=True, validate=validate.Range(1, 3660))
    renewal_grace_days = fields.Integer(strict=True, validate=validate.Range(0, 365))
    suspend_expired = fields.Boolean(truthy={True}, falsy={False})
    rename_redirect_days = fields.Integer(strict=True, validate=validate.Range(0, 3660))
    deactivated_keep_days = fields.Integer(strict=True, validate=validate.Range(0, 3660))
    emergency_letter_days = fields.Integer(strict=True, validate=validate.Range(1, 60))
    https = fields.String(validate=validate.OneOf(("off", "on", "redirect")))
    hsts = fields.String(validate=validate.OneOf(tuple(HSTS_SECONDS)))
    units_switch_releases = fields.Boolean(truthy={True}, falsy={False})
    sealing_recipients = fields.List(fields.String(validate=_recipient), validate=validate.Length(max=20))
    sealed_readers = fields.List(fields.String(validate=KEY))
    document_quota = fields.Integer(strict=True, validate=validate.Range(min=0))
    scanning = fields.Dict(
        fields.String(validate=validate.OneOf(SCANNING)), fields.Integer(strict=True, validate=POSITIVE)
    )

    @validates_schema
    def _every_token_has_a_value(self, data: Mapping[str, Any], **_: Any) -> None:
        patterns, known = data.get("numbers", {}), data.get("number_values", {})
        told = {series: pattern_problem(pattern, known) for series, pattern in patterns.items()}
        wrong = {series: {"value": [problem]} for series, problem in told.items() if problem}
        if wrong:
            raise ValidationError({"numbers": wrong})


def resolve(session: Session, tenant: Tenant, plugin: str, schema: type[SettingsSchema] | None) -> dict[str, Any]:
    """What a procedure of ``plugin`` runs with, as JSON values and without secrets.

    The tenant's own settings, over them the plugin's: stored ones and the schema's defaults. Reserved names of both
    count.

    Raises:
        Invalid: what is stored no longer fits the schema.
    """
    own: dict[str, Any] = dict(tenant.settings)
    if schema is None:
        return own
    stored = stored_settings(session, tenant, plugin, schema)
    told = schema(exclude=secret_fields(schema))
    resolved = own | _plain(told.dump(_loaded(told, stored)))
    if own.get(RESERVED) and RESERVED in resolved:
        resolved[RESERVED] = sorted({*own[RESERVED], *resolved[RESERVED]})
    return resolved


def save(
    session: Session, tenant: Tenant, plugin: str, schema: type[SettingsSchema], values: Mapping[str, Any]
) -> bool:
    """Store the plugin's settings; a blank or missing secret keeps the old one. Whether anything changed.

    Raises:
        Invalid: an unknown key or a bad value; ``fields`` says which. Nothing is stored then.
    """
    row = _row(session, tenant, plugin)
    old = dict(row.content) if row else {}
    secret = secret_fields(schema)
    given = {name: value for name, value in values.items() if name not in secret or value not in ("", None)}
    kept = {name for name in secret if name in old and name not in given}
    partial = tuple(sorted(kept))
    loaded = _loaded(schema(partial=partial), given)
    content = {name: old[name] for name in kept}
    for name, value in _plain(schema(only=given.keys()).dump(loaded)).items():
        content[name] = _sealed(tenant, plugin, name, value) if name in secret else value
    if row is not None and content == old:
        return False
    _store(session, tenant, plugin, row, content)
    return True


def stored_settings(session: Session, tenant: Tenant, plugin: str, schema: type[SettingsSchema]) -> dict[str, Any]:
    """What was set of the plugin's settings, without secrets."""
    row = _row(session, tenant, plugin)
    secret = secret_fields(schema)
    return {name: value for name, value in row.content.items() if name not in secret} if row else {}


def secrets_of(
    session: Session, tenant: Tenant, plugin: str, schema: type[SettingsSchema], identities: Sequence[Identity]
) -> dict[str, Any]:
    """The plugin's stored secrets, opened.

    Raises:
        Unreadable: no identity opens one, or it was moved here from elsewhere.
    """
    row = _row(session, tenant, plugin)
    stored = {name: row.content[name] for name in secret_fields(schema) if name in row.content} if row else {}
    return {
        name: unseal(sealed.encode(), identities, _place(tenant, plugin, name))[name] for name, sealed in stored.items()
    }


def check_tenant_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` as ``tenant.settings`` may hold them.

    Raises:
        Invalid: an unknown key or a bad value; ``fields`` says which.
    """
    return _plain(_loaded(TenantSettings(), values))


def _row(session: Session, tenant: Tenant, plugin: str) -> PluginSetting | None:
    query = select(PluginSetting).where(PluginSetting.tenant_id == tenant.id, PluginSetting.plugin == plugin)
    return session.scalar(query)


def _store(session: Session, tenant: Tenant, plugin: str, row: PluginSetting | None, content: dict[str, Any]) -> None:
    if row is None:
        session.add(PluginSetting(tenant_id=tenant.id, plugin=plugin, content=content))
    else:
        row.content = content
        row.changed_at = func.now()
    session.flush()


def _place(tenant: Tenant, plugin: str, name: str) -> Place:
    return Place(tenant.id, TABLE, plugin, name)


def _sealed(tenant: Tenant, plugin: str, name: str, value: Any) -> str:
    return seal(tenant.recipient, _place(tenant, plugin, name), {name: value}, armored=True).decode()


def _loaded(schema: SettingsSchema, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(schema.load(dict(values)))
    except ValidationError as problem:
        told = {str(name): _texts(texts) for name, texts in problem.normalized_messages().items()}
        raise Invalid(
            "Pengaturan tidak dapat disimpan. Periksa isian: " + ", ".join(sorted(told)) + ".",
            log=f"invalid settings: {', '.join(sorted(told))}",
            fields=told,
        ) from None


def _texts(problem: Any, at: str = "") -> list[str]:
    if isinstance(problem, Mapping):
        return [text for key, inner in problem.items() for text in _texts(inner, f"{at}{key}: ")]
    return [f"{at}{text}" for text in (problem if isinstance(problem, list) else [problem])]


def _plain(dumped: Any) -> dict[str, Any]:
    return dict(dumped)
