"""An operator at a test server, and ways to lose it: a port that never answers, a path that breaks."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.tsig
import dns.update

from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.pdns import PdnsServer
from tapak.demo.servers.process import free_port
from tapak.sdk.resources import RecordSet
from tapak.testing.faults import DONE, Fault, FaultyPath


class DnsOperator:
    """Changes records at ``server`` by plain dynamic updates, asking nothing and past every provider."""

    def __init__(self, server: BindServer) -> None:
        self.server = server
        self.key = dns.tsig.Key(server.key_name, server.key_secret, server.algorithm)
        self.keyring = {self.key.name: self.key}

    def put(self, record: RecordSet) -> None:
        """Make ``record`` what stands at its name and type."""
        message = self._message(record.zone)
        message.delete(f"{record.name}.", record.type)
        message.add(f"{record.name}.", record.ttl, record.type, *record.values)
        self._send(message)

    def add(self, zone: str, addresses: Iterable[tuple[str, str]]) -> None:
        """Add addresses at labels of ``zone``, at most some 3,000 at once."""
        message = self._message(zone)
        for label, address in addresses:
            message.add(f"{label}.{zone}.", 300, "A", address)
        self._send(message)

    def remove(self, record: RecordSet) -> None:
        """Remove what stands at the name and type of ``record``."""
        message = self._message(record.zone)
        message.delete(f"{record.name}.", record.type)
        self._send(message)

    def _message(self, zone: str) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(
            zone, keyring=self.keyring, keyname=self.key.name, keyalgorithm=self.key.algorithm
        )

    def _send(self, message: dns.update.UpdateMessage) -> None:
        answer = dns.query.tcp(message, self.server.address, port=self.server.port, timeout=10)
        if answer.rcode() != dns.rcode.NOERROR:
            raise AssertionError(f"the server answered {dns.rcode.to_text(answer.rcode())}")


class PdnsOperator:
    """Changes records at a PowerDNS ``server`` by its API, asking nothing and past every provider."""

    def __init__(self, server: PdnsServer) -> None:
        self.server = server

    def put(self, record: RecordSet) -> None:
        """Make ``record`` what stands at its name and type."""
        records = [{"content": content, "disabled": False} for content in record.values]
        self.patch(record, changetype="REPLACE", ttl=record.ttl, records=records)

    def remove(self, record: RecordSet) -> None:
        """Remove what stands at the name and type of ``record``."""
        self.patch(record, changetype="DELETE")

    def patch(self, record: RecordSet, **change: Any) -> None:
        """One change of the RRset at the name and type of ``record``, in the API's own words."""
        rrset = {"name": f"{record.name}.", "type": record.type, **change}
        answer = self.server.call("PATCH", f"/zones/{record.zone}.", json={"rrsets": [rrset]})
        if answer.status_code != 204:
            raise AssertionError(f"the server answered {answer.status_code} {answer.text}")


@contextmanager
def black_hole() -> Iterator[int]:
    """A UDP port that takes everything and says nothing, and a TCP port that accepts nobody."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        tcp.bind(("127.0.0.1", free_port()))
        tcp.listen(1)
        udp.bind(tcp.getsockname())
        yield tcp.getsockname()[1]


class DnsPath(FaultyPath):
    """A UDP path to ``server`` for dynamic updates, which are its writes, and for queries."""

    faults = (Fault.LOST, Fault.ERROR, Fault.UNHEARD, Fault.ERROR_AFTER)

    def __init__(self, server: BindServer, settings: Mapping[str, Any] | None = None) -> None:
        self._keyring = DnsOperator(server).keyring
        self._inside = socket.socket(type=socket.SOCK_DGRAM)
        self._inside.connect((server.address, server.port))
        self._outside = socket.socket(type=socket.SOCK_DGRAM)
        self._outside.bind(("127.0.0.1", free_port()))
        self.port: int = self._outside.getsockname()[1]
        super().__init__({"port": self.port, **(settings or {})})
        self._answers: dict[bytes, tuple[Fault, bytes]] = {}
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
                self._take(wire, client)
            if self._inside in ready:
                wire = self._inside.recv(65535)
                fault, asked = self._answers.pop(wire[:2], (None, b""))
                if fault is Fault.ERROR_AFTER:
                    wire = self._failed(asked)
                if fault is not Fault.UNHEARD:
                    self._outside.sendto(wire, client)

    def _take(self, wire: bytes, client: tuple[str, int]) -> None:
        fault = self.fault_of(write=(wire[2] >> 3) & 15 == dns.opcode.UPDATE)
        if fault is not None and fault in DONE:
            self._answers[wire[:2]] = fault, wire
        if fault is None or fault in DONE:
            self._inside.send(wire)
        elif fault is Fault.ERROR:
            self._outside.sendto(self._failed(wire), client)

    def _failed(self, wire: bytes) -> bytes:
        """SERVFAIL to a message, signed where that is."""
        query = dns.message.from_wire(wire, keyring=self._keyring)
        answer = dns.message.make_response(query)
        answer.set_rcode(dns.rcode.SERVFAIL)
        return answer.to_wire()
