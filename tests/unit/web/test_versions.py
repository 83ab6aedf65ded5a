"""Versions of an SOP for the agency's admin, by pages and by REST."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from tapak_kota import revised
from tapak_kota.forms import SUBMISSION

from tapak.accounts.models import Account
from tapak.accounts.policy import person_of
from tapak.cli import procedures
from tapak.plugins import build
from tapak.requests import flow, papers
from tapak.requests.desk import Desk
from tapak.web import procedures as web_procedures

from .conftest import ORIGIN, PDF, PEOPLE, ZONE, Site, serve

MAY = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def revised_site(postgresql_server, database_template, server_directory) -> Iterator[Site]:
    """The demo's tenant where the second plugin's procedure was revised twice."""
    where = (postgresql_server, database_template, server_directory)
    found = build([revised], installed=True)
    with serve(*where, "tapak_pages_revised", found, procedures=["kota.placing"]) as served:
        yield served


@pytest.fixture
def running(revised_site: Site) -> int:
    """A request that began in May, on the first version, and stands at its second step."""
    site = revised_site

    def desk(session) -> Desk:
        account = session.scalars(select(Account).where(Account.email == PEOPLE["dinkes"])).one()
        return Desk(session, site.tenant, site.kit.registry, person_of(session, account, MAY.date()), MAY)

    with site.kit.database.begin(site.tenant.id) as session:
        at = desk(session)
        task_id = flow.start_request(at, "kota.placing")
        letter = {"kind": "request_letter", "filename": "surat.pdf", "stream": BytesIO(PDF), "limit": 100_000}
        papers.upload(at, site.kit.store, task_id, **letter)
    answers = {**SUBMISSION.sample, "name_zone": ZONE, "letter_date": "2026-05-01"}
    with site.kit.database.begin(site.tenant.id) as session:
        return flow.finish(desk(session), task_id, answers).request_id


def token(site: Site, who: str) -> dict[str, str]:
    given = {"email": PEOPLE[who], "password": f"demo-{who}-2026"}
    answer = site.app.test_client().post("/api/v1/session", json=given, base_url=ORIGIN)
    return {"Authorization": f"Bearer {answer.json['token']}"}


def test_the_admin_sees_versions_and_moves_a_request_by_pages(revised_site, running):
    admin = revised_site.browser("admin")
    page = admin.get("/versi-sop").text
    assert "3/CONTOH/2026" in page
    assert page.count(">menerima permohonan baru</span>") == 1
    assert f"/permohonan/{running}/versi" in page
    choice = admin.get(f"/permohonan/{running}/versi").text
    assert "Langkah 6 memerlukan hasil langkah 2 (“Langkah ukur”)." in choice
    refused = admin.send(f"/permohonan/{running}/versi", {"to": "3", "reason": "SOP baru"})
    assert refused.status_code == 409
    assert "SOP baru" in refused.text
    refused = admin.send(f"/permohonan/{running}/versi", {"to": "2", "reason": ""})
    assert (refused.status_code, "Tuliskan alasan" in refused.text) == (422, True)
    done = admin.send(f"/permohonan/{running}/versi", {"to": "2", "reason": "SOP baru"}, follow_redirects=True)
    assert done.status_code == 200
    assert "Langkah label" in done.text
    assert "2/CONTOH/2026" in done.text
    assert "Permohonan dipindahkan ke versi 2 SOP" in done.text


def test_nobody_else_sees_or_moves(revised_site, running):
    for who in ("kabid", "dinkes"):
        browser = revised_site.browser(who)
        assert "Versi SOP" not in browser.get("/permohonan").text
        assert browser.get("/versi-sop").status_code == 403
        assert browser.get(f"/permohonan/{running}/versi").status_code == 403
        assert browser.send(f"/permohonan/{running}/versi", {"to": "2", "reason": "Coba"}).status_code == 403
    assert revised_site.browser("dishub").get(f"/permohonan/{running}/versi").status_code == 404


def test_the_same_by_rest(revised_site, running):
    client, headers = revised_site.app.test_client(), token(revised_site, "admin")
    call = {"base_url": ORIGIN, "headers": headers}
    found = {each["version"]: each for each in client.get("/api/v1/procedures", **call).json}
    assert [found[number]["standing"] for number in (1, 2, 3, 4)] == ["former", "former", "takes", "awaits"]
    assert found[3]["effective_from"] == "2026-09-01"
    assert running in [row["request_id"] for row in found[1]["running"]]
    listed = client.get(f"/api/v1/requests/{running}/versions", **call).json
    targets = {each["version"]: each["obstacles"] for each in listed}
    assert (targets[2], len(targets[3])) == ([], 1)
    address = f"/api/v1/requests/{running}/version"
    refused = client.post(address, json={"to": 3, "reason": "SOP baru"}, **call)
    assert (refused.status_code, refused.json["fields"]["to"]) == (409, targets[3])
    moved = client.post(address, json={"to": 2, "reason": "SOP baru"}, **call)
    assert (moved.status_code, moved.json["procedure_version"]) == (200, 2)
    stranger = {**call, "headers": token(revised_site, "kabid")}
    assert client.get("/api/v1/procedures", **stranger).status_code == 403
    assert client.post(address, json={"to": 1, "reason": "SOP lama"}, **stranger).status_code == 403


def test_the_command_lists_and_moves(revised_site, running, monkeypatch):
    monkeypatch.setenv("TAPAK_DATABASE_URL", revised_site.kit.config.database_url)
    monkeypatch.setattr(procedures, "registry", lambda: revised_site.kit.registry)
    run = CliRunner()
    listed = run.invoke(procedures.procedure, ["versions", "--tenant", "tarakan", "--json"])
    rows = {each["code"]: each for each in json.loads(listed.output)}
    (row,) = (row for row in rows["kota.placing/1"]["running"] if row["request_id"] == running)
    move = ["move", row["number"], "--tenant", "tarakan", "--reason", "SOP baru", "--json"]
    by_admin, by_head = ["--as", PEOPLE["admin"]], ["--as", PEOPLE["kadis"]]
    refused = run.invoke(procedures.procedure, [*move, *by_head, "--to", "2"])
    assert (refused.exit_code, "[forbidden]" in refused.output) == (1, True)
    refused = run.invoke(procedures.procedure, [*move, *by_admin, "--to", "3"])
    assert (refused.exit_code, "Langkah ukur" in refused.output) == (1, True)
    done = run.invoke(procedures.procedure, [*move, *by_admin, "--to", "2"])
    assert json.loads(done.output) == [
        {"number": row["number"], "procedure": "kota.placing", "version": 2, "step": "inspect"}
    ]
    people = run.invoke(procedures.procedure, ["versions", "--tenant", "tarakan"])
    assert f"{row['number']} at 2" in people.output


def test_many_running_requests_stand_on_pages_of_their_own(revised_site, running, monkeypatch):
    site = revised_site
    with site.kit.database.begin(site.tenant.id) as session:
        account = session.scalars(select(Account).where(Account.email == PEOPLE["dinkes"])).one()
        at = Desk(session, site.tenant, site.kit.registry, person_of(session, account, MAY.date()), MAY)
        for _ in range(6):
            flow.start_request(at, "kota.placing")
    monkeypatch.setattr(web_procedures, "PAGE", 3)
    admin = site.browser("admin")
    overview = admin.get("/versi-sop").text
    more = re.search(r'href="(/versi-sop/kota\.placing/1)">Semua (\d+) permohonan', overview)
    address, count = more[1], int(more[2])
    assert count > 6
    rows, pages = 0, 0
    while address:
        page = admin.get(address).text
        assert f"{count} permohonan berjalan pada versi ini" in page
        rows, pages = rows + page.count('data-label="Permohonan"'), pages + 1
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1] if following else ""
    assert (rows, pages) == (count, -(-count // 3))
    assert admin.get("/versi-sop/kota.placing/9").status_code == 404
    assert site.browser("kabid").get("/versi-sop/kota.placing/1").status_code == 403
