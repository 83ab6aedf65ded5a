"""Connections on pages and by REST: the form of each provider, what is refused, secrets that never come back."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.connections.service import CHECK
from tapak.db.wake import Wake
from tapak.inventory.models import IMPORTED, Service
from tapak.jobs.handlers import HANDLERS
from tapak.plugins import registry
from tapak.provisioning.models import Connection, Resource, ZoneState
from tapak.sdk.settings import marked

PAGE = "/sambungan"
API = "/api/v1/connections"
SECRET = "a2F0YS1zYW5kaS15YW5nLWJhcnUtc2VrYWxp"
BIND = {
    "_title": "DNS cadangan",
    "address": "192.0.2.53",
    "port": "5353",
    "zones": "cadangan.example\r\nlain.example",
    "key_name": "tapak.",
    "key_secret": SECRET,
    "algorithm": "hmac-sha256",
    "secondaries.0.address": "192.0.2.54",
    "secondaries.0.port": "",
    "timeout": "2,5",
    "transport": "udp",
}


def row(site, key: str) -> Connection | None:
    with site.desk("admin") as desk:
        return desk.session.scalar(select(Connection).where(Connection.key == key))


@pytest.fixture
def made(site):
    """A connection that a test may change: its key and the admin's browser."""
    admin = site.browser("admin")
    answer = admin.send(f"{PAGE}/baru/bind", BIND)
    assert answer.status_code == 303, answer.text
    key = answer.headers["Location"].rpartition("/")[2]
    return key, admin


def version(browser, key: str) -> str:
    return re.search(r'name="version" value="([^"]*)"', browser.get(f"{PAGE}/ke/{key}/ubah").text)[1]


@pytest.mark.parametrize("who", ["dinkes", "kasubbag"])
def test_only_the_admin_sees_connections(site, who: str) -> None:
    browser = site.browser(who)
    for address in (PAGE, f"{PAGE}/baru", f"{PAGE}/baru/bind", f"{PAGE}/ke/dns", f"{PAGE}/ke/dns/ubah", API):
        assert browser.get(address).status_code == 403, address
    assert browser.send(f"{PAGE}/ke/dns/nonaktifkan", {}).status_code == 403
    assert row(site, "dns").active
    assert PAGE not in browser.get("/layanan").text


@pytest.mark.parametrize("name", sorted(registry().providers))
def test_every_provider_has_a_form(site, name: str) -> None:
    page = site.browser("admin").get(f"{PAGE}/baru/{name}").text
    schema = registry().providers[name].settings_schema
    own = marked(schema, "operator")
    needed = {field for field in own if schema().fields[field].required}
    if needed:
        assert f"tapak connection set {name} --tenant tarakan" in page
    else:
        assert [field for field in schema().fields if (f'id="f-{field}"' in page) == (field in own)] == []
        for secret in marked(schema, "secret"):
            assert re.search(rf'type="password" name="{secret}"|<textarea [^>]*name="{secret}"[^>]*></textarea>', page)


def test_a_connection_is_added_and_tested(site, made) -> None:
    key, admin = made
    saved = row(site, key)
    assert saved.settings["zones"] == saved.zones == ["cadangan.example", "lain.example"]
    assert (saved.settings["port"], saved.settings["timeout"]) == (5353, 2.5)
    assert saved.settings["secondaries"] == [{"address": "192.0.2.54"}]
    assert saved.sealed is not None
    page = admin.get(f"{PAGE}/ke/{key}").text
    assert "DNS cadangan" in page and "sedang diuji" in admin.get(PAGE).text
    assert SECRET not in page + admin.get(f"{PAGE}/ke/{key}/ubah").text + admin.get(f"{API}/{key}").text
    with site.desk("admin") as desk:
        pending = desk.session.scalars(select(Wake.kind).where(Wake.row_id == saved.id)).all()
    assert CHECK in pending and CHECK in HANDLERS


