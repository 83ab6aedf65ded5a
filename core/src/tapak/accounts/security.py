"""Signing in and out by Flask-Security, on the tenant's own accounts and with our throttling.

Flask-Security brings the pages' flow, its form and the current user. Roles aren't used: ``policy`` says who may do
what. Its stateless tokens are off, since they would outlive a logout; REST's bearer tokens are sessions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, cast

from flask import Flask, request, session
from flask_security import RoleMixin, Security, SQLAlchemySessionUserDatastore, UserMixin
from flask_security.forms import LoginForm
from sqlalchemy.orm import Session, scoped_session
from werkzeug.local import LocalProxy
from wtforms import EmailField, PasswordField, SubmitField  # type: ignore[import-untyped]
from wtforms.validators import InputRequired  # type: ignore[import-untyped]

from tapak.accounts.flask_sessions import ServerSessions, TapakSession
from tapak.accounts.models import Account
from tapak.accounts.service import SignInFailed, TooManySignIns, sign_in

SIGN_IN_URL, SIGN_OUT_URL = "/masuk", "/keluar"

SETTINGS: dict[str, Any] = {
    "SECURITY_LOGIN_URL": SIGN_IN_URL,
    "SECURITY_LOGOUT_URL": SIGN_OUT_URL,
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_LOGOUT_CSRF": True,
    "SECURITY_POST_LOGIN_VIEW": "/",
    "SECURITY_POST_LOGOUT_VIEW": "/",
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_JOIN_USER_ROLES": False,
    "SECURITY_FLASH_MESSAGES": False,
    "SECURITY_DEFAULT_REMEMBER_ME": False,
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
}


class Accounts(SQLAlchemySessionUserDatastore):
    """Flask-Security's accounts, from the request's database session in its tenant's scope."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> UserMixin | None:
        """The account; the one that came with the session's row costs no query."""
        found = session.found if isinstance(session._get_current_object(), TapakSession) else None  # type: ignore[attr-defined]
        if found is not None and kwargs == {"fs_uniquifier": found.account.fs_uniquifier}:
            return found.account
        return super().find_user(case_insensitive, **kwargs)


def install(app: Flask, scope: Callable[[], Session], today: Callable[[], date], *, secure: bool) -> Security:
    """Give ``app`` sign-in, sign-out and server-side sessions.

    ``scope`` gives the request's database session, ``today`` the tenant's local day; ``secure`` is off only where there
    is no TLS (the demo). The app sets ``SECRET_KEY``, protects forms by ``CSRFProtect`` and brings the template
    ``security/login_user.html``.
    """
    for name, value in SETTINGS.items():
        app.config.setdefault(name, value)
    app.session_interface = ServerSessions(scope, today, secure=secure)
    security = Security(
        app, Accounts(cast("scoped_session[Any]", LocalProxy(scope)), Account, RoleMixin), login_form=_form(scope)
    )
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    app.login_manager.session_protection = None  # type: ignore[attr-defined]
    return security


def _form(scope: Callable[[], Session]) -> type[LoginForm]:
    class SignInForm(LoginForm):
        email = EmailField("Surel", [InputRequired("Isi surel.")], render_kw={"autocomplete": "username"})
        password = PasswordField(
            "Kata sandi", [InputRequired("Isi kata sandi.")], render_kw={"autocomplete": "current-password"}
        )
        remember = None
        submit = SubmitField("Masuk")

        def validate(self, **kwargs: Any) -> bool:
            if not super(LoginForm, self).validate(**kwargs):
                return False
            try:
                self.user = sign_in(scope(), self.email.data or "", self.password.data or "", request.remote_addr or "")
            except (SignInFailed, TooManySignIns) as problem:
                self.form_errors = [problem.message]
                return False
            return True

    return SignInForm
