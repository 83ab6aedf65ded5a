"""Response headers: a strict content security policy, no caching of pages, long caching of static files."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

from tapak.web.assets import VERSION

POLICY = (
    "default-src 'self'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
YEAR = 365 * 24 * 60 * 60


def install(app: Flask) -> None:
    """Send the headers with every response; give templates ``csp_nonce``."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(protect)


def csp_nonce() -> str:
    """The nonce that this response's scripts carry."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def protect(response: Response) -> Response:
    """Add what the response doesn't already say of itself."""
    for name, value in FIXED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=csp_nonce()))
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    static = (request.endpoint or "").endswith(".static")
    if not static:
        response.headers["Cache-Control"] = "no-store"
    elif VERSION in request.args:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response
