"""The unit's page of its service as it is written; the servers' side is told by the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyrage.x25519 import Identity
from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.inventory.models import Service
from tapak.panel import switches
from tapak.panel.links import PREFIX
from tapak.panel.models import OneTimeLink, ServiceLook
from tapak.provisioning.models import Connection, JournalEntry, Resource
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.tenants.models import Agency
from tapak.tenants.secrets import armored
from tapak.web.panel import COOKIE

from .conftest import HOST, ORIGIN

PASSWORD = "kata-sandi-yang-dibuka-sekali"
PLACE = {"host": "127.0.0.1", "port": 3306, "name": "tapak_x", "user": "tapak_x", "host_key": "ssh-ed25519 AAAA"}
NUMBERS = iter(range(1, 1000))


def with_service(site, *, seen: bool = True, suspended: bool = False, of: str = "dinkes") -> tuple[int, dict[str, int]]:
    """A service of a unit with a part of each kind; gives its id and theirs."""
    name = f"layanan-{next(NUMBERS)}.tarakankota.go.id"
    specs: dict[str, tuple[str, dict[str, Any]]] = {
        "database": (f"mariadb/{name}", {"engine": "mariadb", "name": name.replace(".", "_"), "rotation": 1}),
        "site": (name, {"name": name, "title": "Antrean"}),
        "release": (f"{name}/release", {"site": name, "sha256": "a" * 64, "keep": 2}),
        "account": (f"{name}/account", {"site": name, "keys": ["ssh-ed25519 AAAA"], "recipient": ""}),
        "record_set": (f"{name}/A", {"zone": "tarakankota.go.id", "name": name, "type": "A", "values": ["192.0.2.1"]}),
    }
    with site.kit.database.begin(site.tenant.id) as session:
        agency = session.scalars(select(Agency).where(Agency.key == of)).one()
        now = datetime.now(UTC)
        service = Service(title="Antrean <Dinkes>", procedure="tarakan.hosting", agency_id=agency.id, state="live")
        service.suspended_at = now if suspended else None
        session.add(service)
        session.flush()
        connection = session.scalars(select(Connection.id).order_by(Connection.id)).first()
        rows = {
            kind: Resource(
                service_id=service.id,
                connection_id=connection,
                key=kind,
                kind=kind,
                identity=identity,
                spec=spec,
                state="live",
                verified_at=now,
                outputs=PLACE if kind in ("database", "account") else {},
                outputs_generation=1,
            )
            for kind, (identity, spec) in specs.items()
        }
        session.add_all(rows.values())
        if seen:
            fact = {"key": f"site_usage:{name}", "label": f"Pemakaian {name}", "value": "1,2 MB", "source": "logs"}
            away = {"key": "x", "label": "Cadangan", "value": None, "source": "backup", "problem": "Server diam."}
            kept = {"key": "y", "label": "Terakhir", "value": "2026-11-21T18:37+00:00", "source": "backup"}
            releases = [
                {"sha256": mark * 64, "at": now.timestamp(), "files": 3, "bytes": 2048, "live": mark == "a"}
                for mark in "ab"
            ]
            told = {"releases": releases, "access": ["GET /<script>"], "errors": [], "problem": ""}
            look = ServiceLook(service_id=service.id, figures=[fact, away, kept], sites={name: told}, taken_at=now)
            look.asked_at = now - timedelta(seconds=1)
            session.add(look)
        session.flush()
        return service.id, {kind: row.id for kind, row in rows.items()}


def with_link(site, resource_id: int, **how: Any) -> tuple[int, str]:
    """A link that is filled; gives its id and token."""
    identity = Identity.generate()
    recipient = str(identity.to_public())
    values = {
        "recipient": recipient,
        "asked_by": "Pemohon",
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
        "sealed": armored(recipient, PASSWORD.encode()),
        **how,
    }
    with site.kit.database.begin(site.tenant.id) as session:
        link = OneTimeLink(resource_id=resource_id, **values)
        session.add(link)
        session.flush()
        return link.id, str(identity).removeprefix(PREFIX).lower()


def handed(browser, service_id: int, link: tuple[int, str]) -> str:
    """Let a browser be the one that asked for a link; gives the link's address."""
    address = f"/layanan-aktif/{service_id}/serah/{link[0]}"
    browser.client.set_cookie(COOKIE, link[1], domain=HOST, path=address)
    return address


def stored(site, kind: type, row_id: int) -> Any:
    with site.kit.database.begin(site.tenant.id) as session:
        return session.get_one(kind, (site.tenant.id, row_id))


def over_rest(browser, verb: str, address: str, content: dict[str, Any]) -> Any:
    headers = {"X-CSRF-Token": browser.token(), "Origin": ORIGIN}
    return browser.client.open(f"/api/v1{address}", method=verb, base_url=ORIGIN, json=content, headers=headers)


