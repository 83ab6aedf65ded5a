"""A database that ended every connection and is there again: whoever comes next notices nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tapak.testing.deployment import Deployment


def test_nobody_meets_a_connection_that_the_database_has_ended(deployment: Deployment) -> None:
    with deployment.caller(deployment.one.admin()) as caller, ThreadPoolExecutor(8) as crowd:
        asked = range(40)
        assert set(crowd.map(lambda _: caller.get("/session").status_code, asked)) == {200}
        with deployment.stack.postgresql.connect() as server:
            ended = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where usename = 'tapak_app'"
            (count,) = server.execute(ended).fetchone() or (0,)
        assert count > 2
        assert [caller.get("/session").status_code for _ in asked] == [200] * len(asked)
