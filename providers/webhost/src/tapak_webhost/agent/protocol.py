"""What the agent and its caller say to each other.

A request is one line: ``{"id": 7, "verb": "read", …}``. So is its answer: ``{"id": 7, "ok": true, "result": {…}}`` or
``{"id": 7, "ok": false, "error": {"code": …, "message": …, "details": {…}}}``. ``message`` is English, for logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

PROTOCOL = 5
MAX_REQUEST = 1_048_576
MAX_NAMES = 1000
MAX_TIMEOUT = 600.0

BAD_REQUEST = "bad_request"
UNKNOWN_VERB = "unknown_verb"
BAD_CONFIG = "bad_config"
INVALID_NAME = "invalid_name"
INVALID_SPEC = "invalid_spec"
FOREIGN = "foreign"
CHANGED_MEANWHILE = "changed_meanwhile"
STALE_FENCE = "stale_fence"
SERVER_DOWN = "server_down"
SERVER_BROKEN = "server_broken"
DIRECTIVE_REFUSED = "directive_refused"
RELOAD_UNPROVED = "reload_unproved"
DISK_FULL = "disk_full"
NO_PERMISSION = "no_permission"
ARCHIVE_MISSING = "archive_missing"
ARCHIVE_REFUSED = "archive_refused"
RELEASE_REFUSED = "release_refused"
NO_SITE = "no_site"
NO_ACCOUNT = "no_account"
RUNTIME_BROKEN = "runtime_broken"
UNSUPPORTED = "unsupported"
UPSTREAM_REFUSED = "upstream_refused"
BUSY = "busy"
INTERNAL = "internal"


class AgentError(Exception):
    """A refusal or failure with one of the codes above; ``details`` are plain JSON values."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


def decode(line: bytes) -> dict[str, Any]:
    """The request in ``line``: an object without repeated keys.

    Raises:
        AgentError: it is no such thing.
    """
    try:
        request = json.loads(line, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise AgentError(BAD_REQUEST, f"not a JSON request: {error}") from None
    if not isinstance(request, dict):
        raise AgentError(BAD_REQUEST, "a request is an object")
    return request


def encode(answer: Mapping[str, Any]) -> bytes:
    """One line, ASCII only."""
    return json.dumps(answer, separators=(",", ":")).encode("ascii") + b"\n"


def only(value: Mapping[str, Any], allowed: frozenset[str], what: str) -> None:
    """Refuse keys of ``value`` that nobody knows."""
    unknown = sorted(str(key)[:64] for key in value.keys() - allowed)
    if unknown:
        raise AgentError(BAD_REQUEST, f"unknown field of {what}: {', '.join(unknown)}")


def text(value: Mapping[str, Any], key: str, what: str) -> str:
    """The string at ``key``."""
    found = value.get(key)
    if not isinstance(found, str):
        raise AgentError(BAD_REQUEST, f"{what}: {key} must be a string")
    return found


def integer(value: Mapping[str, Any], key: str, what: str, lowest: int = 0, highest: int = 2**63 - 1) -> int:
    """The whole number at ``key`` (true and false are none)."""
    found = value.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or not lowest <= found <= highest:
        raise AgentError(BAD_REQUEST, f"{what}: {key} must be a whole number from {lowest} to {highest}")
    return found


def flag(value: Mapping[str, Any], key: str, what: str) -> bool:
    """Whether ``key`` is true; where it is missing it isn't."""
    found = value.get(key, False)
    if not isinstance(found, bool):
        raise AgentError(BAD_REQUEST, f"{what}: {key} must be true or false")
    return found


def seconds(value: Mapping[str, Any], key: str, what: str) -> float:
    """The time at ``key``, in seconds."""
    found = value.get(key)
    if not isinstance(found, int | float) or isinstance(found, bool) or not 0 < found <= MAX_TIMEOUT:
        raise AgentError(BAD_REQUEST, f"{what}: {key} must be seconds, at most {MAX_TIMEOUT:g}")
    return float(found)


def rows(value: Mapping[str, Any], key: str, what: str, limit: int) -> list[Any]:
    """The list at ``key``, of at most ``limit`` things."""
    found = value.get(key)
    if not isinstance(found, list) or len(found) > limit:
        raise AgentError(BAD_REQUEST, f"{what}: {key} must be a list of at most {limit}")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
