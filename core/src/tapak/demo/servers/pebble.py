"""A Pebble of our own: Let's Encrypt's small ACME authority for tests, on loopback; nobody trusts what it issues."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tapak.demo.servers.process import Daemon, account, binary, hand_over, write_private

ADDRESS = "127.0.0.1"
REFUSED = "ditolak.example.test"
"""For it, and what lies below, it issues nothing."""


@dataclass(frozen=True)
class PebbleServer:
    """One Pebble in ``directory`` (which every user can walk to), on ``port`` and, for what it tells, ``management``.

    It looks for challenges at the name server ``dns`` (address:port). Everything is forgotten when it ends.
    """

    directory: Path
    port: int
    management: int
    dns: str

    @property
    def user(self) -> str:
        """Who it runs as when we are root."""
        return account("nobody")

    @property
    def url(self) -> str:
        """The ACME directory."""
        return f"https://{ADDRESS}:{self.port}/dir"

    @property
    def authorities(self) -> str:
        """Who its address is to be trusted by (PEM)."""
        return self._certificate.read_text()

    @property
    def root(self) -> str:
        """The root (PEM) of what it issues; a new one each time it starts."""
        trust = ssl.create_default_context(cadata=self.authorities)
        at = f"https://{ADDRESS}:{self.management}/roots/0"
        with urllib.request.urlopen(at, context=trust, timeout=5) as answer:
            return str(answer.read().decode())

    @property
    def daemon(self) -> Daemon:
        """The server's process; nonces aren't refused at random, and it looks at once."""
        argv = [binary("pebble"), "-config", str(self.directory / "pebble.json"), "-dnsserver", self.dns]
        env = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        return Daemon("pebble", self.directory, argv, env=env, user=self.user)

    def start(self) -> None:
        """Start it unless it runs.

        Raises:
            ServerProblem: it doesn't start; tells why.
        """
        if self.daemon.running() and self.answers():
            return
        hand_over(self.directory, "", 0o755)
        self._configure()
        self.daemon.start(self.answers)

    def stop(self, timeout: float = 10) -> None:
        """End it."""
        self.daemon.stop(timeout)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it answers, also where it tells its root."""
        try:
            return bool(self.root)
        except OSError:
            return False

    @property
    def _certificate(self) -> Path:
        return self.directory / "https.pem"

    def _configure(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        made = key.private_bytes(serialization.Encoding.PEM, *form).decode()
        write_private(self.directory / "https.key", made, self.user)
        self._certificate.write_bytes(_own_certificate(key))
        settings = {
            "listenAddress": f"{ADDRESS}:{self.port}",
            "managementListenAddress": f"{ADDRESS}:{self.management}",
            "certificate": str(self._certificate),
            "privateKey": str(self.directory / "https.key"),
            "httpPort": 1,
            "tlsPort": 1,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
            "domainBlocklist": [REFUSED],
        }
        (self.directory / "pebble.json").write_text(json.dumps({"pebble": settings}))


def _own_certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    """What its address answers HTTPS with (PEM): signed by itself, for the loopback address."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Pebble")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ADDRESS))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).add_extension(here, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    made = builder.not_valid_after(now + datetime.timedelta(days=30)).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)
