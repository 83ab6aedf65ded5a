"""A PowerDNS authoritative server of our own, on SQLite, whose zones are changed over its HTTP API."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype
import httpx

from tapak.demo.servers.process import Daemon, account, binary, free_port, hand_over, write_private

ADDRESS = "127.0.0.1"
SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")

_CONFIGURATION = """\
launch=gsqlite3
gsqlite3-database={data}/pdns.sqlite3
gsqlite3-dnssec=no
gsqlite3-pragma-synchronous=0
local-address={address}
local-port={port}
socket-dir={data}
api=yes
api-key={key}
webserver-address={address}
webserver-port={api_port}
webserver-allow-from={address}
webserver-max-bodysize=64
webserver-loglevel=none
default-soa-content=ns1.@ hostmaster.@ 0 3600 600 86400 60
query-cache-ttl=0
cache-ttl=0
daemon=no
guardian=no
disable-syslog=yes
security-poll-suffix=
"""


class PdnsServer:
    """A server for ``zones`` on loopback, in ``directory`` (which every user can walk to).

    What is not given is taken from the last start in ``directory``; ports that neither names are free ones.
    """

    address = ADDRESS

    def __init__(self, directory: Path, zones: Sequence[str] = (), *, port: int = 0) -> None:
        self.directory = Path(directory).absolute()
        known = self._known()
        self.zones: tuple[str, ...] = tuple(zones or known.get("zones", ()))
        self.port: int = port or known.get("port") or free_port()
        self.api_port: int = known.get("api_port") or free_port()
        self.key: str = known.get("key") or secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://{self.address}:{self.api_port}"

    @property
    def user(self) -> str:
        """Who it runs as when we are root."""
        return account("pdns")

    @property
    def data(self) -> Path:
        """The database and the control socket."""
        return self.directory / "data"

    @property
    def database(self) -> Path:
        """What the server serves."""
        return self.data / "pdns.sqlite3"

    @property
    def daemon(self) -> Daemon:
        """The server's process, in the foreground with its log on standard error."""
        return Daemon("pdns", self.directory, [binary("pdns_server"), f"--config-dir={self.directory}"], user=self.user)

    def start(self) -> PdnsServer:
        """Start it unless it runs; returns when it answers for every zone.

        Raises:
            ServerProblem: it doesn't start; tells why.
        """
        self._configure()
        self.daemon.start(self._api_answers)
        for zone in self.zones:
            self.add_zone(zone)
        self.daemon.start(self.answers)
        return self

    def stop(self, timeout: float = 10) -> None:
        """End it; zones stay."""
        self.daemon.stop(timeout)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it answers with authority for every zone."""
        return all(self._serves(zone) for zone in self.zones)

    def add_zone(self, zone: str) -> None:
        """Make ``zone`` unless it is there, with an SOA and a name server."""
        if self.call("GET", f"/zones/{zone}.", params={"rrsets": "false"}).status_code == 200:
            return
        soa = f"ns1.{zone}. hostmaster.{zone}. 1 3600 600 86400 60"
        rrsets = [_rrset(f"{zone}.", "SOA", soa), _rrset(f"ns1.{zone}.", "A", self.address)]
        made = {"name": f"{zone}.", "kind": "Native", "nameservers": [f"ns1.{zone}."], "rrsets": rrsets}
        self.call("POST", "/zones", json=made).raise_for_status()

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One call of the API, below the server's own place in it."""
        url = f"{self.url}/api/v1/servers/localhost{path}"
        # What isn't verified costs no reading of certificates: it is loopback without TLS.
        with httpx.Client(headers={"X-API-Key": self.key}, timeout=30, trust_env=False, verify=False) as client:  # noqa: S501
            return client.request(method, url, **more)

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run ``statement`` in its database, behind its API."""
        with closing(sqlite3.connect(self.database, timeout=30)) as database, database:
            return database.execute(statement, values).fetchall()

    def __enter__(self) -> PdnsServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _api_answers(self) -> bool:
        try:
            return self.call("GET", "").status_code == 200
        except httpx.TransportError:
            return False

    def _serves(self, zone: str) -> bool:
        query = dns.message.make_query(zone, dns.rdatatype.SOA)
        try:
            answer = dns.query.udp(query, self.address, port=self.port, timeout=0.05)
        except (OSError, dns.exception.DNSException):
            return False
        return bool(answer.flags & dns.flags.AA and answer.answer)

    @property
    def _state(self) -> Path:
        return self.directory / "state.json"

    def _known(self) -> dict[str, Any]:
        return json.loads(self._state.read_text()) if self._state.exists() else {}

    def _configure(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        hand_over(self.data, self.user)
        state = {"zones": self.zones, "port": self.port, "api_port": self.api_port, "key": self.key}
        write_private(self._state, json.dumps(state, indent=1))
        text = _CONFIGURATION.format(
            data=self.data, address=self.address, port=self.port, api_port=self.api_port, key=self.key
        )
        write_private(self.directory / "pdns.conf", text, self.user)
        if not self.database.exists():
            self._make_database()

    def _make_database(self) -> None:
        write_private(self.database, "", self.user)
        with closing(sqlite3.connect(self.database)) as database:
            database.executescript(SCHEMA.read_text())


def _rrset(name: str, kind: str, content: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "ttl": 300, "records": [{"content": content, "disabled": False}]}
