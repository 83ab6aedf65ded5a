"""Figures of the zones for reviewers; a server that is down gives figures without a value, never an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tapak.sdk.errors import TapakError
from tapak.sdk.resources import Fact, RecordSet

SOURCE = "zone"


def serial(zone: str, ask: Callable[[], int]) -> Fact:
    """The zone's SOA serial."""
    return _fact(_serial_of(zone), lambda: str(ask()))


def record_sets(zone: str, count: Callable[[], int]) -> Fact:
    """How many RRsets the zone holds."""
    return _fact(_size_of(zone), lambda: str(count()))


def name(asked: str, standing: Callable[[], Sequence[RecordSet]]) -> Fact:
    """Whether a name exists already, and with what; ``details`` holds its values by type."""
    empty = _name_of(asked)
    try:
        found = standing()
    except TapakError as error:
        return replace(empty, problem=error.message)
    text = "; ".join(f"{record.type} {', '.join(record.values)}" for record in found)
    details = {"records": {record.type: list(record.values) for record in found}}
    return replace(empty, value=text or "belum ada", details=details)


def unknown(zones: Iterable[str], names: Iterable[str], problem: str) -> list[Fact]:
    """Every figure, without a value, where the server doesn't answer at all."""
    rows = [make(zone) for make in (_serial_of, _size_of) for zone in zones]
    return [replace(row, problem=problem) for row in (*rows, *map(_name_of, names))]


def _serial_of(zone: str) -> Fact:
    return Fact(f"zone.{zone}.serial", f"Serial zona {zone}", None, SOURCE)


def _size_of(zone: str) -> Fact:
    return Fact(f"zone.{zone}.record_sets", f"Jumlah rekaman di zona {zone}", None, SOURCE, "rekaman")


def _name_of(asked: str) -> Fact:
    return Fact(f"name.{asked}", f"Nama {asked} di zona", None, SOURCE)


def _fact(empty: Fact, ask: Callable[[], str]) -> Fact:
    try:
        return replace(empty, value=ask())
    except TapakError as error:
        return replace(empty, problem=error.message)
