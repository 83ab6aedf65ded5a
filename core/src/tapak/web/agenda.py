"""The agenda book has an address of its own: it is what the registrar works with all day."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from tapak.web.registers import AGENDA, register

blueprint = Blueprint("web_agenda", __name__)


@blueprint.get("/buku-agenda")
def agenda() -> Any:
    """The agenda book."""
    return register(AGENDA)
