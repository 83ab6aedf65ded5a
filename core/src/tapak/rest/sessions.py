"""Signing in and out."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.views import MethodView

from tapak.accounts import service as accounts
from tapak.accounts import sessions
from tapak.accounts.policy import person_of
from tapak.http.scope import acting, desk
from tapak.http.signed_in import bearer_token
from tapak.rest import schemas, shapes
from tapak.rest.blueprint import Blueprint
from tapak.sdk.errors import SignInNeeded

blueprint = Blueprint("session", __name__, url_prefix="/session", description="Signing in and out")


@blueprint.route("")
class Session(MethodView):
    """The caller's session."""

    @blueprint.arguments(schemas.SignIn)
    @blueprint.response(201, schemas.SessionOpened)
    def post(self, given: dict[str, str]) -> dict[str, Any]:
        """Sign in; gives a bearer token"""
        with acting() as at:
            account = accounts.sign_in(at.session, given["email"], given["password"], request.remote_addr or "")
            opened = sessions.open_session(at.session, account, "token")
            who = person_of(at.session, account, at.today)
        return {"token": opened.token, "expires_at": opened.expires_at, "person": shapes.person(who)}

    @blueprint.response(200, schemas.Person)
    def get(self) -> dict[str, Any]:
        """Who is signed in"""
        return shapes.person(desk().somebody)

    @blueprint.response(204)
    def delete(self) -> None:
        """Sign out: the bearer token is worth nothing from now on"""
        token = bearer_token()
        if not token:
            raise SignInNeeded("Tidak ada sesi yang diakhiri.", log="no bearer token")
        with acting() as at:
            sessions.end(at.session, token)
