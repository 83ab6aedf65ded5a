"""What a client of REST relies on: problems, versions, idempotency keys, pages and papers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tapak.testing.deployment import Case, Deployment

THREADS = 8


def problem(answer: httpx.Response, status: int, code: str) -> dict:
    """The answer's problem details (RFC 9457), checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["code"], told["type"]) == (status, code, f"urn:tapak:problem:{code}")
    assert told["title"]
    assert told["detail"]
    return told


@pytest.fixture(scope="module")
def standing(deployment: Deployment) -> Case:
    """A request that waits for its disposition, in which no test changes anything."""
    made = deployment.case()
    made.to("dispose")
    return made


@pytest.fixture
def case(deployment: Deployment) -> Case:
    """A request that waits for its disposition."""
    made = deployment.case()
    made.to("dispose")
    return made


def test_a_decision_on_a_version_that_is_past(deployment: Deployment, case: Case) -> None:
    task = case.task()
    with deployment.caller(case.agency.who("dispose")) as caller:
        path, given = f"/tasks/{task['id']}/finish", case.input(task)
        case.begin()
        told = problem(caller.post(path, json={"input": given, "version": task["version"]}), 409, "stale")
        assert "Muat ulang" in told["detail"]
        assert case.task()["state"] == "started"
        assert caller.post(path, json={"input": given, "version": task["version"] + 1}).status_code == 200


@pytest.mark.parametrize("act", ["begin", "finish", "withdraw", "cancel", "move"])
def test_every_act_minds_the_version(deployment: Deployment, standing: Case, act: str) -> None:
    task = standing.task()
    who = {"withdraw": standing.applicant, "move": standing.agency.admin()}.get(act, standing.agency.who("dispose"))
    bodies = {"begin": {}, "finish": {"input": standing.input(task)}, "move": {"reason": "Salah", "step": "decide"}}
    of_task = act in ("begin", "finish")
    path = f"/tasks/{task['id']}/{act}" if of_task else f"/requests/{standing.request_id}/{act}"
    with deployment.caller(who) as caller:
        body = {**bodies.get(act, {"reason": "Salah"}), "version": task["version"] - 1}
        problem(caller.post(path, json=body), 409, "stale")
    assert standing.request()["version"] == task["version"]


def test_if_match_is_a_version_too(deployment: Deployment, case: Case) -> None:
    task = case.task()
    with deployment.caller(case.agency.who("dispose")) as caller:
        etag = caller.get(f"/tasks/{task['id']}").headers["etag"]
        assert caller.get(f"/requests/{case.request_id}").headers["etag"] == etag
        case.begin()
        path, body = f"/tasks/{task['id']}/finish", {"input": case.input(task)}
        problem(caller.post(path, json=body, headers={"If-Match": etag}), 409, "stale")
        problem(caller.post(path, json=body, headers={"If-Match": '"nonsense"'}), 409, "stale")
        fresh = caller.get(f"/tasks/{task['id']}").headers["etag"]
        assert caller.post(path, json=body, headers={"If-Match": fresh}).status_code == 200


@pytest.mark.parametrize(
    ("told", "headers"), [({}, {}), ({"version": None}, {}), ({}, {"If-Match": "*"})], ids=["none", "null", "any"]
)
def test_nobody_finishes_what_was_not_seen(
    deployment: Deployment, standing: Case, told: dict[str, Any], headers: dict[str, str]
) -> None:
    task = standing.task()
    path, body = f"/tasks/{task['id']}/finish", {"input": standing.input(task), **told}
    with deployment.caller(standing.agency.who("dispose")) as caller:
        refused = problem(caller.post(path, json=body, headers=headers), 428, "precondition_required")
    assert list(refused["fields"]) == ["version"]
    with deployment.caller(standing.agency.applicants()[1]) as stranger:
        problem(stranger.post(path, json=body, headers=headers), 404, "not_found")
    assert standing.task()["state"] == task["state"]


def test_the_same_key_acts_once(deployment: Deployment) -> None:
    key = {"Idempotency-Key": "sekali"}
    with deployment.caller(deployment.one.who("submit")) as caller:
        first = caller.post("/requests", json={"service": "tarakan.hosting"}, headers=key)
        again = caller.post("/requests", json={"service": "tarakan.hosting"}, headers=key)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        problem(caller.post("/requests", json={"service": "lain"}, headers=key), 409, "conflict")
        path = f"/tasks/{first.json()['id']}/begin"
        problem(caller.post(path, json={}, headers=key), 409, "conflict")


def test_a_key_is_its_account_s_own(deployment: Deployment) -> None:
    key, tasks = {"Idempotency-Key": "milik-sendiri"}, set()
    for who in deployment.one.applicants()[:2]:
        with deployment.caller(who) as caller:
            tasks.add(caller.post("/requests", json={"service": "tarakan.hosting"}, headers=key).json()["id"])
    assert len(tasks) == 2


