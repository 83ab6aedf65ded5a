"""Work done as a site's own user, in a child process with limits that can't be taken back."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import selectors
import signal
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tapak_webhost.agent import kernel
from tapak_webhost.agent.protocol import BUSY, INTERNAL, AgentError
from tapak_webhost.agent.users import Owner

ANSWER_LIMIT = 65_536
MEMORY = 1_073_741_824
PROCESSOR_SECONDS = 300
OPEN_FILES = 64


def run(owner: Owner, keep: frozenset[int], work: Callable[[], Any], largest: int, deadline: float) -> Any:
    """What ``work`` gives (plain JSON) as ``owner``, with the open files ``keep`` and no file over ``largest`` bytes.

    Raises:
        AgentError: it died, or didn't end by ``deadline``.
        OSError: it met one, which is raised here again.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if child == 0:
        _child(owner, keep | {writing}, work, largest, writing)
    os.close(writing)
    try:
        answer = _answer(reading, deadline)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(reading)
        os.waitpid(child, 0)
    try:
        told = json.loads(answer)
    except ValueError:
        raise AgentError(INTERNAL, f"the work as {owner.name} ended without an answer") from None
    if "errno" in told:
        raise OSError(told["errno"], os.strerror(told["errno"]))
    return told["result"]


def _child(owner: Owner, keep: frozenset[int], work: Callable[[], Any], largest: int, writing: int) -> None:
    """Never returns: what follows a fork belongs to the parent."""
    try:
        _confine(owner, keep, largest)
        told: dict[str, Any] = {"result": work()}
    except OSError as error:
        told = {"errno": error.errno or 5}
    except BaseException:  # noqa: BLE001 - the parent tells of a child without an answer
        os._exit(1)
    with contextlib.suppress(BaseException):
        os.write(writing, json.dumps(told).encode())
    os._exit(0)


def _confine(owner: Owner, keep: frozenset[int], largest: int) -> None:
    bounds = (0, *sorted(keep | {2}), os.sysconf("SC_OPEN_MAX"))
    for before, after in pairwise(bounds):
        os.closerange(before if before == 0 else before + 1, after)
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, largest),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        least = min(bound for bound in (limit, *resource.getrlimit(what)) if bound != resource.RLIM_INFINITY)
        resource.setrlimit(what, (least, least))
    # A file over the limit is an error to be told, not the end of the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if owner.own:
        os.setgroups([])
        os.setresgid(owner.gid, owner.gid, owner.gid)
        os.setresuid(owner.uid, owner.uid, owner.uid)
    os.umask(0o022)
    kernel.die_with_parent(signal.SIGKILL)


def _answer(reading: int, deadline: float) -> bytes:
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(reading, selectors.EVENT_READ)
        while len(received) < ANSWER_LIMIT:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise AgentError(BUSY, "the work takes too long")
            part = os.read(reading, ANSWER_LIMIT)
            if not part:
                break
            received += part
    return received
