"""Archives that come in piece by piece."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tapak.scanning.archives.entries import Broken
from tapak.scanning.archives.opening import open_archive
from tapak.scanning.limits import Limits
from tapak.scanning.structure import Structure
from tapak.scanning.unpacking import unpack as scanned
from tapak.sdk.forms import LARGEST_APPLICATION
from tapak.testing.archives import tar_of, zip_of
from tapak_webhost.agent import archives
from tapak_webhost.agent.protocol import AgentError
from tapak_webhost.agent.unpack import Bounds, Refused, unpack

WHOLE = b"isi arsip" * 1000
SHA256 = hashlib.sha256(WHOLE).hexdigest()


@pytest.fixture
def at(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield fd
    os.close(fd)


def put(at: int, offset: int, piece: bytes, size: int = len(WHOLE), sha256: str = SHA256) -> int:
    return archives.put(at, sha256, size, offset, base64.b64encode(piece).decode())["held"]


def test_pieces_become_the_whole(at: int) -> None:
    assert put(at, 0, b"") == 0
    assert put(at, 0, WHOLE[:4000]) == 4000
    with archives.opened(at, SHA256) as stream:
        assert stream is None
    assert put(at, 4000, WHOLE[4000:]) == len(WHOLE)
    with archives.opened(at, SHA256) as stream:
        assert stream is not None
        assert stream.read() == WHOLE
    assert put(at, 0, b"") == len(WHOLE)


def test_a_piece_that_does_not_fit_tells_what_is_held(at: int) -> None:
    put(at, 0, WHOLE[:4000])
    assert put(at, 0, WHOLE[:4000]) == 4000
    assert put(at, 5000, WHOLE[5000:]) == 4000
    assert put(at, 4000, WHOLE) == 4000


def test_what_has_another_hash_is_forgotten(at: int, tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="not"):
        put(at, 0, WHOLE[::-1])
    assert list(tmp_path.iterdir()) == []


def test_a_shorter_beginning_of_another_sending_is_thrown_away(at: int) -> None:
    put(at, 0, WHOLE[:4000])
    assert put(at, 0, b"", size=100) == 0


@pytest.mark.parametrize(
    ("offset", "data", "size"),
    [
        (0, "bukan base64!", 10),
        (0, base64.b64encode(bytes(archives.LARGEST_PIECE + 1)).decode(), 10**6),
        (0, "", 2**40),
    ],
)
def test_rubbish_is_refused(at: int, tmp_path: Path, offset: int, data: str, size: int) -> None:
    with pytest.raises(AgentError):
        archives.put(at, SHA256, size, offset, data)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sha256", ["", "x" * 64, "A" * 64, f"{'a' * 64}\n", "../" + "a" * 61, 7, None])
def test_what_is_no_hash_names_no_file(sha256: object) -> None:
    with pytest.raises(AgentError):
        archives.checked_hash(sha256)


def test_what_nobody_used_for_a_day_goes(at: int, tmp_path: Path) -> None:
    put(at, 0, WHOLE[:4000])
    (tmp_path / "baru").touch()
    os.utime(tmp_path / f"{SHA256}.part", (0, 0))
    archives.clear_old(at)
    assert [path.name for path in tmp_path.iterdir()] == ["baru"]


def test_what_may_be_sent_to_tapak_may_be_sent_on_to_the_host_and_no_more(at: int) -> None:
    assert put(at, 0, b"x", LARGEST_APPLICATION) == 1
    with pytest.raises(AgentError, match="at most"):
        put(at, 0, b"x", LARGEST_APPLICATION + 1)


def test_what_may_be_looked_through_may_be_unpacked() -> None:
    limits, bounds = Limits(), Bounds()
    assert (bounds.entries, bounds.size, bounds.ratio) == (limits.entries, limits.unpacked, limits.ratio)


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize(
    "name",
    [
        "C:x.php",
        "c:/x.php",
        "./x.php",
        "x.php ",
        "x/y.php",
        "x:y.php",
        "X.php",
        "x.php.",
        "~/x.php",
        "…/x.php",
        "x.php/.",
        "././a/./x.php",
    ],
)
def test_whatever_is_unpacked_was_looked_through(tmp_path: Path, pack: Callable[..., Path], name: str) -> None:
    agree(pack(tmp_path / "arsip", {"index.html": b"halo", name: b"<?php echo 1;"}), tmp_path)


@pytest.mark.parametrize("flags", [0x1, 0x40, 0x2000, 0x8])
@pytest.mark.parametrize("name", ["x.php", "café.php"])
def test_whatever_a_zip_says_of_an_entry_both_take_it_so(tmp_path: Path, flags: int, name: str) -> None:
    packed = zip_of(tmp_path / "arsip", {"index.html": b"halo", name: b"<?php echo 1;"})
    content = bytearray(packed.read_bytes())
    # Without the mark for UTF-8, too.
    for at in (content.rfind(b"PK\x01\x02") + 8, content.rfind(b"PK\x03\x04") + 6):
        content[at : at + 2] = struct.pack("<H", flags)
    packed.write_bytes(content)
    agree(packed, tmp_path)


def test_a_zip_that_points_before_its_own_beginning_is_no_whole_archive(tmp_path: Path) -> None:
    packed = zip_of(tmp_path / "arsip", {"x": b"1"})
    content = bytearray(packed.read_bytes())
    content[-6] += 1  # where the central directory begins
    packed.write_bytes(content)
    with packed.open("rb") as stream, pytest.raises(Refused, match="whole"):
        unpack(stream, -1, Bounds())


def agree(packed: Path, tmp_path: Path) -> None:
    """The scanners' reader and the host's: a file that one leaves out the other refuses."""
    looked, hosted = tmp_path / "looked", tmp_path / "hosted"
    looked.mkdir()
    hosted.mkdir()
    with packed.open("rb") as stream:
        check, seen = Structure(Limits(), packed.stat().st_size), []
        with suppress(Broken):
            assert list(check.check(open_archive(stream, Limits()))) or not check.skipped
            stream.seek(0)
            seen = [] if check.stopped else scanned(open_archive(stream, Limits()), looked, check.skipped, Limits())
        target = os.open(hosted, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(Refused):
            unpack(stream, target, Bounds())
            files = {str(path.relative_to(hosted)) for path in hosted.rglob("*") if path.is_file()}
            assert files == {file.name for file in seen}
        os.close(target)
