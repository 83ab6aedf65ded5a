"""The demo: every server and process of a deployment, private to one folder, on loopback."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import httpx

from tapak.demo.servers.apache import ApacheServer
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.clamd import ClamdServer
from tapak.demo.servers.mariadb import ADMINISTRATOR, MariadbServer
from tapak.demo.servers.nginx import NginxServer
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import Daemon, accepts, free_port, write_private
from tapak.demo.servers.redis import RedisServer
from tapak.demo.servers.sshd import SshServer
from tapak.demo.servers.web import WebServer
from tapak.tenants.secrets import KeyPair, append_identity, new_identity, read_identities

DATABASE = "tapak"
PORTS = ("postgresql", "redis", "apache", "nginx", "mariadb", "sshd", "apache_tls", "nginx_tls")
START = 120.0
"""Seconds that pages may take to come up, on a machine that is busy."""


class Server(Protocol):
    """What the private servers have in common."""

    def start(self) -> object: ...
    def stop(self, timeout: float = ...) -> None: ...
    def running(self) -> bool: ...


class PortTaken(RuntimeError):
    """The port that pages are to be served on belongs to somebody else."""


@dataclass(frozen=True)
class Stack:
    """A demo in ``home``. ``port`` is where pages are served; other ports are chosen once and remembered.

    ``named`` are the placeholders that its tenants' files name: a server that none of them names isn't started.
    """

    home: Path
    port: int
    zones: tuple[str, ...]
    named: frozenset[str] = frozenset()

    @cached_property
    def _ports(self) -> dict[str, int]:
        kept = self.home / "ports.json"
        known: dict[str, int] = {}
        with suppress(FileNotFoundError):
            known = json.loads(kept.read_text())
            if known.keys() >= set(PORTS):
                return known
        chosen = dict(known)
        for name in PORTS:
            while name not in chosen or list(chosen.values()).count(chosen[name]) > 1:
                chosen[name] = free_port()
        kept.write_text(json.dumps(chosen))
        return chosen

    @cached_property
    def postgresql(self) -> PostgresqlServer:
        """The one database."""
        return PostgresqlServer(self.home / "postgresql", self._ports["postgresql"])

    @cached_property
    def redis(self) -> RedisServer:
        """What wakes workers."""
        return RedisServer(self.home / "redis", self._ports["redis"])

    @cached_property
    def bind(self) -> BindServer:
        """The DNS server of the zones."""
        return BindServer(self.home / "bind", self.zones)

    @cached_property
    def apache(self) -> ApacheServer:
        """The web server of the sites."""
        return ApacheServer(self.home / "apache", self._ports["apache"], self.sshd, self._ports["apache_tls"])

    @cached_property
    def nginx(self) -> NginxServer:
        """The other web server of the sites."""
        return NginxServer(self.home / "nginx", self._ports["nginx"], self.sshd, self._ports["nginx_tls"])

    def web_for(self, named: Collection[str]) -> WebServer:
        """The web server of a tenant whose file leaves the placeholders ``named`` to be filled in."""
        return self.nginx if "NGINX_URL" in named else self.apache

    @cached_property
    def mariadb(self) -> MariadbServer:
        """The server of sites' databases."""
        return MariadbServer(self.home / "mariadb", self._ports["mariadb"])

    @cached_property
    def sshd(self) -> SshServer | None:
        """Where sites' owners send files; only root can let others in."""
        wanted = "WEB_ACCOUNTS" in self.named and os.geteuid() == 0
        return SshServer(self.home / "sshd", self._ports["sshd"]) if wanted else None

    @cached_property
    def clamd(self) -> ClamdServer:
        """The scanner of malware; its folder is the one for scanners."""
        return ClamdServer(self.home / "scanning")

    @property
    def identities(self) -> Path:
        """The age identities that workers open secrets with."""
        return self.home / "identities.txt"

    @property
    def servers(self) -> tuple[Server, ...]:
        """Every private server."""
        always = (self.postgresql, self.redis, self.bind, self.apache, self.clamd)
        optional: dict[str, Callable[[], Server]] = {
            "MARIADB_PORT": lambda: self.mariadb,
            "NGINX_URL": lambda: self.nginx,
        }
        more = [server() for name, server in optional.items() if name in self.named]
        return (*always, *more, *([self.sshd] if self.sshd else []))

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that serves pages; workers get the identities as well."""
        return {
            "TAPAK_DATABASE_URL": self.postgresql.dsn("tapak_app", DATABASE),
            "TAPAK_RELAY_URL": self.postgresql.dsn("tapak_relay", DATABASE),
            "TAPAK_REDIS_URL": self.redis.url,
            "TAPAK_DOCUMENTS": str(self.home / "documents"),
            "TAPAK_SCANNING": str(self.clamd.directory),
            "TAPAK_SECRET_KEY": self._secret("secret_key"),
            "TAPAK_SECURE_COOKIES": "0",
        }

    @property
    def owner_url(self) -> str:
        """The database as its owner."""
        return self.postgresql.dsn("tapak_owner", DATABASE)

    @property
    def placeholders(self) -> dict[str, str]:
        """What a tenant's file may name of this stack."""
        return {
            "WEB_ADDRESS": "127.0.0.1",
            "WEB_URL": self.apache.url,
            "WEB_PORT": str(self.apache.port),
            "WEB_HTTPS_PORT": str(self.apache.tls_port),
            "WEB_AGENT_CONFIG": str(self.apache.agent_config),
            "DNS_ADDRESS": self.bind.address,
            "DNS_PORT": str(self.bind.port),
            "DNS_KEY_NAME": self.bind.key_name,
            "DNS_KEY_SECRET": self.bind.key_secret,
            "DNS_ALGORITHM": self.bind.algorithm,
            "LOGBOOK_RECIPIENT": self.logbook_key.recipient,
            "WEB_ACCOUNTS": "account" if self.sshd else "site",
            **self._more_placeholders(),
        }

    def _more_placeholders(self) -> dict[str, str]:
        """Of the servers that aren't always there."""
        found = {"BACKUPS": str(self.home / "backups"), "BACKUP_PASSWORD": self._secret("backup_password")}
        if "NGINX_URL" in self.named:
            found |= {
                "NGINX_URL": self.nginx.url,
                "NGINX_PORT": str(self.nginx.port),
                "NGINX_HTTPS_PORT": str(self.nginx.tls_port),
                "NGINX_AGENT_CONFIG": str(self.nginx.agent_config),
            }
        if "MARIADB_PORT" in self.named:
            found |= {
                "MARIADB_ADDRESS": "127.0.0.1",
                "MARIADB_PORT": str(self.mariadb.port),
                "MARIADB_USER": ADMINISTRATOR,
                "MARIADB_PASSWORD": self.mariadb.password,
                "MARIADB_KEY": self._secret("database_key"),
                "MARIADB_DUMPS": str(self.home / "last-dumps"),
            }
        return found

    @property
    def sealed_identities(self) -> Path:
        """The agency's own key of its sealed registers, which in the demo the web process holds too."""
        return self.home / "logbook-key.txt"

    @cached_property
    def logbook_key(self) -> KeyPair:
        """The key pair of the demo's sealed registers, made once."""
        if not self.sealed_identities.exists():
            append_identity(self.sealed_identities, new_identity(), "sealed registers")
        (identity,) = read_identities(self.sealed_identities)
        return KeyPair(str(identity), str(identity.to_public()))

    def start_servers(self) -> None:
        """Start every server that doesn't run, all at once."""
        with ThreadPoolExecutor(len(self.servers)) as pool:
            for done in [pool.submit(server.start) for server in self.servers]:
                done.result()

    def start_processes(self) -> None:
        """Start web, relay and workers where they don't run.

        Raises:
            PortTaken: somebody else listens on the port for pages.
        """
        self.check_port()
        web, *others = self.processes()
        for process in others:
            process.start()
        web.start(self.serving, timeout=START)

    def check_port(self) -> None:
        """Refuse a port for pages that another program listens on.

        Raises:
            PortTaken: it does.
        """
        web = self._daemon("web", {})
        if not web.running() and accepts(self.port):
            raise PortTaken(
                f"port {self.port} of 127.0.0.1 is taken by another program; end that one, or: tapak demo up --port N"
            )

    def serving(self) -> bool:
        """Whether the web process answers."""
        try:
            httpx.get(f"http://127.0.0.1:{self.port}/", headers={"Host": "unknown.invalid"}, timeout=5)
        except httpx.HTTPError:
            return False
        return True

    def processes(self) -> Iterator[Daemon]:
        """Web, relay and workers, in this order."""
        worker = {**self.environment, "TAPAK_IDENTITIES": str(self.identities)}
        web = {**self.environment, "TAPAK_SEALED_IDENTITIES": str(self.sealed_identities)}
        yield self._daemon("web", web, "serve", f"--bind=127.0.0.1:{self.port}")
        yield self._daemon("relay", self.environment, "relay")
        yield self._daemon("work", worker, "work")

    def stop(self) -> None:
        """End processes, then servers; everything stored stays."""
        for together in (tuple(self.processes()), self.servers):
            with ThreadPoolExecutor(len(together)) as pool:
                for done in [pool.submit(each.stop) for each in together]:
                    done.result()

    def running(self) -> dict[str, bool]:
        """What lives."""
        named: dict[str, Callable[[], bool]] = {process.name: process.running for process in self.processes()}
        named.update({type(server).__name__.removesuffix("Server").lower(): server.running for server in self.servers})
        return {name: alive() for name, alive in named.items()}

    def _daemon(self, name: str, environment: dict[str, str], *command: str) -> Daemon:
        argv = [sys.executable, "-m", "tapak", *command]
        return Daemon(name, self.home / "processes", argv, env=environment)

    def _secret(self, name: str) -> str:
        kept = self.home / name
        if not kept.exists():
            write_private(kept, secrets.token_urlsafe(48))
        return kept.read_text()


def state(stack: Stack) -> dict[str, Any]:
    """Where to look, without accounts."""
    return {
        "dns": {"address": stack.bind.address, "port": stack.bind.port, "zones": list(stack.zones)},
        "web": {"address": "127.0.0.1", "port": stack.apache.port, "url": stack.apache.url},
        "running": stack.running(),
    }
