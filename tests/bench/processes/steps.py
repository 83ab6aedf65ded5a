"""Finishes prepared tasks through the service layer, tenants in turn."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from plain import with_plain
from rounds import serve

from tapak.accounts.models import Account
from tapak.accounts.policy import Person, person_among
from tapak.db.session import Database
from tapak.plugins import Registry
from tapak.requests import flow
from tapak.requests.desk import Desk
from tapak.tenants.models import Tenant
from tapak.tenants.positions import Seat


def worker(url: str, tasks: list[tuple[int, int, int]], actor: str, form: dict[str, object]) -> Callable[[], object]:
    """One step a call. ``tasks`` are (tenant, task, version of the request); ``actor`` is an account's e-mail."""
    database, plugins = Database(url, pool_size=1), with_plain()
    seats = {tenant: _seat(database, plugins, tenant, actor) for tenant in {each for each, _, _ in tasks}}
    waiting = iter(tasks)

    def finish_one() -> None:
        tenant_id, task_id, version = next(waiting)
        tenant, person, known = seats[tenant_id]
        with database.begin(tenant_id) as session:
            flow.finish(Desk.open(session, tenant, plugins, person, known), task_id, form, version)

    return finish_one


def _seat(database: Database, plugins: Registry, tenant_id: int, actor: str) -> tuple[Tenant, Person, Collection[Seat]]:
    """What signing in has read before a step is finished."""
    with database.begin(tenant_id) as session:
        tenant = session.get_one(Tenant, tenant_id)
        account = session.query(Account).filter_by(email=actor).one()
        known = Desk.open(session, tenant, plugins).seats.values()
        return tenant, person_among(known, account), known


if __name__ == "__main__":
    serve(worker(**json.loads(Path(sys.argv[1]).read_text())))
