"""Flask's session, kept on the server once somebody has signed in.

Before that it is a signed cookie, so that visitors leave no rows. Signing in opens a new session under a new token,
and signing out ends it; the cookie holds nothing but the token.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin, session_json_serializer
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import CallbackDict

from tapak.accounts import sessions
from tapak.accounts.models import Account
from tapak.accounts.sessions import Found
from tapak.db.session import TENANT

T = TypeVar("T")

IDENTITY = "_user_id"
CSRF_TOKEN = "csrf_token"  # noqa: S105
SIGNED = "."
STATIC = "/static/"
ONE_DAY = 24 * 60 * 60


class TapakSession(CallbackDict[str, Any], SessionMixin):
    """One request's session. ``found`` is its row with the account, None while nobody is signed in."""

    def __init__(
        self, content: Mapping[str, Any] | None = None, *, token: str = "", found: Found | None = None
    ) -> None:
        def on_update(changed: Any) -> None:
            changed.modified = True

        super().__init__(content or {}, on_update)
        self.modified = False
        self.token = token
        self.found = found
        self.identity = self.get(IDENTITY) if found else None


class ServerSessions(SessionInterface):
    """Sessions of tenants' accounts.

    ``scope`` gives the request's database session, in its tenant's scope; ``today`` the tenant's local day.

    The cookie is ``__Host-tapak`` where ``secure``, so that no site under the same zone can plant one.
    """

    def __init__(self, scope: Callable[[], Session], today: Callable[[], date], *, secure: bool) -> None:
        self._scope = scope
        self._today = today
        self._secure = secure
        self.cookie = "__Host-tapak" if secure else "tapak"

    def open_session(self, app: Flask, request: Request) -> TapakSession:
        """The session that the request's cookie means; an empty one for none, an ended or a forged one."""
        value = request.cookies.get(self.cookie, "")
        if not value or STATIC in request.path:
            return TapakSession()
        if SIGNED in value:
            return TapakSession(self._read_signed(app, value), token=value)
        scope = self._scope()
        found = sessions.find(scope, value, self._today())
        if found is None:
            return TapakSession(token=value)
        if found.unseen:
            sessions.note(scope, found)
            scope.commit()
        return TapakSession(_from_json(found.row.content), token=value, found=found)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed; what the request left uncommitted is rolled back first."""
        if not isinstance(session, TapakSession):
            return
        response.vary.add("Cookie")
        identity = session.get(IDENTITY)
        if identity is not None and identity != session.identity:
            self._set_cookie(response, self._begin(session, identity))
        elif identity is not None and session.found is not None:
            if session.modified:
                row, content = session.found.row, _to_json(session)
                self._write(lambda scope: sessions.keep(scope, row, content))
        else:
            self._save_anonymous(app, session, response)

    def _begin(self, session: TapakSession, identity: str) -> str:
        session.pop(CSRF_TOKEN, None)

        def begin(scope: Session) -> str:
            if session.found is not None:
                sessions.end(scope, session.token)
            account = scope.scalars(select(Account).where(Account.fs_uniquifier == identity)).one()
            return sessions.open_session(scope, account, content=_to_json(session)).token

        return self._write(begin)

    def _save_anonymous(self, app: Flask, session: TapakSession, response: Response) -> None:
        ended = session.found is not None
        if ended:
            self._write(lambda scope: sessions.end(scope, session.token))
        if session and (session.modified or ended):
            self._set_cookie(response, self._signer(app).dumps(dict(session)))
        elif session.token and not session:
            response.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def _write(self, act: Callable[[Session], T]) -> T:
        scope = self._scope()
        scope.rollback()
        done = act(scope)
        scope.commit()
        return done

    def _set_cookie(self, response: Response, value: str) -> None:
        response.set_cookie(self.cookie, value, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def _read_signed(self, app: Flask, value: str) -> dict[str, Any]:
        try:
            content = self._signer(app).loads(value, max_age=ONE_DAY)
        except BadSignature:
            return {}
        return {name: held for name, held in content.items() if name != IDENTITY}

    def _signer(self, app: Flask) -> URLSafeTimedSerializer:
        salt = f"tapak-visitor-{self._scope().info[TENANT]}"
        return URLSafeTimedSerializer(app.secret_key or "", salt=salt, serializer=session_json_serializer)


def _to_json(session: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(session_json_serializer.dumps(dict(session))))


def _from_json(content: Mapping[str, Any]) -> dict[str, Any]:
    return dict(session_json_serializer.loads(json.dumps(content)))
