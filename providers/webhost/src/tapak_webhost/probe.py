"""What the public would see: GET by name at the server's own address."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tapak.sdk.provider import Probe, Verification
from tapak.sdk.resources import Redirect, Site

PROOF = "X-Tapak-Site"
LONGEST_PAUSE = 0.2
BODY = 4096


@dataclass(frozen=True)
class PhpPage:
    """A page that says ``word`` where PHP runs it."""

    path: str
    word: str


@dataclass(frozen=True)
class Page:
    """An answer with the beginning of its body; ``problem`` says why there is none."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    problem: str = ""

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def answer(self) -> str:
        """In words for people."""
        return self.problem or f"HTTP {self.status}"


@dataclass(frozen=True)
class WebServer:
    """The server at ``base_url``; ``timeout`` seconds is the longest wait for one answer."""

    base_url: str
    timeout: float

    def get(self, name: str, path: str = "/", timeout: float | None = None) -> Page:
        """Ask for ``path`` of the site ``name``, on a new connection: an old one may lead to an old configuration."""
        parts = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=max(0.01, min(timeout or self.timeout, self.timeout))
        )
        with contextlib.closing(connection):
            try:
                connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
                connection.putheader("Host", name)
                connection.putheader("User-Agent", "tapak-verify")
                connection.endheaders()
                response = connection.getresponse()
                return Page(response.status, tuple(response.getheaders()), response.read(BODY))
            except (OSError, http.client.HTTPException, ValueError) as error:
                return Page(problem=_words(error))

    def served(self, site: Site, deadline: float, php: PhpPage | None = None) -> Verification:
        """Look until the site answers as ``site`` says and runs ``php``, or the deadline passes."""
        return polled(site.identity, lambda left: self._served(site, left, php), deadline)

    def gone(self, site: Site, deadline: float) -> Verification:
        """Look until nothing answers for the site's name, or the deadline passes."""
        return polled(site.identity, lambda left: (self._gone(site, left),), deadline)

    def _served(self, site: Site, left: float, php: PhpPage | None) -> tuple[Probe, ...]:
        page = self.get(site.name, timeout=left)
        if site.suspended:
            return (self._answered(site, page, "HTTP 410 dari situs ini", page.status == 410),)
        probes = [self._answered(site, page, "HTTP 2xx/3xx dari situs ini", 200 <= page.status < 400)]
        if php is not None:
            probes.append(self._php(site, php, left))
        probes += [self._header(site, page, name, value) for name, value in site.headers]
        probes += [self._redirect(site, redirect, left) for redirect in site.redirects]
        return tuple(probes)

    def _answered(self, site: Site, page: Page, wanted: str, ok: bool) -> Probe:
        how = "vhost" if site.needs_own_file else "mass"
        expected = f"{site.name}; served={how}"
        answer = page.answer
        if page.header(PROOF) != expected and not page.problem:
            answer, ok = f"{answer}, bukan dari situs ini ({page.header(PROOF) or 'server lain'})", False
        return Probe(self.url(site.name, "/"), wanted, answer, ok)

    def _php(self, site: Site, php: PhpPage, left: float) -> Probe:
        page = self.get(site.name, php.path, left)
        answer = "sumber PHP ditampilkan" if b"<?php" in page.body else page.answer
        ran = page.status == 200 and page.body.strip() == php.word.encode()
        return Probe(self.url(site.name, php.path), "PHP dijalankan", "PHP dijalankan" if ran else answer, ran)

    def _header(self, site: Site, page: Page, name: str, value: str) -> Probe:
        found = page.header(name)
        return Probe(
            self.url(site.name, "/"), f"{name}: {value}", f"{name}: {found}" if found else "tidak ada", found == value
        )

    def _redirect(self, site: Site, redirect: Redirect, left: float) -> Probe:
        page = self.get(site.name, redirect.path, left)
        location = page.header("Location") or ""
        ok = page.status == redirect.status and _same_place(location, redirect.target)
        answer = f"{page.answer} {location}".strip()
        return Probe(self.url(site.name, redirect.path), f"HTTP {redirect.status} {redirect.target}", answer, ok)

    def _gone(self, site: Site, left: float) -> Probe:
        page = self.get(site.name, timeout=left)
        return Probe(self.url(site.name, "/"), "HTTP 404 atau 410", page.answer, page.status in {404, 410})

    def url(self, name: str, path: str = "/") -> str:
        """What was asked, and where."""
        return f"http://{name}{path} @ {urlsplit(self.base_url).netloc}"


def polled(identity: str, look: Callable[[float], tuple[Probe, ...]], deadline: float) -> Verification:
    """Look again and again, ever more slowly, until all is well or the deadline passes."""
    pause = 0.005
    while True:
        seen = Verification(identity, look(max(0.05, deadline - time.monotonic())))
        left = deadline - time.monotonic()
        if seen.live or left <= 0:
            return seen
        time.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)


def _same_place(location: str, target: str) -> bool:
    """A target that is a path is completed by the server with its own scheme and name."""
    if not target.startswith("/"):
        return location == target
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}".rstrip("?") == target


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "tidak menjawab dalam batas waktu"
    if isinstance(error, ConnectionRefusedError):
        return "koneksi ditolak"
    return f"tidak dapat dihubungi ({type(error).__name__})"
