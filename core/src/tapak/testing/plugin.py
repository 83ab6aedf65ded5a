"""The pytest plugin for the project and for authors of plugins: private servers, and no network by accident."""

from __future__ import annotations

import ipaddress
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from tapak.accounts import passwords
from tapak.demo.servers.apache import ApacheServer
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.mariadb import MariadbServer
from tapak.demo.servers.pebble import PebbleServer
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import free_port
from tapak.demo.servers.redis import RedisServer
from tapak.testing.certificates import Authority
from tapak.testing.repositories import Repositories

pytest_plugins = ("tapak.testing.database", "tapak.testing.deployment")


@pytest.fixture(scope="session")
def server_directory() -> Iterator[Path]:
    """A folder that every user can walk to; pytest's own are closed to the users that servers run as.

    As root it lies where every parent is root's alone, as sshd wants the homes of those whom it lets in.
    """
    with tempfile.TemporaryDirectory(prefix="tapak-test-", dir="/var/lib" if os.geteuid() == 0 else None) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash passwords at the least cost in this process; processes of a deployment hash as anywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def postgresql_server(server_directory: Path) -> Iterator[PostgresqlServer]:
    """A running PostgreSQL with Tapak's roles and no database of ours."""
    server = PostgresqlServer(server_directory / "postgresql", free_port(), durable=False)
    yield from _running(server)


@pytest.fixture(scope="session")
def redis_server(server_directory: Path) -> Iterator[RedisServer]:
    """A running Redis; ``url`` holds its password."""
    yield from _running(RedisServer(server_directory / "redis", free_port()))


@pytest.fixture(scope="session")
def bind_server(server_directory: Path) -> Iterator[BindServer]:
    """A running BIND, primary for ``example.test``; shared, so a test takes names of its own."""
    yield from _running(BindServer(server_directory / "session-bind", ["example.test"]))


@pytest.fixture(scope="session")
def apache_server(server_directory: Path) -> Iterator[ApacheServer]:
    """A running Apache without a site; shared, so a test takes names of its own."""
    yield from _running(ApacheServer(server_directory / "session-apache", free_port()))


@pytest.fixture(scope="session")
def mariadb_server(server_directory: Path) -> Iterator[MariadbServer]:
    """A running MariaDB with an administrator for databases of sites; shared, so a test takes names of its own."""
    yield from _running(MariadbServer(server_directory / "mariadb", free_port()))


@pytest.fixture(scope="session")
def pebble_server(server_directory: Path, bind_server: BindServer) -> Iterator[PebbleServer]:
    """A running ACME authority that looks for challenges at the shared BIND."""
    dns = f"{bind_server.address}:{bind_server.port}"
    yield from _running(PebbleServer(server_directory / "pebble", free_port(), free_port(), dns))


@pytest.fixture(scope="session")
def authority() -> Authority:
    """A certificate authority that no machine trusts by itself."""
    return Authority()


@pytest.fixture(scope="session")
def repositories(server_directory: Path) -> Repositories:
    """Where empty restic repositories come from that are cheap to open."""
    return Repositories(server_directory / "repository")


def _running(server: Any) -> Iterator[Any]:
    server.directory.mkdir(parents=True, exist_ok=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def is_local(address: object) -> bool:
    """Whether a socket address stays on this machine: a Unix path, loopback or a name below ``localhost``."""
    if not isinstance(address, tuple):
        return True
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    if host in (None, "") or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guarded(original: Callable[..., Any], which: Callable[..., object]) -> Callable[..., Any]:
    def guard(*args: Any, **kwargs: Any) -> Any:
        if not is_local(which(*args, **kwargs)):
            pytest.fail(f"a test reached for the network: {original.__name__} to {which(*args, **kwargs)!r}")
        return original(*args, **kwargs)

    return guard


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Fail whatever connects, sends or looks up a name beyond this machine.

    ``pytest.fail`` raises no ``Exception``, so that nothing mistakes it for a server that is down.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            original = getattr(socket.socket, name)
            patch.setattr(socket.socket, name, _guarded(original, lambda _socket, address: address))
        sendto = socket.socket.sendto
        patch.setattr(socket.socket, "sendto", _guarded(sendto, lambda _socket, _data, *rest: rest[-1]))
        lookup = socket.getaddrinfo
        patch.setattr(socket, "getaddrinfo", _guarded(lookup, lambda host, *_rest, **_named: (host,)))
        yield
