"""The services of its unit that a request may go on with."""

from __future__ import annotations

from sqlalchemy import event, select

from tapak.inventory.models import Service
from tapak.provisioning.models import Connection, Resource
from tapak.requests import flow
from tapak.tenants.models import Agency


def live_services(office, many: int) -> list[str]:
    with office.desk("admin") as desk:
        agency = desk.session.scalars(select(Agency).where(Agency.key == "dinkes")).one()
        web = desk.session.scalars(select(Connection.id).where(Connection.key == "web")).one()
        made = [
            Service(title=f"Situs {n}", procedure="x", agency_id=agency.id, state="live" if n else "ended")
            for n in range(many + 1)
        ]
        desk.session.add_all(made)
        desk.session.flush()
        for service in made:
            name = f"situs{service.id}.example.test"
            given = {"key": "site", "kind": "site", "identity": name, "spec": {"name": name}, "state": "live"}
            desk.session.add(Resource(service_id=service.id, connection_id=web, **given))
        return [f"situs{service.id}.example.test" for service in made[1:]]


def test_they_are_told_with_what_they_consist_of_by_two_queries_however_many(office):
    names = live_services(office, 4)
    with office.desk("dinkes") as desk:
        view = flow.task_view(desk, flow.start_request(desk, "tarakan.hosting"))
        asked = []
        event.listen(desk.session, "do_orm_execute", lambda state: asked.append(state.statement))
        found = view.services
    assert [[each.spec.name for each in service.resources] for service in found] == [[name] for name in names]
    assert len(asked) == 2
