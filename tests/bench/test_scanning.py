"""What looking through an application costs beside its scanners, and what a large upload costs the web's processes."""

from __future__ import annotations

import hashlib
import random
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tapak import migrations
from tapak.demo import scripts
from tapak.demo.servers.clamd import ClamdServer
from tapak.demo.servers.process import Daemon, free_port, reachable
from tapak.demo.stack import DATABASE
from tapak.plugins import registry
from tapak.scanning.advisories import import_advisories
from tapak.scanning.archives.opening import open_archive
from tapak.scanning.limits import Limits
from tapak.scanning.results import Results
from tapak.scanning.sandbox import Sandbox
from tapak.scanning.unpacking import unpack
from tapak.sdk.scanning import ScannedFile, Scanner
from tapak.testing.deployment import Deployment, two_agencies
from tapak.testing.trial_stack import TrialStack

FILES = 10_000
SIZE = 20_000
PAIRS = 3
MOST = 1.5
GIGABYTE = 1024**3
PIECE = 8 * 1024**2
MEMORY = 200 * 1024**2


@pytest.fixture(scope="module")
def clamd(server_directory: Path) -> Iterator[ClamdServer]:
    """A running clamd; its folder has one advisory too."""
    server = ClamdServer(server_directory / "bench-scanning")
    server.start()
    advisory = server.directory / "advisory.json"
    advisory.write_text('{"id": "X", "affected": [{"package": {"ecosystem": "Packagist", "name": "a/b"}}]}')
    import_advisories(advisory, server.directory)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of 200 MB in 10,000 files that look like code, and a lock file."""
    chance = random.Random(20261121)
    place = tmp_path_factory.mktemp("application") / "a.zip"
    line = "    $baris_{0:x} = $this->ambil('{1:x}', [{0}, {1}]); // {2:x}\n"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("composer.lock", '{"packages": [{"name": "a/b", "version": "1.0.0"}]}')
        for number in range(FILES):
            text = ["<?php\n"]
            while sum(map(len, text[-300:])) < SIZE:
                text += [line.format(*(chance.getrandbits(40) for _ in range(3))) for _ in range(50)]
            archive.writestr(f"app/{number % 100}/{number}.php", "".join(text)[:SIZE])
    return place


def scanners() -> Sequence[type[Scanner]]:
    return tuple(registry().scanners.values())


def alone(files: Sequence[ScannedFile], folder: Path) -> float:
    """Seconds that every scanner takes over the files, one after the other."""
    begun = time.perf_counter()
    for each in scanners():
        scanner = each(folder)
        scanner.prepare()
        list(scanner.scan(files))
    return time.perf_counter() - begun


def whole(archive: Path, folder: Path, work: Path) -> float:
    """Seconds from the archive to the last scanner's word."""
    begun = time.perf_counter()
    results = Results(scanners())
    work.mkdir()
    with archive.open("rb") as stream:
        for event in Sandbox(folder, "nobody", scanners(), Limits()).run(stream, work):
            results.take(event)
    took = time.perf_counter() - begun
    assert {run.state for run in results.runs("")} == {"done"}
    return took


def test_a_run_against_its_scanners_alone(
    clamd: ClamdServer, application: Path, tmp_path: Path, measured: type
) -> None:
    (tmp_path / "files").mkdir()
    with application.open("rb") as stream:
        files = unpack(open_archive(stream, Limits()), tmp_path / "files", (), Limits())
    assert (len(files), sum(file.size for file in files) > 199_000_000) == (FILES + 1, True)
    for place in (tmp_path / "files").iterdir():
        place.chmod(0o644)
    ours, measure = [], []
    for number in range(PAIRS):
        measure.append(alone(files, clamd.directory))
        ours.append(whole(application, clamd.directory, tmp_path / f"work{number}"))
    figure = measured("a scan of 200 MB in 10,000 files", ours, measure, "s")
    assert figure.tell(f"at most {MOST}") <= MOST


@dataclass(frozen=True)
class LargeStack(TrialStack):
    """Takes files of up to 3 GiB."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "TAPAK_UPLOAD_LIMIT": str(3 * GIGABYTE)}


@pytest.fixture
def large(server_directory: Path) -> Iterator[Deployment]:
    """A running deployment that takes large files."""
    agencies = two_agencies(str(scripts.tenants()[0]["slug"]))
    contents = [each.content for each in agencies]
    zones, named = tuple(each.zone for each in agencies), scripts.placeholders(contents)
    stack = LargeStack(reachable(server_directory / "large"), free_port(), zones, named)
    made = Deployment(stack, *agencies)
    try:
        stack.start_servers()
        stack.postgresql.create_database(DATABASE)
        migrations.upgrade(stack.owner_url)
        for agency in agencies:
            made.apply(agency)
        stack.start_processes()
        yield made
    finally:
        made.close()


def family(pid: int) -> Iterator[int]:
    """The process and all that it has started."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from family(int(child))


def forget_peaks(web: Daemon) -> None:
    """Have the kernel measure anew: signing in takes 64 MiB for a moment, by argon2's own choice (proc(5))."""
    for pid in family(web.pid() or 0):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(web: Daemon) -> int:
    """The most memory in bytes that any one of the web's processes had since (VmHWM)."""
    found = [Path(f"/proc/{pid}/status").read_text() for pid in family(web.pid() or 0)]
    return max(int(text.partition("VmHWM:")[2].split()[0]) for text in found) * 1024


def test_the_memory_of_a_large_upload(large: Deployment) -> None:
    """2 GiB: the first half in pieces as browsers send them, the rest in one; then checked and made a document."""
    case = large.case()
    case.start()
    size, block = 2 * GIGABYTE, random.Random(1).randbytes(PIECE)
    digest = hashlib.sha256()
    headers = {"Content-Type": "application/offset+octet-stream"}

    def rest() -> Iterator[bytes]:
        for _ in range(size // 2 // PIECE):
            digest.update(block)
            yield block

    web = next(process for process in large.stack.processes() if process.name == "web")
    with large.caller(case.applicant) as client:
        task = case.request()["tasks"][0]["id"]
        told = {"kind": "request_letter", "filename": "besar.pdf", "size": size}
        upload = client.post(f"/tasks/{task}/uploads", json=told).json()["id"]
        forget_peaks(web)
        begun = time.perf_counter()
        for number in range(size // 2 // PIECE):
            digest.update(block)
            at = {**headers, "Upload-Offset": str(number * PIECE)}
            assert client.patch(f"/uploads/{upload}", content=block, headers=at).status_code == 204
        at = {**headers, "Upload-Offset": str(size // 2), "Content-Length": str(size // 2)}
        assert client.patch(f"/uploads/{upload}", content=rest(), headers=at, timeout=600).status_code == 204
        answer = client.post(f"/uploads/{upload}/complete", json={"sha256": digest.hexdigest()}, timeout=600)
    took = time.perf_counter() - begun
    # It is whole, and read to its end; only then is it found to be no PDF.
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["request_letter"])
    most = peak(web)
    print(f"\n2 GiB in {took:.0f} s; the largest of the web's processes took {most / 1024**2:.0f} MB  at most 200")
    assert most < MEMORY
