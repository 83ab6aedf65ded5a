"""Advisories as OSV writes them, against lock files as tools write them."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tapak.scanning.advisories import BadAdvisories, import_advisories, stock
from tapak.scanning.scanners.dependencies import DependencyScanner
from tapak.sdk.scanning import Finding, ScannedFile, ScannerProblem

NOW = datetime.now(UTC)


def advisory(key: str, ecosystem: str, name: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    kind = "SEMVER" if ecosystem == "npm" else "ECOSYSTEM"
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": kind, "events": list(events)}]}
    return {"id": key, "modified": NOW.isoformat(), "summary": f"Cacat {key}", "affected": [affected], **more}


ALL = [
    advisory("G-1", "Packagist", "Laravel/Framework", {"introduced": "0"}, {"fixed": "8.22.1"}),
    advisory("G-2", "Packagist", "laravel/framework", {"introduced": "7.0.0"}, {"last_affected": "8.5.0"}),
    advisory("G-3", "npm", "@vue/x", {"introduced": "1.0.0"}, {"fixed": "1.2.10"}, {"introduced": "2.0.0-rc.1"}),
    advisory("G-4", "PyPI", "Django_Rest", {"introduced": "0"}, {"fixed": "3.2rc1"}, aliases=["CVE-2026-1"]),
    advisory("MAL-5", "npm", "jahat", {"introduced": "0"}),
    advisory("G-6", "Go", "x", {"introduced": "0"}),
]


def put(folder: Path, content: Any = ALL) -> Path:
    place = folder / "advisories.json"
    place.write_text(json.dumps(content))
    return place


def found(folder: Path, name: str, content: str) -> list[Finding]:
    place = folder / "0"
    place.write_text(content)
    scanner = DependencyScanner(folder)
    scanner.prepare()
    return list(scanner.scan([ScannedFile(name, len(content), place)]))


def composer(version: str) -> str:
    return json.dumps({"packages": [{"name": "laravel/framework", "version": version}], "packages-dev": []}, indent=1)


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("v8.5.0", {"G-1", "G-2"}),
        ("8.5.1", {"G-1"}),
        ("v8.22.0", {"G-1"}),
        ("8.22.1", set()),
        ("v8.100.0", set()),
        ("6.0.0", {"G-1"}),
        ("8.22.1-beta1", {"G-1"}),
    ],
)
def test_composer(tmp_path: Path, version: str, keys: set[str]) -> None:
    import_advisories(put(tmp_path), tmp_path)
    told = found(tmp_path, "app/composer.lock", composer(version))
    assert {each.rule for each in told} == keys
    assert all(each.line == 4 for each in told)


@pytest.mark.parametrize(
    ("version", "hit"),
    [("1.0.0", True), ("1.2.9", True), ("1.2.10", False), ("1.9.0", False), ("2.0.0", True), ("0.9.9", False)],
)
def test_npm(tmp_path: Path, version: str, hit: bool) -> None:
    import_advisories(put(tmp_path), tmp_path)
    new = {
        "lockfileVersion": 3,
        "packages": {"": {"name": "app"}, "node_modules/a/node_modules/@vue/x": {"version": version}},
    }
    old = {
        "lockfileVersion": 1,
        "dependencies": {"a": {"version": "1.0.0", "dependencies": {"@vue/x": {"version": version}}}},
    }
    for lock in (new, old):
        assert {each.rule for each in found(tmp_path, "package-lock.json", json.dumps(lock))} == (
            {"G-3"} if hit else set()
        )


def test_python(tmp_path: Path) -> None:
    import_advisories(put(tmp_path), tmp_path)
    text = (
        "# x\ndjango-rest==3.1 \\\n    --hash=sha256:00\nflask>=2\n-r other.txt\n"
        "Django.REST[x]==3.2 ; python_version > '3'\n"
    )
    told = found(tmp_path, "requirements-dev.txt", text)
    assert [(each.rule, each.line) for each in told] == [("unpinned", 0), ("G-4", 2)]
    assert "CVE-2026-1" in told[1].evidence
    assert "3.2rc1" in told[1].text


def test_malicious_packages_and_severities(tmp_path: Path) -> None:
    rated = [
        *ALL,
        advisory("R-1", "npm", "a", {"introduced": "0"}, database_specific={"severity": "MODERATE"}),
        advisory(
            "R-2",
            "npm",
            "a",
            {"introduced": "0"},
            severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        ),
        advisory("R-3", "npm", "a", {"introduced": "0"}, severity=[{"type": "CVSS_V3", "score": "rubbish"}]),
        advisory("R-4", "npm", "a", {"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z"),
    ]
    import_advisories(put(tmp_path, rated), tmp_path)
    lock = {"packages": {"node_modules/jahat": {"version": "1.0.0"}, "node_modules/a": {"version": "1.0.0"}}}
    told = {each.rule: each.severity for each in found(tmp_path, "package-lock.json", json.dumps(lock))}
    assert told == {"MAL-5": "critical", "R-1": "medium", "R-2": "critical", "R-3": "medium"}


def test_without_advisories_no_lock_file_is_clean(tmp_path: Path) -> None:
    with pytest.raises(ScannerProblem, match="no advisories"):
        found(tmp_path, "composer.lock", composer("1.0"))
    assert found(tmp_path, "readme.txt", "x") == []


def test_old_advisories_are_told(tmp_path: Path) -> None:
    old = (NOW - timedelta(days=90)).isoformat()
    import_advisories(put(tmp_path, [{**ALL[0], "modified": old}]), tmp_path)
    (told,) = found(tmp_path, "composer.lock", composer("9.0.0"))
    assert (told.rule, told.severity) == ("old_advisories", "low")
    assert "90 hari" in told.text


@pytest.mark.parametrize("content", ["", "{", "[1, 2", '"x"', "[" * 5000, '{"packages": 7}', '{"packages": {"a": 1}}'])
def test_a_lock_file_that_can_not_be_read_is_told(tmp_path: Path, content: str) -> None:
    import_advisories(put(tmp_path), tmp_path)
    assert {each.rule for each in found(tmp_path, "composer.lock", content)} == {"unreadable_lock"}


def test_a_version_that_can_not_be_compared_is_told(tmp_path: Path) -> None:
    import_advisories(put(tmp_path), tmp_path)
    assert {each.rule for each in found(tmp_path, "composer.lock", composer("dev-master"))} <= {
        "unknown_version",
        "G-1",
    }
    assert found(tmp_path, "composer.lock", composer("dev-master"))


def test_imports_add_up_and_replace(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for each in ALL[:3]:
            archive.writestr(f"{each['id']}.json", json.dumps(each))
    first = import_advisories(tmp_path / "all.zip", tmp_path)
    assert (first.kept, first.stock.advisories) == (3, 3)
    second = import_advisories(put(tmp_path), tmp_path)
    assert (second.kept, second.others, second.stock.advisories) == (5, 1, 5)
    third = import_advisories(put(tmp_path, {**ALL[0], "withdrawn": NOW.isoformat()}), tmp_path)
    assert (third.withdrawn, third.stock.advisories) == (1, 4)
    assert third.stock.age(NOW) == 0


@pytest.mark.parametrize("content", ["", "kein JSON", "[]", '[{"id": 1}]', '{"x": 1}', "[" * 100_000])
def test_what_is_no_advisory_changes_nothing(tmp_path: Path, content: str) -> None:
    import_advisories(put(tmp_path), tmp_path)
    before = stock(tmp_path)
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(BadAdvisories):
        import_advisories(tmp_path / "bad.json", tmp_path)
    assert stock(tmp_path) == before
    assert sorted(place.name for place in tmp_path.glob("advisories.sqlite*")) == ["advisories.sqlite"]
