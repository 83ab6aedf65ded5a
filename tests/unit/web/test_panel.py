"""The unit's page of its service as it is written; the servers' side is told by the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyrage.x25519 import Identity
from sqlalchemy import select

from tapak.inventory.models import Service
from tapak.panel.links import PREFIX
from tapak.panel.models import OneTimeLink, ServiceLook
from tapak.provisioning.models import Connection, Resource
from tapak.tenants.models import Agency
from tapak.tenants.secrets import armored

PASSWORD = "kata-sandi-yang-dibuka-sekali"
PLACE = {"host": "127.0.0.1", "port": 3306, "name": "tapak_x", "user": "tapak_x", "host_key": "ssh-ed25519 AAAA"}
NUMBERS = iter(range(1, 1000))


def with_service(site, *, seen: bool = True, suspended: bool = False) -> tuple[int, dict[str, int]]:
    """A service of dinkes with a part of each kind; gives its id and theirs."""
    name = f"layanan-{next(NUMBERS)}.tarakankota.go.id"
    specs: dict[str, tuple[str, dict[str, Any]]] = {
        "database": (f"mariadb/{name}", {"engine": "mariadb", "name": name.replace(".", "_"), "rotation": 1}),
        "site": (name, {"name": name, "title": "Antrean"}),
        "release": (f"{name}/release", {"site": name, "sha256": "a" * 64, "keep": 2}),
        "account": (f"{name}/account", {"site": name, "keys": ["ssh-ed25519 AAAA"], "recipient": ""}),
        "record_set": (f"{name}/A", {"zone": "tarakankota.go.id", "name": name, "type": "A", "values": ["192.0.2.1"]}),
    }
    with site.kit.database.begin(site.tenant.id) as session:
        agency = session.scalars(select(Agency).where(Agency.key == "dinkes")).one()
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
            releases = [
                {"sha256": mark * 64, "at": now.timestamp(), "files": 3, "bytes": 2048, "live": mark == "a"}
                for mark in "ab"
            ]
            told = {"releases": releases, "access": ["GET /<script>"], "errors": [], "problem": ""}
            look = ServiceLook(service_id=service.id, figures=[fact, away], sites={name: told}, taken_at=now)
            look.asked_at = now - timedelta(seconds=1)
            session.add(look)
        session.flush()
        return service.id, {kind: row.id for kind, row in rows.items()}


def with_link(site, resource_id: int, **how: Any) -> str:
    """A link that is filled; gives its token."""
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
        session.add(OneTimeLink(resource_id=resource_id, **values))
    return str(identity).removeprefix(PREFIX).lower()


def test_the_page_tells_every_part(site) -> None:
    service_id, _ = with_service(site)
    answer = site.browser("dinkes").get(f"/layanan-aktif/{service_id}")
    assert answer.status_code == 200
    page = answer.text
    for words in ("Antrean &lt;Dinkes&gt;", "1,2 MB", "Server diam.", "GET /&lt;script&gt;", "a" * 12, "tapak_x"):
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
    token = with_link(site, parts["database"])
    assert officer.get(f"/layanan-aktif/{service_id}/serah/{token}").status_code == 403
    assert officer.send(f"/layanan-aktif/{service_id}/serah/{token}", {}).status_code == 403
    assert officer.send(f"/layanan-aktif/{service_id}/kata-sandi/{parts['database']}", {}).status_code == 403
    assert officer.send(f"/layanan-aktif/{service_id}/rilis", {"sha256": "b" * 64}).status_code == 303
    with site.kit.database.begin(site.tenant.id) as session:
        row = session.scalars(select(Resource).where(Resource.id == parts["release"])).one()
        assert (row.state, row.spec["sha256"]) == ("planned", "b" * 64)


def test_another_unit_finds_nothing(site) -> None:
    service_id, parts = with_service(site)
    token = with_link(site, parts["database"])
    stranger = site.browser("dishub")
    assert stranger.get(f"/layanan-aktif/{service_id}").status_code == 404
    assert stranger.send(f"/layanan-aktif/{service_id}/serah/{token}", {}).status_code == 404
    assert site.visitor().get(f"/layanan-aktif/{service_id}/serah/{token}").status_code == 303


@pytest.mark.parametrize("kind", ["database", "account"])
def test_get_shows_a_button_and_post_the_password_once(site, kind: str) -> None:
    service_id, parts = with_service(site)
    address = f"/layanan-aktif/{service_id}/serah/{with_link(site, parts[kind])}"
    unit = site.browser("dinkes")
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
    address = f"/layanan-aktif/{service_id}/serah/{with_link(site, parts['database'])}"
    unit = site.browser("dinkes")
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
    address = f"/layanan-aktif/{service_id}/serah/{with_link(site, parts['database'], **how)}"
    unit = site.browser("dinkes")
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
    token = with_link(site, parts["database"])
    at = f"/api/v1/active-services/{service_id}/passwords/open"
    headers = {"X-CSRF-Token": unit.token(), "Origin": "http://tarakan.localhost"}
    first = unit.client.post(at, base_url="http://tarakan.localhost", json={"token": token}, headers=headers)
    assert (first.status_code, first.json.get("password")) == (200, PASSWORD)
    second = unit.client.post(at, base_url="http://tarakan.localhost", json={"token": token}, headers=headers)
    assert second.status_code == 409
    assert "dibuka oleh" in second.json["detail"]