def test_a_connection_is_removed_where_nothing_stood_on_it(site, made) -> None:
    key, admin = made
    assert "Hapus sambungan" in admin.get(f"{PAGE}/ke/{key}").text
    assert site.browser("kasubbag").send(f"{PAGE}/ke/{key}/hapus", {}).status_code == 403
    removed = row(site, key)
    with site.desk("admin") as desk:
        desk.session.add(ZoneState(connection_id=removed.id, zone="cadangan.example", serial=1))
    assert admin.send(f"{PAGE}/ke/{key}/hapus", {}).status_code == 303
    assert row(site, key) is None
    with site.desk("admin") as desk:
        assert not desk.session.scalars(select(Wake).where(Wake.row_id == removed.id, Wake.kind == CHECK)).all()
        told = desk.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert told == "connection.removed"
    assert admin.send(f"{PAGE}/ke/{key}/hapus", {}).status_code == 404


@pytest.mark.parametrize(("state", "told"), [("live", "masih memakai"), ("gone", "Riwayat layanan")])
def test_a_connection_that_something_stood_on_stays(site, made, state: str, told: str) -> None:
    key, admin = made
    with site.desk("admin") as desk:
        service = Service(title=f"{state}.cadangan.example", procedure=IMPORTED, state="live")
        desk.session.add(service)
        desk.session.flush()
        spec = {"zone": "cadangan.example", "name": service.title, "type": "A", "values": ["192.0.2.1"], "ttl": 300}
        place = {"kind": "record_set", "identity": f"{service.title}/A", "key": "name", "state": state}
        desk.session.add(Resource(service_id=service.id, connection_id=row(site, key).id, spec=spec, **place))
    assert "Hapus sambungan" not in admin.get(f"{PAGE}/ke/{key}").text
    answer = admin.send(f"{PAGE}/ke/{key}/hapus", {})
    assert (answer.status_code, told in answer.text) == (409, True), answer.text
    assert row(site, key) is not None


def test_boxes_lists_and_secrets_of_another_provider(site) -> None:
    admin = site.browser("admin")
    form = {"_title": "PowerDNS", "url": "http://192.0.2.53:8081", "api_key": SECRET, "zones": "awan.example"}
    form |= {"address": "192.0.2.53", "port": "53", "server": "localhost", "timeout": "5", "transport": "udp"}
    form |= {"name_servers": "ns1.awan.example\nns2.awan.example"}
    answer = admin.send(f"{PAGE}/baru/powerdns", form)
    assert answer.status_code == 303, answer.text
    saved = row(site, answer.headers["Location"].rpartition("/")[2])
    assert saved.settings["comments"] is False
    assert saved.settings["name_servers"] == ["ns1.awan.example", "ns2.awan.example"]
    assert "api_key" not in saved.settings and saved.sealed is not None


def test_what_is_wrong_is_told_in_indonesian_with_everything_typed_kept(site) -> None:
    admin = site.browser("admin")
    wrong = {**BIND, "_title": "", "address": "ns1", "port": "99999", "timeout": "cepat"}
    answer = admin.send(f"{PAGE}/baru/bind", {**wrong, "key_name": "kunci&lama"})
    assert answer.status_code == 422
    for told in ("Isi alamat IPv4 atau IPv6", "Dari 1 sampai 65535.", "Isi dengan angka.", "Wajib diisi."):
        assert told in answer.text, told
    assert "kunci&amp;lama" in answer.text and "cadangan.example\nlain.example" in answer.text
    assert 'href="#f-address"' in answer.text
    assert SECRET not in answer.text
    assert "field" not in re.sub(r"<[^>]+>", "", answer.text)


def test_what_has_several_lines_keeps_them(site) -> None:
    """A certificate in PEM is nothing in one line; its key isn't shown again where something else is wrong."""
    admin = site.browser("admin")
    pem = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----"
    sent = {"_title": "", "chain": pem, "key": "-----BEGIN PRIVATE KEY-----\nUkFIQVNJQQ==\n", "roots": ""}
    answer = admin.send(f"{PAGE}/baru/own_certificate", sent)
    assert answer.status_code == 422
    assert pem in answer.text
    assert "UkFIQVNJQQ" not in answer.text


