"""The store keeps whole files or nothing, on a full disk too."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tapak.documents.store import DocumentStore, Stored, size_words
from tapak.sdk.errors import NotFound, TooLarge

LETTER = b"%PDF-1.7 a letter"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def store(tmp_path: Path) -> DocumentStore:
    return DocumentStore(tmp_path / "documents")


def test_bytes_lie_under_their_own_hash_and_come_back(store: DocumentStore) -> None:
    stored = store.write(7, io.BytesIO(LETTER), limit=1000)
    assert stored == Stored(hashlib.sha256(LETTER).hexdigest(), len(LETTER))
    assert files_in(store.folder) == [store.folder / "7" / stored.sha256[:2] / stored.sha256]
    with store.open(7, stored.sha256) as file:
        assert file.read() == LETTER


def test_the_same_bytes_lie_there_once(store: DocumentStore) -> None:
    for _ in range(3):
        store.write(7, io.BytesIO(LETTER), limit=1000)
    assert len(files_in(store.folder)) == 1


def test_nobody_but_the_owner_may_look_at_the_files(store: DocumentStore) -> None:
    stored = store.write(7, io.BytesIO(LETTER), limit=1000)
    path = store.path(7, stored.sha256)
    assert (path.stat().st_mode & 0o077, path.parent.stat().st_mode & 0o077) == (0, 0)


def test_another_tenant_does_not_have_them(store: DocumentStore) -> None:
    stored = store.write(7, io.BytesIO(LETTER), limit=1000)
    assert store.has(7, stored.sha256)
    assert not store.has(8, stored.sha256)
    with pytest.raises(NotFound):
        store.open(8, stored.sha256)


def test_a_paper_without_bytes_has_none(store: DocumentStore) -> None:
    assert not store.has(7, "")


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_hash_names_a_file(store: DocumentStore, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        store.open(7, name)


@pytest.mark.parametrize("over", [1, 600_000])
def test_over_the_limit_nothing_is_kept(store: DocumentStore, over: int) -> None:
    with pytest.raises(TooLarge) as raised:
        store.write(7, io.BytesIO(b"x" * (300_000 + over)), limit=300_000)
    assert "293 kB" in raised.value.message
    assert files_in(store.folder) == []


def test_exactly_the_limit_is_kept(store: DocumentStore) -> None:
    assert store.write(7, io.BytesIO(b"x" * 300_000), limit=300_000).size == 300_000


def test_what_the_check_refuses_is_not_kept(store: DocumentStore) -> None:
    seen: list[tuple[bytes, int]] = []

    def check(file: io.BufferedIOBase, size: int) -> None:
        seen.append((file.read(), size))
        raise LookupError

    with pytest.raises(LookupError):
        store.write(7, io.BytesIO(LETTER), limit=1000, check=check)
    assert seen == [(LETTER, len(LETTER))]
    assert files_in(store.folder) == []


def test_a_sender_who_breaks_off_leaves_nothing(store: DocumentStore) -> None:
    class BrokenOff(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() == 0:
                return super().read(4)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.write(7, BrokenOff(LETTER), limit=1000)
    assert files_in(store.folder) == []


def test_a_sweep_takes_only_old_leftovers(store: DocumentStore) -> None:
    stored = store.write(7, io.BytesIO(LETTER), limit=1000)
    old, young = (store.folder / "7" / f".incoming-{name}" for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert store.sweep() == 1
    assert set(files_in(store.folder)) == {young, store.path(7, stored.sha256)}


@pytest.mark.parametrize(
    ("size", "words"), [(900, "900 byte"), (1536, "1,5 kB"), (20 * 1024**2, "20 MB"), (10 * 1024**3, "10 GB")]
)
def test_sizes_are_written_as_people_write_them(size: int, words: str) -> None:
    assert size_words(size) == words


FILLING = textwrap.dedent(
    """
    import errno, io, json, os, resource, sys
    from pathlib import Path
    from tapak.documents.store import DocumentStore
    from tapak.sdk.errors import StorageFull

    folder, bytes_left = Path(sys.argv[1]), int(sys.argv[2])
    if bytes_left:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left))
    store = DocumentStore(folder)
    kept = store.write(7, io.BytesIO(b"small"), limit=10**9)
    try:
        store.write(7, io.BytesIO(os.urandom(3_000_000)), limit=10**9)
    except StorageFull as problem:
        told = [problem.status, problem.message, problem.__cause__.errno]
    left = [path.name for path in folder.rglob("*") if path.is_file()]
    again = store.write(7, io.BytesIO(b"small too"), limit=10**9)
    print(json.dumps({"told": told, "left": left == [kept.sha256], "again": again.size}))
    """
)


def fill(command: list[str], folder: Path, bytes_left: int) -> dict[str, object]:
    script = [*command, sys.executable, "-c", FILLING, str(folder), str(bytes_left)]
    done = subprocess.run(script, check=True, capture_output=True, text=True, timeout=60)
    told: dict[str, object] = json.loads(done.stdout)
    return told


def tiny_disk(folder: Path) -> list[str] | None:
    """A command that runs another one where ``folder`` is a disk of 1 MB, seen by nobody else; None if not allowed."""
    mount = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'
    unshare = shutil.which("unshare")
    for rights in ([], ["--user", "--map-root-user"]) if unshare else ():
        command = [str(unshare), *rights, "--mount", "sh", "-c", mount, str(folder)]
        if subprocess.run([*command, "true"], check=False, capture_output=True, timeout=60).returncode == 0:
            return command
    return None


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """A real disk of 1 MB where this machine lets us mount one, else the largest file that the process may write."""
    command = tiny_disk(tmp_path)
    told = fill(command, tmp_path, 0) if command else fill([], tmp_path, 1_000_000)
    errors = {28} if command else {27}
    assert told["left"] is True
    assert told["again"] == 9
    assert told["told"][0] == 507 and "penuh" in told["told"][1] and told["told"][2] in errors  # type: ignore[index]


def test_a_file_larger_than_the_process_may_write_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    told = fill([], tmp_path, 1_000_000)
    assert told["left"] is True
    assert told["again"] == 9
    assert told["told"][0] == 507 and told["told"][2] == 27  # type: ignore[index]


def test_forgets_what_is_old_and_keeps_what_came_again(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path)
    stored = store.write(1, io.BytesIO(LETTER), 100)
    assert not store.forget(1, stored.sha256)
    assert store.has(1, stored.sha256)
    assert store.forget(1, stored.sha256, older_than=-1)
    assert files_in(tmp_path) == []
    assert store.forget(1, stored.sha256)
