import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tapak.demo.servers.process import (
    Daemon,
    ServerProblem,
    accepts,
    account,
    free_port,
    hand_over,
    reachable,
    unprivileged,
    wait_until,
    write_private,
)

MakeDaemon = Callable[..., Daemon]


@pytest.fixture
def daemon(server_directory: Path, request: pytest.FixtureRequest) -> Iterator[MakeDaemon]:
    made: list[Daemon] = []

    def make(script: str = "exec sleep 600", name: str = "thing", user: str = "") -> Daemon:
        directory = server_directory / request.node.name
        made.append(Daemon(name, directory, ["sh", "-c", script], user=user))
        return made[-1]

    yield make
    for each in made:
        each.stop(timeout=1)


def gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_started_daemon_runs_in_a_session_of_its_own_until_it_is_stopped(daemon: MakeDaemon) -> None:
    server = daemon()
    server.start()
    pid = server.pid()
    assert pid is not None
    assert os.getsid(pid) == pid
    server.stop()
    assert not server.running()
    assert gone(pid)
    assert not server.pid_file.exists()


def test_starting_again_keeps_the_running_process(daemon: MakeDaemon) -> None:
    server = daemon()
    server.start()
    first = server.pid()
    server.start()
    assert server.pid() == first


def test_another_process_finds_and_ends_it_by_the_pid_file(daemon: MakeDaemon) -> None:
    server = daemon()
    script = (
        "import sys; from pathlib import Path; from tapak.demo.servers.process import Daemon;"
        "d = Daemon('thing', Path(sys.argv[2]), ['sleep', '600']); getattr(d, sys.argv[1])(); print(d.pid())"
    )

    def elsewhere(act: str) -> str:
        command = [sys.executable, "-c", script, act, str(server.directory)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    pid = elsewhere("start")
    assert server.pid() == int(pid)
    assert elsewhere("stop") == "None"
    assert not server.running()


def test_a_recycled_pid_is_never_taken_for_ours_nor_killed(daemon: MakeDaemon) -> None:
    server = daemon()
    server.start()
    ours = server.pid()
    assert ours is not None
    record = json.loads(server.pid_file.read_text())
    record["started"] -= 1  # the stranger may come within the same tick
    server.stop()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger:
        server.pid_file.write_text(json.dumps({**record, "pid": stranger.pid}))
        assert not server.running()
        server.stop()
        assert stranger.poll() is None
        server.pid_file.write_text(json.dumps({**record, "pid": stranger.pid}))
        server.start()
        assert stranger.poll() is None
        assert server.pid() not in (None, stranger.pid)
        stranger.kill()


def test_a_pid_file_of_an_earlier_boot_names_nobody(daemon: MakeDaemon) -> None:
    server = daemon()
    server.start()
    pid = server.pid()
    assert pid is not None
    kept = server.pid_file.read_text()
    server.pid_file.write_text(json.dumps({**json.loads(kept), "boot": "another"}))
    assert not server.running()
    server.stop()
    assert not gone(pid)
    server.pid_file.write_text(kept)


@pytest.mark.parametrize("content", ["", "{", "123", "[]", '{"pid": "1"}'])
def test_a_broken_pid_file_names_nobody(daemon: MakeDaemon, content: str) -> None:
    server = daemon()
    server.directory.mkdir(parents=True)
    server.pid_file.write_text(content)
    assert not server.running()
    server.start()
    assert server.running()


def test_after_kill_9_it_starts_again_at_once(daemon: MakeDaemon) -> None:
    server = daemon()
    server.start()
    for _ in range(5):
        killed = server.pid()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: not server.running(), 5, "the kill")
        server.start()
        assert server.pid() not in (None, killed)


def test_children_of_a_killed_master_are_ended_before_another_one_starts(daemon: MakeDaemon) -> None:
    server = daemon('sleep 600 & echo "$!"; wait')
    server.start(lambda: server.log.read_text().strip())
    child = int(server.log.read_text())
    master = server.pid()
    assert master is not None
    os.kill(master, signal.SIGKILL)
    wait_until(lambda: not server.running(), 5, "the master to be gone")
    assert not gone(child)
    server.start()
    assert gone(child)


def test_one_that_ignores_sigterm_is_killed_with_its_children(daemon: MakeDaemon) -> None:
    server = daemon("trap '' TERM; sleep 600 & echo $!; while :; do wait; done")
    server.start(lambda: server.log.read_text().strip())
    pid = server.pid()
    assert pid is not None
    server.stop(timeout=0.2)
    assert gone(pid)
    assert gone(int(server.log.read_text()))


