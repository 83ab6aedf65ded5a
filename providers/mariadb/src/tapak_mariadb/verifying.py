"""Whether a site gets in with what it was given, and sees nothing else; and whether one that left is kept out."""

from __future__ import annotations

import time
from collections.abc import Callable

from tapak.sdk.databases import Database
from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Probe, Verification
from tapak_mariadb.client import SYSTEM, Client, Login, Server

INTERVAL = 0.1


def present(server: Server, spec: Database, login: Login, name: str, deadline: float) -> Verification:
    """Log in as the site's user until its database is there, and alone, or the deadline passes."""
    return _poll(spec.identity, lambda: _entered(server, spec, login, name, deadline), deadline)


def gone(server: Server, spec: Database, administrator: Login, name: str, deadline: float) -> Verification:
    """Ask as the administrator until neither database nor user is there or the deadline passes."""
    return _poll(spec.identity, lambda: _left(server, administrator, name, deadline), deadline)


def _poll(identity: str, look: Callable[[], tuple[Probe, ...]], deadline: float) -> Verification:
    while True:
        seen = Verification(identity, look())
        if seen.live or time.monotonic() + INTERVAL > deadline:
            return seen
        time.sleep(INTERVAL)


def _entered(server: Server, spec: Database, login: Login, name: str, deadline: float) -> tuple[Probe, ...]:
    enters, sees = f"masuk sebagai {name}", f"hanya melihat {name} ({spec.charset})"
    try:
        with Client(server, login, timeout=_left_of(deadline), database=name) as client:
            ((charset,),) = client.rows("select @@character_set_database")
            seen = sorted({row[0] for row in client.rows("show databases")} - SYSTEM)
            client.rows("create temporary table tapak_check (id int)")
    except ProviderError as problem:
        return (Probe(str(server), enters, problem.message, False),)
    told = f"hanya melihat {', '.join(seen)} ({charset})"
    return (Probe(str(server), enters, enters, True), Probe(str(server), sees, told, told == sees))


def _left(server: Server, administrator: Login, name: str, deadline: float) -> tuple[Probe, ...]:
    try:
        with Client(server, administrator, timeout=_left_of(deadline)) as client:
            here = client.rows("select 1 from information_schema.schemata where schema_name = %s", (name,))
            user = client.rows("select 1 from mysql.global_priv where user = %s", (name,))
    except ProviderError as problem:
        return (Probe(str(server), "", problem.message, False),)
    told = " dan ".join(what for what, found in (("basis data", here), ("pengguna", user)) if found)
    return (Probe(str(server), "", f"{told} {name} masih ada" if told else "", not told),)


def _left_of(deadline: float) -> float:
    return max(0.2, deadline - time.monotonic())
