"""A small application on loopback that tells what it was asked: what another server that answers for a site is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tapak.testing.site_host import Answer


class _Application(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.headers.get("Upgrade", "").lower() == "websocket" and self.path == "/kanal":
            self._talk()
        else:
            self._tell(b"")

    def do_POST(self) -> None:
        self._tell(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def _talk(self) -> None:
        """Changes to a protocol in which each line comes back, with what asked for it."""
        self.send_response_only(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.end_headers()
        while line := self.rfile.readline():
            self.wfile.write(self.headers["Connection"].lower().encode() + b" " + line)
        self.close_connection = True

    def _tell(self, body: bytes) -> None:
        told = {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}}
        content = json.dumps({**told, "body": len(body)}).encode()
        self.send_response(302 if self.path == "/masuk" else 401 if self.path == "/tertutup" else 200)
        self.send_header("Location", f"http://127.0.0.1:{self.connection.getsockname()[1]}/pintu")
        self.send_header("X-Tapak-Site", "lain.example.test; served=mass")
        self.send_header("X-A", "dari aplikasi")
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.send_header("X-Accel-Redirect", "/data.txt")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def upstream(port: int = 0) -> Iterator[int]:
    """The application; gives its port."""
    with ThreadingHTTPServer(("127.0.0.1", port), _Application) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def asked(answer: Answer) -> dict[str, Any]:
    """What the application tells in ``answer``: path, headers and size of the body of the request that came to it."""
    found: dict[str, Any] = json.loads(answer.text)
    return found
