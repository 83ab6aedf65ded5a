"""Figures for reviewers and usage reports: how much a server holds, and each site's databases against their limits."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.databases import Database
from tapak.sdk.resources import Fact
from tapak_mariadb.client import Client, Server, pattern, quoted
from tapak_mariadb.standing import read_mark

SOURCE = "database"
FULL = 80
"""Percent of its limit from which on a database is told as nearly full."""

_SIZES = (
    "select schema_name, schema_comment, ("
    " select coalesce(sum(data_length + index_length), 0) from information_schema.tables"
    " where table_schema = schema_name)"
    " from information_schema.schemata where schema_name like %s order by schema_name"
)


def told(client: Client, server: Server, prefix: str, names: Sequence[str]) -> list[Fact]:
    """Every figure; sizes in MiB, as InnoDB's own statistics have them."""
    held = []
    for _name, comment, size in client.rows(_SIZES, (pattern(prefix) + "%",)):
        mark = read_mark(comment)
        if mark is not None:
            held.append((mark.spec, int(size)))
    total = sum(size for _, size in held)
    rows = [_count(server, str(len(held))), _total(server, _mib(total))]
    full = [spec.name for spec, size in held if spec.size_limit and size * 100 >= spec.size_limit * FULL]
    rows.append(_full(server, ", ".join(full) or "tidak ada"))
    asked = {name.rstrip(".").lower() for name in names}
    rows += [fact for spec, size in held if spec.site and spec.site in asked for fact in _of(spec, size)]
    return rows


def unknown(server: Server, problem: str) -> list[Fact]:
    """The same figures without a value."""
    empty = (_count(server, None), _total(server, None), _full(server, None))
    return [Fact(row.key, row.label, None, SOURCE, row.unit, problem) for row in empty]


def row_counts(client: Client, name: str) -> dict[str, int]:
    """Rows of each table of ``name``, counted."""
    tables = client.rows(
        "select table_name from information_schema.tables where table_schema = %s and table_type = 'BASE TABLE'",
        (name,),
    )
    return {table: int(client.rows(f"select count(*) from {quoted(table)}")[0][0]) for (table,) in tables}  # noqa: S608


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
