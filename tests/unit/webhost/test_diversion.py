"""The detour while document roots change places: links to the coming files, and none where they are too many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapak_webhost.agent import diversion, files, sites

NAME = "antrean.contoh.example"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[sites.Web]:
    (tmp_path / "sites" / NAME / "public" / "gambar").mkdir(parents=True)
    (tmp_path / "sites" / NAME / "public" / "index.html").write_text("satu")
    (tmp_path / "sites" / NAME / "public" / "gambar" / "a.png").write_text("dua")
    with sites.opened(tmp_path) as opened:
        yield opened


def diverted(web: sites.Web, place: Path) -> tuple[bool, list[str]]:
    """Whether the server is told of a detour, and the files there."""
    with (
        files.directory(NAME, web.sites) as site,
        files.directory("public", site) as coming,
        diversion.diverted(web, NAME, site, coming),
    ):
        arriving = place / "sites" / NAME / diversion.ARRIVING
        linked = [str(path.relative_to(arriving)) for path in sorted(arriving.rglob("*")) if path.is_file()]
        return files.exists(web.switching, NAME), linked


def left(web: sites.Web, place: Path) -> bool:
    return files.exists(web.switching, NAME) or (place / "sites" / NAME / diversion.ARRIVING).exists()


def test_the_coming_files_are_reached_meanwhile(web: sites.Web, tmp_path: Path) -> None:
    assert diverted(web, tmp_path) == (True, ["gambar/a.png", "index.html"])
    assert not left(web, tmp_path)


def test_too_many_files_go_without_a_detour(web: sites.Web, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for number in range(diversion.MOST - 2):
        (tmp_path / "sites" / NAME / "public" / "gambar" / f"{number}.png").touch()
    assert diverted(web, tmp_path) == (False, [])
    assert not left(web, tmp_path)
    assert "without a detour" in capfd.readouterr().err


def test_directories_in_directories_end_nobody(web: sites.Web, tmp_path: Path) -> None:
    (tmp_path / "sites" / NAME / "public" / "/".join("d" * (diversion.DEEPEST + 1))).mkdir(parents=True)
    assert diverted(web, tmp_path) == (False, [])
    assert not left(web, tmp_path)
