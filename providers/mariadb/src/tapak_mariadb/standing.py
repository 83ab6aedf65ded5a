"""What stands at the server: databases, their marks, and whether their users are as they should be.

A database of ours carries a mark in its comment (JSON, MariaDB 10.5): the spec as it was asked for, and ``state``.
``making`` and ``leaving`` stand there while an act goes on, so that after a kill the next one knows that what it finds
half done is ours. The site's own user can change the mark: it is checked like input, and a wrong one shows as drift.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tapak.sdk.databases import Database, check_database, derive_password, server_name
from tapak.sdk.errors import Invalid
from tapak_mariadb.client import Client, native_hash, pattern

MADE, MAKING, LEAVING = "made", "making", "leaving"
ENGINE = "mariadb"
LONGEST = 1024
BEYOND = 0x10000

_SCHEMATA = (
    "select schema_name, default_character_set_name, schema_comment from information_schema.schemata"
    " where schema_name in %s"
)
_USERS = "select user, priv from mysql.global_priv where user in %s and host = %s"
# Of the rights in a row of mysql.db, those without which a site can't work.
_GRANTS = (
    "select user, db, concat(select_priv, insert_priv, update_priv, delete_priv, create_priv, drop_priv, alter_priv,"
    " index_priv, references_priv, lock_tables_priv) = 'YYYYYYYYYY'"
    " from mysql.db where user in %s and host = %s"
)
_ROLES = "select user from mysql.roles_mapping where user in %s and host = %s"


@dataclass(frozen=True)
class Mark:
    """What a database's comment says."""

    spec: Database
    state: str

    def text(self) -> str:
        """The comment. The server keeps 1,024 characters of three bytes at most, so that others are escaped.

        Raises:
            Invalid: it doesn't fit.
        """
        text = json.dumps({"tapak": 1, "state": self.state, "spec": asdict(self.spec)}, ensure_ascii=False)
        escaped = "".join(each if ord(each) < BEYOND else json.dumps(each)[1:-1] for each in text)
        if len(escaped) > LONGEST:
            raise Invalid("Nama pemilik terlalu panjang untuk server ini.", log="the mark doesn't fit into a comment")
        return escaped


@dataclass(frozen=True)
class Standing:
    """What stands under one name. ``mark`` None: nobody's that we know; ``sound`` is about its user."""

    spec: Database
    mark: Mark | None
    exists: bool
    user: bool
    sound: bool
    excess: bool

    @property
    def observed(self) -> Database:
        """The spec that the diff compares: what is wrong with a finished one shows as rotation 0, nobody's password."""
        if self.mark is None or (self.mark.state == MADE and not (self.exists and self.sound)):
            return replace(self.spec, rotation=0)
        return self.spec


def read_mark(comment: str) -> Mark | None:
    """The mark in a comment; None where it isn't ours."""
    try:
        told = json.loads(comment)
        spec = check_database(Database(**told["spec"]), ENGINE)
    except (ValueError, TypeError, KeyError, AttributeError, Invalid):
        return None
    return Mark(spec, told["state"]) if told.get("state") in (MADE, MAKING, LEAVING) else None


def standing(client: Client, specs: Sequence[Database], prefix: str, client_host: str, key: str) -> dict[str, Standing]:
    """What stands, by identity; what doesn't is left out."""
    names = {server_name(prefix, spec): spec for spec in specs}
    if not names:
        return {}
    asked = (list(names), client_host)
    schemata = {name: (charset, comment) for name, charset, comment in client.rows(_SCHEMATA, (list(names),))}
    users = {user: json.loads(told) for user, told in client.rows(_USERS, asked)}
    grants: dict[str, dict[str, bool]] = {}
    for user, database, enough in client.rows(_GRANTS, asked):
        grants.setdefault(user, {})[database] = bool(enough)
    roles = {user for (user,) in client.rows(_ROLES, asked)}
    found = {}
    for name, spec in names.items():
        if name in schemata or name in users:
            mark = read_mark(schemata[name][1]) if name in schemata else None
            known = mark.spec if mark and mark.spec.identity == spec.identity else Database(ENGINE, spec.name)
            known = replace(known, charset=schemata[name][0] if name in schemata else known.charset)
            user = users.get(name)
            own = grants.get(name, {})
            excess = bool(user and user.get("access")) or bool(own.keys() - {pattern(name)}) or name in roles
            found[spec.identity] = Standing(
                spec=known,
                mark=mark if mark and mark.spec.identity == spec.identity else None,
                exists=name in schemata,
                user=user is not None,
                sound=_opens(user, derive_password(key, known)) and own.get(pattern(name), False) and not excess,
                excess=excess,
            )
    return found


def _opens(user: Mapping[str, Any] | None, password: str) -> bool:
    return (
        user is not None
        and not user.get("account_locked")
        and user.get("plugin") == "mysql_native_password"
        and user.get("authentication_string") == native_hash(password)
    )
