"""The proof of a reload: the server itself answers with the new generation."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import time

from tapak_webhost.agent.config import Config
from tapak_webhost.agent.names import MARKER_NAME
from tapak_webhost.agent.protocol import RELOAD_UNPROVED, AgentError

HEADER = "X-Tapak-Generation"
# The server is this host's own, and who signed its certificate is a matter for visitors.
_TLS = ssl.create_default_context()
_TLS.check_hostname = False
_TLS.verify_mode = ssl.CERT_NONE
# An old child may still take a connection after a new one has answered.
IN_A_ROW = 3


def prove(address: tuple[str, int], generation: int, deadline: float) -> None:
    """Ask until ``generation`` is served.

    Raises:
        AgentError: it wasn't by ``deadline``.
    """
    interval = 0.001
    while not served(address, generation):
        if time.monotonic() >= deadline:
            raise AgentError(RELOAD_UNPROVED, f"the server doesn't serve generation {generation}")
        time.sleep(interval)
        interval = min(interval * 1.5, 0.05)


def served(address: tuple[str, int], generation: int) -> bool:
    """Whether ``generation``, or one that came after it, is answered on several new connections in a row."""
    return all(_asked(address) >= generation for _ in range(IN_A_ROW))


def answer(config: Config, name: str, seconds: float = 5.0) -> int:
    """The status with which the server answers ``name``, by HTTPS where it leads there; 0 where it doesn't."""
    response = _head(config.address, name, seconds)
    if response is not None and config.tls is not None and _leads_to_https(response, name):
        response = _head(config.tls.reached(config.address[0]), name, seconds, secure=True)
    return response.status if response else 0


def _leads_to_https(response: http.client.HTTPResponse, name: str) -> bool:
    return (response.getheader("Location") or "").startswith((f"https://{name}/", f"https://{name}:"))


def _asked(address: tuple[str, int]) -> int:
    response = _head(address, MARKER_NAME, 2)
    told = response.getheader(HEADER, "") if response else ""
    return int(told) if told.isdecimal() else 0


def _head(
    address: tuple[str, int], name: str, seconds: float, *, secure: bool = False
) -> http.client.HTTPResponse | None:
    with contextlib.closing(http.client.HTTPConnection(*address, timeout=seconds)) as connection:
        try:
            if secure:
                connection.connect()
                connection.sock = _TLS.wrap_socket(connection.sock, server_hostname=name)
            connection.request("HEAD", "/", headers={"Host": name, "Connection": "close"})
            return connection.getresponse()
        except (OSError, http.client.HTTPException):
            return None
