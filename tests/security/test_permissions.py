"""Who may act, seen from outside: positions, days, and nobody on an own request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest

from tapak.testing.deployment import Agency, Case, Deployment


def finish(deployment: Deployment, case: Case, email: str, task: dict[str, Any]) -> httpx.Response:
    """What the API says when ``email`` finishes the task with what the script has."""
    with deployment.caller(email, case.agency) as caller:
        return caller.post(f"/tasks/{task['id']}/finish", json={"input": case.input(task), "version": task["version"]})


def person(agency: Agency, email: str) -> dict[str, Any]:
    return next(dict(account) for account in agency.content["accounts"] if account["email"] == email)


@pytest.mark.parametrize("step", ["register_letter", "dispose", "review", "decide", "provision"])
def test_an_applicant_does_no_step_of_the_staff(deployment: Deployment, step: str) -> None:
    case = deployment.case()
    task = case.to(step)
    for email in (case.applicant, case.agency.admin()):
        answer = finish(deployment, case, email, task)
        assert (answer.status_code, answer.json()["code"]) in ((403, "forbidden"), (404, "not_found"))
        with deployment.caller(email) as caller:
            path = f"/tasks/{task['id']}"
            assert caller.post(f"{path}/begin", json={}).status_code in (403, 404)
            assert caller.put(f"{path}/draft", json={"input": {}}).status_code in (403, 404)
            files = {"file": ("a.pdf", b"%PDF-1.7", "application/pdf")}
            sent = caller.post(f"{path}/documents", data={"kind": "letter_scan"}, files=files)
            assert sent.status_code in (403, 404)
    assert (case.task()["id"], case.task()["state"], case.task()["version"]) == (task["id"], "open", task["version"])


@pytest.mark.parametrize("step", ["dispose", "decide"])
def test_staff_do_no_step_of_another_position(deployment: Deployment, step: str) -> None:
    case = deployment.case()
    task = case.to(step)
    answer = finish(deployment, case, case.agency.who("register_letter"), task)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "jabatan" in answer.json()["detail"]
    assert case.task() == task


def test_staff_finish_no_submission(deployment: Deployment) -> None:
    case = deployment.case()
    task = case.start()
    for email in (case.agency.who("decide"), case.agency.admin(), case.agency.applicants()[1]):
        assert finish(deployment, case, email, task).status_code == 404


def test_nobody_decides_on_a_letter_that_they_signed(deployment: Deployment) -> None:
    case = deployment.case()
    decider = case.agency.who("decide")
    case.start()
    case.take("submit", responsible_officer_nip=person(case.agency, decider)["nip"])
    task = case.to("decide")
    answer = finish(deployment, case, decider, task)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (case.task()["state"], "diputuskan oleh" in task["note"]) == ("open", True)
    with deployment.caller(decider) as caller:
        assert caller.get(f"/tasks/{task['id']}").status_code == 200
    stand_in = next(
        each["account"] for each in case.agency.content["holders"] if each["position"] == substitute(case.agency)
    )
    assert finish(deployment, case, stand_in, task).status_code == 200
    done = next(each for each in case.request()["tasks"] if each["step"] == "decide")
    assert done["actor"] == person(case.agency, stand_in)["name"]


def substitute(agency: Agency) -> str:
    """The key of the position that stands in for the decider's."""
    held = next(each["position"] for each in agency.content["holders"] if each["account"] == agency.who("decide"))
    return next(str(each["substitute"]) for each in agency.content["positions"] if each["key"] == held)


@pytest.mark.parametrize(("first", "allowed"), [(-1, True), (0, True), (1, False)])
def test_a_daily_acting_holder_covers_from_a_date(deployment: Deployment, first: int, allowed: bool) -> None:
    agency = deployment.other
    case = deployment.case(agency)
    task = case.to("dispose")
    today = datetime.now(UTC).astimezone(ZoneInfo(agency.content["time_zone"])).date()
    email = f"pelaksana{first + 1}@kembar.example"
    account = {"email": email, "name": "Pelaksana Harian (contoh)", "password": "demo-pelaksana-2026"}
    holders, held = agency.content["holders"], agency.who("dispose")
    holder = {
        "position": next(each["position"] for each in holders if each["account"] == held),
        "account": email,
        "kind": "acting_daily",
        "decree": "821.2/009/CONTOH/2026",
        "from": today + timedelta(days=first),
        "until": today + timedelta(days=max(first, 0)),
    }
    accounts = [*agency.content["accounts"], account]
    deployment.apply(agency, accounts=accounts, holders=[*holders, holder])
    try:
        with deployment.caller(None, agency) as caller:
            opened = caller.post("/session", json={"email": email, "password": account["password"]})
            caller.headers["Authorization"] = f"Bearer {opened.json()['token']}"
            answer = caller.post(
                f"/tasks/{task['id']}/finish", json={"input": case.input(task), "version": task["version"]}
            )
        assert answer.status_code == (200 if allowed else 404), answer.text
        done = next(each for each in case.request()["tasks"] if each["step"] == "dispose")
        assert done["acting_as"].startswith("Plh. ") is allowed
    finally:
        with psycopg.connect(deployment.stack.owner_url, autocommit=True) as owner:
            owner.execute("delete from position_holder where kind = 'acting_daily'")
