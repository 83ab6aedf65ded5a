"""What every unsafe request has to show: that it comes from a page of ours, and from somebody.

A form that was sent after the session had ended isn't lost: it travels through sign-in and is offered again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session
from flask_security import user_authenticated
from flask_wtf.csrf import CSRFError

from tapak.http import scope
from tapak.http.problems import API
from tapak.http.signed_in import bearer_token
from tapak.sdk.errors import Forbidden, SignInNeeded, TapakError
from tapak.web.language import SWITCH_URL
from tapak.web.places import START, inside

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
KEPT = "kept"
LARGEST_KEPT = 256 * 1024
CONTINUE_URL = "/lanjutkan"
# Sign-in checks its own token; the language is harmless, and strangers choose it too.
OPEN = frozenset({"/masuk", SWITCH_URL})

blueprint = Blueprint("web_guard", __name__)


class FormExpired(TapakError):
    """The form's CSRF token isn't this session's."""

    code: ClassVar[str] = "form_expired"
    status: ClassVar[int] = 400


@dataclass(frozen=True)
class Kept:
    """A form that was sent and not acted on: its address and its fields, without files."""

    address: str
    fields: tuple[tuple[str, str], ...]

    def to_text(self) -> str:
        """As a hidden field carries it."""
        return json.dumps([self.address, self.fields])

    @classmethod
    def from_text(cls, text: str) -> Kept | None:
        """What :meth:`to_text` wrote; None for anything else."""
        try:
            address, fields = json.loads(text[:LARGEST_KEPT])
            return cls(inside(str(address)), tuple((str(name), str(value)) for name, value in fields))
        except (ValueError, TypeError, RecursionError):
            return None

    @classmethod
    def of_request(cls) -> Kept | None:
        """The form of this request; None where it is too large to carry."""
        fields = tuple((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
        kept = cls(inside(request.full_path.rstrip("?")), fields)
        return kept if len(kept.to_text()) <= LARGEST_KEPT else None


def install(app: Flask) -> None:
    """Check every unsafe request of ``app``, and carry kept forms through sign-in."""
    app.before_request(check)
    user_authenticated.connect(_carry, app)


def check() -> None:
    """Let an unsafe request pass only where it comes from a page of this site.

    Raises:
        Forbidden: another site sent it.
        SignInNeeded: nobody is signed in.
        FormExpired: the form was made for another session.
    """
    if request.method in SAFE or bearer_token():
        return
    api = request.path.startswith(API)
    if api and not _has_cookie():
        return
    if not _from_here():
        raise Forbidden("Permintaan ini datang dari situs lain dan ditolak.", log="wrong or missing Origin")
    if request.path in OPEN:
        return
    if scope.person() is None:
        raise SignInNeeded("Sesi Anda sudah berakhir. Silakan masuk lagi.", log="unsafe request without a session")
    try:
        current_app.extensions["csrf"].protect()
    except CSRFError as error:
        told = "Formulir ini dibuat pada sesi yang lain, jadi belum dijalankan. Periksa lalu kirim lagi."
        raise FormExpired(told, log=f"CSRF: {error.description}") from error


def _has_cookie() -> bool:
    return getattr(current_app.session_interface, "cookie", "") in request.cookies


def _from_here() -> bool:
    """By Origin, else by Sec-Fetch-Site, else by Referer; a request that shows none of them isn't trusted."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return _is_here(origin)
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site is not None else _is_here(request.headers.get("Referer", ""))


def _is_here(address: str) -> bool:
    parts = urlsplit(address)
    return parts.netloc == request.host and parts.scheme == request.scheme


def _carry(_app: Flask, **_named: Any) -> None:
    kept = Kept.from_text(request.form.get(KEPT, "")) if request.form.get(KEPT) else None
    if kept is not None:
        session[KEPT] = kept.to_text()


@blueprint.get(CONTINUE_URL)
def resume() -> Any:
    """Offer the form that was sent before sign-in."""
    kept = Kept.from_text(session.get(KEPT, ""))
    if kept is None or scope.person() is None:
        return redirect(START, 303)
    return render_template("resume.html", kept=kept)
