"""Registers ("pencatatan dan pendataan") are data: a plugin declares the columns, core stores the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema


@dataclass(frozen=True)
class Register:
    """A book that an agency keeps.

    ``key`` is namespaced (``tapak.agenda``); ``schema`` validates a row; ``columns`` and ``search`` name fields of
    it; ``number_series`` names the running number that each row takes in its own transaction (never a gap, never a
    double), or is empty. ``writers`` are actors of procedures (``kota.placing:officer``) who also write rows by hand,
    for what happens outside any request; a row is never changed, what was wrong is set right by another one.
    """

    key: str
    title: str
    schema: type[Schema]
    columns: tuple[str, ...]
    search: tuple[str, ...] = ()
    number_series: str = ""
    writers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """A row for a register, as a step kind hands it over."""

    register: str
    data: Mapping[str, Any] = field(default_factory=dict)
