"""MariaDB, on a real server: the contract of databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tapak.demo.servers.mariadb import ADMINISTRATOR, PREFIX, MariadbServer
from tapak.demo.servers.process import free_port
from tapak.sdk.databases import Database, server_name
from tapak.sdk.provider import Applied
from tapak.testing.database_cases import DatabaseHost, apply
from tapak.testing.database_contract import DatabaseProviderContract
from tapak.testing.dns_server import black_hole
from tapak_mariadb.client import Client
from tapak_mariadb.provider import MariadbProvider

KEY = "kunci uji yang panjangnya lebih dari tiga puluh dua"
FOREIGN = "kata sandi orang lain"
NUMBERS = count(1)


class MariadbHost(DatabaseHost):
    engine = "mariadb"
    refusal = pymysql.err.MySQLError

    def __init__(self, server: MariadbServer, dumps: Path) -> None:
        self.server = server
        self.dumps = dumps

    def provider(self, **settings: Any) -> MariadbProvider:
        given = {
            "address": "127.0.0.1",
            "port": self.server.port,
            "user": ADMINISTRATOR,
            "password": self.server.password,
            "key": KEY,
            "last_dumps": str(self.dumps),
            **settings,
        }
        return MariadbProvider(MariadbProvider.settings_schema().load(given))

    @contextmanager
    def session(self, made: Applied) -> Iterator[Callable[[str], Sequence[tuple[Any, ...]]]]:
        place, password = made.outputs, made.secrets["password"]
        with closing(
            pymysql.connect(
                host=place["host"],
                port=place["port"],
                user=place["user"],
                password=password,
                database=place["name"],
                charset="utf8mb4",
                autocommit=True,
                sql_mode="ANSI_QUOTES",
            )
        ) as connection:

            def run(statement: str) -> Sequence[tuple[Any, ...]]:
                with connection.cursor() as cursor:
                    cursor.execute(statement)
                    return cursor.fetchall()

            yield run

    def visible(self, made: Applied) -> set[str]:
        return {row[0] for row in self.ask(made, "show databases")} - {"information_schema"}

    def trespasses(self, other: str) -> Sequence[str]:
        return (
            f"select * from {other}.rahasia",
            f"insert into {other}.rahasia values (1)",
            f"create table {other}.masuk (id int)",
            f"drop database {other}",
            "create database tapak_lain",
            "create user penyusup",
            "select * from mysql.global_priv",
            "select load_file('/etc/passwd') into outfile '/tmp/tapak-uji'",
        )

    def statement(self) -> tuple[type, str]:
        return Client, "rows"

    def changes_by_hand(self) -> Sequence[Callable[[Applied], object]]:
        def by_hand(statement: str) -> Callable[[Applied], object]:
            def change(made: Applied) -> None:
                name = made.outputs["name"]
                self.server.execute(statement.format(name=name, pattern=name.replace("_", "\\_")))

            return change

        return [
            by_hand("alter user {name}@'%' identified by 'diganti'"),
            by_hand("alter user {name}@'%' account lock"),
            by_hand("drop user {name}@'%'"),
            by_hand("revoke all privileges on `{pattern}`.* from {name}@'%'"),
            by_hand("grant select on mysql.* to {name}@'%'"),
            by_hand("grant process on *.* to {name}@'%'"),
            by_hand("alter database {name} character set latin1"),
            by_hand("alter database {name} comment ''"),
            by_hand("drop database {name}"),
        ]

    def let_in(self, made: Applied, other: str) -> None:
        self.server.execute(f"grant select on {other}.rahasia to {made.outputs['user']}@'%'")

    def plant(self, spec: Database) -> None:
        name = server_name(PREFIX, spec)
        self.server.execute(
            f"create database {name}; create table {name}.milik (id int); insert {name}.milik values (9)"
        )

    def planted(self, spec: Database) -> bool:
        return self.server.execute(f"select id from {server_name(PREFIX, spec)}.milik") == "9\n"

    def plant_user(self, spec: Database) -> None:
        self.server.execute(f"create user {server_name(PREFIX, spec)}@'%' identified by '{FOREIGN}'")

    def planted_user(self, spec: Database) -> bool:
        pymysql.connect(
            host="127.0.0.1", port=self.server.port, user=server_name(PREFIX, spec), password=FOREIGN
        ).close()
        return True

    def databases(self, spec: Database) -> list[str]:
        return self.server.execute(f"show databases like '{server_name(PREFIX, spec)}'").split()

    def last_dumps(self, spec: Database) -> list[Path]:
        return sorted(self.dumps.glob(f"{server_name(PREFIX, spec)}-*.sql.gz"))

    @contextmanager
    def without_rights(self) -> Iterator[Mapping[str, Any]]:
        user = f"lemah_{next(NUMBERS)}"
        self.server.execute(f"create user {user}@'127.0.0.1' identified by '{FOREIGN}'")
        yield {"user": user, "password": FOREIGN}
        self.server.execute(f"drop user {user}@'127.0.0.1'")

    @contextmanager
    def logging_statements(self) -> Iterator[Callable[[], str]]:
        file = self.server.directory / "run" / f"general-{next(NUMBERS)}.log"
        self.server.execute(f"set global general_log_file = '{file}'; set global general_log = 1")
        yield lambda: file.read_text(errors="replace")
        self.server.execute("set global general_log = 0")

    def settle_statistics(self, made: Applied) -> None:
        self.ask(made, "analyze table warga")


class TestMariadb(DatabaseProviderContract):
    @pytest.fixture
    def host(self, mariadb_server: MariadbServer, tmp_path: Path) -> MariadbHost:
        return MariadbHost(mariadb_server, tmp_path / "dumps")

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

    def test_an_administrator_with_every_right_is_warned_of(self, host: MariadbHost) -> None:
        user = "penuh"
        host.server.execute(f"create user {user}@'127.0.0.1' identified by '{FOREIGN}'")
        host.server.execute(f"grant all privileges on *.* to {user}@'127.0.0.1' with grant option")
        with host.provider(user=user, password=FOREIGN) as provider:
            (line,) = [line for line in provider.check() if not line.ok]
        host.server.execute(f"drop user {user}@'127.0.0.1'")
        assert line.name == "Hak berlebih"

    def test_a_name_with_an_underscore_opens_no_other(self, host: MariadbHost) -> None:
        """In GRANT ``_`` matches any letter."""
        with host.provider() as provider:
            host.server.execute("create database if not exists tapak_ujiXa")
            made = apply(provider, Database("mariadb", "uji_a"))
            assert host.visible(made) == {"tapak_uji_a"}
