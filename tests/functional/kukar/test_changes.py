"""Changes and endings of Kutai Kartanegara's hosted subdomains, on the document's steps and the real servers."""

from __future__ import annotations

import psycopg
import pytest

from tapak.testing.changing import Changing, answered, served, service_of
from tapak.testing.deployment import Case, Deployment

WHY = "Penataan layanan."


@pytest.fixture(scope="module")
def running(kukar: Deployment) -> Deployment:
    """A deployment of the agency."""
    return kukar


@pytest.fixture
def live(running: Deployment) -> Case:
    """A hosted site that went live."""
    made = running.case()
    made.walker.walk()
    made.request_id = made.walker.done.request_id
    return made


def test_every_change_runs_on_the_documents_steps(running: Deployment, live: Case) -> None:
    address = answered(running, live.name)
    renamed = Changing.begin(live, "rename")
    decision = renamed.to("decide", name_label=f"{live.label}-baru", change_reason=WHY)
    assert (live.label, f"{live.label}-baru") in [(each["before"], each["after"]) for each in decision["compared"]]
    request = renamed.to_end()
    assert (request["state"], [task["step_number"] for task in request["tasks"]]) == ("done", ["1", "2", "3", "5", "6"])
    new = f"{live.label}-baru.{live.agency.zone}"
    assert (answered(running, live.name), answered(running, new)) == ([], address)
    officer = Changing.begin(live, "officer")
    assert officer.to_end(responsible_officer_name="Pejabat Pengganti", change_reason=WHY)["state"] == "done"
    data = Changing.begin(live, "data")
    assert data.to_end(system_name="Pendaftaran Siswa", change_reason=WHY)["state"] == "done"
    assert "Pendaftaran Siswa" in service_of(live)["title"]
    ended = Changing.begin(live, "deactivate")
    assert ended.to_end(change_reason=WHY)["state"] == "done"
    assert (answered(running, new), served(running, new).status_code) == ([], 410)


def test_a_move_to_a_public_address_of_its_own(running: Deployment, live: Case) -> None:
    shared = answered(running, live.name)
    made = Changing.begin(live, "address")
    receipt = made.to("receive", change_reason=WHY)
    field = next(each for each in receipt["form"] if each["name"] == "address")
    chosen = next(value for value, _ in field["choices"] if value and [value] != shared)
    made.take(address=chosen)
    assert made.to_end()["state"] == "done"
    assert answered(running, live.name) == [chosen]


def dns_change(live: Case, *rows: dict[str, object]) -> None:
    """The unit's change of DNS records, to its end."""
    task = live.walker.call(live.applicant, "POST", "/requests", {"service": "kukar.dns_change"})
    made = Changing(live, {}, "", task["request_id"])
    made.to("check_pse", zone=live.agency.zone, changes=list(rows))
    made.take(remark="Dicocokkan dengan sertifikat PSE.")
    assert made.to_end()["state"] == "done"


def test_a_record_that_a_dns_change_took_over_is_again_its_services(running: Deployment, live: Case) -> None:
    row = {"action": "change", "name": live.label, "type": "A", "value": "127.0.0.1", "ttl": 120}
    dns_change(live, row)
    with psycopg.connect(running.stack.owner_url) as owner:
        sites = owner.execute("select service_id from resource where identity = %s", (live.name,)).fetchone()
        records = owner.execute("select service_id from resource where identity = %s", (f"{live.name}/A",)).fetchone()
    assert sites == records
    ended = Changing.begin(live, "deactivate")
    assert ended.to_end(change_reason=WHY)["state"] == "done"
    assert (answered(running, live.name), served(running, live.name).status_code) == ([], 410)


def test_a_record_that_goes_to_a_later_change_leaves_no_empty_service(running: Deployment, live: Case) -> None:
    label = f"{live.label}-dns"
    add = {"action": "add", "name": label, "type": "A", "value": "192.0.2.60", "ttl": 120}
    dns_change(live, add)
    dns_change(live, {**add, "action": "change", "value": "192.0.2.61"})
    name = f"{label}.{live.agency.zone}"
    assert answered(running, name) == ["192.0.2.61"]
    with psycopg.connect(running.stack.owner_url) as owner:
        holder = owner.execute("select service_id from held_name where name = %s", (name,)).fetchone()
        record = owner.execute("select service_id from resource where identity = %s", (f"{name}/A",)).fetchone()
        states = owner.execute("select state from service where title like %s order by id", (f"%{name}%",)).fetchall()
    assert holder == record
    assert [state for (state,) in states] == ["ended", "live"]