def test_one_that_ends_at_once_is_told_with_its_last_words(daemon: MakeDaemon) -> None:
    with pytest.raises(ServerProblem, match="thing ended at once") as told:
        daemon("echo the port is taken; exit 1").start(lambda: False)
    assert "thing.log" in str(told.value)
    assert str(told.value).endswith("the port is taken")


def test_one_that_is_never_ready_is_ended(daemon: MakeDaemon) -> None:
    server = daemon("echo still loading; exec sleep 600")
    with pytest.raises(ServerProblem, match=r"ready: not within 0\.3 s"):
        server.start(lambda: False, timeout=0.3)
    assert not server.running()


def test_a_missing_program_is_named(daemon: MakeDaemon) -> None:
    with pytest.raises(ServerProblem, match="no-such-program"):
        daemon("exec no-such-program").start(lambda: False)


def test_it_inherits_nothing_of_our_environment_but_the_path(
    daemon: MakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPAK_SECRET_KEY", "hidden")
    server = daemon("env; echo done; exec sleep 600")
    server.start(lambda: "done" in server.log.read_text())
    assert "hidden" not in server.log.read_text()
    assert f"PATH={os.environ['PATH']}" in server.log.read_text()


def test_a_signal_reaches_it_and_needs_it_to_run(daemon: MakeDaemon) -> None:
    server = daemon("trap 'echo reloaded' HUP; echo up; while :; do sleep 0.05; done")
    server.start(lambda: "up" in server.log.read_text())
    server.send(signal.SIGHUP)
    wait_until(lambda: "reloaded" in server.log.read_text(), 5, "the reload", server.log)
    server.stop()
    with pytest.raises(ServerProblem, match="doesn't run"):
        server.send(signal.SIGHUP)


def test_it_runs_as_the_given_user_when_we_are_root(daemon: MakeDaemon) -> None:
    user = account("no-such-account")
    server = daemon("id -un; id -G; echo done; exec sleep 600", user=user)
    server.start(lambda: "done" in server.log.read_text())
    name, groups = server.log.read_text().splitlines()[:2]
    if os.geteuid() == 0:
        assert (name, len(groups.split())) == ("nobody", 1)
        assert unprivileged(user)[0] == "setpriv"
    else:
        assert unprivileged(user) == []
    assert unprivileged("") == []


def test_a_free_port_can_be_taken_over_tcp_and_udp() -> None:
    port = free_port()
    assert not accepts(port)
    with socket.create_server(("127.0.0.1", port)), socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", port))
        assert accepts(port)


def test_waiting_tells_what_for_and_shows_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("old\n" * 10_000 + "the last line\n")
    with pytest.raises(ServerProblem, match=r"the zone: not within 0\.01 s") as told:
        wait_until(lambda: False, 0.01, "the zone", log)
    assert "the last line" in str(told.value)
    assert len(str(told.value)) < 3000


def test_waiting_asks_at_least_once() -> None:
    wait_until(lambda: True, 0, "nothing")


def test_a_handed_over_folder_belongs_to_the_user(server_directory: Path) -> None:
    place = hand_over(server_directory / "handed", "nobody", mode=0o750)
    assert place.stat().st_mode & 0o777 == 0o750
    assert place.owner() == ("nobody" if os.geteuid() == 0 else Path.home().owner())


def test_a_private_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    place = tmp_path / "key"
    place.write_text("old and long")
    place.chmod(0o644)
    write_private(place, "new")
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("new", 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_a_folder_below_a_closed_one_is_kept_where_servers_can_reach_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    place = reachable(tmp_path / "demo")
    try:
        assert reachable(tmp_path / "demo") == place
        assert (tmp_path / "demo").resolve() == place
        if os.geteuid() == 0:
            subprocess.run([*unprivileged("nobody"), "ls", str(place)], check=True, capture_output=True)
    finally:
        place.rmdir()


def test_a_folder_that_everybody_can_reach_stays_in_place(server_directory: Path) -> None:
    place = reachable(server_directory / "open" / "demo")
    assert place == server_directory / "open" / "demo"
    assert not place.is_symlink()


THREADED = """
import os, socket, threading
listening = socket.create_server(("127.0.0.1", {port}))
for _ in range(3):
    if os.fork() == 0:
        break
threading.stack_size(64 << 10)
for _ in range(400):
    threading.Thread(target=listening.accept).start()
"""


def test_a_port_is_free_once_a_killed_daemon_of_threads_and_children_was_stopped(server_directory: Path) -> None:
    """Its leader is a zombie while other threads of it still end, and those hold what it listened on."""
    port = free_port()
    argv = [sys.executable, "-c", THREADED.format(port=port)]
    server = Daemon("threads", server_directory / "threads", argv, stop_signal=signal.SIGKILL)
    for _ in range(5):
        server.start(lambda: accepts(port))
        server.stop()
        assert not accepts(port)
