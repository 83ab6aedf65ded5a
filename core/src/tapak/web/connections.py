"""Connections to servers, for the agency's admin: list, form by the provider's own schema, switch, test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tapak.connections import service
from tapak.http import scope
from tapak.requests.forms import FormField, describe
from tapak.sdk.errors import Invalid
from tapak.sdk.provider import Provider
from tapak.sdk.settings import marked
from tapak.web.entered import Line, lines
from tapak.web.formdata import SECRETS, fit_to_show, read

Errors = Mapping[str, Sequence[str]]
NOTHING: Mapping[str, Any] = MappingProxyType({})
HEAD = "_"
"""Before the names of what isn't a setting: a provider's own may be called the same."""
STORED = "Sudah tersimpan. Kosongkan bila tidak diganti."

blueprint = Blueprint("web_connections", __name__, url_prefix="/sambungan")


@blueprint.get("")
def listing() -> Any:
    """All connections."""
    return render_template("connections/list.html", looks=service.listed(scope.desk()))


@blueprint.get("/baru")
def choose() -> Any:
    """What may be connected."""
    return render_template("connections/choose.html", providers=service.providers(scope.desk()))


@blueprint.get("/baru/<name>")
def blank(name: str) -> Any:
    """The form of a provider's new connection."""
    desk = scope.desk()
    service.providers(desk)  # only for who may
    provider = service.provider(desk, name)
    return _form(provider, None, {"title": provider.title}, NOTHING, NOTHING)


@blueprint.post("/baru/<name>")
def add(name: str) -> Any:
    """Make it; what is wrong is told beside the form, with everything typed kept, but secrets."""
    desk = scope.desk()
    key = service.free_key(desk, service.provider(desk, name))
    return _save(service.provider(desk, name), key, None)


@blueprint.get("/ke/<key>")
def one(key: str) -> Any:
    """One connection: its settings, what stands on it, and its last test."""
    look = service.find(scope.desk(), key)
    return render_template("connections/one.html", look=look, entered=_entered(look))


@blueprint.get("/ke/<key>/ubah")
def edit(key: str) -> Any:
    """Its form."""
    look = service.find(scope.desk(), key)
    head = {"title": look.row.title, "zones": look.row.zones, "kinds": look.row.kinds}
    return _form(service.provider(scope.desk(), look.row.provider), look, head, look.row.settings, NOTHING)


@blueprint.post("/ke/<key>/ubah")
def change(key: str) -> Any:
    """Change it."""
    look = service.find(scope.desk(), key)
    return _save(service.provider(scope.desk(), look.row.provider), key, look)


@blueprint.post("/ke/<key>/uji")
def check(key: str) -> Any:
    """Have it tested; the page tells how it went."""
    with scope.acting() as desk:
        service.ask_check(desk, key)
    return _to(key)


@blueprint.post("/ke/<key>/<any(aktifkan, nonaktifkan):way>")
def switch(key: str, way: str) -> Any:
    """Switch it on or off."""
    with scope.acting() as desk:
        service.switch(desk, key, way == "aktifkan")
    flash(gettext("Sambungan diaktifkan.") if way == "aktifkan" else gettext("Sambungan dinonaktifkan."), "success")
    return _to(key)


@blueprint.post("/ke/<key>/hapus")
def remove(key: str) -> Any:
    """Remove it, where nothing ever stood on it."""
    with scope.acting() as desk:
        service.remove(desk, key)
    flash(gettext("Sambungan dihapus."), "success")
    return redirect(url_for("web_connections.listing"), 303)


def _save(provider: type[Provider], key: str, look: service.Look | None) -> Any:
    wanted, schema = service.head_schema(provider), provider.settings_schema()
    head = read({HEAD + name: field for name, field in wanted.fields.items()}, request.form)
    head = {name.removeprefix(HEAD): value for name, value in head.items()}
    own = marked(provider.settings_schema, "operator")
    settings = read({name: field for name, field in schema.fields.items() if name not in own}, request.form)
    blank = {name for name, value in settings.items() if value == "" and not schema.fields[name].required}
    sent = {name: value for name, value in settings.items() if name not in blank}
    version = request.form.get("version", service.NEW)
    try:
        with scope.acting() as desk:
            service.save(desk, key, provider.name, head, sent, version=version)
    except Invalid as refused:
        shown = {**(look.row.settings if look else {}), **settings}
        return _form(provider, look, head, shown, refused.fields, version), 422
    flash(gettext("Sambungan disimpan. Hasil ujinya tampil di bawah."), "success")
    return _to(key)


def _to(key: str) -> Any:
    return redirect(url_for("web_connections.one", key=key), 303)


def _form(
    provider: type[Provider],
    look: service.Look | None,
    head: Mapping[str, Any],
    settings: Mapping[str, Any],
    errors: Errors,
    version: str = "",
) -> str:
    schema = provider.settings_schema
    about = {HEAD + name for name in service.head_schema(provider).fields}
    shown = fit_to_show([*_head(provider, head), *_settings(provider, look, settings)])
    own = marked(schema, "operator")
    missing = [field for field in describe(schema()) if field.name in own and field.required and look is None]
    return render_template(
        "connections/form.html",
        provider=provider,
        look=look,
        version=version or (look.version if look else service.NEW),
        form=shown,
        own=_lines(schema, {name: value for name, value in settings.items() if name in own}),
        missing=missing,
        errors={HEAD + name if HEAD + name in about else name: told for name, told in errors.items()},
    )


def _head(provider: type[Provider], given: Mapping[str, Any]) -> Iterator[FormField]:
    for field in describe(service.head_schema(provider)):
        yield replace(field, name=HEAD + field.name, value=given.get(field.name))


def _settings(provider: type[Provider], look: service.Look | None, given: Mapping[str, Any]) -> Iterator[FormField]:
    schema = provider.settings_schema()
    for field in describe(schema):
        if field.name in marked(provider.settings_schema, "operator"):
            continue
        default = schema.fields[field.name].load_default
        value = given.get(field.name, default() if callable(default) else default)
        stored = field.widget in SECRETS and look is not None and look.row.sealed is not None
        told = replace(field, help=STORED, required=False) if stored else field
        yield replace(told, value=value)


def _entered(look: service.Look) -> Sequence[Line]:
    if look.provider is None:
        return ()
    schema = look.provider.settings_schema
    secrets = [field for field in describe(schema()) if field.widget in SECRETS and look.row.sealed is not None]
    kept = (Line(field.name, field.label, (gettext("tersimpan, tidak ditampilkan"),)) for field in secrets)
    return (*_lines(schema, look.row.settings), *kept)


def _lines(schema: Any, settings: Mapping[str, Any]) -> Sequence[Line]:
    return lines(schema(), settings)
