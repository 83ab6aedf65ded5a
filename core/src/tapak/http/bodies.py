"""Bodies that the application left unread.

The WSGI server promises to keep the connection, then drops it where more than a little of the body is left: the
client's next request would be lost on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

PIECE = 64 * 1024

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ReadToTheEnd:
    """Reads on what the application refused, up to ``limit`` bytes, before the answer is sent."""

    def __init__(self, app: Wsgi, limit: int) -> None:
        self.app = app
        self.limit = limit

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self.app(environ, start_response)
        left = self.limit
        while left > 0 and (piece := environ["wsgi.input"].read(PIECE)):
            left -= len(piece)
        return answer
