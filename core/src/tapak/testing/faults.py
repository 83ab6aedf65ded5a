"""Ways to a server that break: what a provider's contract has happen between it and the real server.

A path stands between the provider and the server and lets everything through until it is told to fail. ``HttpPath``
(:mod:`tapak.testing.http_path`) is one for servers with an HTTP API, ``DnsPath`` (:mod:`tapak.testing.dns_server`) for
dynamic updates; a provider that talks otherwise brings a path of its own, which asks :meth:`FaultyPath.fault_of`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, ClassVar

import pytest


class Fault(StrEnum):
    """What happens to one request."""

    LOST = "lost"
    """It never arrives and nobody answers: a time-out before anything was done."""
    REFUSED = "refused"
    """The connection is closed before it arrives."""
    ERROR = "error"
    """It never arrives; a failure of the server is answered (5xx, SERVFAIL)."""
    TORN = "torn"
    """Half of it arrives, then the connection is closed."""
    UNHEARD = "unheard"
    """It is done and nobody answers: a time-out afterwards."""
    CUT = "cut"
    """It is done, and the connection is closed in the middle of the answer."""
    ERROR_AFTER = "error_after"
    """It is done, and a failure of the server is answered."""


DONE = frozenset({Fault.UNHEARD, Fault.CUT, Fault.ERROR_AFTER})
"""Faults of requests that the server nevertheless carried out."""


class FaultyPath:
    """The base of paths. ``settings`` are a provider's that lead over it, with a short time-out.

    ``faults`` are those that it can make; ``writes`` counts the requests that may change something.
    """

    faults: ClassVar[Sequence[Fault]] = tuple(Fault)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = dict(settings)
        self.writes = 0
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._times = self._skip = 0
        self._reads = False

    def fail(self, fault: Fault, *, times: int = 1, skip: int = 0, reads: bool = False) -> None:
        """Have the next ``times`` writes (or reads) fail, after ``skip`` that go through."""
        with self._lock:
            self._fault, self._times, self._skip, self._reads = fault, times, skip, reads

    def heal(self) -> None:
        """Let everything through."""
        with self._lock:
            self._times = 0

    def fault_of(self, *, write: bool) -> Fault | None:
        """What is to happen to a request that has just come; None where it goes through."""
        with self._lock:
            self.writes += write
            if not self._times or self._reads == write:
                return None
            if self._skip:
                self._skip -= 1
                return None
            self._times -= 1
            return self._fault


class Killed(BaseException):
    """The process that was at it is no more."""


@contextmanager
def dying(calls: Sequence[tuple[type, str]], after: int) -> Iterator[None]:
    """The process dies after so many ``calls`` (a class and its method); of those after it none reaches the server."""
    left = [after]

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if not left[0]:
                raise Killed
            left[0] -= 1
            return original(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for home, method in calls:
            patch.setattr(home, method, counted(getattr(home, method)))
        yield
