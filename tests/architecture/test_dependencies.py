"""Each member declares what it imports: what happens to be installed here isn't installed elsewhere."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

OURS = {
    "tapak": "tapak",
    "tapak_kukar": "tapak-kukar",
    "tapak_tarakan": "tapak-tarakan",
    "tapak_pontianak": "tapak-pontianak",
    "tapak_acme": "tapak-acme",
    "tapak_bind": "tapak-bind",
    "tapak_cloudflare": "tapak-cloudflare",
    "tapak_mariadb": "tapak-mariadb",
    "tapak_octodns": "tapak-octodns",
    "tapak_postgresql": "tapak-postgresql",
    "tapak_powerdns": "tapak-powerdns",
    "tapak_restic": "tapak-restic",
    "tapak_webhost": "tapak-webhost",
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: Iterable[str]) -> set[str]:
    return {normal(re.split(r"[\s\[<>=!~;(]", requirement, maxsplit=1)[0]) for requirement in requirements}


def imported(files: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((alias.name.partition(".")[0], file) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0], file


def undeclared(files: Iterable[Path], declared: set[str]) -> list[str]:
    """What ``files`` import from distributions that aren't ``declared``, as ``file: package``."""
    distributions = packages_distributions()
    found = set()
    for package, file in imported(files):
        homes = {OURS[package]} if package in OURS else {normal(home) for home in distributions.get(package, [package])}
        if package not in sys.stdlib_module_names and not homes & declared:
            found.add(f"{file.name}: {package}")
    return sorted(found)


def members(root: Path) -> list[Path]:
    return sorted(
        file.parent
        for pattern in ("core", "plugins/*", "providers/*")
        for file in root.glob(f"{pattern}/pyproject.toml")
    )


def test_members_declare_what_they_import(project_root: Path) -> None:
    missing = {}
    for member in members(project_root):
        project = tomllib.loads((member / "pyproject.toml").read_text())["project"]
        declared = names(project["dependencies"]) | {normal(project["name"])}
        declared |= names(chain(*project.get("optional-dependencies", {}).values()))
        missing[member.name] = undeclared(member.glob("src/**/*.py"), declared)
    assert missing == {name: [] for name in missing}


def test_tests_import_what_the_project_declares(project_root: Path) -> None:
    groups = tomllib.loads((project_root / "pyproject.toml").read_text())["dependency-groups"]
    declared = names(groups["dev"]) | set(OURS.values())
    for member in members(project_root):
        declared |= names(tomllib.loads((member / "pyproject.toml").read_text())["project"]["dependencies"])
    local = {file.stem for file in (project_root / "tests").rglob("*.py")} | {"tests"}
    local |= {file.parent.name for file in (project_root / "tests").rglob("__init__.py")}
    found = undeclared((project_root / "tests").rglob("*.py"), declared)
    assert [line for line in found if line.partition(": ")[2] not in local] == []


def test_what_is_declared_has_an_exact_version(project_root: Path) -> None:
    exact = names((project_root / "constraints.txt").read_text().splitlines())
    wanted = names(tomllib.loads((project_root / "pyproject.toml").read_text())["dependency-groups"]["dev"])
    for member in members(project_root):
        content = tomllib.loads((member / "pyproject.toml").read_text())
        wanted |= names(content["project"]["dependencies"]) | names(content["build-system"]["requires"])
    assert sorted(wanted - exact - set(OURS.values())) == []


@pytest.mark.parametrize(
    ("line", "told"), [("import polib", ["planted.py: polib"]), ("import json", []), ("from . import x", [])]
)
def test_an_undeclared_import_is_found(tmp_path: Path, line: str, told: list[str]) -> None:
    file = tmp_path / "planted.py"
    file.write_text(f"{line}\n")
    assert undeclared([file], {"flask"}) == told
