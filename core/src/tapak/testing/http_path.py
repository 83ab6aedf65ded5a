"""A path to a server with an HTTP/1.1 API that breaks requests and answers when told to."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Mapping
from typing import Any, cast

from tapak.testing.faults import Fault, FaultyPath

PATIENCE = 30.0
READS = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_ERROR = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmaaf"


class HttpPath(FaultyPath):
    """Relays what comes to ``port`` on loopback to ``address``; a connection a request.

    ``settings`` (with the provider's short time-out) get ``url`` unless :attr:`settings` is changed: the base address
    of the relay, without a final slash. Requests other than GET, HEAD and OPTIONS count as writes.
    """

    def __init__(self, address: str, port: int, settings: Mapping[str, Any] | None = None) -> None:
        self._address = (address, port)
        self._server = _Server(("127.0.0.1", 0), _Relay)
        self._server.path = self
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__({"url": self.url, **(settings or {})})
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """End the relay."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> HttpPath:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def relay(self, client: socket.socket) -> None:
        """Take one request from ``client`` to the server and its answer back, or break them."""
        request = _request(client)
        if not request:
            return
        fault = self.fault_of(write=request.partition(b" ")[0] not in READS)
        if fault is Fault.REFUSED:
            return
        if fault is Fault.LOST:
            _wait_for_end(client)
        elif fault is Fault.ERROR:
            client.sendall(_ERROR)
        elif fault is Fault.TORN:
            self._send_half(request)
        else:
            self._answer(client, self._ask(request), fault)

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(self._address, timeout=PATIENCE) as server:
            server.sendall(request)
            return _until_end(server)

    def _send_half(self, request: bytes) -> None:
        with socket.create_connection(self._address, timeout=PATIENCE) as server:
            server.sendall(request[: len(request) * 2 // 3])

    @staticmethod
    def _answer(client: socket.socket, answer: bytes, fault: Fault | None) -> None:
        if fault is Fault.UNHEARD:
            _wait_for_end(client)
        elif fault is Fault.ERROR_AFTER:
            client.sendall(_ERROR)
        elif fault is Fault.CUT:
            client.sendall(answer[: max(len(answer) // 2, 1)])
        else:
            client.sendall(answer)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    path: HttpPath


class _Relay(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        client: socket.socket = self.request
        client.settimeout(PATIENCE)
        with contextlib.suppress(OSError):  # one side went away: the other is told by the end of its connection
            cast("_Server", self.server).path.relay(client)


def _request(client: socket.socket) -> bytes:
    """One whole request, told to end its connection; empty where the client went away."""
    taken = b""
    while b"\r\n\r\n" not in taken:
        if not (arrived := client.recv(65536)):
            return b""
        taken += arrived
    head, _, body = taken.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    fields = {line.partition(b":")[0].strip().lower(): line.partition(b":")[2].strip() for line in lines[1:]}
    while len(body) < int(fields.get(b"content-length", b"0")):
        if not (arrived := client.recv(65536)):
            return b""
        body += arrived
    kept = [line for line in lines if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""]) + body


def _until_end(server: socket.socket) -> bytes:
    parts = []
    while arrived := server.recv(65536):
        parts.append(arrived)
    return b"".join(parts)


def _wait_for_end(client: socket.socket) -> None:
    """Until the client gives up."""
    while client.recv(65536):
        pass
