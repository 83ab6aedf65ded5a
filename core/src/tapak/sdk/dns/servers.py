"""One authoritative server: its address, its open channels, and a signed message with its answer."""

from __future__ import annotations

import select
import socket
import time

import dns.exception
import dns.message

from tapak.sdk.dns.channels import Channel, TcpChannel, UdpChannel

# What passes everywhere without fragments (DNS flag day 2020); a longer message goes by TCP.
UDP_PAYLOAD = 1232


class Server:
    """An authoritative server. Channels are opened when needed and kept until ``close``."""

    def __init__(self, address: str, port: int, transport: str = "udp") -> None:
        self.address = address
        self.port = port
        self.kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self._channels: dict[socket.SocketKind, Channel] = {}

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def channel(self, kind: socket.SocketKind) -> Channel:
        """The open channel of ``kind``.

        Raises:
            OSError: the server can't be reached.
        """
        if kind not in self._channels:
            make = UdpChannel if kind == socket.SOCK_DGRAM else TcpChannel
            self._channels[kind] = make(self.address, self.port)
        return self._channels[kind]

    def drop(self, kind: socket.SocketKind) -> None:
        """Close a channel that failed; the next message opens another."""
        if kind in self._channels:
            self._channels.pop(kind).close()

    def close(self) -> None:
        """Close every channel."""
        for kind in tuple(self._channels):
            self.drop(kind)

    def exchange(self, message: dns.message.Message, timeout: float) -> dns.message.Message:
        """Send one message and give its answer, whose TSIG is checked where ``message`` is signed.

        Raises:
            dns.exception.Timeout: no answer within ``timeout`` seconds; whether the message arrived is unknown.
            dns.exception.DNSException: the signature was refused, or the answer can't be read.
            OSError: the server can't be reached.
        """
        wire = message.to_wire()
        kind = self.kind if len(wire) <= UDP_PAYLOAD else socket.SOCK_STREAM
        if kind == socket.SOCK_STREAM:
            self.drop(kind)  # the server may have closed an idle one: an update must not end in that doubt
        try:
            return self._answer(self.channel(kind), message, wire, time.monotonic() + timeout)
        except (OSError, dns.exception.Timeout):
            self.drop(kind)
            raise

    def _answer(
        self, channel: Channel, message: dns.message.Message, wire: bytes, deadline: float
    ) -> dns.message.Message:
        channel.send(wire)
        poll = select.poll()
        while True:
            poll.register(channel, select.POLLIN | (select.POLLOUT if channel.writing else 0))
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise dns.exception.Timeout
            channel.flush()
            for arrived in channel.receive():
                if arrived[:2] == wire[:2]:
                    return _parse(arrived, message)


def _parse(wire: bytes, query: dns.message.Message) -> dns.message.Message:
    answer = dns.message.from_wire(wire, keyring=query.keyring, request_mac=query.mac)
    if not query.is_response(answer):
        raise dns.exception.FormError("not an answer to what was asked")  # type: ignore[no-untyped-call]
    return answer
