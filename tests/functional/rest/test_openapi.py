"""The OpenAPI document, against its own standard and against what the API does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tapak.testing.deployment import Deployment

EXAMPLES = 6
# Ending the session would leave the rest of the run with nobody signed in.
LEFT_OUT = {("delete", "/api/v1/session"), ("post", "/api/v1/session")}
OPERATIONS = 26


@pytest.fixture(scope="module")
def document(deployment: Deployment) -> dict[str, Any]:
    """The API's description of itself."""
    with deployment.caller() as nobody:
        found: dict[str, Any] = nobody.get("/openapi.json").json()
        return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "delete", "patch"):
                yield path, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {"title", "version"} <= document["info"].keys()
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}), name


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(references(document)):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_every_operation_says_what_it_takes_gives_and_refuses(document: dict[str, Any]) -> None:
    found = list(operations(document))
    assert len(found) >= OPERATIONS
    for path, method, operation in found:
        assert operation["summary"], (path, method)
        assert any(status.startswith("2") for status in operation["responses"]), (path, method)
        named = {part["name"] for part in operation.get("parameters", ()) if part.get("in") == "path"}
        shared = {part["name"] for part in document["paths"][path].get("parameters", ()) if part.get("in") == "path"}
        assert named | shared == {part.rstrip("}") for part in path.split("{")[1:] for part in [part.split("}")[0]]}
    assert "code" in document["components"]["schemas"]["Problem"]["properties"]


def test_each_step_kind_s_input_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    submit = schemas["Input_tapak_submit_v1"]
    assert {"letter_number", "statement"} <= set(submit["required"])
    assert {"letter_number", "name_label"} <= set(schemas["Input_tarakan_hosting_v1_submit"]["required"])
    assert len(schemas["StepInput"]["anyOf"]) >= 9


@pytest.fixture(scope="module")
def place(deployment: Deployment) -> dict[str, Any]:
    """What stands for each parameter of a path, so that what is generated reaches something."""
    case = deployment.case()
    task = case.to("register_letter")
    with deployment.caller(case.applicant) as caller:
        (paper,) = caller.get(f"/requests/{case.request_id}/documents").json()[:1]
    return {
        "task_id": task["id"],
        "request_id": case.request_id,
        "document_id": paper["id"],
        "key": "tapak.agenda",
        "zone": case.agency.zone,
        "label": case.label,
    }


@pytest.mark.parametrize("who", ["submit", "register_letter"])
def test_nothing_that_is_generated_breaks_it(
    deployment: Deployment, document: dict[str, Any], place: dict[str, Any], who: str
) -> None:
    bearer = {
        "Host": f"{deployment.one.host}:{deployment.stack.port}",
        "Authorization": f"Bearer {deployment.token(deployment.one.who(who))}",
    }
    tried = 0
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()
        if (operation.method, operation.path) not in LEFT_OUT:
            _try(operation, place, deployment.base_url, bearer)
            tried += 1
    assert tried >= OPERATIONS - len(LEFT_OUT)


def _try(operation: Any, place: dict[str, Any], base_url: str, bearer: dict[str, str]) -> None:
    here = {name: value for name, value in place.items() if f"{{{name}}}" in operation.path}
    good, bad = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
    ways = [operation.as_strategy(good), operation.as_strategy(bad)]
    if here:
        ways += [operation.as_strategy(mode, path_parameters=here) for mode in (good, bad)]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(ways))
    def attempt(case: Any) -> None:
        answer = case.call(base_url=base_url, headers=bearer)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"], answer.headers
            told = answer.json()
            assert told["status"] == answer.status_code
            assert told["code"]
            assert told["detail"]

    attempt()


def test_an_appointment_is_told_as_a_moment_without_a_zone(document: dict[str, Any]) -> None:
    told = document["components"]["schemas"]["Input_tarakan_colocation_v1_notify"]["properties"]["appointment"]
    assert (told["type"], told["format"]) == ("string", "date-time-local")
    assert re.search(told["pattern"], "2026-12-01T09:30")
