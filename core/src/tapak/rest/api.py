"""Assembling ``/api/v1`` and its OpenAPI 3.1 document."""

from __future__ import annotations

import flask_smorest
from flask import Flask

from tapak.plugins import Registry
from tapak.rest import catalogue, documents, registers, reports, requests, schemas, sessions, tasks, tracking

VERSION = "v1"
BLUEPRINTS = (
    sessions.blueprint,
    catalogue.blueprint,
    requests.blueprint,
    tasks.blueprint,
    documents.blueprint,
    registers.blueprint,
    reports.blueprint,
    tracking.blueprint,
)


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
    api = Api(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.options["security"] = [{"bearer": []}]
    _step_inputs(api, registry)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=f"/api/{VERSION}{blueprint.url_prefix or ''}")
    return api


def _step_inputs(api: Api, registry: Registry) -> None:
    """Name the schema of every step kind, so that a client knows what ``finish`` takes at each."""
    names = {}
    for kind in registry.step_kinds.values():
        name = "Input_" + kind.name.replace(".", "_").replace("/", "_v")
        api.spec.components.schema(name, schema=kind.input_schema)
        names[kind.name] = f"#/components/schemas/{name}"
    api.spec.components.schema(
        "StepInput",
        {
            "description": "The input of a step, by the `kind` that the task names: "
            + ", ".join(f"{kind} is {reference.rpartition('/')[2]}" for kind, reference in names.items()),
            "anyOf": [{"$ref": reference} for reference in names.values()],
        },
    )
