"""What a request is called before its procedure's own title of it can be made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.concerned import CHANGE_KINDS
from tapak.sdk.parts import wished_names
from tapak.sdk.procedure import Procedure

LONGEST = 200


def of_change(change: str, title: str) -> str:
    """The title of a change of the service ``title``, which is known from its beginning."""
    return f"{CHANGE_KINDS[change]} · {title}"


def of_form(procedure: Procedure, filled: Mapping[str, Any]) -> str:
    """The service, then what its form holds so far of a title and a name; nothing of ``filled`` need be valid."""
    texts = {name: value.strip() for name, value in filled.items() if isinstance(value, str)}
    wished = [wish.fqdn for wish in wished_names(texts)] or [texts.get("name_label", "")]
    told = [procedure.service, procedure.listing(texts).title, *wished]
    return " · ".join(text for text in told if text)[:LONGEST]
