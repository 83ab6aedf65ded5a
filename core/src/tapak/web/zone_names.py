"""Names that came with the agency's zones: whose they are, one by one or by a file that went round."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext

from tapak.accounts.policy import require
from tapak.documents.filenames import shown_filename
from tapak.http import scope
from tapak.http.cursors import read_id
from tapak.requests.import_files import LARGEST
from tapak.sdk.errors import Invalid, TooLarge
from tapak.web.paging import read_parameter
from tapak.zones import owners

LONGEST = 253
FILTERS = ("cari", "tanpa-unit", "unit")

blueprint = Blueprint("web_zone_names", __name__)


@blueprint.get("/nama-zona")
def listing() -> Any:
    """The names, those of no unit first where that was asked for."""
    return _page()


@blueprint.get("/nama-zona/pemilik.csv")
def file() -> Any:
    """What the list shows as CSV, with the column Unit to be filled in."""
    desk = scope.desk()
    require(desk.somebody, "zone.names")
    lines = owners.csv_lines(desk, _asked())
    headers = {"Content-Disposition": 'attachment; filename="pemilik-nama.csv"'}
    return Response(stream_with_context(lines), mimetype="text/csv", headers=headers)


@blueprint.post("/nama-zona/tetapkan")
def assign() -> Any:
    """Give the names that are ticked to a unit."""
    unit, names = request.form.get("unit", ""), request.form.getlist("name")
    if not unit or not names:
        return _page([gettext("Pilih nama dan unitnya.")]), 422
    try:
        with scope.acting() as desk:
            plan = owners.plan(desk, [(name, unit) for name in names])
            owners.apply(desk, plan, plan.checksum)
    except Invalid as refused:
        return _page(refused.fields.get("file", [refused.message])), refused.status
    return _done(len(plan.assignments))


@blueprint.post("/nama-zona/berkas")
def send() -> Any:
    """Read a file that went round: every wrong row is told, or the plan is shown; nothing is changed yet."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _page([gettext("Pilih berkas CSV atau XLSX.")]), 422
    try:
        content = sent.stream.read(LARGEST + 1)
        plan = owners.read_file(scope.desk(), shown_filename(sent.filename), content)
    except (Invalid, TooLarge) as refused:
        return _page(refused.fields.get("file", [refused.message])), refused.status
    return render_template("zones/plan.html", plan=plan, pairs=json.dumps([[a.name, a.unit] for a in plan.assignments]))


@blueprint.post("/nama-zona/konfirmasi")
def confirm() -> Any:
    """Do what the plan that was shown says, if it is still the same."""
    with scope.acting() as desk:
        plan = owners.plan(desk, _pairs(request.form.get("pairs", "")))
        owners.apply(desk, plan, request.form.get("checksum", ""))
    return _done(len(plan.assignments))


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return [(str(name), str(unit)) for name, unit in json.loads(text)]
    except (ValueError, TypeError, RecursionError) as problem:
        told = gettext("Rencana ini tidak terbaca. Kirim ulang berkasnya.")
        raise Invalid(told, log="unreadable plan of owners") from problem


def _asked() -> owners.Asked:
    unit = read_parameter("unit", read_id)
    return owners.Asked(_text("cari").strip(), request.args.get("tanpa-unit") == "1", unit)


def _text(name: str) -> str:
    return request.args.get(name, "")[:LONGEST].replace("\0", "")


def _page(problems: Sequence[str] = ()) -> Any:
    desk, asked = scope.desk(), _asked()
    found = owners.names(desk, asked, after=_text("sesudah"), limit=owners.PAGE + 1)
    page = found[: owners.PAGE]
    total, unassigned = owners.counts(desk)
    return render_template(
        "zones/names.html",
        found=page,
        asked=asked,
        following=page[-1].name if len(found) > owners.PAGE else None,
        total=total,
        unassigned=unassigned,
        units=owners.units(desk),
        problems=problems,
    )


def _done(number: int) -> Any:
    flash(gettext("%(number)s nama ditetapkan unitnya.", number=number), "success")
    kept: dict[str, Any] = {name: request.args[name] for name in FILTERS if name in request.args}
    return redirect(url_for("web_zone_names.listing", **kept), 303)
