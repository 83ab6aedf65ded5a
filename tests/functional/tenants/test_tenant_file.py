"""Making and changing tenants from files."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from tapak.accounts.models import Account
from tapak.accounts.service import change_password, find_account, sign_in
from tapak.audit.models import AuditEvent
from tapak.cli.tenant_file import apply_tenant
from tapak.cli.tenant_schema import TenantFileProblem
from tapak.db.session import Database
from tapak.inventory.models import Address
from tapak.plugins import registry
from tapak.provisioning.connections import open_provider
from tapak.provisioning.models import Connection
from tapak.tenants.calendars import load_calendar
from tapak.tenants.hosts import TenantHosts
from tapak.tenants.models import Agency, Position, Tenant, Zone
from tapak.tenants.positions import holders
from tapak.tenants.secrets import new_identity, read_identities

Apply = Callable[..., dict[str, int]]

FILL = {
    "WEB_ADDRESS": "127.0.0.1",
    "WEB_URL": "http://127.0.0.1:8081",
    "WEB_PORT": "8081",
    "WEB_HTTPS_PORT": "443",
    "WEB_AGENT_CONFIG": "/etc/agent.toml",
    "DNS_ADDRESS": "127.0.0.1",
    "DNS_PORT": "5353",
    "DNS_KEY_NAME": "tapak",
    "DNS_KEY_SECRET": "c2FuZ2F0IHJhaGFzaWE=",
    "DNS_ALGORITHM": "hmac-sha256",
    "NGINX_URL": "http://127.0.0.1:8082",
    "NGINX_PORT": "8082",
    "NGINX_HTTPS_PORT": "443",
    "NGINX_AGENT_CONFIG": "/etc/agent-nginx.toml",
    "WEB_ACCOUNTS": "account",
    "MARIADB_ADDRESS": "127.0.0.1",
    "MARIADB_PORT": "5353",
    "MARIADB_USER": "tapak_admin",
    "MARIADB_PASSWORD": "kata sandi pengelola",
    "MARIADB_KEY": "kunci uji yang panjangnya lebih dari tiga puluh dua",
    "MARIADB_DUMPS": "/nonexistent/dumps",
    "BACKUPS": "/nonexistent/backups",
    "BACKUP_PASSWORD": "kata sandi repositori yang panjang",
}
DECREED = date(2026, 1, 1)
SMALL: dict[str, Any] = {
    "slug": "kabupaten",
    "name": "Pemerintah Kabupaten Lain",
    "agency": "Diskominfo",
    "time_zone": "Asia/Jayapura",
    "hosts": ["kabupaten.localhost", "layanan.kabupaten.example"],
    "zones": ["kabupaten.example"],
    "legacy_zones": ["lama.example"],
    "letterhead": {"lines": ["PEMERINTAH KABUPATEN LAIN"], "place": "Lain"},
    "calendar": {
        "years": [2026],
        "week": {"5": [["08:00", "12:00"]]},
        "ramadan": [{"first": date(2026, 2, 19), "last": date(2026, 3, 20)}],
        "regional": [{"day": date(2026, 12, 15), "name": "Hari Jadi"}],
    },
    "addresses": {"dedicated": ["198.51.100.7", "2001:db8::/126"]},
    "positions": [
        {"key": "kadis", "title": "Kepala Dinas", "substitute": "sekretaris"},
        {"key": "sekretaris", "title": "Sekretaris", "superior": "kadis"},
    ],
    "agencies": [{"key": "disdik", "name": "Dinas Pendidikan"}],
    "accounts": [
        {"email": "kadis@kabupaten.example", "name": "Kadis (contoh)", "password": "kata sandi pertama"},
        {"email": "disdik@kabupaten.example", "name": "Disdik", "password": "${DISDIK_PASSWORD}", "agency": "disdik"},
    ],
    "holders": [{"position": "kadis", "account": "kadis@kabupaten.example", "from": DECREED}],
    "connections": [
        {
            "key": "dns",
            "provider": "bind",
            "title": "DNS",
            "zones": ["kabupaten.example"],
            "settings": {
                "address": "127.0.0.1",
                "port": "${DNS_PORT}",
                "zones": ["kabupaten.example"],
                "key_name": "tapak",
                "key_secret": "${DNS_KEY_SECRET}",
            },
        }
    ],
}


@pytest.fixture
def identities(tmp_path: Path) -> Path:
    return tmp_path / "identities.txt"


@pytest.fixture
def apply(owner_database: Database, identities: Path) -> Apply:
    def run(source: Path | Mapping[str, Any], **fill: str) -> dict[str, int]:
        placeholders = {**FILL, "DISDIK_PASSWORD": "kata sandi kedua", **fill}
        return apply_tenant(owner_database, source, registry(), placeholders=placeholders, identities=identities)

    return run


@pytest.fixture
def demo_file(project_root: Path) -> Path:
    return project_root / "deploy" / "demo" / "tarakan.tenant.toml"


def changed(path: str, value: Any) -> dict[str, Any]:
    content = copy.deepcopy(SMALL)
    *way, last = path.split(".")
    place: Any = content
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[int(last) if isinstance(place, list) else last] = value
    return content


def tenant_of(database: Database, slug: str) -> Tenant:
    with database.begin() as session:
        return session.scalars(select(Tenant).where(Tenant.slug == slug)).one()


def test_the_demos_tenant_applies_and_then_changes_nothing(
    apply: Apply, demo_file: Path, database: Database, identities: Path
) -> None:
    first = apply(demo_file)
    assert first["positions"] == 5
    assert first["accounts"] == 9
    assert first["agencies"] == 3
    assert apply(demo_file) == {}
    tenant = TenantHosts(database).find("tarakan.localhost:8000")
    assert tenant is not None
    with database.begin(tenant.id) as session:
        acting = holders(session, date(2026, 11, 20))
        assert set(acting) == {"kadis", "sekretaris", "kabid_aplikasi", "kasubbag_umum", "petugas_noc"}
        for connection in session.scalars(select(Connection)):
            assert b"rahasia" not in (connection.sealed or b"")
            with open_provider(connection, registry(), read_identities(identities)) as provider:
                assert provider.settings.get("port", 5353) == 5353
        assert session.scalar(select(func.count()).select_from(Address).where(~Address.shared)) == 126 + 15


def test_another_tenant_beside_it_is_quite_its_own(apply: Apply, demo_file: Path, database: Database) -> None:
    apply(demo_file)
    assert apply(SMALL)["tenant"] == 1
    assert apply(SMALL) == {}
    assert apply(demo_file) == {}
    tenant = tenant_of(database, "kabupaten")
    with database.begin(tenant.id) as session:
        calendar = load_calendar(session, tenant)
        assert calendar.zone == "Asia/Jayapura"
        assert calendar.stretches(date(2026, 11, 21))
        assert not calendar.stretches(date(2026, 11, 20))
        assert session.scalars(select(Zone.name).where(Zone.legacy)).all() == ["lama.example"]
        assert session.scalar(select(func.count()).select_from(Address)) == 4
        assert sign_in(session, "disdik@kabupaten.example", "kata sandi kedua", "192.0.2.1").agency_id is not None


@pytest.mark.parametrize(
    ("path", "value", "summary"),
    [
        ("name", "Pemerintah Kabupaten Baru", {"tenant": 1}),
        ("letterhead.place", "Baru", {"tenant": 1}),
        ("hosts", ["kabupaten.localhost", "baru.localhost"], {"hosts": 2}),
        ("positions.0.title", "Kepala Badan", {"positions": 1}),
        ("agencies.0.kind", "badan", {"agencies": 1}),
        ("accounts.0.nip", "197001011995011091", {"accounts": 1}),
        ("accounts.0.password", "kata sandi lain", {}),
        ("holders.0.until", date(2026, 12, 31), {"holders": 1}),
        ("holders.0.kind", "acting_vacant", {"holders": 1}),
        ("calendar.years", [2026, 2027], {"calendar days": 26}),
        ("addresses.shared", ["192.0.2.9"], {"addresses": 1}),
        ("zones", ["kabupaten.example", "baru.example"], {"zones": 1}),
        ("connections.0.title", "Server DNS", {"connections": 1}),
        ("connections.0.settings.timeout", 3.0, {"connections": 1}),
        ("connections.0.settings.key_secret", "YmFydQ==", {"connections": 1}),
        ("settings", {"numbers": {"agenda": "{seq:03}"}}, {"tenant": 1}),
        ("plugins", {"tarakan": {"ttl": 600}}, {"plugin settings": 1}),
    ],
)
def test_a_changed_file_changes_exactly_that(apply: Apply, path: str, value: Any, summary: dict[str, int]) -> None:
    apply(SMALL)
    content = changed(path, value)
    assert apply(content) == summary
    assert apply(content) == {}


def test_a_substitute_is_taken_back(apply: Apply) -> None:
    apply(SMALL)
    content = copy.deepcopy(SMALL)
    del content["positions"][0]["substitute"]
    assert apply(content) == {"positions": 1}
    assert apply(content) == {}


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("colour", "red", "colour"),
        ("slug", "Kabupaten", "slug"),
        ("name", "", "name"),
        ("name", 5, "name"),
        ("name", "Baris\nbaru", "name"),
        ("name", "nol\x00", "name"),
        ("name", "x" * 301, "name"),
        ("time_zone", "Asia/Tarakan", "time_zone"),
        ("time_zone", "../etc/passwd", "time_zone"),
        ("hosts", [], "hosts"),
        ("hosts", ["contoh.localhost"], "hosts"),
        ("hosts", ["Kabupaten.localhost"], "hosts[1]"),
        ("hosts", ["kabupaten.localhost:80"], "hosts[1]"),
        ("zones", ["kabupaten.example", "*.kabupaten.example"], "zones[2]"),
        ("letterhead", {}, "letterhead.lines"),
        ("letterhead.paper", "A5", "letterhead.paper"),
        ("calendar.years", ["2026"], "calendar.years[1]"),
        ("calendar.years", [1800], "calendar.years[1]"),
        ("calendar.week", {"5": [["12:00", "08:00"]]}, "calendar"),
        ("calendar.week", {"9": [["08:00", "12:00"]]}, "calendar"),
        ("calendar.week", {"5": [["08:00"]]}, "calendar.week.5.value[1]"),
        ("calendar.regional", [{"day": date(2026, 8, 17), "name": "Lain"}], "calendar.regional[1].day"),
        ("calendar.regional", [{"day": "2026-12-15", "name": "Lain"}], "calendar.regional[1].day"),
        ("addresses.shared", ["300.1.1.1"], "addresses.shared"),
        ("addresses.shared", ["10.0.0.0/8"], "addresses.shared"),
        ("addresses.shared", ["198.51.100.7"], "addresses.dedicated"),
        ("legacy_zones", ["kabupaten.example"], "legacy_zones"),
        ("positions.1.superior", "kepala", "positions[sekretaris].superior"),
        ("positions.1.superior", "sekretaris", "positions[sekretaris].superior"),
        ("positions.1.key", "kadis", "positions[kadis]"),
        ("positions.1.key", "Sekretaris", "positions[Sekretaris].key"),
        ("agencies.0.kind", "kantor", "agencies[disdik].kind"),
        ("accounts.0.email", "Kadis@kabupaten.example", "accounts[Kadis@kabupaten.example].email"),
        ("accounts.0.password", "pendek", "accounts[kadis@kabupaten.example].password"),
        ("accounts.0.admin", "yes", "accounts[kadis@kabupaten.example].admin"),
        ("accounts.1.agency", "dinkes", "accounts[disdik@kabupaten.example].agency"),
        ("accounts.1.password", "${NOBODY_GAVE_IT}", "accounts[2].password"),
        ("holders.0.position", "camat", "holders[1].position"),
        ("holders.0.account", "camat@kabupaten.example", "holders[1].account"),
        ("holders.0.until", date(2025, 12, 31), "holders[1].until"),
        ("holders.0.kind", "plt", "holders[1].kind"),
        ("connections.0.provider", "djbdns", "connections[dns].provider"),
        ("connections.0.zones", ["lain.example"], "connections[dns].zones"),
        ("connections.0.settings.port", "lima", "connections[dns].settings.port"),
        ("connections.0.settings.colour", "red", "connections[dns].settings.colour"),
        ("connections.0.settings.key_secret", "?", "connections[dns].settings.key_secret"),
        ("settings", {"numbers": {"agenda": "{year}"}}, "settings.numbers.agenda.value"),
        ("settings", {"numbers": {"agenda": "{seq}/{unit}"}}, "settings.numbers.agenda.value"),
        ("settings", {"colour": "red"}, "settings.colour"),
        ("plugins", {"tarakan": {"ttl": 5}}, "plugins.tarakan.ttl"),
        ("plugins", {"bulungan": {}}, "plugins.bulungan"),
    ],
)
def test_a_bad_file_names_the_place_and_changes_nothing(
    apply: Apply, database: Database, path: str, value: Any, place: str
) -> None:
    with pytest.raises(TenantFileProblem) as refused:
        apply(changed(path, value))
    assert place in refused.value.fields
    assert "c2FuZ2F0" not in str(refused.value.fields)
    with database.begin() as session:
        assert session.scalars(select(Tenant.slug).order_by(Tenant.slug)).all() == ["contoh", "lain"]


def test_unreadable_files_are_told(apply: Apply, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    for content in (b"slug = ", b"\xff\xfe", None):
        if content is None:
            broken.unlink()
        else:
            broken.write_bytes(content)
        with pytest.raises(TenantFileProblem, match=r"broken\.toml can't be applied") as refused:
            apply(broken)
        assert list(refused.value.fields) == ["file"]


def test_what_an_admin_made_and_a_persons_new_password_stay(
    apply: Apply, database: Database, owner_database: Database
) -> None:
    apply(SMALL)
    tenant = tenant_of(database, "kabupaten")
    with database.begin(tenant.id) as session:
        session.add(Agency(key="dishub", name="Dinas Perhubungan"))
        account = find_account(session, "kadis@kabupaten.example")
        assert account is not None
        change_password(session, account, "kata sandi sendiri")
    assert apply(SMALL) == {}
    with database.begin(tenant.id) as session:
        assert session.scalar(select(func.count()).select_from(Agency)) == 2
        sign_in(session, "kadis@kabupaten.example", "kata sandi sendiri", "192.0.2.1")


def test_equal_keys_of_other_tenants_are_left_alone(apply: Apply, database: Database, tenant: Tenant) -> None:
    with database.begin(tenant.id) as session:
        session.add_all([Position(key="kadis", title="Milik lain"), Agency(key="disdik", name="Milik lain")])
        session.add(Account(email="kadis@kabupaten.example", password="-", name="Milik lain", fs_uniquifier="x"))
        session.add(Connection(key="dns", provider="bind", title="Milik lain", settings={}))
    apply(SMALL)
    with database.begin(tenant.id) as session:
        for model in (Position, Agency, Account, Connection):
            (row,) = session.scalars(select(model)).all()
            assert "Milik lain" in (getattr(row, "title", ""), getattr(row, "name", ""))
        assert session.execute(text("select count(*) from audit_event")).scalar_one() == 0


def test_the_act_is_in_the_tenants_audit_chain(apply: Apply, database: Database) -> None:
    apply(SMALL)
    apply(SMALL)
    tenant = tenant_of(database, "kabupaten")
    with database.begin(tenant.id) as session:
        (event,) = session.scalars(select(AuditEvent)).all()
    assert (event.kind, event.content["accounts"]) == ("tenant.applied", 2)


def test_a_lost_identity_is_told_before_anything_is_sealed(apply: Apply, identities: Path) -> None:
    apply(SMALL)
    kept = identities.read_text()
    identities.write_text(f"{new_identity().identity}\n")
    with pytest.raises(TenantFileProblem) as refused:
        apply(changed("name", "Baru"))
    assert "restore that file" in refused.value.fields["identities"][0]
    identities.write_text(kept)
    assert apply(SMALL) == {}