def test_a_refused_act_does_not_use_up_its_key(deployment: Deployment, case: Case) -> None:
    task, key = case.task(), {"Idempotency-Key": f"ditolak-{case.label}"}
    path = f"/tasks/{task['id']}/finish"
    with deployment.caller(case.agency.who("dispose")) as caller:
        seen = {"version": task["version"]}
        refused = {**seen, "input": {**case.input(task), "forwarded_to": []}}
        problem(caller.post(path, json=refused, headers=key), 422, "invalid")
        assert caller.post(path, json={**seen, "input": case.input(task)}, headers=key).status_code == 200


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "k\u00e9"])
def test_keys_that_are_none(deployment: Deployment, key: str) -> None:
    with deployment.caller(deployment.one.who("submit")) as caller:
        headers = {"Idempotency-Key": key.encode()}
        problem(caller.post("/requests", json={"service": "tarakan.hosting"}, headers=headers), 422, "invalid")


def test_one_key_from_many_threads_at_once(deployment: Deployment) -> None:
    key = {"Idempotency-Key": "serentak"}

    def start(caller: httpx.Client) -> httpx.Response:
        return caller.post("/requests", json={"service": "tarakan.hosting"}, headers=key)

    with deployment.caller(deployment.one.who("submit")) as caller, ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(start, [caller] * THREADS))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_one_decision_from_many_threads_at_once(deployment: Deployment, case: Case) -> None:
    task = case.task()
    body = {"input": case.input(task), "version": task["version"]}

    def finish(caller: httpx.Client) -> httpx.Response:
        return caller.post(f"/tasks/{task['id']}/finish", json=body)

    with deployment.caller(case.agency.who("dispose")) as caller, ThreadPoolExecutor(THREADS) as pool:
        codes = sorted(answer.status_code for answer in pool.map(finish, [caller] * THREADS))
    assert codes == [200] + [409] * (THREADS - 1)
    steps = [task["step"] for task in case.request()["tasks"]]
    assert steps == ["submit", "register_letter", "dispose", "review"]


def test_the_inbox_in_pages(deployment: Deployment) -> None:
    cases = [deployment.case() for _ in range(3)]
    for case in cases:
        case.to("register_letter")
    seen, after = [], None
    with deployment.caller(deployment.one.who("register_letter")) as caller:
        whole = [row["task_id"] for row in caller.get("/tasks", params={"limit": 200}).json()["rows"]]
        while True:
            page = caller.get("/tasks", params={"limit": 2, **({"after": after} if after else {})}).json()
            seen += [row["task_id"] for row in page["rows"]]
            after = page["next"]
            if after is None:
                break
    assert seen == whole
    assert {case.task()["id"] for case in cases} <= set(seen)


@pytest.mark.parametrize(
    "after", ["x", "~", "2026-01-01~1", "2026-01-01T00:00:00+00:00~x", "2026-01-01T00:00:00+00:00~" + "9" * 40]
)
def test_cursors_that_are_none(deployment: Deployment, after: str) -> None:
    with deployment.caller(deployment.one.who("dispose")) as caller:
        told = problem(caller.get("/tasks", params={"after": after}), 422, "invalid")
    assert list(told["fields"]) == ["after"]


def test_requests_in_pages(deployment: Deployment) -> None:
    cases = [deployment.case() for _ in range(3)]
    for case in cases:
        case.to("register_letter")
    seen: list[int] = []
    with deployment.caller(deployment.one.who("submit")) as caller:
        while page := caller.get("/requests", params={"limit": 2, **({"before": seen[-1]} if seen else {})}).json():
            seen += [row["id"] for row in page]
        assert seen == sorted(set(seen), reverse=True)
        assert {case.request_id for case in cases} <= set(seen)
        found = caller.get("/requests", params={"q": cases[1].name}).json()
    assert [row["id"] for row in found] == [cases[1].request_id]


def test_a_search_takes_wildcards_as_letters(deployment: Deployment, standing: Case) -> None:
    with deployment.caller(standing.applicant) as caller:
        for words in ("%", "_", "\\", "' or 1=1 --"):
            found = caller.get("/requests", params={"q": words}).json()
            # Another test's request may really hold such signs in its subject.
            assert [row for row in found if words not in row["subject"].lower()] == []
            assert standing.request_id not in {row["id"] for row in found}


def test_the_timeline_of_an_applicant_and_of_staff(deployment: Deployment, standing: Case) -> None:
    def timeline(who: str) -> list[dict]:
        with deployment.caller(who) as caller:
            return caller.get(f"/requests/{standing.request_id}/timeline").json()

    theirs, staff = timeline(standing.applicant), timeline(standing.agency.who("dispose"))
    for events in (theirs, staff):
        assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    assert [event["seq"] for event in theirs] != [event["seq"] for event in staff]
    assert {event["seq"] for event in theirs} < {event["seq"] for event in staff}
    assert [event["kind"] for event in theirs if event["kind"] == "step.finished"] == ["step.finished"] * 2


