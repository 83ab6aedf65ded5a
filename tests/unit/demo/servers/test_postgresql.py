import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import ServerProblem, free_port


@pytest.fixture(scope="module")
def server(server_directory: Path) -> Iterator[PostgresqlServer]:
    """A server of this file's own: others keep connections to the session's, and these tests stop it."""
    made = PostgresqlServer(server_directory / "own", free_port())
    made.directory.mkdir()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def database(server: PostgresqlServer) -> Iterator[str]:
    server.create_database("servers")
    yield "servers"
    server.drop_database("servers")


def test_it_is_durable_and_on_loopback_only(server: PostgresqlServer) -> None:
    with server.connect() as connection:
        found = {name: connection.execute(f"show {name}").fetchone() for name in ("fsync", "synchronous_commit")}
        listening = connection.execute("show listen_addresses").fetchone()
        encoding = connection.execute("select datcollate from pg_database where datname = 'template0'").fetchone()
    assert found == {"fsync": ("on",), "synchronous_commit": ("on",)}
    assert (listening, encoding) == (("127.0.0.1",), ("C.UTF-8",))


def test_only_the_owner_makes_tables_and_nobody_passes_row_level_security(
    server: PostgresqlServer, database: str
) -> None:
    with psycopg.connect(server.dsn("tapak_owner", database)) as owner:
        owner.execute("create table paper (id int)")
    for role in ("tapak_app", "tapak_relay"):
        with psycopg.connect(server.dsn(role, database)) as connection:
            rights = "select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles where rolname = %s"
            assert connection.execute(rights, (role,)).fetchone() == (False, False, False, False)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("create table mine (id int)")


def test_rights_widened_by_hand_are_narrowed_at_the_next_start(server: PostgresqlServer) -> None:
    with server.connect() as connection:
        connection.execute("alter role tapak_app bypassrls")
    server.stop()
    server.start()
    with server.connect() as connection:
        known = connection.execute("select rolbypassrls from pg_roles where rolname = 'tapak_app'").fetchone()
    assert known == (False,)


def test_making_a_database_again_keeps_it(server: PostgresqlServer, database: str) -> None:
    with psycopg.connect(server.dsn("tapak_owner", database)) as owner:
        owner.execute("create table paper (id int)")
    server.create_database(database)
    with psycopg.connect(server.dsn("tapak_owner", database)) as owner:
        assert owner.execute("select count(*) from paper").fetchone() == (0,)


def test_a_database_can_be_made_from_another(server: PostgresqlServer, database: str) -> None:
    with psycopg.connect(server.dsn("tapak_owner", database)) as owner:
        owner.execute("create table paper (id int)")
    server.create_database("servers_copy", template=database)
    try:
        with psycopg.connect(server.dsn("tapak_owner", "servers_copy")) as owner:
            assert owner.execute("select count(*) from paper").fetchone() == (0,)
    finally:
        server.drop_database("servers_copy")


def test_sqlalchemy_takes_the_same_address(server: PostgresqlServer, database: str) -> None:
    engine = create_engine(server.dsn("tapak_app", database))
    with engine.connect() as connection:
        assert connection.scalar(text("select current_user")) == "tapak_app"
    engine.dispose()


def test_nobody_gets_in_over_tcp_without_a_password(server: PostgresqlServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", dbname="postgres")


def test_what_was_committed_survives_kill_9_and_stop(server: PostgresqlServer, database: str) -> None:
    with psycopg.connect(server.dsn("tapak_owner", database)) as owner:
        owner.execute("create table paper (id int)")
    for number, end in enumerate((lambda pid: os.kill(pid, signal.SIGKILL), lambda pid: server.stop())):
        with psycopg.connect(server.dsn("tapak_owner", database)) as owner:
            owner.execute("insert into paper values (%s)", (number,))
        pid = server.daemon.pid()
        assert pid is not None
        end(pid)
        server.start()
        assert server.daemon.pid() != pid
        with psycopg.connect(server.dsn("tapak_owner", database)) as owner:
            assert owner.execute("select count(*) from paper").fetchone() == (number + 1,)


def test_a_cluster_left_half_made_is_made_anew(server_directory: Path) -> None:
    server = PostgresqlServer(server_directory / "half", free_port())
    (server.directory / "data.new").mkdir(parents=True)
    (server.directory / "data.new" / "PG_VERSION").write_text("15")
    server.start()
    try:
        assert server.answers()
    finally:
        server.stop()
    assert not server.running()


def test_a_deep_folder_gets_a_socket_that_fits(server_directory: Path) -> None:
    server = PostgresqlServer(server_directory / ("deep" * 20) / ("deeper" * 10), free_port())
    server.directory.mkdir(parents=True)
    server.start()
    try:
        assert server.answers()
    finally:
        server.stop()
        server.sockets.rmdir()


def test_a_taken_port_is_told(server: PostgresqlServer, server_directory: Path) -> None:
    second = PostgresqlServer(server_directory / "second", server.port)
    second.directory.mkdir()
    with pytest.raises(ServerProblem, match="Address already in use"):
        second.start()
    assert not second.running()
