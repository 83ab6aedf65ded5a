"""The doctor explains everything that is stuck, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tapak.config import Config
from tapak.db.wake import Wake, wake
from tapak.jobs import handlers
from tapak.jobs.doctor import findings
from tapak.jobs.run import equip, run
from tapak.jobs.tools import Tools
from tapak.plugins import build
from tapak.testing.provider import MemoryPlugin

from .conftest import Stack


@pytest.fixture
def tools(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TAPAK_DATABASE_URL", stack.env["TAPAK_DATABASE_URL"])
    tools = Tools.from_config(Config.from_environment(), build([MemoryPlugin()]))
    equip(tools)
    with stack.database.begin(stack.tenant.id) as session:
        for row in session.scalars(select(Wake)):
            session.delete(row)
    yield tools
    tools.close()


def told(stack: Stack) -> list[tuple[str, str]]:
    with stack.database.begin(stack.tenant.id) as session:
        return [(each.kind, each.problem) for each in findings(session)]


def ask(stack: Stack, kind: str, *, overdue: float = 0) -> None:
    with stack.database.begin(stack.tenant.id) as session:
        wake(session, kind, 1, at=datetime.now(UTC) - timedelta(seconds=overdue) if overdue else None)


def test_nothing_stuck_is_nothing_told(stack: Stack, tools: Tools) -> None:
    ask(stack, "deadline")
    assert told(stack) == []


def test_a_row_that_nobody_takes_is_told(stack: Stack, tools: Tools) -> None:
    ask(stack, "deadline", overdue=300)
    assert told(stack) == [("overdue", "due, and no worker has taken it")]


def test_a_handler_that_raises_is_tried_again_and_told(
    stack: Stack, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("with a secret in its text")

    monkeypatch.setattr(handlers, "HANDLERS", {"broken": broken})
    monkeypatch.setattr("tapak.jobs.run.HANDLERS", {"broken": broken})
    ask(stack, "broken")
    for _ in range(5):
        run(stack.tenant.id, "broken", 1)
    assert told(stack) == [("failing", "5 attempts: ZeroDivisionError")]


def test_an_unknown_kind_of_row_is_told_not_lost(stack: Stack, tools: Tools) -> None:
    ask(stack, "kelak")
    run(stack.tenant.id, "kelak", 1)
    with stack.database.begin(stack.tenant.id) as session:
        row = session.scalars(select(Wake)).one()
        assert (row.problem, row.lease_until) == ("KeyError", None)
        session.execute(update(Wake).values(attempts=5))
    assert told(stack) == [("failing", "5 attempts: KeyError")]


def test_a_resource_that_failed_is_told_with_what_to_do(stack: Stack, tools: Tools) -> None:
    asked = stack.new_service().declare()
    run(stack.tenant.id, "provision", asked.service_id)
    with stack.database.begin(stack.tenant.id) as session:
        found = [each for each in findings(session) if each.kind == "resource"]
    assert asked.name in found[0].subject
    assert found[0].problem.startswith("provider_broken: ")
    assert "retry" in found[0].advice
    assert set(found[0].as_json()) == {"kind", "subject", "since", "problem", "advice"}
