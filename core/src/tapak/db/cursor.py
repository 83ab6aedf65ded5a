"""A cursor that describes its columns only to whoever looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import psycopg
from psycopg.pq import ExecStatus


class Cursor(psycopg.Cursor[Any]):
    """SQLAlchemy asks every result for its description, and looks at it only the first time that it sees a statement.

    psycopg builds all of it each time: a tenth of what a step costs its process.
    """

    @property
    def description(self) -> list[psycopg.Column] | None:
        result = self.pgresult
        if result is None or result.status != ExecStatus.TUPLES_OK:
            return super().description
        return cast("list[psycopg.Column]", _Columns(self, result.nfields))

    def described(self) -> list[psycopg.Column]:
        """The whole description."""
        return super().description or []


class _Columns(Sequence[psycopg.Column]):
    def __init__(self, cursor: Cursor, count: int) -> None:
        self._cursor, self._count = cursor, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return self._cursor.described()[index]

    def __iter__(self) -> Any:
        return iter(self._cursor.described())
