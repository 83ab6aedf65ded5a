"""Which names are given: the tenant's reserved ones are not, and a released one is after it has rested."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text, update

from tapak.inventory import service as inventory
from tapak.inventory.models import HeldName, Service
from tapak.requests import facts, flow
from tapak.requests.models import Request, Task
from tapak.requests.names import name_problem
from tapak.sdk.errors import Conflict, Invalid
from tapak.sdk.resources import Fact
from tapak.sdk.step_kinds import Reservation
from tapak.tenants.models import Agency, Tenant

ZONE = "example.test"
NAME = f"antrean.{ZONE}"


def draft(office, who):
    with office.desk(who) as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
    office.upload(who, task_id, "request_letter")
    return task_id


def submit(office, submission, who, **different):
    task_id = draft(office, who)
    with office.desk(who) as desk:
        return flow.finish(desk, task_id, submission(**different)).next_task_id


def service_of(desk, agency):
    agency_id = desk.session.scalars(select(Agency.id).where(Agency.key == agency)).one()
    service = Service(title="Antrean", procedure="tarakan.hosting", agency_id=agency_id)
    desk.session.add(service)
    desk.session.flush()
    return service


@pytest.fixture
def released(office):
    """A name that a service of ``dinkes`` was published with, released to rest for an hour."""
    with office.desk(None) as desk:
        service = service_of(desk, "dinkes")
        inventory.reserve(desk.session, service, [Reservation("name", NAME)])
        desk.session.execute(update(HeldName).values(state="live"))
        inventory.release(desk.session, service.id, rest=3600)


def pass_an_hour(office):
    with office.desk(None) as desk:
        desk.session.execute(update(HeldName).values(until=HeldName.until - text("interval '1 hour'")))


def test_a_resting_name_is_refused_to_another_agency(office, submission, released):
    with pytest.raises(Invalid) as told:
        submit(office, submission, "dishub")
    assert "dikarantina" in told.value.fields["name_label"][0]
    with office.desk(None) as desk, pytest.raises(Conflict):
        inventory.reserve(desk.session, service_of(desk, "dishub"), [Reservation("name", NAME)])


@pytest.mark.parametrize(("who", "hours"), [("dinkes", 0), ("dishub", 1)])
def test_its_own_agency_takes_it_back_and_another_gets_it_after_the_rest(office, submission, released, who, hours):
    if hours:
        pass_an_hour(office)
    assert submit(office, submission, who)
    with office.desk(None) as desk:
        service = service_of(desk, who)
        inventory.reserve(desk.session, service, [Reservation("name", NAME)])
        held = desk.session.scalars(select(HeldName)).one()
        assert (held.state, held.service_id, held.until) == ("reserved", service.id, None)


def test_reserved_names_are_told_alike_while_typing_at_submission_and_to_the_reviewer(
    office, owner_database, submission
):
    settings = {**office.tenant.settings, "reserved_names": ["antrean"]}
    with owner_database.begin() as session:
        session.execute(update(Tenant).where(Tenant.id == office.tenant.id).values(settings=settings))
    office.tenant.settings = settings
    with office.desk("dinkes") as desk:
        typing = name_problem(desk, "antrean", ZONE)
    with pytest.raises(Invalid) as told:
        submit(office, submission, "dinkes")
    assert told.value.fields["name_label"] == [typing]
    assert "dicadangkan" in typing
    task_id = submit(office, submission, "dinkes", name_label="loket")
    with office.desk(None) as desk:
        desk.session.execute(update(Request).values(answers=Request.answers.op("||")({"name_label": "antrean"})))
        facts.store(desk, task_id, ())
    with office.desk("kasubbag_umum") as desk:
        (state,) = [fact for fact in flow.task_view(desk, task_id).facts if fact.key == "name_state"]
        assert state.value == typing


def test_papers_that_leave_the_agency_tell_figures_of_the_request_alone(office, submission):
    task_id = submit(office, submission, "dinkes")
    servers, own = ["zone.example.test.serial", "capacity"], [f"usage:{NAME}"]
    told = [Fact(key, key, "1", "agent") for key in (*servers, *own)]

    def at(step):
        with office.desk(None) as desk:
            desk.session.execute(update(Task).values(step=step))
            facts.store(desk, task_id, told)
            return [fact["key"] for fact in desk.session.get(Task, (office.tenant.id, task_id)).facts]

    assert at("review") == [*own, "name_state", *servers, "free_addresses"]
    assert at("hand_over") == at("report") == [*own, "name_state"]
