"""Locks that every worker of the deployment shares, held in the database: whoever dies lets go of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from tapak.sdk.provider import not_alone

_TAKE = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"


@contextmanager
def alone(engine: Engine, name: str, seconds: float) -> Iterator[None]:
    """Alone among the workers; on a connection of its own, so that the worker's own transactions come and go.

    Raises:
        ProviderUnavailable: somebody else was at it for all of ``seconds``, or the database is gone.
    """
    with engine.connect() as connection:
        try:
            connection.exec_driver_sql(f"begin; set local lock_timeout = {max(int(seconds * 1000), 1)}")
            connection.exec_driver_sql(_TAKE, (name,))
        except OperationalError as problem:
            raise not_alone(name) from problem
        yield
