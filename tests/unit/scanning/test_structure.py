"""An archive's structure, told before anything of it is unpacked."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tapak.scanning.archives.entries import Broken
from tapak.scanning.archives.opening import open_archive
from tapak.scanning.limits import Limits
from tapak.scanning.structure import Structure
from tapak.scanning.unpacking import unpack
from tapak.sdk.scanning import Finding, ScannedFile
from tapak.testing.archives import tar_of, zip_of

SMALL = {"index.php": b"<?php echo 1;", "css/a.css": b"a{}"}


def checked(place: Path, limits: Limits | None = None) -> tuple[list[Finding], Structure]:
    check = Structure(limits or Limits(), place.stat().st_size)
    with place.open("rb") as stream:
        try:
            archive = open_archive(stream, check.limits)
        except Broken as problem:
            return [check.broken(problem)], check
        return list(check.check(archive)), check


def rules(place: Path, limits: Limits | None = None) -> set[tuple[str, str]]:
    return {(finding.rule, finding.file) for finding in checked(place, limits)[0]}


def unpacked(place: Path, folder: Path, limits: Limits | None = None) -> list[ScannedFile]:
    folder.mkdir()
    _, check = checked(place, limits)
    with place.open("rb") as stream:
        return unpack(open_archive(stream, check.limits), folder, check.skipped, check.limits)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_a_plain_archive_has_no_findings_and_comes_out_under_numbers(tmp_path: Path, name: str) -> None:
    place = (zip_of if name.endswith("zip") else tar_of)(tmp_path / name, SMALL)
    assert rules(place) == set()
    files = unpacked(place, tmp_path / "out")
    assert {file.name: file.read(100) for file in files} == SMALL
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"0", "1"}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz"])
@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ("../../etc/cron.d/x", "traversal"),
        ("a/../../x", "traversal"),
        ("..\\x", "traversal"),
        ("/etc/passwd", "absolute"),
        ("C:\\x", "absolute"),
        ("a\nb", "odd_name"),
        ("isi.tar.gz", "nested"),
        ("a/isi.ZIP", "nested"),
    ],
)
def test_names_that_mean_harm(tmp_path: Path, name: str, entry: str, rule: str) -> None:
    place = (zip_of if name.endswith("zip") else tar_of)(tmp_path / name, {**SMALL, entry: b"x"})
    found, _ = checked(place)
    assert [finding.rule for finding in found] == [rule]
    assert found[0].file.replace("\\x0a", "\n") == entry
    names = {file.name for file in unpacked(place, tmp_path / "out")}
    assert (found[0].file in names) == (rule in ("odd_name", "nested"))


def test_links_and_devices_of_a_tar_are_left_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind, target in (
            ("in", tarfile.SYMTYPE, "a/b"),
            ("a/up", tarfile.SYMTYPE, "../b"),
            ("out", tarfile.SYMTYPE, "../b"),
            ("root", tarfile.LNKTYPE, "/etc/shadow"),
            ("null", tarfile.CHRTYPE, ""),
            ("pipe", tarfile.FIFOTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    expected = {("link", "in"), ("link", "a/up"), ("link_out", "out"), ("link_out", "root")}
    expected |= {("device", "null"), ("device", "pipe"), ("empty", "")}
    assert rules(tmp_path / "a.tar") == expected
    assert unpacked(tmp_path / "a.tar", tmp_path / "out") == []


@pytest.mark.parametrize(("mode", "rule"), [(0o120777, "link"), (0o020666, "device"), (0o010666, "device")])
def test_links_and_devices_of_a_zip_are_left_out(tmp_path: Path, mode: int, rule: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.php", "x")
        info = zipfile.ZipInfo("odd")
        info.create_system, info.external_attr = 3, mode << 16
        archive.writestr(info, "/etc/passwd")
    assert rules(tmp_path / "a.zip") == {(rule, "odd")}
    assert [file.name for file in unpacked(tmp_path / "a.zip", tmp_path / "out")] == ["a.php"]


def test_bombs(tmp_path: Path) -> None:
    zeros = b"\0" * 12_000_000
    assert rules(zip_of(tmp_path / "a.zip", {"besar": zeros})) == {("bomb", "besar")}
    assert rules(tar_of(tmp_path / "a.tgz", {"besar": zeros})) == {("bomb", "besar")}
    many = {f"{number}": b"\0" * 500_000 for number in range(24)}
    assert {rule for rule, _ in rules(zip_of(tmp_path / "b.zip", many))} == {"bomb"}
    # Headers without end: each of them small, and nothing in them.
    hidden = gzip.compress(b"".join(tarfile.TarInfo(f"{number}").tobuf() for number in range(20_000)), 9)
    (tmp_path / "c.tgz").write_bytes(hidden)
    assert {rule for rule, _ in rules(tmp_path / "c.tgz", Limits(ratio=5))} == {"bomb"}


def test_a_long_name_that_takes_all_memory_is_a_bomb(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 500_000_000
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"a" * 4096)
    assert {rule for rule, _ in rules(tmp_path / "a.tar")} == {"bomb"}


def test_entries_that_share_bytes_are_a_bomb(tmp_path: Path) -> None:
    """Two names in the directory that point at one local header."""
    place = zip_of(tmp_path / "a.zip", {"aa": b"x" * 5000})
    content = place.read_bytes()
    at = content.rindex(b"PK\x01\x02")
    end = content.rindex(b"PK\x05\x06")
    central = content[at:end]
    tail = bytearray(content[end:])
    struct.pack_into("<HHI", tail, 8, 2, 2, 2 * len(central))
    place.write_bytes(content[:at] + central + central.replace(b"aa", b"bb") + bytes(tail))
    assert "overlap" in {rule for rule, _ in rules(place)}


def test_limits_of_number_and_size(tmp_path: Path) -> None:
    place = zip_of(tmp_path / "a.zip", {f"{number}": b"abc" for number in range(5)})
    assert {rule for rule, _ in rules(place, Limits(entries=4))} == {"too_many"}
    assert {rule for rule, _ in rules(place, Limits(unpacked=10))} == {"too_large"}
    assert {rule for rule, _ in rules(place, Limits(entry=2))} == {"entry_size"}
    assert checked(place, Limits(entry=2))[1].stopped
    tar = tar_of(tmp_path / "a.tar", {f"{number}": b"abc" for number in range(5)})
    assert {rule for rule, _ in rules(tar, Limits(entries=4))} == {"too_many"}


def test_doubles_and_case(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name in ("a.php", "./a.php", "A.php", "b/", "b/"):
                archive.writestr(name, "x" if not name.endswith("/") else "")
    assert rules(tmp_path / "a.zip") == {("duplicate", "./a.php"), ("case_collision", "A.php")}


def test_locked_entries(tmp_path: Path) -> None:
    place = zip_of(tmp_path / "a.zip", {"a.php": b"x", "b.php": b"y"})
    content = bytearray(place.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    place.write_bytes(content)
    assert rules(place) == {("encrypted", "b.php")}
    assert [file.name for file in unpacked(place, tmp_path / "out")] == ["a.php"]


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    place = zip_of(tmp_path / "a.zip", {"aXb": b"x"})
    place.write_bytes(place.read_bytes().replace(b"aXb", b"a\xe9b"))
    assert rules(place) == {("non_utf8", "a\\xe9b")}
    tar = tar_of(tmp_path / "a.tar", {"x": b"1"})
    info = tarfile.TarInfo("a\udce9b")
    with tarfile.open(tar, "w", errors="surrogateescape", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(b""))
    assert ("non_utf8", "a\\xe9b") in rules(tar)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_what_was_cut_is_told_and_not_unpacked(tmp_path: Path, name: str, part: float) -> None:
    make: Callable[..., Path] = zip_of if name.endswith("zip") else tar_of
    place = make(tmp_path / name, {f"{number}.bin": bytes([number]) * 3000 + b"%d" % number for number in range(40)})
    content = place.read_bytes()
    if name == "a.tar":
        content = content.rstrip(b"\0")
    place.write_bytes(content[: int(len(content) * part)])
    found, check = checked(place)
    assert {finding.rule for finding in found} <= {"truncated", "damaged"}
    assert found and check.stopped


def test_damage_shows_when_it_is_unpacked(tmp_path: Path) -> None:
    place = zip_of(tmp_path / "a.zip", {"a": b"abcdefgh" * 500})
    content = bytearray(place.read_bytes())
    content[40] ^= 0xFF
    place.write_bytes(content)
    with pytest.raises(Broken) as raised:
        unpacked(place, tmp_path / "out")
    assert raised.value.entry == "a"


@pytest.mark.parametrize(
    "content", [b"", b"MZ", b"%PDF-1.7", b"<?php", b"Rar!\x1a\x07", b"7z\xbc\xaf'\x1c", b"\0" * 600]
)
def test_what_is_no_archive_of_ours(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert {rule for rule, _ in rules(tmp_path / "a")} == {"unsupported_archive"}


def test_an_archive_without_files(tmp_path: Path) -> None:
    assert rules(zip_of(tmp_path / "a.zip", {})) == {("empty", "")}
