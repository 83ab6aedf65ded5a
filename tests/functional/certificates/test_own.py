"""The agency's own certificate: checked as it is uploaded, used by a new site, renewed by another upload."""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tapak.sdk.x509 import Pair
from tapak.testing.certificates import Authority
from tapak.testing.deployment import Case, Deployment


@pytest.fixture(scope="module")
def town(deployment: Deployment, authority: Authority) -> Iterator[Deployment]:
    """A deployment whose sites answer HTTPS, with an authority that its web server's connection trusts."""
    content = deployment.one.content
    settings = {**content["settings"], "https": "redirect", "hsts": "day"}
    connections = [
        {**each, "settings": {**each["settings"], "authorities": authority.root}} if each["key"] == "web" else each
        for each in content["connections"]
    ]
    deployment.apply(deployment.one, settings=settings, connections=connections)
    yield deployment
    deployment.apply(deployment.one, settings={**content["settings"], "https": "off", "hsts": "off"})


def body(pair: Pair, authority: Authority) -> dict[str, str]:
    return {"chain": pair.chain, "key": pair.key, "roots": authority.root}


def shown(town: Deployment, name: str, authority: Authority) -> str:
    """The SHA-256 of the certificate that the web server shows for ``name``; the handshake checks the name."""
    trust = ssl.create_default_context(cadata=authority.root)
    with (
        socket.create_connection(("127.0.0.1", town.stack.apache.tls_port), timeout=5) as plain,
        trust.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest()


@pytest.fixture(scope="module")
def first(town: Deployment, authority: Authority) -> Pair:
    """The certificate that is uploaded first, by REST."""
    pair = authority.issue(f"*.{town.one.zone}", town.one.zone)
    with town.caller(town.one.admin()) as admin:
        answer = admin.post("/certificates", json=body(pair, authority))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["fingerprint"], told["sites"], told["ends_soon"]) == (pair.facts.fingerprint, 0, False)
    assert "BEGIN PRIVATE" not in answer.text
    return pair


@pytest.fixture(scope="module")
def live(town: Deployment, first: Pair) -> Case:
    """A hosting request that has ended, with the certificate that its procedure declares."""
    made = town.case()
    assert made.to_end()["state"] == "done"
    return made


def test_a_new_site_is_live_by_https(town: Deployment, authority: Authority, first: Pair, live: Case) -> None:
    found = live.resources()
    assert {row["state"] for row in found.values()} == {"live"}
    assert found["certificate"]["identity"] == f"{live.name}/certificate"
    assert shown(town, live.name, authority) == first.facts.fingerprint
    plain = httpx.get(town.stack.apache.url, headers={"Host": live.name})
    assert plain.status_code == 308
    assert plain.headers["location"] == f"https://{live.name}:{town.stack.apache.tls_port}/"
    assert "BEGIN PRIVATE" not in json.dumps(found)


def refused(town: Deployment, given: dict[str, str]) -> dict[str, Any]:
    with town.caller(town.one.admin()) as admin:
        answer = admin.post("/certificates", json=given)
    assert answer.status_code == 422
    assert "BEGIN PRIVATE" not in answer.text
    fields: dict[str, Any] = answer.json()["fields"]
    return fields


def test_what_cannot_be_used_is_told_in_words(town: Deployment, authority: Authority, first: Pair, live: Case) -> None:
    name = f"*.{town.one.zone}"
    good = body(authority.issue(name), authority)
    old = authority.issue(name, begins=datetime.now(UTC) - timedelta(days=90), days=30)
    reverse = authority.intermediate + authority.issue(name, intermediates=False).chain
    cases = [
        ({"chain": "bukan PEM"}, "chain", "tidak terbaca"),
        ({"key": "bukan PEM"}, "key", "tidak terbaca"),
        ({"key": authority.issue(name).key}, "key", "bukan pasangan"),
        (body(old, authority), "chain", "kedaluwarsa"),
        (body(authority.issue(name, begins=datetime.now(UTC) + timedelta(days=3)), authority), "chain", "mulai"),
        (body(authority.issue(name, intermediates=False), authority), "chain", "tidak dikenal"),
        ({"chain": reverse}, "chain", "terputus"),
        ({"roots": ""}, "chain", "tidak dikenal"),
        (body(authority.issue("*.lain.example"), authority), "chain", "domain instansi"),
        (body(authority.issue(), authority), "chain", "subjectAltName"),
    ]
    for wrong, field, words in cases:
        assert any(words in told for told in refused(town, {**good, **wrong})[field]), words
    left_out = body(authority.issue(town.one.zone), authority)
    assert live.name in " ".join(refused(town, left_out)["chain"])
    with town.caller(town.one.admin()) as admin:
        assert [each["fingerprint"] for each in admin.get("/certificates").json()] == [first.facts.fingerprint]


