import os
import signal
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tapak.demo.servers.process import ServerProblem, free_port, wait_until
from tapak.demo.servers.redis import RedisServer


def test_nobody_gets_in_without_the_password(redis_server: RedisServer) -> None:
    once = Retry(NoBackoff(), 0)
    with redis.Redis(port=redis_server.port, retry=once) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_the_password_is_neither_in_the_command_nor_open_to_others(redis_server: RedisServer) -> None:
    password = (redis_server.directory / "password").read_text()
    assert len(password) >= 30
    assert password not in Path(f"/proc/{redis_server.daemon.pid()}/cmdline").read_text()
    for name in ("password", "redis.conf"):
        assert (redis_server.directory / name).stat().st_mode & 0o077 == 0


def test_starting_again_keeps_the_process_and_the_address(redis_server: RedisServer) -> None:
    before = redis_server.daemon.pid(), redis_server.url
    redis_server.start()
    assert (redis_server.daemon.pid(), redis_server.url) == before


def test_what_was_synced_survives_kill_9(server_directory: Path) -> None:
    server = RedisServer(server_directory / "killed", free_port())
    server.directory.mkdir()
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.set("kept", "yes")

        def synced() -> bool:
            state = client.info("persistence")
            return state["aof_pending_bio_fsync"] == 0 and state["aof_buffer_length"] == 0

        wait_until(synced, 5, "the append-only file")
    pid = server.daemon.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.get("kept") == b"yes"
    server.stop()


def test_a_taken_port_is_told(redis_server: RedisServer, server_directory: Path) -> None:
    server = RedisServer(server_directory / "redis-second", redis_server.port)
    server.directory.mkdir()
    with pytest.raises(ServerProblem, match="Address already in use"):
        server.start()
    assert not server.running()
