"""Server names, from which every path is derived."""

from __future__ import annotations

import re
from typing import Any

from tapak_webhost.agent.protocol import INVALID_NAME, AgentError

# A host name has at most 253 characters; ours leave room for what is put behind them in a file's name (255).
MAX_NAME = 230
MARKER_NAME = "tapak-marker.invalid"

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def server_name(value: Any) -> str:
    """``value`` if it is a full host name in lower case (RFC 1123 section 2.1, RFC 5890 section 2.3.1).

    Raises:
        AgentError: it is anything else.
    """
    if not isinstance(value, str) or not _is_host(value):
        raise AgentError(INVALID_NAME, f"not a server name: {ascii(value)[:120]}")
    return value


def _is_host(value: str) -> bool:
    labels = value.split(".")
    return (
        len(value) <= MAX_NAME
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
        and all(label.startswith("xn--") for label in labels if label[2:4] == "--")
        and not labels[-1].isdigit()
        and value != MARKER_NAME
    )
