"""Running numbers: from 1 each year, never a gap and never a double."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tapak.db.crashpoint import NUMBER_TAKEN, crashpoint
from tapak.engine.numbering import render
from tapak.tenants.models import NumberSeries, Tenant

# The table, not the class: nothing else is flushed on the way, so that an audit event is still written after this.
SERIES = cast("Table", NumberSeries.__table__)


def take_number(
    session: Session, tenant: Tenant, series: str, on: date, pattern: str, values: Mapping[str, str]
) -> tuple[int, str]:
    """The next number of ``series`` in the year of the local day ``on``, bare and written after ``pattern``.

    The series stays locked until the transaction ends; a rollback gives the number back.

    Raises:
        BadPattern: the pattern can't be read or names a value that isn't given.
    """
    first = insert(SERIES).values(tenant_id=tenant.id, series=series, year=on.year, last=1)
    taken = first.on_conflict_do_update(
        index_elements=[SERIES.c.tenant_id, SERIES.c.series, SERIES.c.year], set_={"last": SERIES.c.last + 1}
    ).returning(SERIES.c.last)
    number = session.execute(taken).scalar_one()
    crashpoint(NUMBER_TAKEN)
    return number, render(pattern, number=number, on=on, values=values)
