"""Every address × every identifier, as somebody who has no business there: never data, never a change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from flask import Flask
from werkzeug.routing import Rule

from tapak.config import Config
from tapak.demo.stack import DATABASE
from tapak.demo.walk import API
from tapak.http.kit import Kit
from tapak.testing.deployment import Case, Deployment
from tapak.wsgi import make_app

BODIES: dict[str, Any] = {
    "draft": {"input": {}},
    "begin": {},
    "finish": {"input": {}},
    "maintenance": {
        "register": "tarakan.hosting_maintenance",
        "kind": "routine",
        "work": "Memeriksa server",
        "place": "Server web",
        "starts": "2099-01-01T22:00",
        "ends": "2099-01-01T23:00",
        "effect": "slow",
    },
    "withdraw": {"reason": "Menyelinap"},
    "cancel": {"reason": "Menyelinap"},
    "move": {"reason": "Menyelinap", "step": "close"},
    "version": {"reason": "Menyelinap", "to": 1},
    "links": {"number": "001/HOST/2026"},
    "changes": {"service": "tarakan.hosting_change", "change": "rename"},
    "renewal": {"responsible_officer": "Menyelinap", "still_used": True},
    "decision": {"approve": True},
    "suspend": {"reason": "Menyelinap"},
    "emergency": {"reason": "Menyelinap"},
    "letter": {"letter_number": "1/2026", "letter_date": "2026-01-02"},
    "uploads": {"kind": "request_letter", "filename": "a.pdf", "size": 5},
    "complete": {"sha256": ""},
    "passwords": {"part": 1},
    "open": {"token": "x"},
    "keys": {"part": 1, "keys": []},
    "release": {"sha256": "0" * 64},
}
PART = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<choices>[^)]*)\))?:)?(?P<name>\w+)>")
PUBLIC = {"/services", "/services/{key}", "/tracking", "/session", "/openapi.json"}
UNKNOWN_HOSTS = (
    "localhost",
    "127.0.0.1",
    "lain.localhost",
    "",
    "tarakan.localhost.evil.test",
    "tarakan.localhost@evil",
)


@pytest.fixture(scope="module")
def case(deployment: Deployment) -> Case:
    """A request of the first agency of the first tenant, live and under way."""
    made = deployment.case()
    made.to("hand_over")
    return made


@pytest.fixture(scope="module")
def identifiers(deployment: Deployment, case: Case) -> dict[str, list[int]]:
    """Everything of it that an address can name."""
    with deployment.caller(case.agency.who("provision")) as caller:
        papers = caller.get(f"/requests/{case.request_id}/documents").json()
    return {
        "request_id": [case.request_id],
        "task_id": [task["id"] for task in case.request()["tasks"]],
        "document_id": [paper["id"] for paper in papers],
        "resource_id": [row["id"] for row in case.resources().values()],
        "upload_id": [_unfinished(deployment)],
        "service_id": [_service(deployment, case)],
        "maintenance_id": [_maintenance(deployment, case)],
    }


def _maintenance(deployment: Deployment, case: Case) -> int:
    """Maintenance that is planned for the request's service alone."""
    with deployment.caller(case.agency.who("provision")) as caller:
        given = {**BODIES["maintenance"], "services": [str(_service(deployment, case))]}
        planned = caller.post("/maintenance", json={"input": given})
        return int(planned.json()["id"])


def _service(deployment: Deployment, case: Case) -> int:
    """The service that the request led to."""
    with psycopg.connect(deployment.stack.postgresql.dsn("tapak_owner", DATABASE)) as owner:
        found = owner.execute("select service_id from request where id = %s", (case.request_id,)).fetchone()
    assert found is not None
    return int(found[0])


def _unfinished(deployment: Deployment) -> int:
    """An upload of the same applicant's, of which nothing has come yet."""
    case = deployment.case()
    case.start()
    with deployment.caller(case.applicant) as caller:
        begun = caller.post(f"/tasks/{case.request()['tasks'][0]['id']}/uploads", json=BODIES["uploads"])
        return int(begun.json()["id"])


@pytest.fixture(scope="module")
def words(case: Case) -> list[str]:
    """What tells that something of it was shown."""
    request = case.request()
    return [request["number"], request["tracking_code"], case.name, request["answers"]["letter_number"]]


@pytest.fixture(scope="module")
def app(deployment: Deployment) -> Iterator[Flask]:
    """The application, for its addresses."""
    environment = deployment.stack.environment
    config = Config(database_url=environment["TAPAK_DATABASE_URL"], secret_key=environment["TAPAK_SECRET_KEY"])
    kit = Kit.from_config(config)
    yield make_app(kit)
    kit.database.close()


def rules(app: Flask) -> list[tuple[Rule, str]]:
    """Every rule with each of its methods."""
    given = [(rule, sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})) for rule in app.url_map.iter_rules()]
    return [(rule, method) for rule, methods in given for method in methods]


def addresses(app: Flask, identifiers: dict[str, list[int]]) -> Iterator[tuple[str, str]]:
    """Method and address of every rule that names a row, with every identifier."""
    for rule, method in rules(app):
        named = [name for name in rule.arguments if name in identifiers]
        for name in named[:1]:
            for value in identifiers[name]:
                yield method, _address(rule, {**{each: identifiers[each][0] for each in named}, name: value})


