"""The sandbox, with scanners that mean harm: nothing is reached, nothing outlives it, no failure is clean."""

from __future__ import annotations

import json
import os
import pwd
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tapak.demo.servers.process import wait_until
from tapak.scanning.limits import Limits
from tapak.scanning.results import Garbled, Results
from tapak.scanning.sandbox import Isolation, Place, Sandbox, SandboxProblem, place
from tapak.sdk.scanning import Scanner
from tapak.testing import scanners
from tapak.testing.archives import zip_of

SMALL = Limits(seconds=60, memory=1024**3, entry=1_000_000)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def tried(
    work: Path, scanner: type[Scanner], files: Mapping[str, bytes], limits: Limits = SMALL
) -> tuple[Results, list[dict[str, Any]]]:
    """What one run of the scanner told."""
    archive = zip_of(work.with_name("a.zip"), files)
    results, events = Results([scanner]), []
    with archive.open("rb") as stream:
        for event in Sandbox(work.parent, "nobody", [scanner], limits).run(stream, work):
            events.append(event)
            results.take(event)
    return results, events


def test_nothing_of_the_host_is_reached(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPAK_DATABASE_URL", "postgresql://secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1]).encode()
        results, _ = tried(work, scanners.Snoop, {"port": port})
    told = {finding.rule: finding.text for finding in results.findings}
    assert told == {"user": str(pwd.getpwnam("nobody").pw_uid)}
    assert place(os.geteuid() == 0).isolation == Isolation(user=True, network=True, processes=True)


def test_processes_are_limited(work: Path) -> None:
    results, _ = tried(work, scanners.Forks, {"a": b"1"})
    (found,) = results.findings
    assert 0 < found.line < 64
    assert not left()


def left() -> list[str]:
    """Processes of the sandbox that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"tapak.testing.scanners" in entry.read_bytes():
                found.append(entry.parent.name)
        except OSError:
            continue
    return found


def test_a_deadline_ends_everything(work: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(SandboxProblem, match="no end within 3 s") as raised:
        tried(work, scanners.Endless, {"a": b"1"}, Limits(seconds=3))
    assert time.monotonic() - begun < 20
    assert "batas waktu" in raised.value.told
    wait_until(lambda: not left(), 10, "every process to end")


def test_giving_up_ends_everything(work: Path) -> None:
    """As a worker does that has lost its lease."""

    class GivenUp(Exception):
        pass

    beats = iter(range(3))

    def beat() -> None:
        if next(beats, None) is None:
            raise GivenUp

    archive = zip_of(work.with_name("a.zip"), {"a": b"1"})
    with archive.open("rb") as stream, pytest.raises(GivenUp):
        list(Sandbox(work.parent, "nobody", [scanners.Endless], SMALL, beat).run(stream, work))
    wait_until(lambda: not left(), 10, "every process to end")


def test_a_process_that_dies_is_a_failure(work: Path) -> None:
    with pytest.raises(SandboxProblem, match="status"):
        tried(work, scanners.Dies, {"a": b"1"})


def test_a_scanner_that_raises_has_failed_and_the_others_go_on(work: Path) -> None:
    results, events = tried(work, scanners.Raises, {"a": b"1"})
    runs = {run.name: run for run in results.runs("unsaid")}
    assert runs["tapak.raises"].state == "failed"
    assert runs["tapak.structure"].state == "done"
    assert events[-1]["kind"] == "end"
    assert any("LookupError" in line for line in results.log)


def line(**content: Any) -> bytes:
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "told",
    [
        b"not JSON",
        b"[1]",
        b'"x"',
        line(kind=1),
        line(kind="finding", rule="x", severity="worst", text="x", file="", line=0, evidence="", scanner="tapak.lies"),
        line(kind="finding", rule="x", severity="low", text="x", file="", line=0, evidence="", scanner="tapak.clamav"),
        line(kind="finding", rule="x", severity="low", text="x", file="", line=-1, evidence="", scanner="tapak.lies"),
        line(kind="finding", rule={}, severity="low", text="x", file="", line=1, evidence="", scanner="tapak.lies"),
        line(kind="scanner", name="tapak.clamav", state="done"),
        line(kind="scanner", name="tapak.lies", state="clean"),
        line(kind="equipment", name="tapak.lies", version=7),
        b"[" * 100_000,
        b"x" * 1_500_000,
    ],
)
def test_what_a_taken_over_sandbox_says_is_not_believed(work: Path, told: bytes) -> None:
    with pytest.raises((SandboxProblem, Garbled)):
        results, _ = tried(work, scanners.Lies, {"a": told}, Limits(seconds=30))
        results.runs("")


def test_texts_of_the_sandbox_can_be_stored(work: Path) -> None:
    told = line(
        kind="finding",
        rule="x\x00",
        severity="low",
        text="a\x1b[31m\ud800",
        file="é",
        line=1,
        evidence="",
        scanner="tapak.lies",
    )
    results, _ = tried(work, scanners.Lies, {"a": told})
    (found,) = results.findings
    assert (found.rule, found.text, found.file) == ("x\\x00", "a\\x1b[31m\\ud800", "é")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that allows no namespaces."""
    monkeypatch.setattr("tapak.scanning.sandbox.AS_ROOT", ("false",))
    place.cache_clear()
    yield
    place.cache_clear()


@pytest.mark.usefixtures("bare")
def test_what_the_machine_does_not_allow_is_told(work: Path) -> None:
    results, _ = tried(work, scanners.Raises, {"a": b"1"})
    assert results.runs("")[0].state == "done"
    assert place(True).isolation == Isolation(user=True, network=False, processes=False)


def test_root_and_nobody_at_all_are_refused(work: Path) -> None:
    archive = zip_of(work.with_name("a.zip"), {"a": b"1"})
    for user in ("root", "no-such-user"):
        with archive.open("rb") as stream, pytest.raises(SandboxProblem):
            list(Sandbox(work.parent, user, [scanners.Raises], SMALL).run(stream, work))


def test_place_is_what_it_says() -> None:
    assert Place((), Isolation(user=False, network=False, processes=False)).isolation.as_json() == {
        "user": False,
        "network": False,
        "processes": False,
        "limits": True,
    }
