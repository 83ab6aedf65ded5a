"""Shared by every test; servers and the network guard come from the plugin ``tapak.testing.plugin``."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def deployed_tenant() -> str:
    """The demo's tenant that the shared deployment runs."""
    return "tarakan"


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds the workspace's pyproject.toml."""
    return ROOT
