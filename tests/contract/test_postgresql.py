"""PostgreSQL, on a real server: the contract of databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import free_port
from tapak.sdk.databases import Database, server_name
from tapak.sdk.provider import Applied
from tapak.testing.database_cases import DatabaseHost
from tapak.testing.database_contract import DatabaseProviderContract
from tapak.testing.dns_server import black_hole
from tapak_postgresql.client import Client
from tapak_postgresql.provider import PostgresqlProvider

KEY = "kunci uji yang panjangnya lebih dari tiga puluh dua"
PREFIX = "tapak_"
ADMINISTRATOR = "pengelola"
PASSWORD = "kata sandi pengelola"
FOREIGN = "kata sandi orang lain"
NUMBERS = count(1)


class PostgresqlHost(DatabaseHost):
    engine = "postgresql"
    refusal = psycopg.Error

    def __init__(self, server: PostgresqlServer, dumps: Path) -> None:
        self.server = server
        self.dumps = dumps

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        with self.server.connect(database) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def provider(self, **settings: Any) -> PostgresqlProvider:
        given = {
            "address": "127.0.0.1",
            "port": self.server.port,
            "user": ADMINISTRATOR,
            "password": PASSWORD,
            "key": KEY,
            "last_dumps": str(self.dumps),
            **settings,
        }
        return PostgresqlProvider(PostgresqlProvider.settings_schema().load(given))

    @contextmanager
    def session(self, made: Applied) -> Iterator[Callable[[str], Sequence[tuple[Any, ...]]]]:
        place = made.outputs
        with psycopg.connect(
            host=place["host"],
            port=place["port"],
            user=place["user"],
            password=made.secrets["password"],
            dbname=place["name"],
            autocommit=True,
        ) as connection:

            def run(statement: str) -> Sequence[tuple[Any, ...]]:
                cursor = connection.execute(statement)
                return cursor.fetchall() if cursor.description else ()

            yield run
            with suppress(psycopg.Error):
                connection.close()

    def visible(self, made: Applied) -> set[str]:
        query = (
            "select datname from pg_database where has_database_privilege(datname, 'connect')"
            " and datname not in ('postgres', 'template0', 'template1')"
        )
        return {row[0] for row in self.ask(made, query)}

    def trespasses(self, other: str) -> Sequence[str]:
        return (
            f"drop database {other}",
            f"alter database {other} rename to punyaku",
            "create database tapak_lain",
            "create role penyusup",
            "select * from pg_authid",
            f"set role {other}",
            "select pg_read_file('/etc/passwd')",
            "copy (select 1) to '/tmp/tapak-uji'",
            f"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{ADMINISTRATOR}' union all"
            f" select has_database_privilege('{other}', 'connect') and 1 / 0 = 1",
        )

    def statement(self) -> tuple[type, str]:
        return Client, "rows"

    def changes_by_hand(self) -> Sequence[Callable[[Applied], object]]:
        def by_hand(statement: str) -> Callable[[Applied], object]:
            return lambda made: self.execute(statement.format(name=made.outputs["name"]))

        return [
            by_hand("alter role {name} password 'diganti'"),
            by_hand("alter role {name} nologin"),
            by_hand("alter role {name} createdb"),
            by_hand("grant pg_read_server_files to {name}"),
            by_hand("revoke all on database {name} from {name}"),
            by_hand("grant connect on database {name} to public"),
            by_hand("comment on role {name} is null"),
            by_hand("drop database {name}"),
        ]

    def let_in(self, made: Applied, other: str) -> None:
        self.execute(f"grant connect on database {other} to {made.outputs['user']}")

    def plant(self, spec: Database) -> None:
        name = server_name(PREFIX, spec)
        self.execute(f"create database {name} owner {ADMINISTRATOR} template template0 encoding 'UTF8'")
        self.execute(f"revoke all on database {name} from public")
        self.execute("create table milik (id int)", name)
        self.execute("insert into milik values (9)", name)

    def planted(self, spec: Database) -> bool:
        return self.execute("select id from milik", server_name(PREFIX, spec)) == [(9,)]

    def plant_user(self, spec: Database) -> None:
        self.execute(f"create role {server_name(PREFIX, spec)} login password '{FOREIGN}'")

    def planted_user(self, spec: Database) -> bool:
        place = {"host": "127.0.0.1", "port": self.server.port, "dbname": "postgres"}
        psycopg.connect(**place, user=server_name(PREFIX, spec), password=FOREIGN).close()
        return True

    def databases(self, spec: Database) -> list[str]:
        query = f"select datname from pg_database where datname = '{server_name(PREFIX, spec)}'"
        return [name for (name,) in self.execute(query)]

    def last_dumps(self, spec: Database) -> list[Path]:
        return sorted(self.dumps.glob(f"{server_name(PREFIX, spec)}-*.pgdump"))

    @contextmanager
    def without_rights(self) -> Iterator[Mapping[str, Any]]:
        role = f"lemah_{next(NUMBERS)}"
        self.execute(f"create role {role} login password '{FOREIGN}'")
        yield {"user": role, "password": FOREIGN}
        self.execute(f"drop role {role}")

    @contextmanager
    def logging_statements(self) -> Iterator[Callable[[], str]]:
        log = self.server.daemon.log
        began = log.stat().st_size
        self.execute(f"alter role {ADMINISTRATOR} set log_statement = 'all'")
        yield lambda: log.read_bytes()[began:].decode(errors="replace")
        self.execute(f"alter role {ADMINISTRATOR} reset log_statement")


class TestPostgresql(DatabaseProviderContract):
    @pytest.fixture
    def host(self, postgresql_server: PostgresqlServer, tmp_path: Path) -> PostgresqlHost:
        host = PostgresqlHost(postgresql_server, tmp_path / "dumps")
        if not host.execute(f"select 1 from pg_roles where rolname = '{ADMINISTRATOR}'"):
            host.execute(f"create role {ADMINISTRATOR} login createdb createrole password '{PASSWORD}'")
        return host

    @pytest.fixture
    def down(self) -> Mapping[str, Any]:
        return {"port": free_port()}

    @pytest.fixture
    def silent(self) -> Iterator[Mapping[str, Any]]:
        with black_hole() as port:
            yield {"port": port, "timeout": 0.5}

    @pytest.fixture
    def denied(self) -> Sequence[Mapping[str, Any]]:
        return [{"password": "bukan kata sandinya"}, {"user": "tidak_dikenal"}]

    def test_a_superuser_is_warned_of(self, host: PostgresqlHost) -> None:
        role = f"penuh_{next(NUMBERS)}"
        host.execute(f"create role {role} login superuser password '{FOREIGN}'")
        with host.provider(user=role, password=FOREIGN) as provider:
            (line,) = [line for line in provider.check() if not line.ok]
        host.execute(f"drop role {role}")
        assert line.name == "Hak berlebih"

    def test_a_database_that_anybody_may_enter_is_told(self, host: PostgresqlHost) -> None:
        name = f"terbuka_{next(NUMBERS)}"
        host.execute(f"create database {name}")
        with host.provider() as provider:
            (line,) = [line for line in provider.check() if not line.ok]
        host.execute(f"drop database {name}")
        assert name in line.message
