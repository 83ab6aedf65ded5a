"""Signing in and out in a browser, with sessions as rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update

from tapak.accounts.models import Account, WebSession
from tapak.accounts.service import change_password
from tapak.db.session import Database
from tapak.tenants.models import Tenant

SignIn = Callable[..., Any]
PASSWORD = "kata sandi yang panjang"


def who(client: FlaskClient, **headers: str) -> str | None:
    return client.get("/", headers=headers).json["name"]


def rows(database: Database, tenant: Tenant) -> list[WebSession]:
    with database.begin(tenant.id) as scope:
        return list(scope.scalars(select(WebSession)))


def test_signs_in_and_out(
    sign_in: SignIn, client: FlaskClient, account: Account, database: Database, tenant: Tenant
) -> None:
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (302, "/")
    assert who(client) == "Staf (contoh)"
    assert len(rows(database, tenant)) == 1
    stolen = client.get_cookie("tapak").value
    csrf = client.get("/").json["csrf"]
    assert client.post("/keluar", data={"csrf_token": csrf}).status_code == 302
    assert who(client) is None
    assert rows(database, tenant) == []
    client.set_cookie("tapak", stolen)
    assert who(client) is None


def test_visitors_leave_no_row_and_no_query(client: FlaskClient, database: Database, tenant: Tenant) -> None:
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert client.get("/plain").headers.getlist("Set-Cookie") == []
    client.get("/keep/sesuatu")
    assert client.get("/kept").text == "sesuatu"
    assert asked == []
    assert rows(database, tenant) == []


def test_a_signed_in_request_finds_session_and_account_in_one_query(
    sign_in: SignIn, client: FlaskClient, account: Account, database: Database
) -> None:
    sign_in(client)
    client.get("/")
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert who(client) == "Staf (contoh)"
    assert len([statement for statement in asked if not statement.startswith("begin")]) == 1


def test_signing_in_changes_the_token_and_the_csrf_token(
    sign_in: SignIn, client: FlaskClient, account: Account
) -> None:
    before = client.get("/").json["csrf"]
    planted = client.get_cookie("tapak").value
    sign_in(client)
    assert client.get_cookie("tapak").value != planted
    assert client.post("/keluar", data={"csrf_token": before}).status_code == 400
    assert who(client) == "Staf (contoh)"


def test_content_survives_signing_in_and_is_kept_with_the_row(
    sign_in: SignIn, client: FlaskClient, account: Account
) -> None:
    client.get("/keep/awal")
    sign_in(client)
    assert client.get("/kept").text == "awal"
    client.get("/keep/akhir")
    assert client.get("/kept").text == "akhir"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("staf@contoh.go.id", "salah sama sekali"),
        ("staf@contoh.go.id", PASSWORD + " "),
        ("lain@contoh.go.id", PASSWORD),
        ("bukan alamat", PASSWORD),
        ("staf@contoh.go.id\x00", PASSWORD),
        ("staf@contoh.go.id", "x" * 100_000),
        ("' or 1=1 --@contoh.go.id", PASSWORD),
    ],
)
def test_wrong_sign_ins_look_alike(
    sign_in: SignIn, client: FlaskClient, account: Account, email: str, password: str
) -> None:
    answer = sign_in(client, password, email)
    assert answer.status_code == 200
    assert "Surel atau kata sandi salah." in answer.text
    assert who(client) is None


def test_a_sign_in_without_the_forms_token_is_refused(client: FlaskClient, account: Account) -> None:
    client.post("/masuk", data={"email": account.email, "password": PASSWORD})
    assert who(client) is None


def test_no_remember_cookie_and_no_stateless_token(client: FlaskClient, account: Account) -> None:
    csrf = client.get("/").json["csrf"]
    form = {"email": account.email, "password": PASSWORD, "csrf_token": csrf, "remember": "y"}
    answer = client.post("/masuk?include_auth_token", data=form)
    assert [cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")] == ["tapak"]
    answered = client.post(
        "/masuk?include_auth_token",
        json={"email": account.email, "password": PASSWORD},
        headers={"X-CSRFToken": client.get("/").json["csrf"]},
    )
    token = ((answered.json or {}).get("response", {}).get("user", {}) or {}).get("authentication_token", "none")
    fresh = client.application.test_client()
    assert who(fresh, **{"Authentication-Token": token}) is None


def test_another_tenant_knows_neither_the_account_nor_the_session(
    sign_in: SignIn, client: FlaskClient, account: Account
) -> None:
    assert "salah" in sign_in(client, **{"X-Tenant": "lain"}).text
    sign_in(client)
    cookie = client.get_cookie("tapak").value
    other = client.application.test_client()
    other.set_cookie("tapak", cookie)
    assert who(other, **{"X-Tenant": "lain"}) is None
    client.get("/")
    assert who(client) == "Staf (contoh)"


def test_a_visitors_cookie_of_one_tenant_is_nothing_at_another(client: FlaskClient) -> None:
    client.get("/keep/rahasia")
    assert client.get("/kept", headers={"X-Tenant": "lain"}).text == "None"


def test_a_forged_cookie_is_nobody_and_is_taken_away(client: FlaskClient, account: Account) -> None:
    for forged in ("x", "a.b.c", "é" * 10, "x" * 4000, ".", "%00"):
        client.set_cookie("tapak", forged)
        answer = client.get("/plain")
        assert answer.status_code == 200
        assert "tapak=;" in answer.headers.get("Set-Cookie", "")


@pytest.mark.parametrize("column", ["expires_at", "seen_at"])
def test_a_session_ends_by_itself(
    sign_in: SignIn, client: FlaskClient, account: Account, database: Database, tenant: Tenant, column: str
) -> None:
    sign_in(client)
    back = {"expires_at": timedelta(hours=24), "seen_at": timedelta(hours=8, minutes=1)}[column]
    with database.begin(tenant.id) as scope:
        scope.execute(update(WebSession).values({column: getattr(WebSession, column) - back}))
    assert who(client) is None


def test_a_use_is_noted_once_a_minute(
    sign_in: SignIn, client: FlaskClient, account: Account, database: Database, tenant: Tenant
) -> None:
    sign_in(client)
    first = rows(database, tenant)[0].seen_at
    who(client)
    assert rows(database, tenant)[0].seen_at == first
    with database.begin(tenant.id) as scope:
        scope.execute(update(WebSession).values(seen_at=func.now() - timedelta(minutes=5)))
    who(client)
    assert rows(database, tenant)[0].seen_at > first


def test_a_new_password_ends_every_session(
    sign_in: SignIn, client: FlaskClient, account: Account, database: Database, tenant: Tenant
) -> None:
    sign_in(client)
    elsewhere = client.application.test_client()
    sign_in(elsewhere)
    with database.begin(tenant.id) as scope:
        change_password(scope, scope.merge(account), "kata sandi yang baru")
    assert who(client) is None
    assert who(elsewhere) is None
    sign_in(client, "kata sandi yang baru")
    assert who(client) == "Staf (contoh)"


def test_an_account_that_is_switched_off_is_out_at_once(
    sign_in: SignIn, client: FlaskClient, account: Account, database: Database, tenant: Tenant
) -> None:
    sign_in(client)
    with database.begin(tenant.id) as scope:
        scope.execute(update(Account).values(active=False))
    assert who(client) is None
    assert "salah" in sign_in(client).text


def test_ten_failures_close_the_account_to_one_network_for_a_while(
    sign_in: SignIn, client: FlaskClient, account: Account
) -> None:
    for _ in range(10):
        assert "salah" in sign_in(client, "salah sama sekali").text
    assert "Terlalu banyak percobaan" in sign_in(client).text
    assert who(client) is None
    elsewhere = client.application.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    sign_in(elsewhere)
    assert who(elsewhere) == "Staf (contoh)"


def test_cookie_attributes(make_app: Callable[..., Flask], account: Account) -> None:
    browser = make_app(secure=True).test_client()
    csrf = browser.get("/", base_url="https://localhost").json["csrf"]
    form = {"email": account.email, "password": PASSWORD, "csrf_token": csrf}
    answer = browser.post("/masuk", data=form, base_url="https://localhost", headers={"Referer": "https://localhost/"})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-tapak=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert "Cookie" in answer.headers["Vary"]
