"""No secret in any log, in what a refusal says, or in what the demo tells."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapak.demo.walk import API
from tapak.testing.deployment import Deployment


@pytest.fixture
def secrets(deployment: Deployment) -> dict[str, str]:
    """What nobody may read, by what it is."""
    stack = deployment.stack
    identities = [line for line in stack.identities.read_text().splitlines() if line.startswith("AGE-SECRET-KEY")]
    assert len(identities) == 2
    known = {
        "TSIG key": stack.bind.key_secret,
        "Redis password": stack.redis.url.partition("@")[0].rpartition(":")[2],
        "secret key": stack.environment["TAPAK_SECRET_KEY"],
        **{f"identity {number}": identity for number, identity in enumerate(identities)},
        **{f"password of {email}": password for email, password in deployment.passwords.items()},
    }
    for slug, tokens in deployment.tokens.items():
        known.update({f"token of {email} at {slug}": token for email, token in tokens.items()})
    assert all(len(secret) > 10 for secret in known.values())
    return known


def logs(deployment: Deployment) -> Iterator[Path]:
    home = deployment.stack.home
    yield from home.rglob("*.log")


def test_logs_hold_no_secret(deployment: Deployment, secrets: dict[str, str]) -> None:
    case = deployment.case()
    case.to("provision")
    _provoke(deployment)
    deployment.stack.bind.daemon.send(signal.SIGSTOP)
    case.begin()
    case.wait(lambda: case.resources()["site"]["state"] == "live", "the site to be live")
    deployment.stack.bind.daemon.send(signal.SIGCONT)
    case.to_end()
    read = [place for place in logs(deployment) if place.stat().st_size]
    assert {"web.log", "work.log", "relay.log"} <= {place.name for place in deployment.stack.home.rglob("*.log")}
    assert read
    found = []
    for place in read:
        content = place.read_bytes()
        found += [(place.name, what) for what, secret in secrets.items() if secret.encode() in content]
    assert found == []


def _provoke(deployment: Deployment) -> None:
    """Calls that are refused or broken with secrets in them."""
    email = deployment.one.admin()
    password = deployment.passwords[email]
    with deployment.caller() as caller:
        for body in ({"email": email, "password": password, "more": 1}, {"email": 5, "password": password}):
            assert caller.post("/session", json=body).status_code == 422
        assert caller.post("/session", content=json.dumps({"password": password})[:-1]).status_code in (400, 422)
        bearer = {"Authorization": f"Bearer {deployment.token(email)}"}
        for path in ("/requests/999999999", "/nowhere", "/requests?limit=x", "/names/x%00/%00", "/requests?q=%00"):
            assert caller.get(path, headers=bearer).status_code in (200, 404, 422)


def test_what_a_refusal_says_holds_no_secret(deployment: Deployment, secrets: dict[str, str]) -> None:
    email = deployment.one.admin()
    told = []
    with deployment.caller(email) as caller:
        bad = {"email": email, "password": [deployment.passwords[email]]}
        told += [caller.post("/session", json=bad), caller.get("/tasks/1%00"), caller.get("/requests?before=x")]
        told += [caller.post("/requests", content=b"{" + deployment.token(email).encode())]
        told += [caller.get(f"http://127.0.0.1:{deployment.stack.port}{API}/openapi.json")]
    for answer in told:
        assert [what for what, secret in secrets.items() if secret in answer.text] == []


def test_connections_are_sealed_in_the_database(deployment: Deployment, secrets: dict[str, str]) -> None:
    with deployment.stack.postgresql.connect("tapak") as connection:
        rows = connection.execute("select settings::text, sealed from connection").fetchall()
        audited = connection.execute("select content::text || summary from audit_event").fetchall()
        journal = connection.execute("select coalesce(spec::text, '') || detail from journal_entry").fetchall()
    assert any(sealed for _settings, sealed in rows)
    for text in [str(row) for row in [*rows, *audited, *journal]]:
        assert [what for what, secret in secrets.items() if secret in text] == []


def test_what_only_we_may_read_is_ours_alone(deployment: Deployment) -> None:
    home = deployment.stack.home
    for name in ("identities.txt", "secret_key", "redis/password", "bind/state.json", "bind/rndc.conf"):
        assert (home / name).stat().st_mode & 0o077 == 0, name
    web = next(process for process in deployment.stack.processes() if process.name == "web")
    environment = Path(f"/proc/{web.pid()}/environ").read_bytes()
    assert b"TAPAK_IDENTITIES" not in environment
    assert b"TAPAK_OWNER_URL" not in environment
