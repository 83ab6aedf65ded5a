"""What the command line writes: a file that is whole or not there, and nobody else's to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapak.cli.output import write


def torn() -> Iterator[bytes]:
    yield b"nama,nomor\n"
    raise OSError("penuh")


def test_a_file_is_its_owners_whatever_lay_there(tmp_path: Path) -> None:
    wanted, elsewhere = tmp_path / "agenda.csv", tmp_path / "lain"
    elsewhere.write_text("milik orang")
    (tmp_path / ".agenda.csv.part").symlink_to(elsewhere)
    wanted.write_text("lama")
    wanted.chmod(0o644)
    assert write(wanted, [b"satu", b"dua"]) == 7
    assert wanted.read_bytes() == b"satudua"
    assert wanted.stat().st_mode & 0o777 == 0o600
    assert elsewhere.read_text() == "milik orang"


def test_half_a_file_is_not_left(tmp_path: Path) -> None:
    (tmp_path / "agenda.csv").write_text("lama")
    with pytest.raises(OSError, match="penuh"):
        write(tmp_path / "agenda.csv", torn())
    assert [path.name for path in tmp_path.iterdir()] == ["agenda.csv"]
    assert (tmp_path / "agenda.csv").read_text() == "lama"