def test_papers_come_as_the_pdfs_that_they_are(deployment: Deployment, standing: Case) -> None:
    with deployment.caller(standing.agency.who("dispose")) as caller:
        path = f"/requests/{standing.request_id}/documents"
        standing.wait(lambda: {row["state"] for row in caller.get(path).json()} == {"ready"}, "letters to be made")
        rows = caller.get(path).json()
        assert {"request_letter", "disposition_sheet"} <= {row["kind"] for row in rows}
        for row in rows:
            assert caller.get(f"/documents/{row['id']}").json() == row
            answer = caller.get(f"/documents/{row['id']}/content")
            assert answer.content.startswith(b"%PDF-")
            assert len(answer.content) == row["size"]
            assert answer.headers["content-type"] == "application/pdf"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert row["filename"].rpartition(".")[2] == "pdf"


def test_tracking_by_number_and_code(deployment: Deployment, standing: Case) -> None:
    request = standing.request()
    given = {"number": request["number"], "code": request["tracking_code"]}
    with deployment.caller() as nobody:
        told = nobody.get("/tracking", params={**given, "code": given["code"].lower()}).json()
        assert (told["number"], told["step_number"], told["state"]) == (request["number"], "3", "in_process")
        assert not {"answers", "applicant", "tasks", "id"} & told.keys()
        for wrong in ({"code": "AAAAAAAA"}, {"number": "999/X"}, {"code": "x\u00e9"}, {"code": "-" * 8}):
            problem(nobody.get("/tracking", params={**given, **wrong}), 404, "not_found")
        problem(nobody.get("/tracking", params={"number": "", "code": ""}), 422, "invalid")
    with deployment.caller(agency=deployment.other) as elsewhere:
        problem(elsewhere.get("/tracking", params=given), 404, "not_found")


def test_signing_in_and_out(deployment: Deployment) -> None:
    email = deployment.one.who("dispose")
    with deployment.caller() as caller:
        wrong = caller.post("/session", json={"email": email, "password": "salah"})
        problem(wrong, 401, "sign_in_failed")
        problem(caller.get("/session"), 401, "sign_in_needed")
        caller.headers["Authorization"] = f"Bearer {deployment.sign_in(email)}"
        assert caller.get("/session").json()["email"] == email
        assert caller.delete("/session").status_code == 204
        problem(caller.get("/session"), 401, "sign_in_needed")
        problem(caller.get("/tasks"), 401, "sign_in_needed")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/requests/999999999", 404, "not_found"),
        ("GET", "/requests/" + "9" * 30, 404, "not_found"),
        ("GET", "/tasks/0", 404, "not_found"),
        ("GET", "/tasks/1%00", 404, "not_found"),
        ("GET", "/documents/-1", 404, "not_found"),
        ("GET", "/services/none", 404, "not_found"),
        ("GET", "/services/%00", 404, "not_found"),
        ("GET", "/registers/none", 404, "not_found"),
        ("GET", "/registers/%F0%9F%98%80", 404, "not_found"),
        ("PUT", "/requests", 405, "not_found"),
        ("POST", "/documents/1", 405, "not_found"),
        ("GET", "/requests?limit=0", 422, "invalid"),
        ("GET", "/requests?limit=x", 422, "invalid"),
        ("GET", "/requests?before=99999999999999999999", 422, "invalid"),
        ("GET", "/requests?q=%00", 422, "invalid"),
        ("GET", "/requests?state=%00", 422, "invalid"),
    ],
)
def test_what_is_not_there_is_a_problem(deployment: Deployment, method: str, path: str, status: int, code: str) -> None:
    with deployment.caller(deployment.one.admin()) as caller:
        problem(caller.request(method, path), status, code)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 422),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'"x"', "application/json", 422),
        (b"\xff\xfe", "application/json", 400),
        (b'{"service": "tarakan.hosting", "more": 1}', "application/json", 422),
        (b'{"service": 5}', "application/json", 422),
        (b'{"service": null}', "application/json", 422),
        (b'{"service": "\\u0000"}', "application/json", 422),
        (b'{"service": "\\ud800"}', "application/json", 422),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a":' * 15_000 + b"1" + b"}" * 15_000, "application/json", 400),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json", 413),
        (b'{"service": ' + b"9" * 10_000 + b"}", "application/json", 400),
        (b"service=tarakan.hosting", "application/x-www-form-urlencoded", 422),
        (b'{"service": "tarakan.hosting"}', "text/plain", 422),
    ],
    ids=range(17),
)
def test_bodies_that_are_none(deployment: Deployment, content: bytes, kind: str, status: int) -> None:
    with deployment.caller(deployment.one.who("submit")) as caller:
        answer = caller.post("/requests", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    problem(answer, status, answer.json()["code"])


def test_strangers_learn_of_no_id(deployment: Deployment) -> None:
    known = deployment.case()
    known.start()
    with deployment.caller() as nobody:
        for row in (known.request_id, 10**9):
            problem(nobody.get(f"/requests/{row}"), 401, "sign_in_needed")
            problem(nobody.post(f"/requests/{row}/withdraw", json={"reason": 1}), 401, "sign_in_needed")
