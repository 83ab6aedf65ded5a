"""What is done to the server, each statement safe to be the last one before a kill."""

from __future__ import annotations

from collections.abc import Callable

from psycopg import sql

from tapak.sdk.databases import Database
from tapak.sdk.errors import ProviderError
from tapak_postgresql.client import Client
from tapak_postgresql.standing import LEAVING, MADE, MAKING, Mark, Standing

# Only a superuser may say even "nosuperuser" (PostgreSQL 15); a role that was given such powers by hand is refused.
_ROLE = "login nocreatedb nocreaterole connection limit 100"


class Maker:
    """Makes and removes one database and its role, both called ``name``."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name
        self._at = sql.Identifier(name)

    def make(self, desired: Database, found: Standing | None, password: str, inside: Callable[[], Client]) -> None:
        """Bring database and role to ``desired``, whatever of them stands; ``inside`` enters the database."""
        verifier = sql.Literal(self._client.verifier(password, self._name))
        with self._client.together():
            verb = sql.SQL("alter" if found and found.role else "create")
            self._run(f"{{}} role {{}} {_ROLE} password {{}}", verb, self._at, verifier)
            self._mark(desired, MAKING)
        for role in self._memberships():
            self._run("revoke {} from {}", sql.Identifier(role), self._at)
        # So that the administrator may dump what the site makes, and end its sessions.
        self._run("grant {} to current_user", self._at)
        if not (found and found.exists):
            self._run("create database {} template template0 encoding 'UTF8' allow_connections false", self._at)
        self._run("revoke all on database {} from public", self._at)
        self._run("grant connect, create, temporary on database {0} to {0}", self._at)
        self._run("alter database {} allow_connections true", self._at)
        with inside() as client:
            client.rows(sql.SQL("grant all on schema public to {}").format(self._at))
        self._mark(desired, MADE)

    def remove(self, found: Standing, keep_last: Callable[[], None]) -> None:
        """Take the site's access, keep what it held, then remove it; what can't be kept stays as it was."""
        if found.role:
            with self._client.together():
                self._mark(found.spec, LEAVING)
                self._run("alter role {} nologin", self._at)
            self._client.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (self._name,)
            )
        if found.exists and found.spec.keep_last_dump:
            try:
                self._run("alter database {} allow_connections true", self._at)
                if found.role:
                    self._run("grant {} to current_user", self._at)
                keep_last()
            except ProviderError:
                self._give_back(found)
                raise
        self._run("drop database if exists {} with (force)", self._at)
        self._run("drop role if exists {}", self._at)

    def _give_back(self, found: Standing) -> None:
        if found.role:
            with self._client.together():
                self._run("alter role {} login", self._at)
                self._mark(found.spec, MADE)

    def _memberships(self) -> list[str]:
        query = "select pg_get_userbyid(roleid) from pg_auth_members where pg_get_userbyid(member) = %s order by 1"
        return [role for (role,) in self._client.rows(query, (self._name,))]

    def _mark(self, spec: Database, state: str) -> None:
        self._run("comment on role {} is {}", self._at, sql.Literal(Mark(spec, state).text()))

    def _run(self, statement: str, *parts: sql.Composable) -> None:
        self._client.rows(sql.SQL(statement).format(*parts))
