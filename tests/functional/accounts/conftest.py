"""A small application with sign-in, over the real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask, g, request, session
from flask.testing import FlaskClient
from flask_security import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from jinja2 import DictLoader
from sqlalchemy.orm import Session

from tapak.accounts import security
from tapak.accounts.models import Account
from tapak.accounts.service import create_account
from tapak.db.session import Database
from tapak.tenants.models import Tenant

PASSWORD = "kata sandi yang panjang"
PAGE = "{{ login_user_form.form_errors }} {{ login_user_form.errors }} {{ login_user_form.email() }}"


@pytest.fixture
def account(database: Database, tenant: Tenant) -> Account:
    """An account of ``tenant``."""
    with database.begin(tenant.id) as scope:
        return create_account(scope, email="Staf@contoh.go.id", password=PASSWORD, name="Staf (contoh)")


@pytest.fixture
def make_app(database: Database, tenant: Tenant, other_tenant: Tenant) -> Callable[..., Flask]:
    """An application with sign-in: the header ``X-Tenant`` stands for the host."""

    def make(*, secure: bool = False) -> Flask:
        app = Flask("trial")
        app.jinja_loader = DictLoader({"security/login_user.html": PAGE})
        app.config.update(SECRET_KEY="a secret of the test", TESTING=True)
        tenants = {each.slug: each.id for each in (tenant, other_tenant)}

        def scope() -> Session:
            if "scope" not in g:
                g.scope = database.session(tenants[request.headers.get("X-Tenant", tenant.slug)])
            return g.scope

        @app.teardown_request
        def close(_error: BaseException | None) -> None:
            if "scope" in g:
                g.pop("scope").close()

        security.install(app, scope, lambda: date(2026, 1, 2), secure=secure)
        CSRFProtect(app)

        @app.get("/")
        def who() -> dict[str, Any]:
            return {"name": current_user.name if current_user.is_authenticated else None, "csrf": generate_csrf()}

        @app.get("/plain")
        def plain() -> str:
            return "plain"

        @app.get("/keep/<value>")
        def keep(value: str) -> str:
            session["kept"] = value
            return value

        @app.get("/kept")
        def kept() -> str:
            return str(session.get("kept"))

        return app

    return make


@pytest.fixture
def client(make_app: Callable[..., Flask]) -> FlaskClient:
    """A browser without a session."""
    return make_app().test_client()


@pytest.fixture
def password() -> str:
    """What ``account`` signs in with."""
    return PASSWORD


@pytest.fixture
def sign_in() -> Callable[..., Any]:
    """Fill in the form and send it."""

    def send(client: FlaskClient, password: str = PASSWORD, email: str = "staf@contoh.go.id", **headers: str) -> Any:
        token = client.get("/", headers=headers).json["csrf"]
        form = {"email": email, "password": password, "csrf_token": token}
        return client.post("/masuk", data=form, headers=headers)

    return send
