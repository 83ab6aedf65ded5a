"""Asks for one page over one kept connection, again and again; each answer is read to its end and checked."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable

from rounds import serve

TIMEOUT = 30


class Client:
    """One HTTP/1.1 connection, opened again where the server has closed it in between."""

    def __init__(self, port: int, host: str, path: str, cookie: str, expected: str) -> None:
        self._port = port
        header = f"Cookie: {cookie}\r\n" if cookie else ""
        self._request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\n".encode()
        self._expected = expected.encode()
        self._socket: socket.socket | None = None

    def get(self) -> None:
        """One page."""
        if self._socket is not None:
            try:
                return self._exchange(self._socket)
            except (ConnectionError, EOFError):
                self._socket.close()
        self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._exchange(self._socket)

    def _exchange(self, connection: socket.socket) -> None:
        connection.sendall(self._request)
        told = bytearray()
        while b"\r\n\r\n" not in told:
            told += _some(connection)
        head, _, body = bytes(told).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head[:200]
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += _some(connection)
        assert self._expected in body


def _some(connection: socket.socket) -> bytes:
    got = connection.recv(1 << 18)
    if not got:
        raise EOFError
    return got


def worker(**told: object) -> Callable[[], object]:
    """One page a call."""
    return Client(**told).get  # type: ignore[arg-type]


if __name__ == "__main__":
    serve(worker(**json.loads(sys.argv[1])))
