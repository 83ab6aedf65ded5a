"""Locks that workers share: held against each other over the database, let go of with the connection."""

from __future__ import annotations

import threading
import time

import pytest

from tapak.db.session import Database
from tapak.provisioning.locks import alone
from tapak.sdk.errors import ProviderUnavailable
from tapak.sdk.provider import alone_here


def test_one_after_the_other(database: Database) -> None:
    inside: list[int] = []
    most = []

    def work() -> None:
        with alone(database.engine, "server", 10):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_who_waits_too_long_is_told(database: Database) -> None:
    with alone(database.engine, "server", 1), alone(database.engine, "lain", 1):
        began = time.monotonic()
        with pytest.raises(ProviderUnavailable), alone(database.engine, "server", 0.2):
            pass
        assert 0.1 < time.monotonic() - began < 3
    with alone(database.engine, "server", 0.2):
        pass


def test_it_is_let_go_of_after_an_error(database: Database) -> None:
    for lock in (lambda: alone(database.engine, "server", 0.5), lambda: alone_here("server", 0.5)):
        for _ in range(2):
            with pytest.raises(KeyError), lock():
                raise KeyError


def test_within_a_process_without_a_database() -> None:
    with alone_here("server", 1), pytest.raises(ProviderUnavailable), alone_here("server", 0.05):
        pass
