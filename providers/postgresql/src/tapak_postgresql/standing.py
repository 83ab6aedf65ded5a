"""What stands at the server: roles with their marks, their databases, and whether all is as it should be.

A site's role carries a mark in its comment (JSON): the spec as it was asked for, and ``state``. ``making`` and
``leaving`` stand there while an act goes on, so that after a kill the next one knows that what it finds half done is
ours. Role and mark come in one transaction; the site can change neither. The database belongs to the administrator's
role, so that a site can't drop or rename it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from tapak.sdk.databases import Database, check_database, server_name
from tapak.sdk.errors import Invalid
from tapak_postgresql.client import Client

MADE, MAKING, LEAVING = "made", "making", "leaving"
ENGINE = "postgresql"

_DATABASES = (
    "select datname, lower(pg_encoding_to_char(encoding)), pg_get_userbyid(datdba) = current_user and datallowconn"
    " and not has_database_privilege('public', oid, 'connect')"
    " from pg_database where datname = any(%s)"
)
_ROLES = (
    "select rolname, shobj_description(oid, 'pg_authid'), rolcanlogin and not (rolsuper or rolcreatedb"
    " or rolcreaterole or rolreplication or rolbypassrls)"
    " and not exists (select 1 from pg_auth_members where member = pg_roles.oid)"
    " from pg_roles where rolname = any(%s)"
)
_RIGHTS = (
    "select datname, has_database_privilege(rolname, datname, 'connect')"
    " and has_database_privilege(rolname, datname, 'create')"
    " from pg_database join pg_roles on rolname = datname where datname = any(%s)"
)


@dataclass(frozen=True)
class Mark:
    """What a role's comment says."""

    spec: Database
    state: str

    def text(self) -> str:
        """The comment."""
        return json.dumps({"tapak": 1, "state": self.state, "spec": asdict(self.spec)}, ensure_ascii=False)


@dataclass(frozen=True)
class Standing:
    """What stands under one name. ``mark`` None: nobody's that we know; ``sound``: as we make it."""

    spec: Database
    mark: Mark | None
    exists: bool
    role: bool
    sound: bool

    @property
    def observed(self) -> Database:
        """The spec that the diff compares: what is wrong with a finished one shows as rotation 0, nobody's password."""
        if self.mark is None or (self.mark.state == MADE and not self.sound):
            return replace(self.spec, rotation=0)
        return self.spec


def read_mark(comment: str | None) -> Mark | None:
    """The mark in a comment; None where it isn't ours."""
    try:
        told = json.loads(comment or "")
        spec = check_database(Database(**told["spec"]), ENGINE)
    except (ValueError, TypeError, KeyError, AttributeError, Invalid):
        return None
    return Mark(spec, told["state"]) if told.get("state") in (MADE, MAKING, LEAVING) else None


def standing(
    client: Client, specs: Sequence[Database], prefix: str, opens: Callable[[Database], bool]
) -> dict[str, Standing]:
    """What stands, by identity; what doesn't is left out. ``opens`` tries the password that a spec asks for."""
    names = {server_name(prefix, spec): spec for spec in specs}
    asked = (list(names),)
    databases = {name: (charset, sound) for name, charset, sound in client.rows(_DATABASES, asked)}
    roles = {name: (comment, sound) for name, comment, sound in client.rows(_ROLES, asked)}
    rights = {name for name, enough in client.rows(_RIGHTS, asked) if enough}
    found = {}
    for name, spec in names.items():
        if name not in databases and name not in roles:
            continue
        comment, role = roles.get(name, (None, False))
        charset, database = databases.get(name, (spec.charset, False))
        mark = read_mark(comment)
        mark = mark if mark and mark.spec.identity == spec.identity else None
        known = replace(mark.spec if mark else Database(ENGINE, spec.name), charset=charset)
        sound = role and database and name in rights
        finished = mark is not None and mark.state == MADE
        found[spec.identity] = Standing(
            spec=known,
            mark=mark,
            exists=name in databases,
            role=name in roles,
            sound=sound and finished and opens(known),
        )
    return found
