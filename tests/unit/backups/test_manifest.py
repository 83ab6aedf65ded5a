import os
import subprocess
from pathlib import Path

import pytest

from tapak.backups import manifest
from tapak.backups.manifest import TOLD, Manifest, differences, hashes, ranges, steady


def restored(site: Path, into: Path) -> None:
    """A copy of ``site`` as restic brings it back: under its absolute path."""
    for file in site.rglob("*"):
        if file.is_file():
            place = into / str(file).lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    wanted = Manifest({"/a": "0"}, {"mariadb/a": {"t": [1, 2]}}, {"mariadb/a": "0.dump"})
    wanted.write(tmp_path / "m")
    assert Manifest.read(tmp_path / "m") == wanted


def test_regular_files_are_hashed_links_and_pipes_are_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").symlink_to("/etc/passwd")
    (tmp_path / "c").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "d")
    assert list(hashes([str(tmp_path)])) == [str(tmp_path / "a")]


def test_what_an_owner_puts_in_a_file_s_place_is_neither_waited_for_nor_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the opening."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")
    monkeypatch.setattr(manifest, "_files", lambda folder: [f"{folder}/{name}" for name in ("pipe", "link", "gone")])
    assert hashes([str(tmp_path)]) == {}


def test_no_folder_is_too_deep(tmp_path: Path) -> None:
    deep = f"{tmp_path}/{'a/' * 1500}"
    subprocess.run(["mkdir", "-p", deep], check=True)
    subprocess.run(["touch", f"{deep}b"], check=True)
    found = hashes([str(tmp_path)])
    subprocess.run(["rm", "-rf", f"{tmp_path}/a"], check=True)
    assert list(found) == [f"{deep}b"]


def test_a_name_that_is_no_utf_8_is_told_as_one_that_is(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).write_text("a")
    wanted = Manifest(hashes([str(tmp_path)]))
    (different,) = differences(wanted, tmp_path / "nowhere", {})["different"]
    assert different.encode().endswith(b"/\\udcff: tidak ada")


def test_what_changed_during_a_run_is_not_steady() -> None:
    assert steady({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}) == {"a": "1"}


def test_rows_lie_between_the_counts_before_and_after() -> None:
    assert ranges({"t": 5, "gone": 1}, {"t": 3, "new": 1}) == {"t": [3, 5]}
    wanted = Manifest(rows={"m/a": {"t": [3, 5]}})
    for count, different in ((2, 1), (3, 0), (4, 0), (5, 0), (6, 1)):
        assert len(differences(wanted, Path("/nowhere"), {"m/a": {"t": count}})["different"]) == different
    assert differences(wanted, Path("/nowhere"), {})["different"] == ["m/a, tabel t: tidak ada, seharusnya 3"]


def test_each_difference_is_named_up_to_a_number(tmp_path: Path) -> None:
    site, back = tmp_path / "situs", tmp_path / "back"
    site.mkdir()
    for number in range(TOLD + 5):
        (site / f"{number:02}").write_text("x")
    wanted = Manifest(hashes([str(site)]))
    restored(site, back)
    assert differences(wanted, back, {}) == {"files": TOLD + 5, "tables": 0, "different": [], "more": 0}
    for file in back.rglob("*"):
        if file.is_file():
            file.write_text("y")
    found = differences(wanted, back, {})
    assert (len(found["different"]), found["more"]) == (TOLD, 5)
