"""Connections to servers, for the tenant's admin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import make_response

from tapak.connections import service
from tapak.http.scope import acting, desk
from tapak.requests.desk import Desk
from tapak.requests.forms import describe
from tapak.rest import connection_schemas as schemas
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once
from tapak.sdk.provider import Provider
from tapak.sdk.settings import marked

ROW = ("key", "provider", "title", "active", "zones", "kinds", "settings", "checks", "checked_at")

blueprint = Blueprint("connections", __name__, description="Connections to servers")


@blueprint.route("/providers")
@blueprint.response(200, schemas.Provider(many=True))
def providers() -> list[Mapping[str, Any]]:
    """What may be connected, and the settings of each (tenant admin)"""
    return [_provider(each) for each in service.providers(desk())]


@blueprint.route("/connections")
@blueprint.response(200, schemas.Connection(many=True))
def listing() -> list[Mapping[str, Any]]:
    """Every connection, in the order in which they were made (tenant admin)"""
    return [_row(look) for look in service.listed(desk())]


@blueprint.route("/connections/<key>")
@blueprint.response(200, schemas.Connection)
def one(key: str) -> Mapping[str, Any]:
    """One connection with its last test (tenant admin)"""
    return _row(service.find(desk(), key))


@blueprint.route("/connections/<key>", methods=["PUT"])
@blueprint.arguments(schemas.Save)
@blueprint.response(200, schemas.Connection)
def save(given: dict[str, Any], key: str) -> Any:
    """Make or change a connection, and have it tested (tenant admin); what isn't told of it takes its default"""
    head: dict[str, Any] = {name: given[name] for name in ("title", "zones", "kinds") if name in given}
    name, settings, version = given["provider"], given["settings"], given.get("version")
    return _once(lambda at: service.save(at, key, name, head, settings, version=version))


@blueprint.route("/connections/<key>", methods=["DELETE"])
@blueprint.response(204)
def remove(key: str) -> None:
    """Remove one that nothing ever stood on, with its secrets (tenant admin)"""
    with acting() as at:
        service.remove(at, key)


@blueprint.route("/connections/<key>/check", methods=["POST"])
@blueprint.response(202, schemas.Connection)
def check(key: str) -> Any:
    """Have a worker test it; `checking` is false when `checks` tell how it went (tenant admin)"""
    return _once(lambda at: service.ask_check(at, key), 202)


@blueprint.route("/connections/<key>/switch", methods=["POST"])
@blueprint.arguments(schemas.Switch)
@blueprint.response(200, schemas.Connection)
def switch(given: dict[str, Any], key: str) -> Any:
    """Switch it on or off; what stands on one that is off goes on, and can't be changed (tenant admin)"""
    return _once(lambda at: service.switch(at, key, given["active"]))


def _once(act: Callable[[Desk], service.Look], status: int = 200) -> Any:
    return make_response(once(lambda at: schemas.Connection().dump(_row(act(at))), status))


def _row(look: service.Look) -> Mapping[str, Any]:
    return {
        **{name: getattr(look.row, name) for name in ROW},
        "secrets_stored": look.row.sealed is not None,
        "resources": look.resources,
        "checking": look.checking,
        "version": look.version,
    }


def _provider(provider: type[Provider]) -> Mapping[str, Any]:
    able, schema = provider.capabilities, provider.settings_schema
    operators, secrets = marked(schema, "operator"), marked(schema, "secret")
    return {
        "name": provider.name,
        "title": provider.title,
        "kinds": sorted(able.kinds),
        "record_types": sorted(able.record_types),
        "settings": [
            {
                "name": field.name,
                "label": field.label,
                "help": field.help,
                "required": field.required,
                "secret": field.name in secrets,
                "operator": field.name in operators,
                "choices": [value for value, _ in field.choices],
            }
            for field in describe(schema())
        ],
    }
