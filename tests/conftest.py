"""Shared by every test; servers and the network guard come from the plugin ``tapak.testing.plugin``."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapak.testing.deployment import Deployment, deployed

ROOT = Path(__file__).resolve().parent.parent
# Seconds that a test of a folder takes, roughly; the first one that fits.
SECONDS = {
    "functional/ten_requests": 10.0,
    "functional/scanning": 8.0,
    "functional/faults": 5.0,
    "functional/demo": 5.0,
    "functional/changes": 5.0,
    "functional/colocation": 5.0,
    "functional/website": 5.0,
    "functional/pontianak": 5.0,
    "functional/jobs": 4.0,
    "functional/backups": 2.0,
    "browser": 2.0,
    "functional": 0.5,
    "contract": 0.3,
    "security": 0.5,
}
ELSEWHERE = 0.1


def pytest_configure(config: pytest.Config) -> None:
    """Have workers take files in the order that they stand in, where pytest-xdist spreads them."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no worker waits at the end while another one is at such a file."""
    seconds: dict[Path, float] = defaultdict(float)
    for item in items:
        seconds[item.path] += _seconds(item)
    items.sort(key=lambda item: -seconds[item.path])


def _seconds(item: pytest.Item) -> float:
    place = item.path.as_posix()
    return next((each for folder, each in SECONDS.items() if f"/tests/{folder}/" in place), ELSEWHERE)


@pytest.fixture(scope="session")
def deployed_tenant() -> str:
    """The demo's tenant that the shared deployment runs."""
    return "tarakan"


@pytest.fixture(scope="session")
def kukar(server_directory: Path) -> Iterator[Deployment]:
    """A running deployment of Kutai Kartanegara; shared as ``deployment`` is."""
    with deployed(server_directory / "kukar", "kukar") as made:
        yield made


@pytest.fixture(scope="session")
def pontianak(server_directory: Path) -> Iterator[Deployment]:
    """A running deployment of Kota Pontianak; shared as ``deployment`` is."""
    with deployed(server_directory / "pontianak", "pontianak") as made:
        yield made


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds the workspace's pyproject.toml."""
    return ROOT
