"""Chromium, and windows onto the deployment's pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tapak.testing.browser import PATIENCE, Browsing, Visitor, launched
from tapak.testing.deployment import Deployment

SCREENSHOTS = "TAPAK_SCREENSHOTS"


@pytest.fixture(scope="session")
def browsers() -> Iterator[Playwright]:
    """What starts browsers: one in a process."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(browsers: Playwright, deployment: Deployment) -> Iterator[Browser]:
    """A browser that finds the tenants' hosts and sites here."""
    endings = [ending for agency in (deployment.one, deployment.other) for ending in ("localhost", agency.zone)]
    browser = launched(browsers, endings)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browsing(chromium: Browser, deployment: Deployment) -> Browsing:
    """Windows that outlive a test; take ``visit``."""
    return Browsing(chromium, deployment)


@pytest.fixture
def visit(browsing: Browsing) -> Iterator[Callable[..., Visitor]]:
    """Opens a browser window: ``visit(email, width)``. A test fails where the browser complained."""
    yield browsing.visit
    assert browsing.close() == []


@pytest.fixture(scope="session")
def picture(project_root: Path) -> Callable[[Page, str], None]:
    """Keeps a picture of the whole page under ``var/screenshots/``, where TAPAK_SCREENSHOTS=1."""
    folder = project_root / "var" / "screenshots"

    def keep(page: Page, name: str) -> None:
        if os.environ.get(SCREENSHOTS) == "1":
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", full_page=True)

    return keep
