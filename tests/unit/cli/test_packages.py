"""What ``tapak provider new`` and ``tapak procedure new`` write passes its suite up to what is to be filled in."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from tapak.cli.main import tapak

KINDS = {"provider": "knot", "procedure": "izin"}


@pytest.fixture(scope="module", params=KINDS)
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A kind and the folder of its new package."""
    folder = tmp_path_factory.mktemp("new") / "package"
    command = [request.param, "new", KINDS[request.param], "--title", "Layanan Contoh", "--folder", str(folder)]
    made = CliRunner().invoke(tapak, command)
    assert made.exit_code == 0, made.output
    return request.param, folder


def suite(folder: Path) -> tuple[int, dict[str, str]]:
    """How many tests of the package's own suite pass, and what the others say."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    cases = list(ElementTree.parse(report).iter("testcase"))
    wrong = {case.get("name", ""): problem.text or "" for case in cases for problem in case if problem.tag != "skipped"}
    return len(cases) - len(wrong), wrong


def test_its_suite_passes_up_to_what_is_to_be_filled_in(package: tuple[str, Path]) -> None:
    kind, folder = package
    passed, wrong = suite(folder)
    if kind == "procedure":
        assert (passed, list(wrong)) == (6, ["test_the_head_of_the_document_is_complete"])
    else:
        assert passed > 70
        assert wrong
        assert [name for name, told in wrong.items() if "NotImplementedError: fill in" not in told] == []


def test_its_entry_point_names_hooks_that_core_takes(package: tuple[str, Path]) -> None:
    kind, folder = package
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    (module,) = project["entry-points"]["tapak"].values()
    asked = f"import {module} as m; from tapak.plugins import build; from tapak.step_kinds import plugin as core; "
    asked += f"print(*[key for key in build([core, m]).{kind}s])"
    found = subprocess.run(
        [sys.executable, "-c", asked], cwd=folder / "src", capture_output=True, text=True, timeout=60, check=True
    )
    assert {"provider": "knot", "procedure": "izin.service/1"}[kind] in found.stdout.split()


def test_a_procedure_with_its_head_filled_in_passes_whole(tmp_path: Path) -> None:
    folder = tmp_path / "izin"
    CliRunner().invoke(tapak, ["procedure", "new", "izin", "--folder", str(folder)])
    source = folder / "src/tapak_izin/procedure.py"
    source.write_text(source.read_text().replace('=""', '="1/CONTOH/2026"').replace("=(),\n", '=("Contoh",),\n', 6))
    assert suite(folder)[1] == {}


@pytest.mark.parametrize("name", ["Knot", "a", "1a", "../x", "a-b", "a b", "antré"])
def test_a_name_that_is_no_modules_is_refused(tmp_path: Path, name: str) -> None:
    made = CliRunner().invoke(tapak, ["provider", "new", name, "--folder", str(tmp_path / "x")])
    assert made.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    made = CliRunner().invoke(tapak, ["procedure", "new", "izin", "--folder", str(tmp_path)])
    assert (made.exit_code, [each.name for each in tmp_path.iterdir()]) == (1, ["mine"])
