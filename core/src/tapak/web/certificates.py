"""The agency's own certificates: a list, and the admin's form to upload one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tapak.accounts.policy import may, require
from tapak.certificates import service as certificates
from tapak.certificates.own import OwnCertificateSettings
from tapak.http import scope
from tapak.sdk.errors import Invalid
from tapak.sdk.x509 import LARGEST

NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})

blueprint = Blueprint("web_certificates", __name__)


@blueprint.get("/sertifikat")
def listing() -> Any:
    """What was uploaded, with how long it is good."""
    return _page()


@blueprint.post("/sertifikat")
def upload() -> Any:
    """Take in a certificate with its key; what is wrong is told beside the form."""
    given = {name: _text(name) for name in OwnCertificateSettings().fields}
    try:
        with scope.acting() as desk:
            made = certificates.upload_as_admin(desk, given)
    except Invalid as refused:
        return _page(refused.fields), 422
    flash(gettext("Sertifikat dipakai mulai sekarang; %(n)s situs sedang diperbarui.", n=made.sites), "success")
    return redirect(url_for("web_certificates.listing"), 303)


def _text(name: str) -> str:
    sent = request.files.get(name)
    return "" if sent is None else sent.stream.read(LARGEST + 1).decode(errors="replace").replace("\0", "")


def _page(errors: Mapping[str, Sequence[str]] = NOTHING) -> str:
    desk = scope.desk()
    require(desk.somebody, "certificate.read")
    return render_template(
        "certificates/list.html",
        found=certificates.uploaded(desk),
        fields=OwnCertificateSettings().fields.values(),
        errors=errors,
        uploads=may(desk.somebody, "certificate.upload"),
    )
