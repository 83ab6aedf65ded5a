"""Chromium at a deployment's pages: whoever browses, what the browser complained of, and what axe finds."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

from tapak.testing.deployment import Deployment

DESK, PHONE = 1400, 390
HEIGHTS = {DESK: 900, PHONE: 844}
PATIENCE = 20_000
"""Milliseconds that a page may take, on a machine that is busy."""
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def launched(playwright: Playwright, endings: Iterable[str]) -> Browser:
    """A Chromium that finds whatever lies below ``endings`` on this machine; the caller closes it.

    Debian's without an interface of its own, which takes a third of the time; where it is missing Debian's Chromium,
    and where that is missing too Playwright's.
    """
    mapped = ", ".join(f"MAP *.{ending} 127.0.0.1" for ending in dict.fromkeys(endings))
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
        args=["--no-sandbox", "--disable-gpu", f"--host-resolver-rules={mapped}"],
    )


@dataclass
class Visitor:
    """Somebody at a browser window. ``complaints`` are the browser's own: of scripts, of the CSP, of missing parts."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("request", self._ask)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    @property
    def context(self) -> BrowserContext:
        """The browser's profile: its cookies and windows."""
        return self.page.context

    def open(self, path: str, status: int = 200) -> Page:
        """Go to ``path``, which answers with ``status``."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by the form, ending where it leads."""
        self.open("/masuk")
        form = self.page.get_by_role("main")
        form.get_by_label("Surel").fill(email)
        form.get_by_label("Kata sandi").fill(password)
        form.get_by_role("button", name="Masuk").click()
        self.page.get_by_role("button", name="Keluar").wait_for()

    def resize(self, width: int) -> None:
        """Have the window as wide as a desk's or a phone's."""
        self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})

    def barriers(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA, a line a place."""
        options = {"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": ["violations"]}
        found = Axe().run(self.page, options=options).response["violations"]
        return [f"{each['id']}: {node['html']} {node['failureSummary']}" for each in found for node in each["nodes"]]

    def sideways(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(self.page.evaluate(SIDEWAYS))

    def _ask(self, request: Request) -> None:
        if request.is_navigation_request():
            self.addresses.add(request.url)

    def _hear(self, message: ConsoleMessage) -> None:
        # A page that tells an error by its status is what it should be; a part that is missing isn't.
        told = message.text.startswith("Failed to load resource") and message.location["url"] in self.addresses
        if message.type == "error" and not told:
            self.complaints.append(f"{self.page.url}: {message.text}")


@dataclass
class Browsing:
    """Browser windows onto a deployment, each a profile of its own; whoever signed in once stays so."""

    chromium: Browser
    deployment: Deployment
    sessions: dict[str, Any] = field(default_factory=dict)
    visitors: list[Visitor] = field(default_factory=list)

    def visit(self, email: str | None = None, width: int = DESK, **context: Any) -> Visitor:
        """A window of ``email``, or of nobody in particular."""
        if email and email not in self.sessions:
            self.sessions[email] = self._signed_in(email)
        kept = {"storage_state": self.sessions[email]} if email else {}
        visitor = self._window(width, **kept, **context)
        self.visitors.append(visitor)
        return visitor

    def close(self) -> list[str]:
        """Close every window; gives what the browser complained of."""
        for visitor in self.visitors:
            visitor.context.close()
        told = [line for visitor in self.visitors for line in visitor.complaints]
        self.visitors.clear()
        return told

    def _signed_in(self, email: str) -> Any:
        visitor = self._window(DESK)
        visitor.sign_in(email, self.deployment.passwords[email])
        state = visitor.context.storage_state()
        visitor.context.close()
        return state

    def _window(self, width: int, **context: Any) -> Visitor:
        made = self.chromium.new_context(
            base_url=f"http://{self.deployment.one.host}:{self.deployment.stack.port}",
            viewport={"width": width, "height": HEIGHTS[width]},
            **{"locale": "id-ID", **context},
        )
        made.set_default_timeout(PATIENCE)
        return Visitor(made.new_page())
