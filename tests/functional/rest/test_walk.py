"""A request's whole way over REST, on BIND and Apache: to a live name, back to its applicant, or to an early end."""

from __future__ import annotations

import dns.message
import dns.query
import httpx

from tapak.testing.deployment import Case, Deployment


def answers(case: Case) -> list[str]:
    """Every address that BIND gives for the case's name."""
    bind = case.deployment.stack.bind
    asked = dns.query.udp(dns.message.make_query(case.name, "A"), bind.address, port=bind.port, timeout=5)
    return [item.to_text() for rrset in asked.answer for item in rrset]


def status(case: Case) -> int:
    """What Apache says for the case's name."""
    return httpx.get(case.deployment.stack.apache.url, headers={"Host": case.name}).status_code


def returned(case: Case) -> dict:
    """The case, decided against and back with its applicant; gives the new submission's task."""
    case.to("decide")
    case.take(
        "decide",
        outcome="return",
        reasons=["Lainnya"],
        explanation="Nomor surat tidak terbaca.",
        fields_concerned=["letter_number", "request_letter"],
    )
    return case.task()


def test_both_tenants_at_once_with_the_same_label(deployment: Deployment) -> None:
    one = deployment.case()
    other = deployment.case(deployment.other, label=one.label)
    one.to("provision")
    other.to_end()
    assert (answers(one), answers(other)) == ([], ["127.0.0.1"])
    one.to_end()
    assert status(one) == status(other) == 200


def test_a_return_asks_for_a_new_letter_and_keeps_the_answers(deployment: Deployment) -> None:
    case = deployment.case()
    task = returned(case)
    before = case.request()
    assert (before["state"], task["step"], task["revision"]) == ("returned", "submit", 2)
    form = {field["name"]: field["value"] for field in task["form"]}
    assert form["system_name"] == before["answers"]["system_name"]
    assert (form["letter_number"], form["statement"]) == (None, None)
    case.take("submit", letter_number="400.7/119/DINKES/2026")
    again = case.to_end()
    assert (again["state"], again["number"], again["revision"]) == ("done", before["number"], 2)
    assert again["answers"]["letter_number"] == "400.7/119/DINKES/2026"


def test_a_return_s_second_letter_has_its_own_agenda_number(deployment: Deployment) -> None:
    case = deployment.case()
    returned(case)
    case.to("review")
    with deployment.caller(case.agency.who("register_letter")) as caller:
        rows = caller.get("/registers/tapak.agenda").json()
        papers = caller.get(f"/requests/{case.request_id}/documents").json()
    mine = [row for row in rows if row["request_id"] == case.request_id]
    assert len({row["number"] for row in mine}) == 2
    letters = [paper for paper in papers if paper["kind"] == "request_letter"]
    assert [paper["revision"] for paper in letters] == [1, 2]


def test_the_same_letter_does_not_serve_twice(deployment: Deployment) -> None:
    case = deployment.case()
    task = returned(case)
    with deployment.caller(case.applicant) as caller:
        answer = caller.post(
            f"/tasks/{task['id']}/finish", json={"input": case.input(task), "version": task["version"]}
        )
    assert answer.status_code == 422
    assert answer.json()["code"] == "missing_input"
    assert list(answer.json()["fields"]) == ["document:request_letter"]


def test_a_return_says_why(deployment: Deployment) -> None:
    case = deployment.case()
    task = case.to("decide")
    with deployment.caller(case.agency.who("decide")) as caller:
        answer = caller.post(
            f"/tasks/{task['id']}/finish", json={"input": {"outcome": "return"}, "version": task["version"]}
        )
        assert answer.status_code == 422
        assert sorted(answer.json()["fields"]) == ["explanation", "fields_concerned", "reasons"]
    assert case.task()["id"] == task["id"]


def test_a_draft_is_deleted_and_what_was_submitted_is_not(deployment: Deployment) -> None:
    case = deployment.case()
    case.start()
    path = f"/requests/{case.request_id}"
    with deployment.caller(case.applicant) as caller:
        assert caller.delete(path).status_code == 204
        assert case.request_id not in {row["id"] for row in caller.get("/requests", params={"limit": 200}).json()}
        assert caller.delete(path).status_code == 409
    case = deployment.case()
    case.to("register_letter")
    with deployment.caller(case.applicant) as caller:
        answer = caller.delete(f"/requests/{case.request_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert case.request()["state"] == "submitted"


def test_withdrawing_before_approval_frees_the_name(deployment: Deployment) -> None:
    case = deployment.case()
    case.to("review")
    with deployment.caller(case.applicant) as caller:
        answer = caller.post(f"/requests/{case.request_id}/withdraw", json={"reason": "Tidak jadi"})
        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["end_reason"]) == ("cancelled", "Tidak jadi")
        again = caller.post(f"/requests/{case.request_id}/withdraw", json={"reason": "Sekali lagi"})
        assert (again.status_code, again.json()["code"]) == (409, "bad_move")
    deployment.case(label=case.label).to("decide")


def test_cancelling_what_is_live_takes_it_away(deployment: Deployment) -> None:
    case = deployment.case()
    case.to("hand_over")
    assert (answers(case), status(case)) == (["127.0.0.1"], 200)
    with deployment.caller(case.applicant) as caller:
        assert caller.post(f"/requests/{case.request_id}/cancel", json={"reason": "Bukan hak"}).status_code == 403
    with deployment.caller(case.agency.who("decide")) as caller:
        answer = caller.post(f"/requests/{case.request_id}/cancel", json={"reason": "Salah nama"})
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    case.wait(lambda: answers(case) == [] and status(case) == 404, "name and site to be gone")
    case.wait(lambda: {row["state"] for row in case.resources().values()} == {"gone"}, "resources to be gone")


def test_an_approved_name_is_taken_for_others(deployment: Deployment) -> None:
    case = deployment.case()
    case.to("provision")
    with deployment.caller(case.applicant) as caller:
        answer = caller.get(f"/names/{case.agency.zone}/{case.label.upper()}").json()
    assert (answer["name"], answer["available"]) == (case.name, False)
    rival = deployment.case(label=case.label)
    task = rival.start()
    rival.walker.upload(rival.applicant, task["id"], "request_letter")
    with deployment.caller(rival.applicant) as caller:
        answer = caller.post(
            f"/tasks/{task['id']}/finish", json={"input": rival.input(task), "version": task["version"]}
        )
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["name_label"])


def test_two_approvals_of_one_name(deployment: Deployment) -> None:
    first = deployment.case()
    second = deployment.case(label=first.label)
    first.to("decide")
    task = second.to("decide")
    first.to("provision")
    with deployment.caller(second.agency.who("decide")) as caller:
        answer = caller.post(
            f"/tasks/{task['id']}/finish", json={"input": second.input(task), "version": task["version"]}
        )
    assert answer.status_code in (409, 422)
    assert first.label in answer.json()["detail"] + str(answer.json().get("fields", ""))
    assert second.task()["id"] == task["id"]
    assert first.to_end()["state"] == "done"


def test_provisioning_is_not_finished_before_it_is_live(deployment: Deployment) -> None:
    case = deployment.case()
    task = case.to("provision")
    with deployment.caller(case.agency.who("provision")) as caller:
        answer = caller.post(f"/tasks/{task['id']}/finish", json={"input": {}, "version": task["version"]})
        assert answer.status_code == 422
        assert answer.json()["code"] == "missing_input"
    assert case.to_end()["state"] == "done"
