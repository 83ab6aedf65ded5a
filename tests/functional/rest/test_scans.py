"""What scanners found, over REST and as a page, of a paper that a real worker looked through."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tapak.db.session import Database
from tapak.demo.servers.process import wait_until
from tapak.documents.models import Document
from tapak.scanning import service
from tapak.tenants.models import Tenant
from tapak.testing.deployment import Case, Deployment

from .test_uploads import pdf, send


@pytest.fixture(scope="module")
def scanned(deployment: Deployment) -> tuple[Case, int]:
    """A draft whose letter was looked through: no archive, so not clean."""
    case = deployment.case()
    case.start()
    document = send(deployment, case, pdf()).json()["id"]
    database = Database(deployment.stack.environment["TAPAK_DATABASE_URL"], pool_size=1)
    with database.begin() as session:
        tenant = session.scalars(select(Tenant.id).where(Tenant.slug == case.agency.slug)).one()
    with database.begin(tenant) as session:
        service.ask(session, session.get_one(Document, (tenant, document)))
    database.close()
    with deployment.caller(case.applicant) as caller:
        wait_until(lambda: caller.get(f"/documents/{document}/scan").json()["state"] == "done", 60, "a run")
    return case, document


def test_a_run_is_told_whole(deployment: Deployment, scanned: tuple[Case, int]) -> None:
    case, document = scanned
    with deployment.caller(case.applicant) as caller:
        told = caller.get(f"/documents/{document}/scan").json()
    assert (told["state"], told["complete"], told["compared"]) == ("done", False, None)
    assert told["totals"] == {"critical": 0, "high": 1, "medium": 0, "low": 0, "info": 0}
    (finding,) = told["findings"]
    assert (finding["scanner"], finding["rule"]) == ("tapak.structure", "unsupported_archive")
    assert {each["state"] for each in told["scanners"]} == {"done", "not_run"}
    assert set(told["isolation"]) == {"user", "network", "processes", "limits"}


def test_the_page_shows_it_and_never_calls_it_clean(deployment: Deployment, scanned: tuple[Case, int]) -> None:
    case, document = scanned
    with deployment.browser() as browser:
        form = {"email": case.applicant, "password": deployment.passwords[case.applicant]}
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/masuk").text)
        headers = {"Origin": str(browser.base_url).replace("127.0.0.1", case.agency.host).rstrip("/")}
        browser.post("/masuk", data={**form, "csrf_token": token[1] if token else ""}, headers=headers)
        page = browser.get(f"/dokumen/{document}/pemeriksaan")
    assert page.status_code == 200, page.text
    assert "Berkas bukan arsip zip, tar, atau tar.gz." in page.text
    assert "belum dapat dinyatakan bersih" in page.text
    assert "tidak menemukan apa pun" not in page.text
    assert "Periksa ulang" not in page.text


def test_an_applicant_does_not_ask_again(deployment: Deployment, scanned: tuple[Case, int]) -> None:
    case, document = scanned
    with deployment.caller(case.applicant) as caller:
        before = caller.get(f"/documents/{document}/scan").json()["id"]
        assert caller.post(f"/documents/{document}/scan").status_code == 403
        assert caller.get(f"/documents/{document}/scan").json()["id"] == before


def test_a_paper_that_nobody_looked_through(deployment: Deployment) -> None:
    case = deployment.case()
    case.start()
    document = send(deployment, case, pdf()).json()["id"]
    with deployment.caller(case.applicant) as caller:
        assert caller.get(f"/documents/{document}/scan").status_code == 404