def with_request(site, service_id: int, state: str = "in_process") -> str:
    """A request of the unit that works on the service; gives its number."""
    request_id = site.submitted()
    with site.kit.database.begin(site.tenant.id) as session:
        request = session.get_one(Request, (site.tenant.id, request_id))
        request.service_id, request.state = service_id, state
        return request.number


def test_the_page_tells_every_part(site) -> None:
    service_id, _ = with_service(site)
    answer = site.browser("dinkes").get(f"/layanan-aktif/{service_id}")
    assert answer.status_code == 200
    page = answer.text
    for words in (
        "Antrean &lt;Dinkes&gt;",
        "1,2 MB",
        "Server diam.",
        "22 November 2026, 02.37 WITA",
        "GET /&lt;script&gt;",
        "a" * 12,
        "tapak_x",
    ):
        assert words in page
    assert "Lihat kata sandi basis data" in page
    assert "Buat kata sandi SFTP" in page
    assert "Aktifkan rilis" not in page
    assert "data-poll" not in page


def test_before_the_first_look_the_page_says_so_and_asks_for_one(site) -> None:
    service_id, _ = with_service(site, seen=False, suspended=True)
    page = site.browser("dinkes").get(f"/layanan-aktif/{service_id}").text
    assert "Angka sedang diambil" in page
    assert "Ditangguhkan sejak" in page
    assert f'data-poll="/api/v1/active-services/{service_id}"' in page


def test_officers_may_switch_and_never_see_a_password(site) -> None:
    service_id, parts = with_service(site)
    officer = site.browser("kabid")
    page = officer.get(f"/layanan-aktif/{service_id}").text
    assert "Aktifkan rilis bbbbbbbbbbbb" in page
    assert "Lihat kata sandi" not in page
    link = with_link(site, parts["database"])
    address = handed(officer, service_id, link)
    assert officer.get(address).status_code == 403
    assert officer.send(address, {}).status_code == 403
    at = f"/active-services/{service_id}/passwords"
    assert over_rest(officer, "POST", f"{at}/open", {"token": link[1]}).status_code == 403
    assert over_rest(officer, "POST", at, {"part": parts["database"]}).status_code == 403
    assert officer.send(f"/layanan-aktif/{service_id}/kata-sandi/{parts['database']}", {}).status_code == 403
    assert officer.send(f"/layanan-aktif/{service_id}/rilis", {"sha256": "b" * 64}).status_code == 303
    with site.kit.database.begin(site.tenant.id) as session:
        row = session.scalars(select(Resource).where(Resource.id == parts["release"])).one()
        assert (row.state, row.spec["sha256"]) == ("planned", "b" * 64)


def test_another_unit_finds_nothing(site) -> None:
    service_id, parts = with_service(site)
    link = with_link(site, parts["database"])
    stranger = site.browser("dishub")
    address = handed(stranger, service_id, link)
    assert stranger.get(f"/layanan-aktif/{service_id}").status_code == 404
    assert stranger.get(address).status_code == 404
    assert stranger.send(address, {}).status_code == 404
    at = f"/active-services/{service_id}"
    for verb, place, given in (
        ("POST", "/passwords/open", {"token": link[1]}),
        ("POST", "/passwords", {"part": parts["database"]}),
        ("PUT", "/keys", {"part": parts["account"], "keys": []}),
        ("PUT", "/release", {"sha256": "b" * 64}),
        ("POST", "/refresh", {}),
    ):
        assert over_rest(stranger, verb, at + place, given).status_code == 404, place
    visitor = site.visitor()
    assert visitor.get(handed(visitor, service_id, link)).status_code == 303
    own, _ = with_service(site, of="dishub")
    assert stranger.send(handed(stranger, own, link), {}).status_code == 404
    assert over_rest(stranger, "POST", f"/active-services/{own}/passwords/open", {"token": link[1]}).status_code == 404
    assert (
        over_rest(stranger, "POST", f"/active-services/{own}/passwords", {"part": parts["database"]}).status_code == 404
    )
    assert stored(site, OneTimeLink, link[0]).opened_at is None


def test_an_address_that_was_found_in_a_log_opens_nothing(site) -> None:
    service_id, parts = with_service(site)
    link_id, token = with_link(site, parts["database"])
    address, colleague = f"/layanan-aktif/{service_id}/serah/{link_id}", site.browser("dinkes")
    page = colleague.get(address).text
    assert "di peramban yang memintanya" in page
    assert "Tampilkan kata sandi" not in page
    answer = colleague.send(address, {})
    assert (answer.status_code, PASSWORD in answer.text) == (409, False)
    assert colleague.send(f"/layanan-aktif/{service_id}/serah/{token}", {}).status_code == 404
    other_id, _ = with_link(site, parts["account"])
    assert "Kata sandi akun SFTP" in colleague.get(f"/layanan-aktif/{service_id}/serah/{other_id}").text
    assert colleague.send(handed(colleague, service_id, (other_id, "x")), {}).status_code == 404
    assert stored(site, OneTimeLink, link_id).sealed is not None


