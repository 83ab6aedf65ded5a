import os
import signal
from pathlib import Path

import pymysql
import pytest

from tapak.demo.servers.mariadb import ADMINISTRATOR, PREFIX, MariadbServer
from tapak.demo.servers.process import ServerProblem, free_port


def connect(server: MariadbServer, user: str, password: str) -> pymysql.connections.Connection:
    return pymysql.connect(host="127.0.0.1", port=server.port, user=user, password=password)


def test_nobody_gets_in_over_tcp_but_the_administrator(mariadb_server: MariadbServer) -> None:
    connect(mariadb_server, ADMINISTRATOR, mariadb_server.password).close()
    for user, password in (("root", mariadb_server.root_password), ("root", ""), ("", ""), (ADMINISTRATOR, "")):
        with pytest.raises(pymysql.err.OperationalError):
            connect(mariadb_server, user, password)


def test_the_administrator_has_no_more_than_databases_of_its_prefix(mariadb_server: MariadbServer) -> None:
    connection = connect(mariadb_server, ADMINISTRATOR, mariadb_server.password)
    with connection.cursor() as cursor:
        cursor.execute(f"create database {PREFIX}fixture")
        cursor.execute(f"drop database {PREFIX}fixture")
        for statement in ("create database lain", "set global general_log = 1", "create database tapakXlain"):
            with pytest.raises(pymysql.err.OperationalError):
                cursor.execute(statement)
    connection.close()


def test_passwords_are_neither_in_the_command_nor_open_to_others(mariadb_server: MariadbServer) -> None:
    told = Path(f"/proc/{mariadb_server.daemon.pid()}/cmdline").read_text()
    for name in ("password", "root_password", "my.cnf"):
        assert (mariadb_server.directory / name).stat().st_mode & 0o077 == 0
    assert mariadb_server.password not in told
    assert mariadb_server.root_password not in told
    assert not (mariadb_server.directory / "first.sql").exists()


def test_what_was_committed_survives_kill_9(server_directory: Path) -> None:
    server = MariadbServer(server_directory / "killed-mariadb", free_port())
    server.directory.mkdir()
    server.start()
    server.execute("create database tapak_tetap; create table tapak_tetap.a (id int)")
    server.execute("insert into tapak_tetap.a values (7)")
    pid = server.daemon.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    server.start()
    assert server.execute("select id from tapak_tetap.a") == "7\n"
    before = server.daemon.pid()
    server.start()
    assert server.daemon.pid() == before
    server.stop()
    assert not server.running()


def test_what_the_server_refuses_is_told(mariadb_server: MariadbServer) -> None:
    with pytest.raises(ServerProblem, match="doesn't exist"):
        mariadb_server.execute("select * from mysql.tidak_ada")
