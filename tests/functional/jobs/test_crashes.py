"""Whatever dies, whenever: each service ends live exactly once."""

from __future__ import annotations

import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from tapak.db import crashpoint
from tapak.demo.servers.process import wait_until

from .conftest import LONG, Stack

POINTS = sorted(point for point in crashpoint.CRASHPOINTS if point.startswith(("job.", "provision.")))


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_ends_in_one_live_result(stack: Stack, tmp_path: Path, point: str) -> None:
    mark = tmp_path / "died"
    asked = stack.new_service().declare()
    with stack.relay(), stack.workers(TAPAK_CRASHPOINT=point, TAPAK_CRASHPOINT_MARK=str(mark)):
        wait_until(mark.exists, LONG, f"the worker to die at {point}")
        asked.wait()
        wait_until(lambda: not stack.pending(), LONG, "nothing to be pending")
    asked.assert_live_once()


def test_a_worker_killed_while_removing_removes_once(stack: Stack, tmp_path: Path) -> None:
    mark = tmp_path / "died"
    asked = stack.new_service().declare()
    with stack.relay():
        with stack.workers():
            asked.wait()
        asked.withdraw()
        with stack.workers(TAPAK_CRASHPOINT=crashpoint.PROVISION_APPLIED, TAPAK_CRASHPOINT_MARK=str(mark)):
            wait_until(mark.exists, LONG, "the worker to die")
            asked.wait("ended")
    assert asked.answers() == []
    assert asked.status() == 404
    assert asked.folders() == []


def test_workers_killed_at_random_lose_and_double_nothing(stack: Stack) -> None:
    chance = random.Random(20261120)
    services = [stack.new_service() for _ in range(12)]
    with stack.relay(), stack.workers(2) as supervisor:
        for asked in services:
            asked.declare()
            running = supervisor.pids
            if running and chance.random() < 0.5:
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(running), signal.SIGKILL)
        for asked in services:
            asked.wait()
    for asked in services:
        asked.assert_live_once()


def test_a_wiped_redis_loses_nothing(stack: Stack) -> None:
    services = [stack.new_service().declare() for _ in range(5)]
    with stack.relay(), redis.Redis.from_url(stack.redis.url) as client:
        wait_until(lambda: client.llen("rq:queue:tapak") >= 5, LONG, "the relay to tell of the rows")
        client.flushall()
        with stack.workers():
            for asked in services:
                asked.wait()
    for asked in services:
        asked.assert_live_once()


def test_a_redis_that_dies_and_returns_loses_nothing(stack: Stack) -> None:
    first, second = stack.new_service(), stack.new_service()
    with stack.relay(), stack.workers():
        first.declare().wait()
        stack.redis.daemon.send(signal.SIGKILL)
        wait_until(lambda: not stack.redis.running(), LONG, "Redis to die")
        second.declare()
        stack.redis.start()
        second.wait()
    second.assert_live_once()


def test_several_relays_and_workers_do_each_row_once(stack: Stack) -> None:
    services = [stack.new_service() for _ in range(10)]
    with stack.relay(2), stack.workers(2):
        for asked in services:
            asked.declare()
        for asked in services:
            asked.wait()
    for asked in services:
        asked.assert_live_once()
        assert asked.journal() == {"site": ["intent", "applied", "verified"], "name": ["intent", "applied", "verified"]}


def test_a_database_that_ends_every_connection_loses_nothing(stack: Stack, postgresql_server: object) -> None:
    first, second = stack.new_service(), stack.new_service()
    with stack.relay(), stack.workers():
        first.declare().wait()
        with postgresql_server.connect() as connection:  # type: ignore[attr-defined]
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                [stack.database.engine.url.database],
            )
        stack.database.engine.dispose()
        second.declare().wait()
    second.assert_live_once()
