"""RFC 9457 problem details for REST; whoever serves pages registers how a page tells the same error."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, jsonify, request
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from tapak.documents.store import FULL, full
from tapak.sdk.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    SignInNeeded,
    TapakError,
    TooLarge,
    TooMany,
    Unavailable,
    flat_messages,
)

API = "/api/"
PROBLEM = "application/problem+json"
TOLD = {
    400: (Invalid, "Permintaan ini tidak dapat dibaca."),
    401: (SignInNeeded, "Silakan masuk terlebih dahulu."),
    403: (Forbidden, "Anda tidak berhak melakukan ini."),
    404: (NotFound, "Halaman ini tidak ditemukan."),
    405: (NotFound, "Cara memanggil alamat ini tidak dikenal."),
    409: (Conflict, "Keadaan sudah berubah."),
    413: (TooLarge, "Yang dikirim terlalu besar. Kecilkan berkas atau isiannya."),
    422: (Invalid, "Ada isian yang perlu diperbaiki."),
    429: (TooMany, "Terlalu banyak permintaan dari alamat Anda. Coba lagi satu menit lagi."),
}

log = structlog.get_logger("tapak.http")
Page = Callable[[TapakError, int], Any]


def install(app: Flask, page: Page) -> None:
    """Tell every error as a problem under ``/api/`` and by ``page`` elsewhere."""

    def tell(error: TapakError, status: int) -> Any:
        log.info("refused", code=error.code, status=status, detail=error.log, path=request.path)
        if request.path.startswith(API):
            return problem(error, status)
        return page(error, status)

    app.register_error_handler(TapakError, lambda error: tell(error, error.status))
    app.register_error_handler(HTTPException, lambda error: _http(error, tell))
    app.register_error_handler(DataError, lambda error: tell(_unstorable(error), Invalid.status))
    app.register_error_handler(OperationalError, lambda error: tell(unavailable(error), Unavailable.status))
    app.register_error_handler(OSError, lambda error: _no_room(error, tell))
    app.register_error_handler(Exception, lambda error: _broken(error, tell))


def problem(error: TapakError, status: int) -> Response:
    """The error as ``application/problem+json``."""
    answer = jsonify(details(error, status))
    answer.status_code = status
    answer.mimetype = PROBLEM
    return answer


def details(error: TapakError, status: int) -> dict[str, Any]:
    """The error as the members of RFC 9457; ``code`` and ``fields`` are ours."""
    body: dict[str, Any] = {
        "type": f"urn:tapak:problem:{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
        "code": error.code,
    }
    if error.fields:
        body["fields"] = error.fields
    return body


def unavailable(error: OperationalError) -> Unavailable:
    """The error for a database that isn't there."""
    log.error("database unavailable", problem=type(error.orig).__name__)
    told = "Basis data sedang tidak dapat dihubungi. Tindakan Anda belum tersimpan; coba lagi sebentar."
    return Unavailable(told, log="the database is unavailable")


def _unstorable(error: DataError) -> Invalid:
    log.warning("unstorable", problem=type(error.orig).__name__)
    return Invalid("Ada isian yang tidak dapat disimpan; periksa lalu ketik ulang.", log="the database took no value")


def _no_room(error: OSError, tell: Page) -> Any:
    """A large upload passes through a temporary file, whose disk may be full too."""
    if error.errno not in FULL:
        return _broken(error, tell)
    told = full(error)
    return tell(told, told.status)


def _http(error: HTTPException, tell: Page) -> Any:
    status = error.code or 500
    if status < 400 or error.response is not None:
        return error
    kind, told = TOLD.get(status, (TapakError, error.name))
    if isinstance(error, RequestEntityTooLarge):
        kind = TooLarge
    fields = _field_messages(getattr(error, "data", None))
    return tell(kind(told, log=f"{status} {error.name}", fields=fields), status)


def _field_messages(told: Any) -> dict[str, list[str]]:
    """What webargs found wrong, flat by field."""
    messages = (told or {}).get("messages", {}) if isinstance(told, dict) else {}
    found: dict[str, list[str]] = {}
    for by_field in messages.values():
        if isinstance(by_field, dict):
            found.update(flat_messages(by_field))
    return found


def _broken(error: Exception, tell: Page) -> Any:
    log.exception("failed", path=request.path, method=request.method)
    told = "Terjadi kesalahan pada sistem. Tindakan Anda belum tersimpan; coba lagi, lalu hubungi pengelola."
    return tell(TapakError(told, log=type(error).__name__), 500)
