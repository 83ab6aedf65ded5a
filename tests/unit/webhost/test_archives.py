"""Archives that come in piece by piece."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapak.scanning.limits import Limits
from tapak.sdk.forms import LARGEST_APPLICATION
from tapak_webhost.agent import archives
from tapak_webhost.agent.protocol import AgentError
from tapak_webhost.agent.unpack import Bounds

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
