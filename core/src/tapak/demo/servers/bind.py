"""BIND servers of our own: a primary whose zones take dynamic updates, and a secondary that follows it."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype

from tapak.demo.servers.process import (
    Daemon,
    ServerProblem,
    account,
    free_port,
    hand_over,
    write_private,
)

# named and rndc live in /usr/sbin, which isn't on everybody's path.
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
ADDRESS = "127.0.0.1"
_CONTROL_KEY = "control"

_OPTIONS = """\
options {{
  directory "{data}";
  pid-file "{data}/named.pid";
  session-keyfile "{data}/session.key";
  managed-keys-directory "{data}";
  listen-on port {port} {{ {address}; }};
  listen-on-v6 {{ none; }};
  recursion no;
  dnssec-validation no;
  empty-zones-enable no;
  minimal-responses yes;
  version none;
  notify {notify};
  notify-delay 0;
  notify-rate 1000;
  serial-query-rate 1000;
  max-cache-size 8m;
  allow-transfer {{ key "{key}."; }};
}};
controls {{ inet {address} port {control_port} allow {{ {address}; }} keys {{ "control."; }}; }};
"""

_RNDC = """\
key "control." {{ algorithm hmac-sha256; secret "{secret}"; }};
options {{ default-key "control."; default-server {address}; default-port {port}; }};
"""

_ZONE_FILE = """\
$TTL 300
@ IN SOA ns1 hostmaster ( 1 3600 600 86400 60 )
@ IN NS ns1
ns1 IN A {address}
"""


class BindServer:
    """A primary for ``zones`` on loopback, in ``directory`` (which every user can walk to).

    ``key_name`` may change everything and transfer; ``grants`` maps further key names to an ``update-policy`` rule
    (``subdomain app.example.test. A TXT``) or to nothing for a key without rights. ``notify`` are ports of secondaries
    on the same address. What is not given is taken from the last start in ``directory``; a port that neither names is
    a free one.
    """

    address = ADDRESS

    def __init__(
        self,
        directory: Path,
        zones: Sequence[str] = (),
        *,
        port: int = 0,
        key_name: str = "tapak",
        algorithm: str = "hmac-sha256",
        grants: Mapping[str, str] | None = None,
        notify: Sequence[int] = (),
    ) -> None:
        self.directory = Path(directory).absolute()
        self.key_name = key_name
        self.algorithm = algorithm
        known = self._known()
        self.zones: tuple[str, ...] = tuple(zones or known.get("zones", ()))
        self.grants: dict[str, str] = dict(known.get("grants", {}) if grants is None else grants)
        self.notify: tuple[int, ...] = tuple(notify or known.get("notify", ()))
        self.port: int = port or known.get("port") or free_port()
        self._control_port: int = known.get("control_port") or free_port()
        self._secrets: dict[str, str] = {
            name: known.get("secrets", {}).get(name) or base64.b64encode(secrets.token_bytes(32)).decode()
            for name in (_CONTROL_KEY, key_name, *self.grants)
        }

    @property
    def key_secret(self) -> str:
        """The secret of ``key_name``, in base64."""
        return self._secrets[self.key_name]

    @property
    def user(self) -> str:
        """Who it runs as when we are root."""
        return account("bind")

    @property
    def data(self) -> Path:
        """Zone files and journals."""
        return self.directory / "data"

    @property
    def daemon(self) -> Daemon:
        """The server's process; ``-g`` keeps it in the foreground with its log on standard error."""
        argv = ["named", "-g", "-c", str(self.directory / "named.conf")]
        return Daemon("named", self.directory, argv, env={"PATH": PATH}, user=self.user)

    def secret(self, key_name: str) -> str:
        """The secret of any key of this server, in base64."""
        return self._secrets[key_name]

    def start(self) -> BindServer:
        """Start it, or let a running one take in changed settings; returns when it answers for every zone.

        Raises:
            ServerProblem: it doesn't start; tells why.
        """
        if self._configure() and self.running():
            self.rndc("reconfig")
        self.daemon.start(self.answers)
        return self

    def stop(self, timeout: float = 10) -> None:
        """End it; zones and journals stay."""
        self.daemon.stop(timeout)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it answers with authority for every zone."""
        return all(self._serves(zone) for zone in self.zones)

    def rndc(self, *arguments: str) -> str:
        """What ``rndc`` prints for ``arguments`` at this server.

        Raises:
            ServerProblem: rndc failed.
        """
        command = ["rndc", "-c", str(self.directory / "rndc.conf"), *arguments]
        environment = {**os.environ, "PATH": PATH}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)  # noqa: S603 - our own words
        if done.returncode:
            raise ServerProblem(f"rndc {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def __enter__(self) -> BindServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

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

    def _configure(self) -> bool:
        """Write state, configuration and missing zone files; whether named's configuration changed."""
        self.directory.mkdir(parents=True, exist_ok=True)
        hand_over(self.data, self.user)
        state = {
            "zones": self.zones,
            "grants": self.grants,
            "notify": self.notify,
            "port": self.port,
            "control_port": self._control_port,
            "secrets": self._secrets,
        }
        write_private(self._state, json.dumps(state, indent=1))
        control = _RNDC.format(secret=self._secrets[_CONTROL_KEY], address=self.address, port=self._control_port)
        write_private(self.directory / "rndc.conf", control)
        self._make_zones()
        place, text = self.directory / "named.conf", self._configuration()
        if place.exists() and place.read_text() == text:
            return False
        write_private(place, text, self.user)
        return True

    def _make_zones(self) -> None:
        for zone in self.zones:
            place = self.data / f"{zone}.db"
            if not place.exists():
                write_private(place, _ZONE_FILE.format(address=self.address), self.user)

    def _configuration(self) -> str:
        options = _OPTIONS.format(
            data=self.data,
            address=self.address,
            port=self.port,
            control_port=self._control_port,
            key=self.key_name,
            notify="explicit" if self.notify else "no",
        )
        return self._keys() + options + "".join(self._zone_statement(zone) for zone in self.zones)

    def _keys(self) -> str:
        algorithms = {_CONTROL_KEY: "hmac-sha256"}
        return "".join(
            f'key "{name}." {{ algorithm {algorithms.get(name, self.algorithm)}; secret "{secret}"; }};\n'
            for name, secret in self._secrets.items()
        )

    def _zone_statement(self, zone: str) -> str:
        grants = f"grant {self.key_name}. zonesub ANY; "
        grants += "".join(f"grant {name}. {rule}; " for name, rule in self.grants.items() if rule)
        targets = "".join(f"{self.address} port {port}; " for port in self.notify)
        also = f"also-notify {{ {targets}}}; " if targets else ""
        return f'zone "{zone}" {{ type primary; file "{zone}.db"; {also}update-policy {{ {grants}}}; }};\n'


class BindSecondary(BindServer):
    """A secondary of every zone of ``primary``. It follows at once where ``primary.notify`` has its port."""

    def __init__(self, directory: Path, primary: BindServer, *, port: int = 0) -> None:
        super().__init__(
            directory, primary.zones, port=port, key_name=primary.key_name, algorithm=primary.algorithm, grants={}
        )
        self.primary = primary
        self._secrets[self.key_name] = primary.key_secret

    def refresh(self) -> None:
        """Ask the primary for its serials now, as on a NOTIFY."""
        for zone in self.zones:
            self.rndc("refresh", zone)

    def _make_zones(self) -> None:
        """A secondary's zone files come from its primary."""

    def _zone_statement(self, zone: str) -> str:
        source = f'{self.primary.address} port {self.primary.port} key "{self.key_name}."'
        return f'zone "{zone}" {{ type secondary; file "{zone}.db"; primaries {{ {source}; }}; }};\n'
