"""What the processes of a site's PHP find in their environment: secrets, so that no message ever tells a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tapak_webhost.agent.protocol import BAD_REQUEST, AgentError

Environment = Mapping[str, str]

MOST = 50
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
# Nothing that ends or expands a quoted string of FPM's settings: no quotation mark, backslash, dollar or line break.
_VALUE = re.compile(r"[A-Za-z0-9._~:/?#@!&*+,;=%-]{0,2000}")


def environment_from(value: Any) -> Environment:
    """Checked names and values.

    Raises:
        AgentError: one of them can't be set.
    """
    if not isinstance(value, dict) or len(value) > MOST:
        raise AgentError(BAD_REQUEST, f"environment is an object of at most {MOST} names")
    for name, text in value.items():
        if not _NAME.fullmatch(name):
            raise AgentError(BAD_REQUEST, f"environment: {ascii(name)[:80]} is no name")
        if not isinstance(text, str) or not _VALUE.fullmatch(text):
            raise AgentError(BAD_REQUEST, f"environment: the value of {name} can't be set")
    return value
