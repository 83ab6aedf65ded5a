"""What an agency's file changes: checked as a form is, and told in the same history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.requests.desk import Desk
from tapak.settings.catalogue import sections, stored
from tapak.settings.models import SettingChange
from tapak.settings.sections import differing

Everything = Mapping[str, Mapping[str, Any]]
FILE = "tapak tenant apply"
"""Who made a change that came from the agency's file."""


def everything(desk: Desk) -> dict[str, dict[str, Any]]:
    """What is set, by section."""
    return {each.key: stored(desk, each) for each in sections(desk)}


def keep_applied(desk: Desk, before: Everything) -> None:
    """Write down what differs from ``before``.

    Raises:
        Invalid: what is set of a procedure's steps doesn't fit them; ``fields`` says where.
    """
    for each in sections(desk):
        now = stored(desk, each)
        if each.steps:
            each.clean(now)
        was, after = differing(before.get(each.key, {}), now)
        if was or after:
            row = SettingChange(section=each.key, before=was, after=after, note="", account_id=None, made_by=FILE)
            row.effective_from = desk.today
            desk.session.add(row)
