"""Tarakan's own rules for names, beside those that hold everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from tapak.sdk.view import View


def validate(view: View, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Problems of a submission by field."""
    label = str(answers.get("name_label", ""))
    patterns = view.settings.get("name_patterns") or ("*",)
    if not any(fnmatchcase(label, pattern) for pattern in patterns):
        return {"name_label": [f"Nama harus mengikuti pola: {', '.join(patterns)} (* berarti apa saja)."]}
    return {}
