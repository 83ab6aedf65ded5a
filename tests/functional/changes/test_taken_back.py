"""Changes that come to nothing, wherever they stand, and what may happen beside them."""

from __future__ import annotations

import psycopg
import pytest

from tapak.demo.walk import WalkProblem
from tapak.testing.changing import Changing, answered, served, service_of
from tapak.testing.deployment import Case, Deployment

WHY = "Penataan layanan."
HACKED = "Tautan judi tersembunyi"


@pytest.fixture
def live(deployment: Deployment) -> Case:
    """A hosted site that went live."""
    made = deployment.case()
    made.to_end()
    return made


def withdraw(made: Changing) -> None:
    """The applicant takes it back."""
    path = f"/requests/{made.request_id}/withdraw"
    made.call(made.case.applicant, "POST", path, {"reason": "Tidak jadi"})
    assert made.request()["state"] == "cancelled"


def officer(made: Changing, act: str, body: object = None) -> None:
    """An officer's act on the service."""
    who = made.case.agency.who("decide")
    made.call(who, "POST", f"/active-services/{made.service['id']}/{act}", body)


def online(deployment: Deployment, live: Case) -> bool:
    """Whether the name leads to the site and the service says so."""
    reached = answered(deployment, live.name) and served(deployment, live.name).status_code == 200
    return bool(reached) and service_of(live)["state"] == "live"


def begun(made: Changing, **different: object) -> None:
    """The change is begun at the servers, and done there, but its step isn't finished."""
    provision = made.to("provision", change_reason=WHY, **different)
    made.call(made.case.agency.who("provision"), "POST", f"/tasks/{provision['id']}/begin", {})
    made.case.wait(made.settled, "the change to be carried out")


def test_a_rename_that_is_withdrawn_when_it_was_carried_out(deployment: Deployment, live: Case) -> None:
    title = service_of(live)["title"]
    made = Changing.begin(live, "rename")
    made.to("report", name_label=f"mundur-{live.label}", change_reason=WHY)
    assert answered(deployment, live.name) == []
    withdraw(made)
    live.wait(lambda: online(deployment, live), "the old name to be back")
    live.wait(lambda: answered(deployment, f"mundur-{live.name}") == [], "the new name to go")
    assert service_of(live)["title"] == title
    with deployment.caller(live.agency.applicants()[1]) as caller:
        assert caller.get(f"/names/{live.agency.zone}/{live.label}").json()["available"] is False
    with psycopg.connect(deployment.stack.owner_url) as owner:
        held = owner.execute("select state from held_name where name = %s", (live.name,)).fetchone()
    assert held == ("live",)
    again = Changing.begin(live, "data")
    fields = {each["name"]: each["value"] for each in again.task()["form"]}
    assert again.to_end(system_name="Antrean Baru", change_reason=WHY)["state"] == "done"
    assert "system_name" in fields


def test_an_ending_that_is_withdrawn_when_it_was_carried_out(deployment: Deployment, live: Case) -> None:
    made = Changing.begin(live, "deactivate")
    made.to("report", change_reason=WHY)
    assert service_of(live)["deactivated_at"]
    withdraw(made)
    live.wait(lambda: online(deployment, live), "the service to be back")
    assert service_of(live)["deactivated_at"] is None
    Changing.begin(live, "rename")


def test_a_draft_that_is_deleted_gives_nothing_away(deployment: Deployment, live: Case) -> None:
    made, draft = Changing.begin(live, "rename"), Changing.begin(live, "data")
    made.to("provision", name_label=f"setuju-{live.label}", change_reason=WHY)
    draft.call(live.applicant, "DELETE", f"/requests/{draft.request_id}")
    with deployment.caller(live.agency.applicants()[1]) as caller:
        assert caller.get(f"/names/{live.agency.zone}/setuju-{live.label}").json()["available"] is False
    assert made.to_end()["state"] == "done"
    assert answered(deployment, f"setuju-{live.name}")


def test_what_was_taken_off_the_net_during_a_change_stays_off_it(deployment: Deployment, live: Case) -> None:
    new = f"darurat-{live.name}"
    made = Changing.begin(live, "rename")
    begun(made, name_label=f"darurat-{live.label}")
    officer(made, "emergency", {"reason": HACKED})
    live.wait(lambda: served(deployment, new).status_code == 410, "the site to be closed")
    task = made.task()
    who = live.agency.who("provision")
    made.call(who, "POST", f"/requests/{made.request_id}/retry")
    live.wait(lambda: service_of(live)["state"] == "suspended", "the service to be off the net again")
    assert (answered(deployment, new), served(deployment, new).status_code) == ([], 410)
    with deployment.caller(who) as caller:
        refused = caller.post(f"/tasks/{task['id']}/finish", json={"input": {}, "version": task["version"]})
        assert refused.status_code == 422
        assert "layanan sedang ditangguhkan" in refused.text
    withdraw(made)
    live.wait(lambda: service_of(live)["state"] == "suspended", "the service to be off the net")
    assert (answered(deployment, live.name), served(deployment, live.name).status_code) == ([], 410)
    officer(made, "restore")
    live.wait(lambda: online(deployment, live), "the service to be restored")
    assert answered(deployment, new) == []


def test_an_emergency_during_an_ending_outlasts_it(deployment: Deployment, live: Case) -> None:
    made = Changing.begin(live, "deactivate")
    begun(made)
    officer(made, "emergency", {"reason": HACKED})
    with pytest.raises(WalkProblem, match="409"):
        officer(made, "restore")
    withdraw(made)
    live.wait(lambda: service_of(live)["state"] == "suspended", "the service to be settled")
    assert (answered(deployment, live.name), served(deployment, live.name).status_code) == ([], 410)
    officer(made, "restore")
    live.wait(lambda: online(deployment, live), "the service to be restored")


def test_a_suspended_service_whose_ending_is_withdrawn_can_be_restored(deployment: Deployment, live: Case) -> None:
    made = Changing.begin(live, "deactivate")
    officer(made, "suspend", {"reason": HACKED})
    live.wait(lambda: service_of(live)["state"] == "suspended", "the service to be suspended")
    begun(made)
    withdraw(made)
    live.wait(lambda: service_of(live)["state"] == "suspended", "the service to be as it was")
    officer(made, "restore")
    live.wait(lambda: online(deployment, live), "the service to be restored")


def test_what_a_finished_change_did_stays_whatever_becomes_of_it_later(deployment: Deployment, live: Case) -> None:
    """It is moved back when others have gone on with the service, and when its old name is somebody else's."""
    renamed, admin = Changing.begin(live, "rename"), live.agency.admin()
    renamed.to_end(name_label=f"tetap-{live.label}", change_reason=WHY)
    back = f"/requests/{renamed.request_id}/move", {"step": "report", "reason": "Laporan keliru"}
    later = Changing.begin(live, "data")
    later.to("decide", system_name="Antrean Terbaru", change_reason=WHY)
    with pytest.raises(WalkProblem, match="409"):
        renamed.call(admin, "POST", *back)
    later.to_end()
    with psycopg.connect(deployment.stack.owner_url) as owner:
        owner.execute("update held_name set state = 'foreign', service_id = null where name = %s", (live.name,))
    renamed.call(admin, "POST", *back)
    officer = live.agency.who("decide")
    renamed.call(officer, "POST", f"/requests/{renamed.request_id}/cancel", {"reason": "Tidak perlu"})
    assert renamed.request()["state"] == "cancelled"
    assert "Antrean Terbaru" in service_of(live)["title"]
    assert answered(deployment, f"tetap-{live.name}")
