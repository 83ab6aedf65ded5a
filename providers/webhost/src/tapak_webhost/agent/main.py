"""The loop: a line in, a line out, until the input ends."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from tapak_webhost.agent.apache import Apache
from tapak_webhost.agent.authorizing import authorized_line
from tapak_webhost.agent.config import APACHE, NGINX, Config, load
from tapak_webhost.agent.files import NotOurs
from tapak_webhost.agent.nginx import Nginx
from tapak_webhost.agent.protocol import (
    BAD_CONFIG,
    BAD_REQUEST,
    DISK_FULL,
    FOREIGN,
    INTERNAL,
    MAX_REQUEST,
    NO_PERMISSION,
    AgentError,
    decode,
    encode,
)
from tapak_webhost.agent.server import Server
from tapak_webhost.agent.verbs import Verbs

SERVERS: Mapping[str, Callable[[Config], Server]] = {APACHE: Apache, NGINX: Nginx}
DEFAULT_CONFIG = Path("/etc/tapak-webhost.toml")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def main() -> None:
    """Console script ``tapak-webhost``."""
    parser = argparse.ArgumentParser(prog="tapak-webhost", description="Answers typed JSON requests, one a line.")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="default: %(default)s")
    parser.add_argument("--ensure", action="store_true", help="bring up what is to run, tell what fails, and end")
    parser.add_argument(
        "--authorize",
        metavar="KEY",
        help="print the line of authorized_keys that lets KEY (a public key, or its file) run this agent and nothing "
        "else, and end",
    )
    given = parser.parse_args()
    if given.authorize is not None:
        try:
            sys.stdout.write(authorized_line(given.authorize, given.config))
        except ValueError as error:
            parser.error(str(error))
        return
    # Only answers leave by standard output, whatever a child or a library prints.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    try:
        settings = load(given.config)
    except AgentError as error:
        answers.write(encode({"id": None, "ok": False, "error": _told(error)}))
        sys.exit(2)
    verbs = Verbs(settings, SERVERS[settings.server](settings))
    if given.ensure:
        answer = _answer(verbs, b'{"id": 1, "verb": "ensure"}', sys.stdin.buffer)
        answers.write(encode(answer))
        sys.exit(0 if answer["ok"] and not answer["result"]["failed"] else 1)
    serve(verbs, sys.stdin.buffer, answers)


def serve(verbs: Verbs, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer every line of ``requests``."""
    while line := requests.readline(MAX_REQUEST + 1):
        try:
            answers.write(encode(_answer(verbs, line, requests)))
        except BrokenPipeError:
            return


def _answer(verbs: Verbs, line: bytes, requests: BinaryIO) -> dict[str, Any]:
    mark: Any = None
    try:
        request = decode(_whole(line, requests))
        found = request.get("id")
        if not isinstance(found, int | str) or isinstance(found, bool) or len(str(found)) > 64:
            raise AgentError(BAD_REQUEST, "id must be a number or a short string")
        mark = found
        return {"id": mark, "ok": True, "result": verbs.answer(request)}
    except Exception as error:  # noqa: BLE001 - the agent lives on and its caller is told in every case
        return {"id": mark, "ok": False, "error": _told(_typed(error))}


def _whole(line: bytes, requests: BinaryIO) -> bytes:
    """``line``, or a refusal once the rest of an endless one was read away."""
    if len(line) <= MAX_REQUEST:
        return line
    while line and not line.endswith(b"\n"):
        line = requests.readline(MAX_REQUEST)
    raise AgentError(BAD_REQUEST, f"a request has at most {MAX_REQUEST} bytes")


def _typed(error: Exception) -> AgentError:
    if isinstance(error, AgentError):
        return error
    if isinstance(error, NotOurs):
        return AgentError(FOREIGN, f"{error}: something else stands there")
    if isinstance(error, OSError) and error.errno in _FULL:
        return AgentError(DISK_FULL, f"no space: {error}")
    if isinstance(error, OSError) and error.errno in _FORBIDDEN:
        return AgentError(NO_PERMISSION, f"not permitted: {error}")
    if isinstance(error, FileNotFoundError):
        return AgentError(BAD_CONFIG, f"a place named in the settings is missing: {error}")
    traceback.print_exception(error, file=sys.stderr)
    return AgentError(INTERNAL, f"{type(error).__name__}: {error}"[:400])


def _told(error: AgentError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "details": error.details}
