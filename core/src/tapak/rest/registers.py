"""Registers: the agenda book and the others that procedures keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapak.http.scope import desk
from tapak.requests import registers
from tapak.requests.models import RegisterRow
from tapak.rest import register_schemas, schemas
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
@blueprint.arguments(schemas.Listing(only=("q", "before", "limit")), location="query")
@blueprint.response(200, register_schemas.RegisterRow(many=True))
def rows(asked: dict[str, Any], key: str) -> Sequence[RegisterRow]:
    """Rows of a register, newest first; all words of ``q`` must occur"""
    return list(registers.rows(desk(), key, words=asked["q"], before=asked["before"], limit=asked["limit"]))


@blueprint.route("/<key>", methods=["POST"])
@blueprint.arguments(register_schemas.RegisterEntry)
@blueprint.response(201, register_schemas.RegisterNumber)
def write(given: dict[str, Any], key: str) -> Any:
    """Write a row by hand in a register that the caller's position keeps"""
    return once(lambda at: {"number": registers.write(at, key, given["content"])}, 201)
