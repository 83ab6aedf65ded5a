"""Non-blocking roads to one server, over UDP or TCP, both seen as messages that go out and come in."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
from abc import ABC, abstractmethod

_LARGEST = 65535
_PENDING = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY)


class Channel(ABC):
    """A connected socket. Every method returns at once; OSError says that the server can't be reached."""

    kind: socket.SocketKind

    def __init__(self, address: str, port: int) -> None:
        family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
        self._socket = socket.socket(family, self.kind)
        self._socket.setblocking(False)
        failed = self._socket.connect_ex((address, port))
        if failed and failed not in _PENDING:
            self._socket.close()
            raise OSError(failed, os.strerror(failed))

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    @property
    def writing(self) -> bool:
        """Whether something still waits to be written."""
        return False

    @abstractmethod
    def send(self, wire: bytes) -> None:
        """Hand over one message."""

    @abstractmethod
    def flush(self) -> None:
        """Write what waits, as far as that goes."""

    @abstractmethod
    def receive(self) -> list[bytes]:
        """The messages that have arrived."""


class UdpChannel(Channel):
    """A connected UDP socket: the kernel drops what comes from elsewhere and tells of a closed port."""

    kind = socket.SOCK_DGRAM

    def send(self, wire: bytes) -> None:
        # What the kernel was told about an earlier message (a closed port) comes up now: only the second time counts.
        with contextlib.suppress(BlockingIOError):
            try:
                self._socket.send(wire)
            except ConnectionRefusedError:
                self._socket.send(wire)

    def flush(self) -> None:
        """Nothing waits."""

    def receive(self) -> list[bytes]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(_LARGEST))
            except BlockingIOError:
                return messages


class TcpChannel(Channel):
    """A TCP connection with messages behind their length (RFC 7766); many may be under way."""

    kind = socket.SOCK_STREAM

    def __init__(self, address: str, port: int) -> None:
        super().__init__(address, port)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._out = bytearray()
        self._in = bytearray()

    @property
    def writing(self) -> bool:
        return bool(self._out)

    def send(self, wire: bytes) -> None:
        self._out += len(wire).to_bytes(2, "big") + wire
        self.flush()

    def flush(self) -> None:
        while self._out:
            try:
                del self._out[: self._socket.send(self._out)]
            except BlockingIOError:
                return

    def receive(self) -> list[bytes]:
        while True:
            try:
                arrived = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return self._messages()
            if not arrived:
                if messages := self._messages():
                    return messages
                raise ConnectionResetError(errno.ECONNRESET, "the server closed the connection")
            self._in += arrived

    def _messages(self) -> list[bytes]:
        messages = []
        while len(self._in) >= 2 and len(self._in) >= (end := 2 + int.from_bytes(self._in[:2], "big")):
            messages.append(bytes(self._in[2:end]))
            del self._in[:end]
        return messages
