"""Changes and endings of a hosted site, on the steps of its own document, by REST and the real servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tapak.demo.walk import WalkProblem
from tapak.testing.changing import Changing, answered, served, service_of
from tapak.testing.deployment import Case, Deployment

WHY = "Penataan layanan."


@pytest.fixture
def live(deployment: Deployment) -> Case:
    """A hosted site that went live."""
    made = deployment.case()
    made.to_end()
    return made


REMEMBERED = 5.5
"""Seconds after which every process has a tenant's new settings."""


@contextmanager
def redirecting(deployment: Deployment, days: int) -> Iterator[None]:
    """The tenant has old names lead to new ones for so many days."""
    settings = deployment.one.content["settings"]
    deployment.apply(deployment.one, settings={**settings, "rename_redirect_days": days})
    time.sleep(REMEMBERED)
    try:
        yield
    finally:
        deployment.apply(deployment.one, settings={**settings, "rename_redirect_days": 0})
        time.sleep(REMEMBERED)


def owner(deployment: Deployment, statement: str, *values: object) -> None:
    """Let time pass for rows."""
    with psycopg.connect(deployment.stack.owner_url, autocommit=True) as connection:
        connection.execute(statement, values)


def changes(deployment: Deployment, words: str) -> list[dict[str, str]]:
    """Rows of the register of changes."""
    with deployment.caller(deployment.one.who("decide")) as caller:
        return [row["content"] for row in caller.get("/registers/tapak.changes", params={"q": words}).json()]


def test_a_rename_makes_the_new_name_live_before_the_old_one_goes(deployment: Deployment, live: Case) -> None:
    old, new = live.name, f"baru-{live.name}"
    address = answered(deployment, old)
    made = Changing.begin(live, "rename")
    review = made.to("review", name_label=f"baru-{live.label}", change_reason=WHY)
    live.wait(lambda: made.task()["facts_at"], "figures")
    told = {each["label"]: each["value"] for each in made.task()["facts"]}
    assert (review["step"], told[f"Nama {new}"]) == ("review", "Tersedia")
    decision = made.to("decide")
    told = {each["label"]: (each["before"], each["after"]) for each in decision["compared"]}
    assert told["Nama subdomain"] == (live.label, f"baru-{live.label}")
    assert next(after for label, (_, after) in told.items() if label.endswith(f" {old}")) == ""
    assert (answered(deployment, old), answered(deployment, new)) == (address, [])
    request = made.to_end()
    assert request["state"] == "done"
    assert request["subject"].startswith("Ganti nama · ")
    assert (answered(deployment, old), answered(deployment, new)) == ([], address)
    assert served(deployment, new).status_code == 200
    after = service_of(live)
    assert (after["state"], new in after["title"]) == ("live", True)
    (row,) = changes(deployment, old)
    assert row["change"] == "Ganti nama"
    with deployment.caller(live.applicant) as caller:
        taken = caller.get(f"/names/{live.agency.zone}/{live.label}").json()
        assert taken["available"] is True, "its own unit may take a resting name back"
    with deployment.caller(live.agency.applicants()[1]) as caller:
        assert caller.get(f"/names/{live.agency.zone}/{live.label}").json()["available"] is False


def test_an_old_name_leads_to_the_new_one_for_as_long_as_the_agency_says(deployment: Deployment, live: Case) -> None:
    old, new = live.name, f"alih-{live.name}"
    address = answered(deployment, old)
    with redirecting(deployment, 30):
        made = Changing.begin(live, "rename")
        made.to_end(name_label=f"alih-{live.label}", change_reason=WHY)
    assert (answered(deployment, old), answered(deployment, new)) == (address, address)
    moved = served(deployment, old, "/halaman")
    target = f"http://{new}:{deployment.stack.apache.port}/halaman"
    assert (moved.status_code, moved.headers["location"]) == (302, target)
    assert served(deployment, new).status_code == 200
    owner(deployment, "update resource set remove_after = now() where identity like %s", f"{old}%")
    owner(deployment, "update wake set next_at = now() where kind = 'sweep'")
    live.wait(lambda: answered(deployment, old) == [], "the old name to go")
    assert answered(deployment, new) == address
    live.wait(lambda: service_of(live)["state"] == "live", "the service to be live")


def test_a_service_moves_to_another_address_and_gives_the_old_one_back(deployment: Deployment, live: Case) -> None:
    shared = answered(deployment, live.name)
    made = Changing.begin(live, "address")
    review = made.to("review", change_reason=WHY, address_kind="dedicated")
    field = next(each for each in review["form"] if each["name"] == "address")
    chosen = next(value for value, _ in field["choices"] if value and [value] != shared)
    made.take(address=chosen)
    decision = made.task()
    assert any(each["after"].startswith(f"A {chosen}") for each in decision["compared"])
    assert made.to_end()["state"] == "done"
    assert answered(deployment, live.name) == [chosen]
    back = Changing.begin(live, "address")
    back.to("review", change_reason=WHY, address_kind="shared")
    back.take(address=shared[0])
    assert back.to_end()["state"] == "done"
    assert answered(deployment, live.name) == shared
    with psycopg.connect(deployment.stack.owner_url) as connection:
        found = connection.execute("select service_id from address where address = %s", (chosen,)).fetchone()
    assert found == (None,)


