import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

MEMBERS = ("core", "plugins", "providers")
Check = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def sources(project_root: Path) -> list[Path]:
    """Every Python file that the members ship."""
    return sorted(file for member in MEMBERS for file in (project_root / member).glob("**/src/**/*.py"))


@pytest.fixture(scope="session")
def copied_tree(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the workspace's code and configuration, to plant violations in."""
    tree = tmp_path_factory.mktemp("tree")
    for member in MEMBERS:
        copytree(project_root / member, tree / member, ignore=ignore_patterns("__pycache__", "*.mo"))
    (tree / "pyproject.toml").write_text((project_root / "pyproject.toml").read_text())
    return tree


@pytest.fixture
def plant(copied_tree: Path) -> Iterator[Callable[[str, str], Path]]:
    """Write a file into the copy; it is taken away after the test."""
    planted: list[Path] = []

    def write(place: str, code: str) -> Path:
        planted.append(copied_tree / place)
        assert not planted[-1].exists()
        planted[-1].write_text(code)
        return planted[-1]

    yield write
    for file in planted:
        file.unlink()


@pytest.fixture(scope="session")
def check(copied_tree: Path) -> Check:
    """Run a tool of ``make check`` in the copy."""
    paths = ":".join(str(place) for member in MEMBERS for place in sorted((copied_tree / member).glob("**/src")))

    def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).parent / tool
        environment = {"PYTHONPATH": paths, "PATH": str(program.parent), "NO_COLOR": "1", "COLUMNS": "200"}
        return subprocess.run([program, *arguments], cwd=copied_tree, env=environment, capture_output=True, text=True)

    return run
