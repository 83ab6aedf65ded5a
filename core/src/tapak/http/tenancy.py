"""Tenant = host name, resolved before anything else; an unknown host is not found, and there is no default."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from sqlalchemy.exc import OperationalError

from tapak.http.problems import API, PROBLEM, details, unavailable
from tapak.http.scope import TENANT
from tapak.sdk.errors import NotFound, TapakError
from tapak.tenants.hosts import TenantHosts

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PAGE = "<!doctype html><html lang=id><meta charset=utf-8><title>{title}</title><p>{told}</p>"
UNKNOWN = PAGE.format(
    title="Alamat tidak dikenal", told="Alamat ini tidak dilayani. Periksa kembali alamat yang Anda ketik."
)
DOWN = PAGE.format(
    title="Layanan sedang terganggu", told="Basis data sedang tidak dapat dihubungi. Coba lagi sebentar."
)


class TenantMiddleware:
    """Puts the tenant of the request's host into the environment, or answers 404."""

    def __init__(self, app: Wsgi, hosts: TenantHosts) -> None:
        self.app = app
        self.hosts = hosts

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            tenant = self.hosts.find(environ.get("HTTP_HOST", ""))
        except OperationalError as error:
            return _refuse(environ, start_response, unavailable(error), DOWN)
        if tenant is None:
            return _refuse(environ, start_response, NotFound("Alamat ini tidak dilayani."), UNKNOWN)
        environ[TENANT] = tenant
        return self.app(environ, start_response)


def _refuse(environ: dict[str, Any], start_response: Callable[..., Any], error: TapakError, page: str) -> list[bytes]:
    """A problem under ``/api/``, a page elsewhere; there is no application without a tenant."""
    status = f"{error.status} {HTTPStatus(error.status).phrase}"
    api = environ.get("PATH_INFO", "").startswith(API)
    kind, body = (PROBLEM, json.dumps(details(error, error.status))) if api else ("text/html; charset=utf-8", page)
    content = body.encode()
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
    return [content]