def _address(rule: Rule, values: dict[str, int]) -> str:
    """The rule's address: ids as given, the first of a closed list, else anything."""

    def fill(part: re.Match[str]) -> str:
        other = {"int": "1", "any": part["choices"].partition(",")[0].strip("\"' ") if part["choices"] else ""}
        return str(values.get(part["name"], other.get(part["kind"] or "", "x")))

    return PART.sub(fill, rule.rule)


def tries(app: Flask, identifiers: dict[str, list[int]], client: httpx.Client) -> Iterator[tuple[str, httpx.Response]]:
    """The answer at every address. Bodies are whole, so that nothing is refused for its form."""
    root = str(client.base_url).removesuffix("/").removesuffix(API)
    for method, address in addresses(app, identifiers):
        body = {"json": BODIES.get(address.rpartition("/")[2], {})} if method in ("POST", "PUT") else {}
        if method == "POST" and address.endswith("/documents"):
            body = {"data": {"kind": "request_letter"}, "files": {"file": ("a.pdf", b"%PDF-1.7", "application/pdf")}}
        yield f"{method} {address}", client.request(method, root + address, **body)


def test_there_is_something_to_try(app: Flask, identifiers: dict[str, list[int]]) -> None:
    tried = {f"{method} {address.partition('?')[0]}" for method, address in addresses(app, identifiers)}
    assert len(tried) > 60
    assert any(API not in each for each in tried)


@pytest.mark.parametrize("step", ["submit", "dispose", "decide", "admin"])
def test_as_somebody_of_another_tenant(
    deployment: Deployment, app: Flask, identifiers: dict[str, list[int]], words: list[str], case: Case, step: str
) -> None:
    before = case.request()
    email = deployment.other.admin() if step == "admin" else deployment.other.who(step)
    with deployment.caller(email, deployment.other) as caller:
        for what, answer in tries(app, identifiers, caller):
            assert answer.status_code == 404, (what, answer.status_code, answer.text[:300])
            assert not [word for word in words if word in answer.text], what
    assert case.request() == before


def test_as_another_agency_of_the_same_tenant(
    deployment: Deployment, app: Flask, identifiers: dict[str, list[int]], words: list[str], case: Case
) -> None:
    before = case.request()
    stranger = next(email for email in deployment.one.applicants() if email != case.applicant)
    with deployment.caller(stranger) as caller:
        for what, answer in tries(app, identifiers, caller):
            assert answer.status_code in (403, 404), (what, answer.status_code, answer.text[:300])
            assert API not in what or answer.status_code == 404 or "/registers" in what, what
            assert not [word for word in words if word in answer.text], what
        assert case.request_id not in [row["id"] for row in caller.get("/requests").json()]
        assert case.request_id not in [row["request_id"] for row in caller.get("/tasks").json()["rows"]]
    assert case.request() == before


def test_as_nobody(
    deployment: Deployment, app: Flask, identifiers: dict[str, list[int]], words: list[str], case: Case
) -> None:
    before = case.request()
    with deployment.caller() as nobody:
        for what, answer in tries(app, identifiers, nobody):
            signed_out = answer.status_code in (401, 403, 404) or (answer.is_redirect and API not in what)
            assert signed_out, (what, answer.status_code, answer.text[:300])
            assert API not in what or answer.status_code == 401, what
            assert not [word for word in words if word in answer.text], what
        described = nobody.get("/openapi.json").json()["paths"]
        for path in described:
            short = path.removeprefix(API)
            if "get" in described[path] and short not in PUBLIC:
                filled = short.replace("{zone}", "x").replace("{label}", "y").replace("{key}", "tapak.agenda")
                for name, values in identifiers.items():
                    filled = filled.replace(f"{{{name}}}", str(values[0]))
                assert nobody.get(filled).status_code == 401, path
    assert case.request() == before


@pytest.mark.parametrize("host", UNKNOWN_HOSTS)
def test_a_host_that_no_tenant_has(
    deployment: Deployment, app: Flask, identifiers: dict[str, list[int]], words: list[str], host: str
) -> None:
    bearer = {"Authorization": f"Bearer {deployment.token(deployment.one.who('decide'))}", "Host": host}
    with httpx.Client(base_url=deployment.base_url, headers=bearer, timeout=30) as client:
        if host == UNKNOWN_HOSTS[0]:
            for what, answer in tries(app, identifiers, client):
                assert answer.status_code == 404, what
                assert not [word for word in words if word in answer.text], what
        for path in ("/", "/masuk", f"{API}/services", f"{API}/openapi.json", f"{API}/session"):
            assert client.get(path).status_code in (400, 404), path


def test_a_forwarded_host_means_nothing(deployment: Deployment) -> None:
    headers = {
        "Host": "lain.localhost",
        "X-Forwarded-Host": deployment.one.host,
        "Forwarded": f"host={deployment.one.host}",
    }
    assert httpx.get(f"{deployment.base_url}{API}/services", headers=headers).status_code == 404