def test_another_officer_and_other_data_are_told_before_and_after(deployment: Deployment, live: Case) -> None:
    first = Changing.begin(live, "officer")
    with pytest.raises(WalkProblem, match="Belum ada yang berubah"):
        first.take(change_reason=WHY)
    decision = first.to("decide", responsible_officer_name="Pejabat Pengganti", change_reason=WHY)
    told = {each["label"]: each for each in decision["compared"]}
    assert told["Nama penanggung jawab"]["after"] == "Pejabat Pengganti"
    assert set(told) == {"Nama penanggung jawab"}
    assert first.to_end()["state"] == "done"
    second = Changing.begin(live, "data")
    fields = {each["name"]: each["value"] for each in second.task()["form"]}
    assert fields["responsible_officer_name"] == "Pejabat Pengganti"
    assert "name_label" not in fields
    assert second.to_end(system_name="Antrean Baru", change_reason=WHY)["state"] == "done"
    assert "Antrean Baru" in service_of(live)["title"]
    assert served(deployment, live.name).status_code == 200


def test_an_ending_takes_dns_away_first_then_answers_410_then_is_removed(deployment: Deployment, live: Case) -> None:
    made = Changing.begin(live, "deactivate")
    made.to("close", change_reason=WHY)
    path = f"/requests/{made.request_id}/timeline"
    told = [each["summary"] for each in made.call(live.applicant, "GET", path)]
    assert any(f"Ditutup (410): Situs {live.name}" in each for each in told)
    assert made.to_end()["state"] == "done"
    assert answered(deployment, live.name) == []
    assert served(deployment, live.name).status_code == 410
    after = service_of(live)
    assert (after["state"], bool(after["deactivated_at"])) == ("suspended", True)
    with pytest.raises(WalkProblem, match="409"):
        made.call(live.agency.who("decide"), "POST", f"/active-services/{after['id']}/restore")
    with pytest.raises(WalkProblem, match="409"):
        Changing.begin(live, "rename")
    owner(deployment, "update resource set remove_after = now() where service_id = %s", after["id"])
    owner(deployment, "update wake set next_at = now() where kind = 'sweep'")
    live.wait(lambda: served(deployment, live.name).status_code == 404, "the site to be removed")

    def listed() -> list[int]:
        return [each["id"] for each in live.walker.call(live.applicant, "GET", "/active-services")]

    live.wait(lambda: after["id"] not in listed(), "the service to have ended")


def test_a_change_that_is_withdrawn_half_way_leaves_the_service_as_it_was(deployment: Deployment, live: Case) -> None:
    address = answered(deployment, live.name)
    made = Changing.begin(live, "rename")
    provision = made.to("provision", name_label=f"batal-{live.label}", change_reason=WHY)
    made.call(live.agency.who("provision"), "POST", f"/tasks/{provision['id']}/begin", {})
    live.wait(lambda: answered(deployment, f"batal-{live.name}") == address, "the new name")
    live.wait(lambda: answered(deployment, live.name) == [], "the old name to go")
    made.call(live.applicant, "POST", f"/requests/{made.request_id}/withdraw", {"reason": "Tidak jadi"})
    live.wait(lambda: answered(deployment, live.name) == address, "the old name to come back")
    live.wait(lambda: answered(deployment, f"batal-{live.name}") == [], "the new name to go")
    live.wait(lambda: service_of(live)["state"] == "live", "the service to be live")
    assert served(deployment, live.name).status_code == 200
    assert live.name in service_of(live)["title"]


def test_one_change_at_a_time_by_its_own_unit(deployment: Deployment, live: Case) -> None:
    made, other = Changing.begin(live, "officer"), Changing.begin(live, "data")
    made.to("register_letter", responsible_officer_name="Pejabat Pengganti", change_reason=WHY)
    with pytest.raises(WalkProblem, match="sedang mengerjakan layanan ini"):
        other.take(system_name="Lain", change_reason=WHY)
    assert service_of(live)["changing"] == made.request()["number"]
    stranger = live.agency.applicants()[1]
    body = {"service": "tarakan.hosting_change", "change": "rename"}
    for who, status in ((stranger, "404"), (live.agency.who("decide"), "403")):
        with pytest.raises(WalkProblem, match=status):
            made.call(who, "POST", f"/active-services/{made.service['id']}/changes", body)
    with pytest.raises(WalkProblem, match="422"):
        made.call(live.applicant, "POST", "/requests", {"service": "tarakan.hosting_change"})
    with pytest.raises(WalkProblem, match="422"):
        body = {"service": "tarakan.colocation_change", "change": "rename"}
        made.call(live.applicant, "POST", f"/active-services/{made.service['id']}/changes", body)
