"""``tapak demo`` on a deployment of the tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from tapak.__main__ import tapak
from tapak.demo import scripts
from tapak.testing.deployment import Deployment

Demo = Callable[..., Result]


def demo_on(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """Runs ``tapak demo`` on ``deployment``, which has one of the demo's tenants."""
    monkeypatch.setattr(scripts, "HOME", deployment.stack.home)
    monkeypatch.setattr(scripts, "TENANTS", f"{deployment.one.slug}.tenant.toml")
    monkeypatch.setattr(scripts, "WALKS", f"{deployment.one.slug}*.walk.toml")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(tapak, ["demo", *arguments, "--port", str(deployment.stack.port)])

    return run


@pytest.fixture
def demo(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """On the shared deployment."""
    return demo_on(deployment, monkeypatch)