def test_the_token_is_in_no_address_and_in_one_cookie_for_the_link_s_page(site) -> None:
    service_id, parts = with_service(site)
    unit = site.browser("dinkes")
    answer = unit.send(f"/layanan-aktif/{service_id}/kata-sandi/{parts['database']}", {})
    address, (cookie,) = answer.headers["Location"], answer.headers.getlist("Set-Cookie")
    for part in (f"{COOKIE}=", f"Path={address}", "HttpOnly", "SameSite=Lax", "Max-Age=259200"):
        assert part in cookie
    token = cookie.removeprefix(f"{COOKIE}=").partition(";")[0]
    with site.kit.database.begin(site.tenant.id) as session:
        link = session.scalars(select(OneTimeLink).where(OneTimeLink.resource_id == parts["database"])).one()
        assert str(Identity.from_str(PREFIX + token.upper()).to_public()) == link.recipient
        link.sealed = armored(link.recipient, PASSWORD.encode())
    assert address == f"/layanan-aktif/{service_id}/serah/{link.id}"
    page = unit.get(address).text
    assert "Kata sandi basis data" in page
    assert "Tampilkan kata sandi" in page
    assert token not in page
    opened = unit.send(address, {})
    assert PASSWORD in opened.text
    assert f"{COOKIE}=;" in opened.headers["Set-Cookie"]


@pytest.mark.parametrize("kind", ["database", "account"])
def test_get_shows_a_button_and_post_the_password_once(site, kind: str) -> None:
    service_id, parts = with_service(site)
    unit = site.browser("dinkes")
    address = handed(unit, service_id, with_link(site, parts[kind]))
    for _ in range(2):
        page = unit.get(address).text
        assert "Tampilkan kata sandi" in page
        assert PASSWORD not in page
    opened = unit.send(address, {})
    assert (opened.status_code, opened.headers["Cache-Control"]) == (200, "no-store")
    assert PASSWORD in opened.text
    again = unit.send(address, {})
    assert again.status_code == 409
    for page in (again.text, unit.get(address).text):
        assert "sudah dibuka oleh" in page
        assert "Ganti kata sandi" in page
        assert PASSWORD not in page


def test_an_opening_without_the_form_s_own_token_is_refused(site) -> None:
    service_id, parts = with_service(site)
    unit = site.browser("dinkes")
    address = handed(unit, service_id, with_link(site, parts["database"]))
    assert unit.post(address, {}).status_code in (400, 403)
    assert "Tampilkan kata sandi" in unit.get(address).text


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"sealed": None}, "sedang disiapkan"),
        ({"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, "tidak berlaku"),
        ({"sealed": None, "problem": "Server basis data diam."}, "Server basis data diam."),
    ],
)
def test_a_link_that_can_t_be_opened_says_why(site, how: dict[str, Any], told: str) -> None:
    service_id, parts = with_service(site)
    unit = site.browser("dinkes")
    address = handed(unit, service_id, with_link(site, parts["database"], **how))
    assert told in unit.get(address).text
    assert unit.send(address, {}).status_code == 409


def test_asking_leads_to_the_link_and_changes_an_account(site) -> None:
    service_id, parts = with_service(site)
    unit = site.browser("dinkes")
    answer = unit.send(f"/layanan-aktif/{service_id}/kata-sandi/{parts['account']}", {"anew": "1"})
    assert answer.status_code == 303
    assert "sedang disiapkan" in unit.get(answer.headers["Location"]).text
    with site.kit.database.begin(site.tenant.id) as session:
        row = session.scalars(select(Resource).where(Resource.id == parts["account"])).one()
        assert row.state == "planned"
        assert row.spec["recipient"].startswith("age1")
    assert unit.send(f"/layanan-aktif/{service_id}/kata-sandi/{parts['site']}", {}).status_code == 404


def test_keys_are_set_by_their_unit(site) -> None:
    service_id, parts = with_service(site)
    unit, address = site.browser("dinkes"), f"/layanan-aktif/{service_id}/kunci/{parts['account']}"
    assert unit.send(address, {"keys": "bukan kunci"}).status_code == 422
    key = "ssh-ed25519 " + "A" * 68
    assert unit.send(address, {"keys": f"{key} laptop\n\n"}).status_code == 303
    assert site.browser("kabid").send(address, {"keys": key}).status_code == 403


