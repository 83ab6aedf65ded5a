"""The way to an agent: one line out, one line in. A child on this machine; ``ssh`` has the way to another one."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import IO, Protocol

from tapak.sdk.provider import Check

MAX_ANSWER = 33_554_432
LOG_TAIL = 2000


class ChannelDown(Exception):
    """The agent can't be started, ended, or didn't answer in time; the text is English, for logs."""


class ChannelRubbish(Exception):
    """What came isn't one line."""


class Channel(Protocol):
    """Carries one request at a time."""

    def exchange(self, line: bytes, timeout: float) -> bytes:
        """Send ``line`` and give the line that answers it.

        Raises:
            ChannelDown: no answer; the other end is gone and the next exchange starts anew.
            ProviderError: the same, where more is known of the reason.
        """
        ...

    def checks(self, timeout: float) -> Sequence[Check]:
        """What a connection test tells of the way itself."""
        ...

    def close(self) -> None:
        """End the other end."""
        ...

    @property
    def fresh(self) -> bool:
        """Whether the next exchange is the first with a new agent."""
        ...


class LocalChild:
    """An agent that runs here as a child, started when it is needed and again after it died."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._child: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    @property
    def fresh(self) -> bool:
        return self._child is None or self._child.poll() is not None

    def exchange(self, line: bytes, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        child = self._running()
        try:
            self._send(child, line, deadline)
            return self._receive(child, deadline)
        except BaseException:
            self._end(patience=0)
            raise

    def checks(self, timeout: float) -> Sequence[Check]:
        return ()

    def close(self) -> None:
        self._end(patience=1)

    def _end(self, patience: float) -> None:
        """End the child, by force after ``patience`` seconds: what it was at its journal makes good when it returns."""
        child, self._child = self._child, None
        if child is not None:
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
            try:
                child.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end(patience=0)
        # A file, not a pipe: nobody reads along, and a full pipe would stop the agent.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child
        try:
            self._child = subprocess.Popen(  # noqa: S603 - the command is the operator's own setting
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise ChannelDown(f"{self._command[0]} can't be started: {error.strerror}") from None
        return self._child

    def _send(self, child: subprocess.Popen[bytes], line: bytes, deadline: float) -> None:
        assert child.stdin is not None
        fd, rest = child.stdin.fileno(), memoryview(line)
        os.set_blocking(fd, False)
        while rest:
            _wait(fd, selectors.EVENT_WRITE, deadline)
            try:
                rest = rest[os.write(fd, rest) :]
            except BrokenPipeError:
                return

    def _receive(self, child: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert child.stdout is not None
        fd, received = child.stdout.fileno(), bytearray()
        while True:
            _wait(fd, selectors.EVENT_READ, deadline)
            part = os.read(fd, 65536)
            if not part:
                raise ChannelDown(f"the agent ended: {self._complaint()}")
            received += part
            if part.endswith(b"\n"):
                return bytes(received)
            if b"\n" in part or len(received) > MAX_ANSWER:
                raise ChannelRubbish("more than one line")

    def _complaint(self) -> str:
        if self._errors is None:
            return ""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - LOG_TAIL))
        return " ".join(self._errors.read().decode(errors="replace").split())[-500:]


def _wait(fd: int, event: int, deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(fd, event)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise ChannelDown("the agent doesn't answer in time")
