"""The agency's own certificates, for its staff; an admin uploads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from flask import make_response

from tapak.accounts.policy import require
from tapak.certificates import service as certificates
from tapak.certificates.service import Uploaded
from tapak.http.scope import desk
from tapak.rest import certificate_schemas as schemas
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once

blueprint = Blueprint("certificates", __name__, url_prefix="/certificates", description="Certificates")


@blueprint.route("")
@blueprint.response(200, schemas.Certificate(many=True))
def listing() -> Sequence[Mapping[str, Any]]:
    """The agency's own certificates; private keys are never given"""
    at = desk()
    require(at.somebody, "certificate.read")
    return [_row(each) for each in certificates.uploaded(at)]


@blueprint.route("", methods=["POST"])
@blueprint.arguments(schemas.Upload)
@blueprint.response(201, schemas.Certificate)
def upload(given: dict[str, Any]) -> Any:
    """Upload a certificate (admin): it is checked, and every site that uses the one before it takes it in"""
    dump = schemas.Certificate().dump
    return make_response(once(lambda at: dump(_row(certificates.upload_as_admin(at, given))), 201))


def _row(each: Uploaded) -> dict[str, Any]:
    return {"key": each.key, "sites": each.sites, "ends_soon": each.ends_soon, **asdict(each.facts)}