def test_over_rest_it_is_the_same(site) -> None:
    service_id, parts = with_service(site)
    unit = site.browser("dinkes")
    told = unit.get(f"/api/v1/active-services/{service_id}").json
    assert [part["kind"] for part in told["parts"]] == ["database", "site", "release", "account", "record_set"]
    assert told["parts"][0]["place"]["name"] == "tapak_x"
    _, token = with_link(site, parts["database"])
    at = f"/active-services/{service_id}/passwords/open"
    first = over_rest(unit, "POST", at, {"token": token})
    assert (first.status_code, first.json.get("password")) == (200, PASSWORD)
    assert first.headers["Cache-Control"] == "no-store"
    second = over_rest(unit, "POST", at, {"token": token})
    assert second.status_code == 409
    assert "dibuka oleh" in second.json["detail"]


def test_a_link_that_is_over_isn_t_ready_over_rest(site) -> None:
    service_id, parts = with_service(site)
    with_link(site, parts["database"], expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    told = site.browser("dinkes").get(f"/api/v1/active-services/{service_id}").json
    assert told["parts"][0]["link"]["ready"] is False


@pytest.mark.parametrize("state", ["submitted", "in_process", "returned"])
def test_no_release_is_switched_while_a_request_works_on_the_service(site, state: str) -> None:
    service_id, parts = with_service(site)
    number = with_request(site, service_id, state)
    officer = site.browser("kabid")
    page = officer.get(f"/layanan-aktif/{service_id}").text
    assert ("Aktifkan rilis" in page, number in page) == (False, True)
    answer = officer.send(f"/layanan-aktif/{service_id}/rilis", {"sha256": "b" * 64})
    assert (answer.status_code, number in answer.text) == (409, True)
    told = over_rest(officer, "PUT", f"/active-services/{service_id}/release", {"sha256": "b" * 64})
    assert (told.status_code, number in told.json["detail"]) == (409, True)
    row = stored(site, Resource, parts["release"])
    assert (row.state, row.spec["sha256"]) == ("live", "a" * 64)


def test_no_release_of_a_suspended_service_is_switched(site) -> None:
    service_id, _ = with_service(site, suspended=True)
    answer = site.browser("kabid").send(f"/layanan-aktif/{service_id}/rilis", {"sha256": "b" * 64})
    assert (answer.status_code, "Pulihkan dahulu" in answer.text) == (409, True)


def test_a_switch_stands_in_the_register_of_changes_once_it_is_done(site) -> None:
    service_id, parts = with_service(site)
    officer = site.browser("kabid")
    assert over_rest(officer, "PUT", f"/active-services/{service_id}/release", {"sha256": "b" * 64}).status_code == 204
    again = over_rest(officer, "PUT", f"/active-services/{service_id}/release", {"sha256": "b" * 64})
    assert again.status_code == 409
    row = stored(site, Resource, parts["release"])

    def written() -> list[Any]:
        rows = [each["content"] for each in officer.get("/api/v1/registers/tapak.changes").json]
        return [each for each in rows if row.identity in each["difference"]]

    assert written() == []
    with site.kit.database.begin(site.tenant.id) as session:
        mine = AuditEvent.content["resource"].as_integer() == row.id
        asked = select(AuditEvent.id).where(AuditEvent.kind == "service.release_switched", mine)
        session.add(JournalEntry(resource_id=row.id, generation=row.generation, phase="verified", spec=row.spec))
        session.flush()
        assert switches.tell(Desk.open(session, site.tenant, site.kit.registry), session.scalars(asked).one()) is None
    (told,) = written()
    assert f"{'a' * 64} → {'b' * 64}" in told["difference"]
    assert (told["service"], told["change"]) == ("Antrean <Dinkes>", "Ganti rilis")


def test_a_release_that_failed_isn_t_offered_and_the_one_before_it_is(site) -> None:
    service_id, parts = with_service(site)
    officer, address = site.browser("kabid"), f"/layanan-aktif/{service_id}"
    with site.kit.database.begin(site.tenant.id) as session:
        row = session.get_one(Resource, (site.tenant.id, parts["release"]))
        row.spec, row.state = {**row.spec, "sha256": "b" * 64}, "failed"
        line = {"resource_id": row.id, "generation": 2, "phase": "failed", "spec": row.spec}
        session.add(JournalEntry(**line, detail="release_refused: 500"))
    page = officer.get(address).text
    assert ("Aktifkan rilis aaaaaaaaaaaa" in page, "Aktifkan rilis bbbbbbbbbbbb" in page) == (True, False)
    assert officer.send(f"{address}/rilis", {"sha256": "a" * 64}).status_code == 303
    with site.kit.database.begin(site.tenant.id) as session:
        session.get_one(Resource, (site.tenant.id, parts["release"])).state = "live"
    assert officer.get(f"/api/v1/active-services/{service_id}").json["switchable"] == []
    assert officer.send(f"{address}/rilis", {"sha256": "b" * 64}).status_code == 409