def test_a_blank_secret_stays_unless_the_server_changes(site) -> None:
    """A secret that nobody can read isn't had by leading the connection to a server of one's own."""
    admin = site.browser("admin")
    before = row(site, "database")
    form = {**{name: str(value) for name, value in before.settings.items()}, "_title": "Basis data", "version": ""}
    form |= {"password": "", "key": "", "version": version(admin, "database")}
    elsewhere = admin.send(f"{PAGE}/ke/database/ubah", {**form, "address": "198.51.100.7"})
    assert elsewhere.status_code == 422
    assert "rahasia lama tidak dikirim ke alamat baru" in elsewhere.text
    kept = admin.send(f"{PAGE}/ke/database/ubah", {**form, "timeout": "3"})
    assert kept.status_code == 303, kept.text
    after = row(site, "database")
    assert (after.sealed, after.settings["timeout"]) == (before.sealed, 3.0)
    assert after.settings["last_dumps"] == before.settings["last_dumps"]


def test_what_runs_on_the_server_is_the_operators(site) -> None:
    """A program, a file or a folder of the worker's machine is nothing that an agency names."""
    admin = site.browser("admin")
    page = admin.get(f"{PAGE}/ke/web/ubah").text
    assert "/nonexistent/agent.json" in page and 'name="agent_config"' not in page
    stands = admin.get(f"{API}/web").json
    bearer = {"Authorization": f"Bearer {token(site)}"}
    sent = {"provider": "apache", "title": "Web", "version": stands["version"]}
    for settings in ({"agent_command": ["/bin/sh"]}, {"agent_config": "/etc/passwd"}):
        given = {**sent, "settings": {**stands["settings"], **settings}}
        refused = admin.client.put(f"{API}/web", base_url="http://tarakan.localhost", json=given, headers=bearer)
        assert (refused.status_code, list(refused.json["fields"])) == (422, list(settings)), refused.json
    given = {**sent, "kinds": stands["kinds"], "settings": {**stands["settings"], "public_port": 8080}}
    done = admin.client.put(f"{API}/web", base_url="http://tarakan.localhost", json=given, headers=bearer)
    assert done.status_code == 200, done.json
    assert row(site, "web").settings["agent_config"] == "/nonexistent/agent.json"


def test_a_form_that_somebody_else_was_faster_than_is_refused(site, made) -> None:
    key, admin = made
    seen = version(admin, key)
    form = {**BIND, "key_secret": "", "version": seen}
    assert admin.send(f"{PAGE}/ke/{key}/ubah", {**form, "timeout": "4"}).status_code == 303
    assert admin.send(f"{PAGE}/ke/{key}/ubah", {**form, "timeout": "9"}).status_code == 409
    assert row(site, key).settings["timeout"] == 4.0
    bearer = {"Authorization": f"Bearer {token(site)}"}
    given = {"provider": "bind", "title": "x", "settings": {}}
    answer = admin.client.put(f"{API}/{key}", base_url="http://tarakan.localhost", json=given, headers=bearer)
    assert answer.status_code == 428


def test_switching_off_and_on(site, made) -> None:
    key, admin = made
    assert admin.send(f"{PAGE}/ke/{key}/nonaktifkan", {}).status_code == 303
    assert not row(site, key).active
    assert "tidak ada yang dibuat, diubah, atau diperiksa" in admin.get(f"{PAGE}/ke/{key}").text
    assert admin.send(f"{PAGE}/ke/{key}/aktifkan", {}).status_code == 303
    assert row(site, key).active
    assert admin.get(f"{PAGE}/ke/tidak-ada").status_code == 404


def token(site) -> str:
    sent = {"email": "admin@dkisp.tarakankota.go.id", "password": "demo-admin-2026"}
    answer = site.app.test_client().post("/api/v1/session", base_url="http://tarakan.localhost", json=sent)
    return str(answer.json["token"])
