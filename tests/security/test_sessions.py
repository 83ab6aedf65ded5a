"""Sessions end where they are said to end, and are worth nothing anywhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from tapak.demo.stack import DATABASE
from tapak.demo.walk import API
from tapak.testing.deployment import Agency, Deployment

TOKEN = re.compile(r'name="?csrf_token"?[^>]*value="([^"]+)"')


def owner(deployment: Deployment, statement: str, *given: object) -> None:
    with psycopg.connect(deployment.stack.postgresql.dsn("tapak_owner", DATABASE), autocommit=True) as connection:
        assert connection.execute(statement, given).rowcount > 0


@contextmanager
def in_browser(deployment: Deployment, agency: Agency, email: str) -> Iterator[httpx.Client]:
    """A browser that has signed in."""
    with deployment.browser(agency) as browser:
        page = browser.get("/masuk")
        form = {"email": email, "password": deployment.passwords[email], "csrf_token": TOKEN.findall(page.text)[0]}
        origin = {"Origin": f"http://{browser.headers['Host']}"}
        assert browser.post("/masuk", data=form, headers=origin).status_code in (302, 303)
        assert knows(browser)
        yield browser


def knows(browser: httpx.Client) -> bool:
    """Whether the site knows who is there."""
    return browser.get(f"{API}/session").status_code == 200


def test_a_copied_cookie_after_signing_out(deployment: Deployment) -> None:
    email = deployment.one.who("dispose")
    with in_browser(deployment, deployment.one, email) as browser, deployment.browser() as thief:
        thief.cookies = httpx.Cookies(browser.cookies)
        assert knows(thief)
        page = browser.get("/", follow_redirects=True)
        origin = {"Origin": f"http://{browser.headers['Host']}"}
        out = browser.post("/keluar", data={"csrf_token": TOKEN.findall(page.text)[0]}, headers=origin)
        assert out.status_code in (302, 303), out.text[:500]
        assert not knows(browser)
        assert not knows(thief)
        assert thief.get("/", follow_redirects=False).status_code in (200, 302, 303)
        assert deployment.passwords[email] not in thief.get("/").text


def test_a_cookie_at_another_tenant_s_host(deployment: Deployment) -> None:
    with (
        in_browser(deployment, deployment.one, deployment.one.who("dispose")) as browser,
        deployment.browser(deployment.other) as elsewhere,
    ):
        elsewhere.cookies = httpx.Cookies(browser.cookies)
        assert not knows(elsewhere)
        assert knows(browser)


def test_a_token_at_another_tenant_s_host(deployment: Deployment) -> None:
    email = deployment.one.who("dispose")
    with deployment.caller(None, deployment.other) as elsewhere:
        elsewhere.headers["Authorization"] = f"Bearer {deployment.token(email)}"
        assert elsewhere.get("/session").status_code == 401
        assert elsewhere.get("/tasks").status_code == 401
        assert elsewhere.delete("/session").status_code in (204, 401)
    with deployment.caller(email) as caller:
        assert caller.get("/session").status_code == 200


@pytest.mark.parametrize("token", ["x", "x" * 5000, "\u00e9", "null", "Bearer", "a b"])
def test_tokens_that_are_none(deployment: Deployment, token: str) -> None:
    with deployment.caller() as caller:
        answer = caller.get("/tasks", headers={"Authorization": f"Bearer {token}".encode()})
        assert answer.status_code in (400, 401), answer.text
        assert len(token) < 9 or token not in answer.text


@pytest.mark.parametrize("how", ["expires_at = now() - interval '1 second'", "seen_at = now() - interval '9 hours'"])
def test_a_session_that_is_over(deployment: Deployment, how: str) -> None:
    email = deployment.one.who("dispose")
    token = deployment.sign_in(email)
    with deployment.caller() as caller:
        caller.headers["Authorization"] = f"Bearer {token}"
        assert caller.get("/tasks").status_code == 200
        owner(deployment, f"update web_session set {how} where token_hash = encode(sha256(%s), 'hex')", token.encode())
        answer = caller.get("/tasks")
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


def test_an_account_that_is_switched_off(deployment: Deployment) -> None:
    email = deployment.other.applicants()[-1]
    token = deployment.sign_in(email, deployment.other)
    where = "where email = %s and tenant_id = (select id from tenant where slug = %s)"
    with deployment.caller(None, deployment.other) as caller:
        caller.headers["Authorization"] = f"Bearer {token}"
        owner(deployment, f"update account set active = false {where}", email, deployment.other.slug)
        try:
            assert caller.get("/session").status_code == 401
            given = {"email": email, "password": deployment.passwords[email]}
            assert caller.post("/session", json=given, headers={"Authorization": ""}).status_code == 401
        finally:
            owner(deployment, f"update account set active = true {where}", email, deployment.other.slug)


def test_an_unknown_account_and_a_wrong_password_are_told_alike(deployment: Deployment) -> None:
    with deployment.caller() as caller:
        told = [
            caller.post("/session", json={"email": email, "password": "salah sekali"}).json()
            for email in (deployment.one.admin(), "tidak.ada@contoh.go.id")
        ]
    assert told[0] == told[1]


@pytest.mark.parametrize("password", ["", "x" * 201, "\ud800", "\0", 5, None, ["x"]], ids=ascii)
def test_passwords_that_are_none(deployment: Deployment, password: object) -> None:
    with deployment.caller() as caller:
        content = json.dumps({"email": deployment.one.admin(), "password": password})
        answer = caller.post("/session", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["password"])


def test_an_unsafe_request_from_another_site(deployment: Deployment) -> None:
    with in_browser(deployment, deployment.one, deployment.one.who("submit")) as browser:
        before = len(browser.get(f"{API}/requests").json())
        body = {"service": deployment.one.script.service}
        for headers in (
            {"Origin": "http://evil.test"},
            {"Origin": f"http://{deployment.other.host}:{deployment.stack.port}"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Referer": "http://evil.test/"},
            {},
        ):
            answer = browser.post(f"{API}/requests", json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), headers
        assert len(browser.get(f"{API}/requests").json()) == before
