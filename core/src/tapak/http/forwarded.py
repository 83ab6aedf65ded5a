"""Tells the operator of a reverse proxy that nobody declared: all clients would count as one address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import structlog

FORWARDED = "HTTP_X_FORWARDED_FOR"

log = structlog.get_logger("tapak.http")
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class UndeclaredProxy:
    """Warns at the first request that came through a proxy; the header itself is believed by nobody."""

    def __init__(self, app: Wsgi) -> None:
        self.app = app
        self.warned = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if FORWARDED in environ and not self.warned:
            self.warned = True
            log.warning(
                "undeclared proxy",
                problem="X-Forwarded-For arrives but TAPAK_PROXIES is 0: all clients count as one address",
                seen_from=environ.get("REMOTE_ADDR", ""),
                mend="set TAPAK_PROXIES to the number of reverse proxies in front, or have them drop the header",
            )
        return self.app(environ, start_response)
