"""Requests: the list, one request, and the acts on it that are no step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from tapak.engine.states import RequestState
from tapak.http import scope
from tapak.requests import ends, reading, services
from tapak.requests.desk import Desk
from tapak.sdk.errors import Invalid, NotFound
from tapak.web.paging import id_cursor
from tapak.web.refusals import about_request
from tapak.web.request_page import RequestPage

LONGEST = 100

blueprint = Blueprint("web_requests", __name__)


@dataclass(frozen=True)
class Act:
    """An act with its words. ``run`` takes desk, request id, the form's reason and the version that was seen.

    ``reasoned``: it needs a reason. ``leads_to`` is the endpoint shown when it is done, where that isn't the request.
    """

    name: str
    title: Any
    explains: Any
    button: Any
    done: Any
    run: Callable[[Desk, int, str, int | None], object]
    reasoned: bool = True
    leads_to: str = ""


def _delete(desk: Desk, request_id: int, _reason: str, version: int | None) -> None:
    ends.delete_draft(desk, request_id, version)


def _move(desk: Desk, request_id: int, reason: str, version: int | None) -> object:
    return ends.move(desk, request_id, request.form.get("step", ""), reason, version)


ACTS = {
    "hapus": Act(
        "delete",
        _l("Hapus draf"),
        _l("Isian dan berkas draf ini dihapus. Draf yang dihapus tidak dapat dikembalikan."),
        _l("Hapus draf ini"),
        _l("Draf dihapus."),
        _delete,
        reasoned=False,
        leads_to="web_home.start",
    ),
    "tarik": Act(
        "withdraw",
        _l("Tarik permohonan"),
        _l("Permohonan berakhir dan tidak diproses lagi. Nama dan alamat yang sudah dicadangkan dilepas kembali."),
        _l("Tarik permohonan ini"),
        _l("Permohonan ditarik."),
        ends.withdraw,
    ),
    "batalkan": Act(
        "cancel",
        _l("Batalkan permohonan"),
        _l("Permohonan berakhir di luar alur SOP. Pemohon melihat alasan yang Anda tulis."),
        _l("Batalkan permohonan ini"),
        _l("Permohonan dibatalkan."),
        ends.cancel,
    ),
    "pindahkan": Act(
        "move",
        _l("Pindahkan ke langkah lain"),
        _l("Tindakan khusus admin: tercatat di riwayat dan jejak audit, dan terlihat oleh pemohon."),
        _l("Pindahkan permohonan ini"),
        _l("Permohonan dipindahkan."),
        _move,
    ),
}

OVERRIDES = {"perbaiki": services.repair, "ambil-alih": services.adopt}


@blueprint.get("/permohonan")
def requests() -> Any:
    """Requests that the reader may see, newest first."""
    state = request.args.get("status", "")
    if state and state not in set(RequestState):
        raise NotFound("Saringan ini tidak dikenal.", log=f"no request state {state!r}")
    words = request.args.get("cari", "")[:LONGEST]
    rows = reading.requests_of(scope.desk(), state=state, words=words, before=id_cursor("sebelum"))
    following = rows[-1].id if len(rows) == reading.PAGE else None
    return render_template(
        "requests/list.html", rows=rows, state=state, words=words, states=list(RequestState), following=following
    )


@blueprint.get("/permohonan/<int:request_id>")
def request_page(request_id: int) -> Any:
    """One request: where it stands, and everything about it."""
    return render_template("requests/request.html", page=RequestPage.of(scope.desk(), request_id), acts=ACTS)


@blueprint.post("/permohonan/<int:request_id>/ulangi")
def retry(request_id: int) -> Any:
    """Try what failed again, now."""
    with scope.acting() as desk:
        services.retry(desk, request_id)
    flash(gettext("Pembuatan dicoba lagi."), "success")
    return redirect(url_for(".request_page", request_id=request_id, _anchor="hasil"), 303)


@blueprint.post("/permohonan/<int:request_id>/sumber-daya/<int:resource_id>/<any(perbaiki, 'ambil-alih'):how>")
def override(request_id: int, resource_id: int, how: str) -> Any:
    """An officer's act: undo a change made by hand, or take over what isn't ours."""
    about_request(request_id)
    with scope.acting() as desk:
        OVERRIDES[how](desk, request_id, resource_id)
    flash(gettext("Perubahan sedang dijalankan di server."), "success")
    return redirect(url_for(".request_page", request_id=request_id, _anchor="hasil"), 303)


@blueprint.get("/permohonan/<int:request_id>/<any(hapus, tarik, batalkan, pindahkan):name>")
def confirm(request_id: int, name: str) -> Any:
    """Ask for the reason before an act that isn't a step."""
    return _confirmation(RequestPage.of(scope.desk(), request_id), ACTS[name], {})


@blueprint.post("/permohonan/<int:request_id>/<any(hapus, tarik, batalkan, pindahkan):name>")
def act(request_id: int, name: str) -> Any:
    """Do it; a missing reason is asked for again."""
    chosen = ACTS[name]
    about_request(request_id)
    try:
        with scope.acting() as desk:
            chosen.run(desk, request_id, request.form.get("reason", ""), request.form.get("version", type=int))
    except Invalid as problem:
        page = RequestPage.of(scope.desk(), request_id)
        return make_response(_confirmation(page, chosen, problem.fields), problem.status)
    flash(chosen.done, "success")
    following = url_for(chosen.leads_to) if chosen.leads_to else url_for(".request_page", request_id=request_id)
    return redirect(following, 303)


def _confirmation(page: RequestPage, chosen: Act, errors: dict[str, list[str]]) -> str:
    if chosen.name not in page.acts:
        raise NotFound("Tindakan ini tidak tersedia untuk permohonan ini.", log=f"no {chosen.name} here")
    given = {name: request.form.get(name, "") for name in ("reason", "step")}
    return render_template("requests/confirm.html", page=page, act=chosen, errors=errors, given=given)
