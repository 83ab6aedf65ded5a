"""Registers: the agenda book and the others that procedures keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from tapak.http.files import file_answer
from tapak.http.scope import desk
from tapak.reports.registers import find
from tapak.requests import registers
from tapak.requests.models import RegisterRow
from tapak.rest import register_schemas
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once
from tapak.sdk.registers import Register

blueprint = Blueprint("registers", __name__, url_prefix="/registers", description="Registers")


@blueprint.route("")
@blueprint.response(200, register_schemas.Register(many=True))
def books() -> Sequence[Register]:
    """The registers of the services that the agency runs"""
    return list(registers.registers(desk()).values())


@blueprint.route("/<key>")
@blueprint.arguments(register_schemas.RegisterListing, location="query")
@blueprint.response(200, register_schemas.RegisterRow(many=True))
def rows(asked: dict[str, Any], key: str) -> Sequence[RegisterRow]:
    """Rows of a register, newest first; all words of ``q`` must occur"""
    return list(registers.rows(desk(), key, _asked(asked), before=asked["before"], limit=asked["limit"]))


@blueprint.route("/<key>/file")
@blueprint.arguments(register_schemas.RegisterFile, location="query")
@blueprint.response(200, content_type="application/octet-stream")
def file(asked: dict[str, Any], key: str) -> Response:
    """The register as CSV, XLSX or PDF, with every row that was asked for"""
    return file_answer(*find(desk(), key, _asked(asked), asked["format"]))


def _asked(given: dict[str, Any]) -> registers.Asked:
    return registers.Asked(given["q"], given["since"], given["until"])


@blueprint.route("/<key>", methods=["POST"])
@blueprint.arguments(register_schemas.RegisterEntry)
@blueprint.response(201, register_schemas.RegisterNumber)
def write(given: dict[str, Any], key: str) -> Any:
    """Write a row by hand in a register that the caller's position keeps"""
    return once(lambda at: {"number": registers.write(at, key, given["content"])}, 201)
