"""Every field of every step: what is wrong, too long, empty or hostile is refused by name, and nothing changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import dns.message
import dns.query
import httpx
import pytest

from tapak.testing.deployment import Case, Deployment
from tapak.wsgi import JSON_LIMIT

STEPS = ("submit", "register_letter", "dispose", "review", "decide", "provision", "hand_over", "report", "close")
BAD: dict[str, Any] = {
    "an object": {"a": 1},
    "a huge number": 10**400,
    "a fraction": 1e308,
    "lists in lists": [[["x"]]],
    "deep": json.loads("[" * 200 + "]" * 200),
    "NUL": "a\0b",
    "half a pair": "a\ud800b",
    "a control character": "a\x07b",
    "a direction override": "a\u202eb",
    "far too long": "x" * 100_000,
    "null": None,
}
HOSTILE = (
    "<script>alert(1)</script> ' OR 1=1; -- ${7*7} {{ 7*7 }} %s %(x)s ../../etc/passwd \\ \"\u00e9\u4e2d\U0001f600"
)


@pytest.fixture(scope="module")
def cases(deployment: Deployment) -> dict[str, Case]:
    """One request, walked on by whichever test comes next; tests of one step leave it where it is."""
    return {"case": deployment.case()}


def posted(caller: httpx.Client, path: str, body: Any) -> httpx.Response:
    """The body as JSON that keeps what httpx would not encode."""
    return caller.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})


def standing(case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    """The request and its open task, without the figures that workers may bring meanwhile."""
    return case.request(), {name: value for name, value in case.task().items() if not name.startswith("facts")}


def plausible(field: dict[str, Any], value: Any) -> bool:
    """Whether the field may well take the value: it is optional, or the value is of its type."""
    return value is None and not field["required"]


@pytest.mark.parametrize("step", STEPS)
def test_every_field_of(deployment: Deployment, cases: dict[str, Case], step: str) -> None:
    case = cases["case"]
    task = case.to(step)
    who = case.agency.who(step)
    with deployment.caller(who) as caller:
        before = standing(case)
        good = case.input(task)
        for field in task["form"]:
            for what, value in BAD.items():
                given = {"input": {**good, "unknown": 1, field["name"]: value}, "version": task["version"]}
                answer = posted(caller, f"/tasks/{task['id']}/finish", given)
                assert answer.status_code == 422, (field["name"], what, answer.text)
                told = answer.json()
                assert told["code"] == "invalid"
                assert field["name"] in told["fields"] or plausible(field, value), (field["name"], what, told)
        assert standing(case) == before


@pytest.mark.parametrize("step", STEPS)
def test_required_fields_left_out_of(deployment: Deployment, step: str) -> None:
    case = deployment.case()
    cases_at = {"submit": case.start} if step == "submit" else {}
    task = cases_at.get(step, lambda: case.to(step))()
    with deployment.caller(case.agency.who(step)) as caller:
        required = {field["name"] for field in task["form"] if field["required"]}
        for given in ({}, dict.fromkeys(required, "")):
            body = {"input": {**given, "more": 1}, "version": task["version"]}
            answer = posted(caller, f"/tasks/{task['id']}/finish", body)
            assert answer.status_code == 422
            assert required | {"more"} == answer.json()["fields"].keys()


@pytest.mark.parametrize(
    "given",
    [
        *({}, {"input": None}, {"input": []}, {"input": "x"}, {"input": {}, "more": 1}),
        *({"input": {}, "version": version} for version in ("x", 1.5, 10**30, [1])),
    ],
    ids=json.dumps,
)
def test_what_is_no_finish(deployment: Deployment, cases: dict[str, Case], given: Any) -> None:
    case = cases["case"]
    task = case.start() if not case.request_id else case.request()["tasks"][-1]
    with deployment.caller(case.applicant) as caller:
        answer = posted(caller, f"/tasks/{task['id']}/finish", given)
    assert answer.status_code in (409, 422), answer.text
    assert answer.json()["code"] in ("invalid", "stale")
    if "input" not in given:
        assert answer.json()["fields"] == {"input": ["Wajib diisi."]}
    if "more" in given:
        assert answer.json()["fields"] == {"more": ["Isian ini tidak dikenal."]}


def test_any_draft_is_kept_or_refused_and_can_be_read_again(deployment: Deployment) -> None:
    case = deployment.case()
    task = case.start()
    with deployment.caller(case.applicant) as caller:
        for what, value in BAD.items():
            draft = {"input": {field["name"]: value for field in task["form"]}}
            body = {"content": json.dumps(draft), "headers": {"Content-Type": "application/json"}}
            answer = caller.put(f"/tasks/{task['id']}/draft", **body)
            too_large = len(body["content"]) > JSON_LIMIT
            assert (answer.status_code == 413) is too_large, (what, answer.status_code, answer.text)
            assert too_large or answer.status_code in (204, 422), (what, answer.text)
            again = caller.get(f"/tasks/{task['id']}")
            assert again.status_code == 200, (what, again.text)
        assert (
            posted(caller, f"/tasks/{task['id']}/finish", {"input": {}, "version": task["version"]}).status_code == 422
        )


def test_a_body_that_is_too_large(deployment: Deployment) -> None:
    case = deployment.case()
    task = case.start()
    with deployment.caller(case.applicant) as caller:
        answer = posted(caller, f"/tasks/{task['id']}/finish", {"input": {"description": "x" * 30_000_000}})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def pieces(body: bytes) -> Iterator[bytes]:
    """The body without its length, so that it goes out in chunks."""
    yield from (body[at : at + 30_000] for at in range(0, len(body), 30_000))


@pytest.mark.parametrize("shape", [bytes, pieces])
@pytest.mark.parametrize("size", [JSON_LIMIT - 1, JSON_LIMIT, JSON_LIMIT + 1, 10 * JSON_LIMIT])
def test_json_up_to_its_limit_and_a_connection_that_goes_on(
    deployment: Deployment, draft: tuple[Case, dict[str, Any]], size: int, shape: Callable[[bytes], Any]
) -> None:
    case, task = draft
    frame = json.dumps({"input": {"description": ""}})
    body = frame.replace('""', f'"{"x" * (size - len(frame))}"').encode()
    assert len(body) == size
    path = f"/api/v1/tasks/{task['id']}"
    with deployment.caller(case.applicant) as caller:
        headers = {name: caller.headers[name] for name in ("Host", "Authorization")}
    connection = HTTPConnection("127.0.0.1", deployment.stack.port, timeout=30)
    with closing(connection):
        for _ in range(3):
            connection.request("PUT", f"{path}/draft", shape(body), {**headers, "Content-Type": "application/json"})
            answer = connection.getresponse()
            told = answer.read()
            assert answer.status == (413 if size > JSON_LIMIT else 204), told
            kept = connection.sock
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            assert (answer.status, connection.sock) == (200, kept), answer.read()
            answer.read()


def test_hostile_words_reach_letters_and_the_site_as_words(deployment: Deployment) -> None:
    case = deployment.case()
    case.start()
    texts = ("letter_number", "letter_subject", "system_name", "description", "technology", "contact_name")
    case.take("submit", **dict.fromkeys(texts, HOSTILE[:90]), responsible_officer_position=HOSTILE[:90])
    case.to("decide")
    request = case.to_end()
    assert request["state"] == "done"
    assert request["answers"]["system_name"] == HOSTILE[:90]
    page = httpx.get(deployment.stack.apache.url, headers={"Host": case.name}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    with deployment.caller(case.agency.who("decide")) as caller:
        path = f"/requests/{case.request_id}/documents"
        case.wait(lambda: all(row["state"] == "ready" for row in caller.get(path).json()), "letters to be made")


NAMES = (
    "", "a", "-a", "a-", "a_b", "a.b", "a b", " a", "*", "*.a", "www", "ns1", "admin", "x" * 64, "12345",
    "www\n", "\nabc", "abc\r", "abc\t", "abc\0", "xn--80ak6aa92e", "XN--abc", "ab--cd", "antr\u00e9", "\u0430ntrean",
    "antrean\u200b", "antrean\u3002go", "\uff41\uff42\uff43", "abc/def", "abc%0a", "abc;def", "abc\\def", "@",
    "$ORIGIN",
)  # fmt: skip


@pytest.fixture(scope="module")
def draft(deployment: Deployment) -> tuple[Case, dict[str, Any]]:
    """A draft with its letter, and what it would be submitted with."""
    case = deployment.case()
    task = case.start()
    case.walker.upload(case.applicant, task["id"], "request_letter")
    return case, task


@pytest.mark.parametrize("label", NAMES, ids=ascii)
def test_a_name_that_is_not_given(deployment: Deployment, draft: tuple[Case, dict[str, Any]], label: str) -> None:
    case, task = draft
    with deployment.caller(case.applicant) as caller:
        given = {**case.input(task), "name_label": label}
        answer = posted(caller, f"/tasks/{task['id']}/finish", {"input": given, "version": task["version"]})
        assert answer.status_code == 422, answer.text
        assert list(answer.json()["fields"]) == ["name_label"]
        if label:
            path = httpx.URL(f"{caller.base_url}names/{case.agency.zone}/").raw_path.decode()
            quoted = "".join(f"%{byte:02X}" for byte in label.encode())
            asked = caller.get(f"http://127.0.0.1:{deployment.stack.port}{path}{quoted}")
            assert asked.status_code == 200, asked.text
            assert asked.json()["available"] is False
            assert asked.json()["problem"]


@pytest.mark.parametrize("zone", ["", "com", "kembar.example", "TARAKANKOTA.go.id.", "x\0", "a b", "a" * 300])
def test_a_zone_that_is_not_ours(deployment: Deployment, draft: tuple[Case, dict[str, Any]], zone: str) -> None:
    case, task = draft
    with deployment.caller(case.applicant) as caller:
        given = {"input": {**case.input(task), "name_zone": zone}, "version": task["version"]}
        answer = posted(caller, f"/tasks/{task['id']}/finish", given)
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["name_zone"])
        if zone:
            asked = caller.get(f"/names/{zone.replace(chr(0), '%00').replace(' ', '%20')}/antrean")
            assert asked.status_code in (200, 404, 422), asked.text
            assert asked.status_code != 200 or asked.json()["available"] is False


def test_nothing_of_it_reached_the_name_server(deployment: Deployment, draft: tuple[Case, dict[str, Any]]) -> None:
    case, _task = draft
    bind = deployment.stack.bind
    for label in ("www", "ns2", "abc", "antrean"):
        query = dns.message.make_query(f"{label}.{case.agency.zone}", "A")
        assert not dns.query.udp(query, bind.address, port=bind.port, timeout=5).answer
