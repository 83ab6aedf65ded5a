"""How pages tell errors: what happened, on what, and what the reader can do now."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, default_exceptions

from tapak.http import problems, scope
from tapak.http.problems import API, problem
from tapak.requests import reading
from tapak.sdk.errors import Conflict, Invalid, SignInNeeded, TapakError
from tapak.web.account import BROKEN
from tapak.web.guard import CONTINUE_URL, FormExpired, Kept

TITLES = {
    400: "Permintaan tidak dapat dibaca",
    401: "Silakan masuk",
    403: "Tidak berhak",
    404: "Halaman tidak ditemukan",
    405: "Halaman tidak ditemukan",
    409: "Keadaan sudah berubah",
    413: "Berkas terlalu besar",
    422: "Ada isian yang perlu diperbaiki",
    429: "Terlalu banyak permintaan",
    500: "Terjadi kesalahan",
    502: "Server lain tidak menjawab",
    503: "Layanan sedang tidak tersedia",
    507: "Ruang penyimpanan penuh",
}
MEANWHILE = 3


def install(app: Flask) -> None:
    """Tell every error by a page, or as a problem under ``/api/``."""
    problems.install(app, page)
    # Flask-Smorest brings a handler of its own for every HTTPException; one for each status comes before it.
    tell = app.error_handler_spec[None][None][HTTPException]
    for code in default_exceptions:
        app.register_error_handler(code, tell)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(500, lambda error: _broken(error, tell))


def about_request(request_id: int, back: str = "") -> None:
    """Name the request that this page acts on: where it has changed meanwhile, the page says who did what.

    ``back`` is where the reader sees its last state; the request's own page unless told.
    """
    g.about_request, g.about_back = request_id, back


def page(error: TapakError, status: int) -> Any:
    """The page that tells ``error``."""
    if isinstance(error, SignInNeeded):
        return _sign_in(error)
    if isinstance(error, FormExpired):
        return _answer("resume.html", status, kept=Kept.of_request())
    if status == 500:
        return _bare(error, status)
    about = g.get("about_request")
    events = _meanwhile(about) if isinstance(error, Conflict) and about is not None else []
    back = request.full_path
    if about is not None:
        back = g.about_back or url_for("web_requests.request_page", request_id=about)
    return _answer("refusal.html", status, error=error, title=TITLES.get(status, TITLES[500]), events=events, back=back)


def _sign_in(error: SignInNeeded) -> Any:
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")), 303)
    kept = Kept.of_request()
    return _answer(
        "security/login_user.html", 401, kept=kept.to_text() if kept else "", told=error.message, following=CONTINUE_URL
    )


def _meanwhile(request_id: int) -> list[Any]:
    """The newest of what happened since the page was made that the reader acted on."""
    scope.session().rollback()
    try:
        return list(reading.meanwhile(scope.desk(), request_id, seen_version()))[-MEANWHILE:][::-1]
    except TapakError:
        return []


def seen_version() -> int:
    """The request's version that the page was made from.

    Raises:
        Invalid: the form doesn't carry it.
    """
    text = request.form.get("version", "")
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise Invalid("Formulir ini tidak lengkap. Muat ulang halamannya, lalu kirim lagi.", log="no version in form")
    return int(text)


def _away(error: OperationalError) -> Any:
    away = problems.unavailable(error)
    return problem(away, away.status) if request.path.startswith(API) else _bare(away, away.status)


def _broken(error: HTTPException, tell: Any) -> Any:
    """An error from before or after the view: where the session couldn't be read, the database is away."""
    original = getattr(error, "original_exception", None)
    return _away(original) if isinstance(original, OperationalError) else tell(error)


def _bare(error: TapakError, status: int) -> Any:
    """A page that asks nothing of the database."""
    setattr(g, BROKEN, True)
    template = current_app.jinja_env.get_template("bare.html")
    return make_response(template.render(error=error, title=TITLES.get(status, TITLES[500])), status)


def _answer(template: str, status: int, **context: Any) -> Any:
    return make_response(render_template(template, **context), status)
