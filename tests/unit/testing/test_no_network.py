import socket
from collections.abc import Callable

import pytest

from tapak.testing.plugin import is_local

OUTSIDE = ("192.0.2.1", 9)


def stream(act: str) -> object:
    with socket.socket() as it:
        it.settimeout(0.1)
        return getattr(it, act)(OUTSIDE)


def datagram() -> object:
    with socket.socket(type=socket.SOCK_DGRAM) as it:
        return it.sendto(b"x", OUTSIDE)


@pytest.mark.parametrize(
    "reach",
    [
        lambda: stream("connect"),
        lambda: stream("connect_ex"),
        datagram,
        lambda: socket.getaddrinfo("www.example.test", 80),
        lambda: socket.create_connection(("www.example.test", 80), timeout=0.1),
    ],
)
def test_reaching_beyond_the_machine_fails_the_test(reach: Callable[[], object]) -> None:
    with pytest.raises(pytest.fail.Exception, match="reached for the network"):
        reach()


def test_loopback_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        one.sendto(b"x", other.getsockname())
        assert other.recv(1) == b"x"


@pytest.mark.parametrize(
    ("address", "local"),
    [
        (("127.9.9.9", 1), True),
        (("::1", 1, 0, 0), True),
        (("dinas.localhost", 1), True),
        ("/run/thing.sock", True),
        (("10.0.0.1", 1), False),
        (("0.0.0.0", 1), False),
        (("localhost.example.test", 1), False),
        (("fe80::1%eth0", 1, 0, 2), False),
    ],
)
def test_what_counts_as_this_machine(address: object, local: bool) -> None:
    assert is_local(address) is local
