"""Registers ("pencatatan dan pendataan") are data: a plugin declares the columns, core stores the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marshmallow import Schema


@dataclass(frozen=True)
class Register:
    """A book that an agency keeps.

    ``key`` is namespaced (``tapak.agenda``); ``schema`` validates a row; ``columns`` and ``search`` name fields of
    it; ``number_series`` names the running number that each row takes in its own transaction (never a gap, never a
    double), or is empty. ``writers`` are actors of procedures (``kota.placing:officer``) who also write rows by hand,
    for what happens outside any request; a row is never changed, what was wrong is set right by another one.

    ``imported`` marks a registry that others keep: its rows come from the newest file that somebody imported, and no
    step writes into it. ``sealed`` marks one whose rows are encrypted as they are written, to the agency's own keys:
    Tapak keeps no word of them in the clear.
    """

    key: str
    title: str
    schema: type[Schema]
    columns: tuple[str, ...]
    search: tuple[str, ...] = ()
    number_series: str = ""
    writers: tuple[str, ...] = ()
    imported: bool = False
    sealed: bool = False


@dataclass(frozen=True)
class Imported:
    """What an imported register holds: its rows, from the file ``filename``, imported ``on`` the tenant's day."""

    on: date
    filename: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Record:
    """A row for a register, as a step kind hands it over."""

    register: str
    data: Mapping[str, Any] = field(default_factory=dict)
