"""An operator at a test server, and ways to lose it: a port that never answers, a path that loses answers."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.opcode
import dns.query
import dns.rcode
import dns.tsig
import dns.update

from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.process import free_port
from tapak.sdk.resources import RecordSet


class DnsOperator:
    """Changes records at ``server`` by plain dynamic updates, asking nothing and past every provider."""

    def __init__(self, server: BindServer) -> None:
        self.server = server
        self.key = dns.tsig.Key(server.key_name, server.key_secret, server.algorithm)

    def put(self, record: RecordSet) -> None:
        """Make ``record`` what stands at its name and type."""
        message = self._message(record.zone)
        message.delete(f"{record.name}.", record.type)
        message.add(f"{record.name}.", record.ttl, record.type, *record.values)
        self._send(message)

    def remove(self, record: RecordSet) -> None:
        """Remove what stands at the name and type of ``record``."""
        message = self._message(record.zone)
        message.delete(f"{record.name}.", record.type)
        self._send(message)

    def _message(self, zone: str) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(
            zone, keyring={self.key.name: self.key}, keyname=self.key.name, keyalgorithm=self.key.algorithm
        )

    def _send(self, message: dns.update.UpdateMessage) -> None:
        answer = dns.query.tcp(message, self.server.address, port=self.server.port, timeout=10)
        if answer.rcode() != dns.rcode.NOERROR:
            raise AssertionError(f"the server answered {dns.rcode.to_text(answer.rcode())}")


@contextmanager
def black_hole() -> Iterator[int]:
    """A UDP port that takes everything and says nothing, and a TCP port that accepts nobody."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        tcp.bind(("127.0.0.1", free_port()))
        tcp.listen(1)
        udp.bind(tcp.getsockname())
        yield tcp.getsockname()[1]


class LossyPath:
    """A UDP path to ``server`` that loses the answers to the next ``lose`` updates, and counts the updates.

    After ``lives`` updates it lets nothing through any more.
    """

    def __init__(self, server: BindServer) -> None:
        self.lose = 0
        self.lives = 1_000_000
        self.updates = 0
        self._inside = socket.socket(type=socket.SOCK_DGRAM)
        self._inside.connect((server.address, server.port))
        self._outside = socket.socket(type=socket.SOCK_DGRAM)
        self._outside.bind(("127.0.0.1", free_port()))
        self.port: int = self._outside.getsockname()[1]
        self._ended, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        """End the path."""
        self._end.send(b"x")
        self._thread.join()
        for each in (self._inside, self._outside, self._ended, self._end):
            each.close()

    def _run(self) -> None:
        client = ("", 0)
        while True:
            ready, _, _ = select.select([self._inside, self._outside, self._ended], [], [])
            if self._ended in ready:
                return
            if self._outside in ready:
                wire, client = self._outside.recvfrom(65535)
                self.updates += self._is_update(wire)
                if self.updates <= self.lives:
                    self._inside.send(wire)
            if self._inside in ready:
                wire = self._inside.recv(65535)
                if self._is_update(wire) and self.lose:
                    self.lose -= 1
                else:
                    self._outside.sendto(wire, client)

    @staticmethod
    def _is_update(wire: bytes) -> bool:
        return (wire[2] >> 3) & 15 == dns.opcode.UPDATE
