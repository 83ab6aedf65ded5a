"""Emergency deactivation: one act of an officer, DNS first, the letter afterwards; brought back by one act."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tapak.testing.changing import Changing, answered, served, service_of
from tapak.testing.deployment import Case, Deployment

WHY = "Tautan judi tersembunyi"


@pytest.fixture
def live(deployment: Deployment) -> Case:
    """A hosted site that went live."""
    made = deployment.case()
    made.to_end()
    return made


@contextmanager
def signed_in(deployment: Deployment, who: str) -> Iterator[httpx.Client]:
    """``who``'s browser."""
    with deployment.browser() as browser:
        browser.headers["Origin"] = f"http://{deployment.one.host}:{deployment.stack.port}"
        form = {"email": who, "password": deployment.passwords[who], "csrf_token": token(browser.get("/masuk").text)}
        browser.post("/masuk", data=form)
        yield browser


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_it_takes_dns_away_first_owes_a_letter_and_is_restored_in_one_act(deployment: Deployment, live: Case) -> None:
    address, officer = answered(deployment, live.name), live.agency.who("decide")
    path = f"/active-services/{service_of(live)['id']}"
    with deployment.caller(officer) as caller:
        assert caller.post(f"{path}/emergency", json={"reason": " "}).status_code == 422
        declared = caller.post(f"{path}/emergency", json={"reason": WHY})
        assert declared.status_code == 201
        due = datetime.fromisoformat(declared.json()["letter_due"])
        assert timedelta(days=2) < due - datetime.now(UTC) < timedelta(days=12)
        assert caller.post(f"{path}/emergency", json={"reason": WHY}).status_code == 409
    live.wait(lambda: served(deployment, live.name).status_code == 410, "the site to be closed")
    assert answered(deployment, live.name) == []
    assert service_of(live)["emergency"]["reason"] == WHY
    with deployment.caller(officer) as caller:
        assert any(WHY in event["summary"] for event in caller.get(f"/requests/{live.request_id}/timeline").json())
        assert caller.post(f"{path}/restore").status_code == 200
    live.wait(lambda: answered(deployment, live.name) == address, "the name to be back")
    assert served(deployment, live.name).status_code == 200
    assert service_of(live)["emergency"] is None


def test_the_page_tells_of_the_letter_until_it_has_come(deployment: Deployment, live: Case) -> None:
    service = service_of(live)["id"]
    with signed_in(deployment, live.agency.who("decide")) as officer:
        page = officer.get("/layanan-aktif").text
        given = {"csrf_token": token(page), "reason": WHY}
        assert officer.post(f"/layanan-aktif/{service}/darurat", data=given).status_code == 303
        page = officer.get("/layanan-aktif").text
        assert "Surat penonaktifan darurat yang ditunggu" in page
        assert f'action="/layanan-aktif/{service}/surat-darurat"' in page
        given = {"csrf_token": token(page), "letter_number": "300/1/2026", "letter_date": "2999-01-01"}
        assert officer.post(f"/layanan-aktif/{service}/surat-darurat", data=given).status_code == 422
        given["letter_date"] = "2026-01-02"
        assert officer.post(f"/layanan-aktif/{service}/surat-darurat", data=given).status_code == 303
        assert f'action="/layanan-aktif/{service}/surat-darurat"' not in officer.get("/layanan-aktif").text


def test_the_units_own_request_to_end_it_is_the_letter(deployment: Deployment, live: Case) -> None:
    service = service_of(live)["id"]
    with deployment.caller(live.agency.who("decide")) as caller:
        assert caller.post(f"/active-services/{service}/emergency", json={"reason": WHY}).status_code == 201
    live.wait(lambda: service_of(live)["state"] == "suspended", "the service to be off the net")
    made = Changing.begin(live, "deactivate")
    made.to("register_letter", change_reason=WHY)
    assert service_of(live)["emergency"] is None
    assert made.to_end()["state"] == "done"
    assert (answered(deployment, live.name), served(deployment, live.name).status_code) == ([], 410)
    assert service_of(live)["deactivated_at"]


def test_units_and_strangers_may_not(deployment: Deployment, live: Case) -> None:
    path = f"/active-services/{service_of(live)['id']}"
    acts = (("emergency", {"reason": WHY}), ("suspend", {"reason": WHY}), ("restore", None))
    for who, status in ((live.applicant, 403), (live.agency.applicants()[1], 404)):
        with deployment.caller(who) as caller:
            for act, body in acts:
                assert caller.post(f"{path}/{act}", json=body).status_code == status, act
            owed = {"letter_number": "300/1/2026", "letter_date": "2026-01-02"}
            assert caller.post(f"{path}/emergency/letter", json=owed).status_code == status
    assert served(deployment, live.name).status_code == 200