def test_another_upload_is_shown_at_every_site(
    town: Deployment, authority: Authority, live: Case, tmp_path: Path
) -> None:
    pair = authority.issue(f"*.{town.one.zone}")
    for name, text in body(pair, authority).items():
        (tmp_path / name).write_text(text)
    files = [str(tmp_path / "chain"), str(tmp_path / "key"), "--roots", str(tmp_path / "roots")]
    done = subprocess.run(
        [sys.executable, "-m", "tapak", "certificate", "upload", *files, "--tenant", town.one.slug, "--json"],
        env=town.stack.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)[0]["sites"] == 1
    live.wait(lambda: shown(town, live.name, authority) == pair.facts.fingerprint, "the newer certificate to be shown")
    live.wait(lambda: {row["state"] for row in live.resources().values()} == {"live"}, "all to be live")
    with town.caller(town.one.admin()) as admin:
        (told,) = admin.get("/certificates").json()
    assert told["fingerprint"] == pair.facts.fingerprint


def test_only_an_admin_uploads(town: Deployment, authority: Authority, first: Pair) -> None:
    pair = authority.issue(f"*.{town.one.zone}")
    with town.caller(town.one.maker()) as officer:
        assert officer.post("/certificates", json=body(pair, authority)).status_code == 403
        assert officer.get("/certificates").status_code == 200
    with town.caller(town.one.applicants()[0]) as applicant:
        assert applicant.get("/certificates").status_code == 403


def test_the_key_is_kept_sealed_and_in_no_log(town: Deployment, first: Pair, live: Case) -> None:
    secret = first.key.splitlines()[1]
    with psycopg.connect(town.stack.owner_url) as owner:
        tables = owner.execute("select tablename from pg_tables where schemaname = 'public'")
        for (table,) in tables.fetchall():
            rows = owner.execute(f'select 1 from "{table}" as t where t::text like %s limit 1', (f"%{secret}%",))
            assert rows.fetchone() is None, table
    logs = [path for path in town.stack.home.rglob("*.log") if path.is_file()]
    assert logs
    assert not [path for path in logs if secret in path.read_text(errors="replace")]


def token(page: str) -> str:
    return page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]


def test_an_admin_uploads_on_the_page(town: Deployment, authority: Authority, first: Pair) -> None:
    pair = authority.issue(f"*.{town.one.zone}", days=10)
    email = town.one.admin()
    with town.browser(follow_redirects=True) as admin:
        admin.headers["Origin"] = f"http://{town.one.host}:{town.stack.port}"
        page = admin.get("/masuk")
        sent = {"email": email, "password": town.passwords[email], "csrf_token": token(page.text)}
        admin.post("/masuk", data=sent)
        page = admin.get("/sertifikat")
        for given, status, words in (
            ({"chain": pair.chain}, 422, "error-summary"),
            (body(pair, authority), 200, "Segera berakhir"),
        ):
            files = {name: (f"{name}.pem", text, "application/x-pem-file") for name, text in given.items()}
            page = admin.post("/sertifikat", data={"csrf_token": token(page.text)}, files=files)
            assert page.status_code == status
            assert words in page.text
            assert "BEGIN PRIVATE" not in page.text
        inbox = admin.get("/kotak-masuk").text
        assert "Segera berakhir" in inbox.partition("Perlu perhatian")[2]
