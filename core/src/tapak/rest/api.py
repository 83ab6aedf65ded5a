"""Assembling ``/api/v1`` and its OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flask_smorest
from flask import Flask, request
from marshmallow import fields

from tapak.http import scope
from tapak.plugins import Registry
from tapak.rest import (
    active,
    catalogue,
    certificates,
    connections,
    documents,
    links,
    maintenance,
    panel,
    procedures,
    registers,
    reports,
    requests,
    schemas,
    sessions,
    settings,
    tasks,
    tracking,
    uploads,
    zone_names,
)
from tapak.sdk.errors import SignInNeeded
from tapak.sdk.fields import Appointment
from tapak.sdk.forms import StepSchema

VERSION = "v1"
BLUEPRINTS = (
    sessions.blueprint,
    catalogue.blueprint,
    active.blueprint,
    panel.blueprint,
    requests.blueprint,
    procedures.blueprint,
    links.blueprint,
    tasks.blueprint,
    documents.blueprint,
    uploads.blueprint,
    registers.blueprint,
    reports.blueprint,
    maintenance.blueprint,
    connections.blueprint,
    settings.blueprint,
    zone_names.blueprint,
    certificates.blueprint,
    tracking.blueprint,
)
OPEN = frozenset({sessions.blueprint.name, catalogue.blueprint.name, tracking.blueprint.name})
"""What strangers may ask."""
CLOSED = frozenset(blueprint.name for blueprint in BLUEPRINTS) - OPEN


class Api(flask_smorest.Api):
    """Leaves the telling of errors to :mod:`tapak.http.problems`, and documents what that tells."""

    ERROR_SCHEMA = schemas.Problem

    def _register_error_handlers(self) -> None:
        """Problems are told by the application."""


def install(app: Flask, registry: Registry) -> Api:
    """Serve the API on ``app``; each step kind's input is a schema of the document."""
    app.config.update(
        API_TITLE="Tapak",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=f"/api/{VERSION}",
        OPENAPI_JSON_PATH="openapi.json",
    )
    app.before_request(_signed_in)
    api = Api(app)
    api.ma_plugin.converter.add_attribute_function(_appointment)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.options["security"] = [{"bearer": []}]
    _step_inputs(api, registry)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=f"/api/{VERSION}{blueprint.url_prefix or ''}")
    return api


def _signed_in() -> None:
    """Tell strangers to sign in, whatever they ask for: so nobody learns which ids there are.

    Raises:
        SignInNeeded: nobody is signed in.
    """
    if request.blueprint in CLOSED and scope.person() is None:
        raise SignInNeeded("Silakan masuk terlebih dahulu.", log="nobody is signed in")


def _appointment(_converter: Any, field: fields.Field[Any], **_: Any) -> dict[str, str]:
    """A moment by the tenant's clock, for which apispec knows neither format nor pattern."""
    known = {"format": "date-time-local", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$"}
    return known if isinstance(field, Appointment) else {}


def _step_inputs(api: Api, registry: Registry) -> None:
    """Name the schema of every kind and of every procedure's form, so that a client knows what ``finish`` takes."""
    named: dict[type[StepSchema], str] = {}
    told = []
    for where, schema in _inputs(registry):
        if schema not in named:
            named[schema] = "Input_" + where.replace(".", "_").replace("/", "_v").replace(" ", "_")
            api.spec.components.schema(named[schema], schema=schema)
        told.append(f"{where} is {named[schema]}")
    api.spec.components.schema(
        "StepInput",
        {
            "description": "The input of a step: that of the procedure's own form for the step, else that of the "
            "`kind` that the task names: " + ", ".join(told),
            "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in named.values()],
        },
    )


def _inputs(registry: Registry) -> Iterator[tuple[str, type[StepSchema]]]:
    yield from ((kind.name, kind.input_schema) for kind in registry.step_kinds.values())
    for procedure in registry.procedures.values():
        yield from ((f"{procedure.code} {step}", form.schema) for step, form in procedure.forms.items())
