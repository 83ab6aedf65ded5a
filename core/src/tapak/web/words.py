"""Stored values as words for the screen."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date as babel_date
from flask import Flask
from flask_babel import get_locale, gettext, ngettext

from tapak.documents.store import size_words
from tapak.engine.states import RequestState, TaskState
from tapak.http import scope
from tapak.sdk.wording import RESOURCE_KINDS, SOURCES, resource_name, state_words
from tapak.tenants.dates import format_date, zone_name

HOUR, MINUTE = 3600, 60
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)")
NAMED = re.compile(r"“[^”]*”|\d[\w-]*(?:/[\w-]+)+|[\w-]+(?:\.[\w-]+)+|\d+(?:,\d+)?(?: (?:[kMGT]?B|Mbit/s)\b)?")
"""What differs from text to text: something quoted, a request's number, a name or address, a number with its unit."""
GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+")
DECIMAL = re.compile(r"\d+,\d+( \S+)?")
PLACED = re.compile(r"%\(name\d*\)s")
TONES = {
    "draft": "plain",
    "submitted": "info",
    "in_process": "info",
    "returned": "warn",
    "refused": "bad",
    "done": "good",
    "cancelled": "plain",
    "open": "plain",
    "started": "info",
    "finished": "good",
    "planned": "plain",
    "applying": "info",
    "verifying": "info",
    "live": "good",
    "drifted": "warn",
    "failed": "bad",
    "removing": "warn",
    "gone": "plain",
}


def install(app: Flask) -> None:
    """Give templates the filters ``day``, ``clock``, ``moment``, ``duration``, ``state_label`` and their like."""
    app.jinja_env.globals["time_zone"] = lambda: scope.tenant().time_zone
    app.jinja_env.filters.update(
        day=day,
        clock=clock,
        moment=moment,
        duration=duration,
        state_label=state_label,
        task_label=task_label,
        resource_label=resource_label,
        kind_label=kind_label,
        resource_name=resource_name,
        tone=lambda state: TONES.get(state, "plain"),
        told=told,
        figure=figure,
        size=size,
        source_label=source_label,
        epoch=lambda seconds: datetime.fromtimestamp(seconds, UTC),
    )


def told(text: str) -> str:
    """``text``, which a declaration or a service wrote in Indonesian, in the reader's language where it is known.

    Names, addresses, numbers and what is quoted within it stand as ``%(name)s``, ``%(name2)s`` … in the catalogue; what
    is quoted is looked up by itself.
    """
    text = str(text)
    known = gettext(text) if text else ""
    named = NAMED.findall(text)
    if known != text or not named:
        return known
    places = {f"%(name{number if number > 1 else ''})s": each for number, each in enumerate(named, 1)}
    places_left = iter(places)
    message = NAMED.sub(lambda _: next(places_left), text)
    english = gettext(message)
    return text if english == message else PLACED.sub(lambda found: _within(places[found[0]]), english)


def _within(text: str) -> str:
    if GROUPED.fullmatch(text):
        return text.replace(".", ",")
    if DECIMAL.fullmatch(text):
        return text.replace(",", ".")
    return f"“{gettext(text[1:-1])}”" if text[:1] == "“" and len(text) > 2 else text


def day(at: date | datetime | None) -> str:
    """``20 November 2026``, in the tenant's time zone."""
    if at is None:
        return "–"
    local = _local(at).date() if isinstance(at, datetime) else at
    return format_date(local) if _indonesian() else babel_date(local, "d MMMM y", locale="en")


def clock(at: datetime) -> str:
    """``10.00 WITA``."""
    return f"{_local(at):%H.%M} {zone_name(at, scope.tenant().time_zone)}"


def moment(at: datetime | None) -> str:
    """``20 November 2026, 10.00 WITA``."""
    return "–" if at is None else f"{day(at)}, {clock(at)}"


def figure(value: str) -> str:
    """A figure's value as people read it: a moment by the agency's clock, anything else as :func:`told`."""
    if INSTANT.fullmatch(value):
        return moment(datetime.fromisoformat(value))
    quantity = GROUPED.fullmatch(value) or DECIMAL.fullmatch(value)
    return _within(value) if quantity and not _indonesian() else told(value)


def duration(seconds: int | None) -> str:
    """Working time in words: ``2 jam 5 menit``; under a minute in seconds."""
    if seconds is None:
        return "–"
    if seconds < MINUTE:
        return ngettext("%(num)d detik", "%(num)d detik", seconds)
    hours, rest = divmod(seconds, HOUR)
    minutes = rest // MINUTE
    parts = [ngettext("%(num)d jam", "%(num)d jam", hours)] if hours else []
    parts += [ngettext("%(num)d menit", "%(num)d menit", minutes)] if minutes or not hours else []
    return " ".join(parts)


def state_label(state: str) -> str:
    """A request's state."""
    return gettext(RequestState(state).label)


def task_label(state: str) -> str:
    """A task's state."""
    return gettext(TaskState(state).label)


def resource_label(state: str, spec: Any = None) -> str:
    """A resource's state; ``spec``, where it is known, tells a site that is closed."""
    words = gettext(state_words(state, spec))
    return words[:1].upper() + words[1:]


def kind_label(kind: str) -> str:
    """A resource's kind."""
    return gettext(RESOURCE_KINDS.get(kind, kind))


def source_label(source: str) -> str:
    """Where a figure comes from."""
    return told(SOURCES.get(source, source))


def size(octets: int) -> str:
    """A file's size: ``120 kB``, ``1,4 MB``; in English ``1.4 MB``."""
    written = size_words(octets)
    return written if _indonesian() else written.replace(",", ".")


def _local(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(scope.tenant().time_zone))


def _indonesian() -> bool:
    return str(get_locale() or "id") == "id"
