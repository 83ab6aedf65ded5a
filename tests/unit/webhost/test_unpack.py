"""Archives that would like to be more than files and directories."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tapak_webhost.agent.unpack import REASONS, Bounds, Refused, unpack
from tapak_webhost.refusals import REFUSALS, refusal

NAMES = (
    "../keluar.txt",
    "a/../../keluar.txt",
    "/etc/keluar.txt",
    "..",
    "a//b.txt",
    "a\\..\\b.txt",
    "C:\\b.txt",
    "a\nb.txt",
    "a\x1b[2Jb.txt",
    ".tapak-release",
    "tapak-probe-1.php",
    "x" * 256,
    "/".join("d" * 41),
    "b" * 250 + "/" + "c" * 250 + "/" + "d" * 250 + "/" + "e" * 250 + "/" + "f" * 250,
)


def zipped(fill: Callable[[zipfile.ZipFile], None]) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        fill(archive)
    return stream


def tarred(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream


def entry(name: str, kind: bytes = tarfile.REGTYPE, linkname: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode = kind, linkname, mode
    return member


def into(place: Path, archive: io.BytesIO, bounds: Bounds | None = None) -> tuple[int, int]:
    fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return unpack(archive, fd, bounds or Bounds())
    finally:
        os.close(fd)


def tree(place: Path) -> dict[str, str]:
    return {str(path.relative_to(place)): path.read_text() for path in sorted(place.rglob("*")) if path.is_file()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    inner = tmp_path / "in"
    inner.mkdir()
    return inner


def refused(place: Path, archive: io.BytesIO, bounds: Bounds | None = None) -> str:
    with pytest.raises(Refused) as told:
        into(place, archive, bounds)
    outside = [path for path in place.parent.rglob("*") if place not in (path, *path.parents)]
    assert outside == []
    assert not [path for path in place.rglob("*") if path.is_symlink() or not (path.is_file() or path.is_dir())]
    return str(told.value)


def test_what_is_in_it_is_unpacked_and_nothing_else(place: Path) -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        archive.mkdir("css")
        archive.writestr("css/a.css", "a")
        archive.writestr("index.html", "halo")
        archive.writestr("dalam/sekali/b.txt", "b")

    assert into(place, zipped(fill)) == (3, 6)
    assert tree(place) == {"css/a.css": "a", "dalam/sekali/b.txt": "b", "index.html": "halo"}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_tar_too(place: Path, mode: str) -> None:
    archive = tarred((entry("./", tarfile.DIRTYPE), b""), (entry("./a/b.txt", mode=0o4777), b"isi"), mode=mode)
    assert into(place, archive) == (1, 3)
    assert tree(place) == {"a/b.txt": "isi"}
    assert stat.S_IMODE((place / "a/b.txt").stat().st_mode) & 0o7111 == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_plain_path_is_refused(place: Path, name: str) -> None:
    refused(place, tarred((entry(name), b"x")))
    refused(place, zipped(lambda archive: archive.writestr(zipfile.ZipInfo(name), "x")))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE]
)
def test_only_files_and_directories_are_taken(place: Path, kind: bytes) -> None:
    if kind == tarfile.CONTTYPE:
        into(place, tarred((entry("a", kind), b"x")))
        assert tree(place) == {"a": "x"}
        return
    assert "neither a file nor a directory" in refused(place, tarred((entry("a", kind, "/etc/passwd"), b"")))


def test_a_link_of_a_zip_is_refused(place: Path) -> None:
    member = zipfile.ZipInfo("a")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "neither" in refused(place, zipped(lambda archive: archive.writestr(member, "/etc/passwd")))


def test_a_file_twice_is_refused(place: Path) -> None:
    assert "twice" in refused(place, tarred((entry("a"), b"x"), (entry("./a"), b"y")))


def test_a_file_that_is_a_directory_too_is_refused(place: Path) -> None:
    assert "below a file" in refused(place, tarred((entry("a"), b"x"), (entry("a/b"), b"y")))


def test_a_bomb_is_refused_before_it_fills_the_disk(place: Path) -> None:
    archive = zipped(lambda archive: archive.writestr("a", bytes(64 * 1_048_576)))
    assert "too large" in refused(place, archive)
    assert sum(path.stat().st_size for path in place.iterdir()) <= 17 * 1_048_576
    assert "too large" in refused(place, tarred((entry("b"), b"x" * 5000)), Bounds(size=4000))


def test_too_many_entries_are_refused(place: Path) -> None:
    archive = tarred(*((entry(f"{number}"), b"") for number in range(11)))
    assert "more than 10" in refused(place, archive, Bounds(entries=10))


@pytest.mark.parametrize(
    "content", [b"", b"bukan arsip", b"PK\3\4" + b"x" * 100, b"\x1f\x8b" + b"x" * 100, b"x" * 2000]
)
def test_what_is_no_archive_is_refused(place: Path, content: bytes) -> None:
    refused(place, io.BytesIO(content))


def test_a_torn_archive_is_refused(place: Path) -> None:
    whole = tarred((entry("a"), os.urandom(100_000))).getvalue()
    refused(place, io.BytesIO(whole[:-5000]))


def test_an_empty_one_is_refused(place: Path) -> None:
    assert "no file" in refused(place, tarred((entry("a", tarfile.DIRTYPE), b"")))


def test_an_encrypted_zip_is_refused(place: Path) -> None:
    content = bytearray(zipped(lambda archive: archive.writestr("a", "x")).getvalue())
    content[content.index(b"PK\1\2") + 8] |= 1
    assert "encrypted" in refused(place, io.BytesIO(bytes(content)))


def test_every_reason_is_told_in_indonesian() -> None:
    assert set(REFUSALS) == {*REASONS, "large", "other"}
    for reason in REFUSALS:
        told = refusal({"reason": reason, "entry": "'{x}'", "most": 200_000})
        assert told
        assert "{entry}" not in told
    assert refusal({"reason": "entries", "most": 200_000}) == "isinya lebih dari 200.000 berkas dan folder"
