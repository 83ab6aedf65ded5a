"""A database that one test after another is given as new, without the price of a copy for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from psycopg import Connection, sql

from tapak.demo.servers.postgresql import PostgresqlServer

NUMBERS = count(1)
OURS = "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
RELATIONS = f"""select n.nspname, c.relname, c.relkind::text
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'S') and {OURS} order by 1, 2"""  # noqa: S608
# Whatever changes the schema writes a row of these anew, under its own transaction's number.
CATALOGS = "pg_class pg_attribute pg_attrdef pg_constraint pg_index pg_namespace pg_policy pg_proc pg_trigger pg_type"
SCHEMA = " union all ".join(f"select count(*), sum(xmin::text::bigint) from {name}" for name in CATALOGS.split())  # noqa: S608
END_OTHERS = """select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()"""


@dataclass
class Blank:
    """Hands out a copy of ``template``; the same one again, emptied, unless somebody changed its schema."""

    server: PostgresqlServer
    template: str
    name: str = ""
    schema: list[Any] = field(default_factory=list)
    tables: list[sql.Identifier] = field(default_factory=list)
    sequences: sql.Composed = field(default_factory=lambda: sql.Composed([]))
    content: list[tuple[sql.Identifier, bytes]] = field(default_factory=list)

    def take(self) -> str:
        """The name of a database that is as the template."""
        if not self.name:
            self.name = f"tapak_{next(NUMBERS)}"
            self.server.create_database(self.name, template=self.template)
            with self.server.connect(self.name) as connection:
                self._remember(connection)
        return self.name

    def give_back(self) -> None:
        """End its sessions, and make it as the template again; one whose schema was changed is dropped."""
        with self.server.connect(self.name) as connection:
            connection.execute(END_OTHERS)
            as_before = connection.execute(SCHEMA).fetchall() == self.schema
            if as_before:
                self._empty(connection)
        if not as_before:
            self.drop()

    def drop(self) -> None:
        """Remove it, where there is one."""
        if self.name:
            self.server.drop_database(self.name)
            self.name = ""

    def _remember(self, connection: Connection[Any]) -> None:
        self.schema = connection.execute(SCHEMA).fetchall()
        found = connection.execute(RELATIONS).fetchall()
        self.tables = [sql.Identifier(schema, name) for schema, name, kind in found if kind == "r"]
        numbers = [sql.Identifier(schema, name) for schema, name, kind in found if kind == "S"]
        self.sequences = sql.SQL("select {}").format(sql.SQL(", ").join(_set(connection, name) for name in numbers))
        self.content = [(table, _rows(connection, table)) for table in self._filled(connection)]

    def _filled(self, connection: Connection[Any]) -> list[sql.Identifier]:
        look = sql.SQL("exists (select from {})")
        query = sql.SQL("select {}").format(sql.SQL(", ").join(look.format(table) for table in self.tables))
        (answers,) = connection.execute(query).fetchall()
        return [table for table, filled in zip(self.tables, answers, strict=True) if filled]

    def _empty(self, connection: Connection[Any]) -> None:
        with connection.transaction():
            # Neither triggers nor foreign keys: the rows that come are whole.
            connection.execute("set local session_replication_role = replica")
            for table in self._filled(connection):
                connection.execute(sql.SQL("delete from {}").format(table))
            for table, rows in self.content:
                with connection.cursor().copy(sql.SQL("copy {} from stdin").format(table)) as into:
                    into.write(rows)
            connection.execute(self.sequences)


def _set(connection: Connection[Any], sequence: sql.Identifier) -> sql.Composed:
    (at,) = connection.execute(sql.SQL("select last_value, is_called from {}").format(sequence)).fetchall()
    return sql.SQL("setval({}, {}, {})").format(sql.Literal(sequence.as_string(connection)), *map(sql.Literal, at))


def _rows(connection: Connection[Any], table: sql.Identifier) -> bytes:
    with connection.cursor().copy(sql.SQL("copy {} to stdout").format(table)) as out:
        return b"".join(bytes(part) for part in out)
