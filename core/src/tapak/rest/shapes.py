"""From rows to what REST gives."""

from __future__ import annotations

from typing import Any

from tapak.accounts.policy import Person
from tapak.requests import forms
from tapak.requests.desk import Desk
from tapak.requests.models import Task
from tapak.requests.reading import RequestLook
from tapak.requests.versions import Version
from tapak.requests.view import TaskView
from tapak.rest import schemas
from tapak.sdk.changes import compared
from tapak.sdk.procedure import Procedure


def person(who: Person) -> dict[str, Any]:
    """Who is signed in."""
    return _dump(schemas.Person(), who)


def request(look: RequestLook) -> dict[str, Any]:
    """A request with its tasks."""
    row = look.request
    plain = {name: getattr(row, name) for name in schemas.Request().fields if hasattr(row, name)}
    return _dump(
        schemas.Request(),
        {
            **plain,
            "service": look.procedure.service,
            "procedure_version": look.procedure.version,
            "agency": look.agency,
            "applicant": look.applicant,
            "tasks": [task(look.view.desk, each, look.procedure) for each in look.tasks],
        },
    )


def task(desk: Desk, row: Task, procedure: Procedure) -> dict[str, Any]:
    """A task beside what its step is called."""
    step = procedure.step(row.step)
    plain = {name: getattr(row, name) for name in schemas.Task().fields if hasattr(row, name)}
    return {
        **plain,
        "step_number": step.number,
        "step_title": step.title,
        "step_name": desk.step_name(procedure, step),
        "actor_title": procedure.actor(step.actor).title,
    }


def task_form(view: TaskView) -> dict[str, Any]:
    """A task with everything that its form needs."""
    row, step = view.task, view.step
    return _dump(
        schemas.TaskForm(),
        {
            **task(view.desk, row, view.procedure),
            "request_id": view.row.id,
            "request_number": view.row.number,
            "version": view.row.version,
            "kind": step.kind,
            "required_inputs": step.required_inputs,
            "form": forms.form_of(view),
            "uploads": view.kind.form(view).uploads,
            "facts": view.facts,
            "facts_at": row.facts_at,
            "shown": view.kind.shown(view),
            "compared": compared(view) if view.row.revision else (),
        },
    )


def version(each: Version) -> dict[str, Any]:
    """A version of a procedure with what runs on it."""
    found = each.procedure
    return {
        "key": found.key,
        "version": found.version,
        "service": found.service,
        "number": found.header.number,
        "effective_from": found.effective_from,
        "standing": each.standing,
        "steps": len(found.steps),
        "running": each.running,
    }


def _dump(schema: Any, value: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = schema.dump(value)
    return dumped
