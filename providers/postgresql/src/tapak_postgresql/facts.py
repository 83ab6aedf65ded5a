"""Figures for reviewers and usage reports: how much a server holds, and each site's databases against their limits."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from tapak.sdk.databases import Database
from tapak.sdk.resources import Fact
from tapak_postgresql.client import Client, Server
from tapak_postgresql.standing import read_mark

SOURCE = "database"
FULL = 80
"""Percent of its limit from which on a database is told as nearly full."""

_SIZES = (
    "select shobj_description(pg_roles.oid, 'pg_authid'), pg_database_size(pg_database.oid)"
    " from pg_database join pg_roles on rolname = datname"
    " where starts_with(datname, %s) and pg_get_userbyid(datdba) = current_user order by datname"
)
_TABLES = "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"


def told(client: Client, server: Server, prefix: str, names: Sequence[str]) -> list[Fact]:
    """Every figure; sizes in MiB on the disk."""
    held = []
    for comment, size in client.rows(_SIZES, (prefix,)):
        mark = read_mark(comment)
        if mark is not None:
            held.append((mark.spec, int(size)))
    full = [spec.name for spec, size in held if spec.size_limit and size * 100 >= spec.size_limit * FULL]
    rows = [
        _count(server, str(len(held))),
        _total(server, _mib(sum(size for _, size in held))),
        _full(server, ", ".join(full) or "tidak ada"),
    ]
    asked = {name.rstrip(".").lower() for name in names}
    return rows + [fact for spec, size in held if spec.site and spec.site in asked for fact in _of(spec, size)]


def unknown(server: Server, problem: str) -> list[Fact]:
    """The same figures without a value."""
    empty = (_count(server, None), _total(server, None), _full(server, None))
    return [Fact(row.key, row.label, None, SOURCE, row.unit, problem) for row in empty]


def row_counts(client: Client) -> dict[str, int]:
    """Rows of each table, counted; a table outside ``public`` with its schema before its name."""
    counts = {}
    for schema, table in client.rows(_TABLES):
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
        counts[table if schema == "public" else f"{schema}.{table}"] = int(client.rows(query)[0][0])
    return counts


def _of(spec: Database, size: int) -> tuple[Fact, Fact]:
    key, what = f"database.{spec.identity}", f"Basis data “{spec.name}”"
    limit = None if spec.size_limit is None else _mib(spec.size_limit)
    share = {} if spec.size_limit is None else {"percent": round(size * 100 / spec.size_limit)}
    return (
        Fact(f"{key}.size", f"{what}: terpakai", _mib(size), SOURCE, "MiB", details={"bytes": size, **share}),
        Fact(f"{key}.limit", f"{what}: batas", limit or "tanpa batas", SOURCE, "MiB" if limit else ""),
    )


def _count(server: Server, value: str | None) -> Fact:
    return Fact(f"databases.{server}.count", f"Basis data di {server}", value, SOURCE)


def _total(server: Server, value: str | None) -> Fact:
    return Fact(f"databases.{server}.size", f"Ukuran seluruhnya di {server}", value, SOURCE, "MiB")


def _full(server: Server, value: str | None) -> Fact:
    return Fact(f"databases.{server}.full", f"Hampir penuh di {server}", value, SOURCE)


def _mib(size: int) -> str:
    return f"{size / 2**20:.2f}".replace(".", ",")
