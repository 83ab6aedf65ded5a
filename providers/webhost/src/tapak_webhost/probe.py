"""What the public would see: GET by name at the server's own address; by HTTPS the certificate must be for the name."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from tapak.sdk.certificates import HSTS_SECONDS
from tapak.sdk.provider import Probe, Verification
from tapak.sdk.resources import Https, Redirect, Site

PROOF = "X-Tapak-Site"
HSTS_HEADER = "Strict-Transport-Security"
LONGEST_PAUSE = 0.2
BODY = 4096
GONE = 410


@dataclass(frozen=True)
class PhpPage:
    """A page that says ``word`` where PHP runs it."""

    path: str
    word: str


@dataclass(frozen=True)
class Page:
    """An answer with the beginning of its body; ``problem`` says why there is none.

    ``certificate`` is the SHA-256 of the one that was shown, in hexadecimal.
    """

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    problem: str = ""
    certificate: str = ""

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def answer(self) -> str:
        """In words for people."""
        return self.problem or f"HTTP {self.status}"


@dataclass(frozen=True)
class WebServer:
    """The server at ``base_url``; ``timeout`` seconds is the longest wait for one answer.

    HTTPS is asked for at ``https_port``, and led to at ``public_https_port``; ``authorities`` (PEM) are trusted beside
    this machine's own.
    """

    base_url: str
    timeout: float
    https_port: int = 443
    public_https_port: int = 443
    authorities: str = ""

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.authorities or None)

    def get(self, name: str, path: str = "/", timeout: float | None = None, secure: bool = False) -> Page:
        """Ask for ``path`` of the site ``name``, on a new connection: an old one may lead to an old configuration."""
        parts, patience = urlsplit(self.base_url), max(0.01, min(timeout or self.timeout, self.timeout))
        host = parts.hostname or ""
        if secure:
            connection: http.client.HTTPConnection = _Secure(name, self._trust, host, self.https_port, patience)
        else:
            connection = http.client.HTTPConnection(host, parts.port or 80, timeout=patience)
        with contextlib.closing(connection):
            try:
                connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
                connection.putheader("Host", name)
                connection.putheader("User-Agent", "tapak-verify")
                connection.endheaders()
                # The response takes the socket along where the server closes it.
                shown = connection.shown if isinstance(connection, _Secure) else ""
                response = connection.getresponse()
                return Page(response.status, tuple(response.getheaders()), response.read(BODY), certificate=shown)
            except (OSError, http.client.HTTPException, ValueError) as error:
                return Page(problem=_words(error))

    def served(self, site: Site, deadline: float, php: PhpPage | None = None, certificate: str = "") -> Verification:
        """Look until the site answers as ``site`` says and runs ``php``, or the deadline passes.

        ``certificate`` is the SHA-256 of the one that it is to show.
        """
        return polled(site.identity, lambda left: self._served(site, left, php, certificate), deadline)

    def gone(self, site: Site, deadline: float) -> Verification:
        """Look until nothing answers for the site's name, or the deadline passes."""
        return polled(site.identity, lambda left: (self._gone(site, left),), deadline)

    def _served(self, site: Site, left: float, php: PhpPage | None, certificate: str) -> tuple[Probe, ...]:
        page = self.get(site.name, timeout=left, secure=site.https is not None)
        if site.suspended:
            return (self._answered(site, page, "HTTP 410 dari situs ini", page.status == GONE),)
        # Another server may want a visitor to log in first; that it answers at all is what we see to.
        fine, most = ("HTTP 2xx-4xx", 500) if site.proxy else ("HTTP 2xx/3xx", 400)
        ok = 200 <= page.status < most and page.status != GONE
        probes = [self._answered(site, page, f"{fine} dari situs ini", ok)]
        if php is not None:
            probes.append(self._php(site, php, left))
        probes += [self._header(site, page, name, value) for name, value in site.headers]
        probes += [self._redirect(site, redirect, left) for redirect in site.redirects]
        if site.https is not None:
            probes += self._https(site, site.https, page, left, certificate)
        return tuple(probes)

    def _https(self, site: Site, wanted: Https, page: Page, left: float, certificate: str) -> list[Probe]:
        """The certificate that was shown, how long browsers are told to stay, and whether HTTP leads there."""
        at, own = self.url(site.name, "/", secure=True), bool(certificate) and page.certificate == certificate
        probes = [Probe(at, "sertifikat yang terpasang", page.problem or _told(own), own)]
        seconds, found = HSTS_SECONDS[wanted.hsts], page.header(HSTS_HEADER)
        expected = f"max-age={seconds}" if seconds else None
        if not page.problem:
            probes.append(
                Probe(at, f"{HSTS_HEADER}: {expected or 'tidak ada'}", found or "tidak ada", found == expected)
            )
        if wanted.redirect:
            plain = self.get(site.name, timeout=left)
            leads = f"https://{site.name}{shown_port(self.public_https_port)}/"
            ok = plain.status == 308 and plain.header("Location") == leads
            answer = f"{plain.answer} {plain.header('Location') or ''}".strip()
            probes.append(Probe(self.url(site.name, "/"), f"HTTP 308 {leads}", answer, ok))
        return probes

    def _answered(self, site: Site, page: Page, wanted: str, ok: bool) -> Probe:
        how = "vhost" if site.needs_own_file else "mass"
        expected = f"{site.name}; served={how}"
        answer = page.answer
        if page.header(PROOF) != expected and not page.problem:
            answer, ok = f"{answer}, bukan dari situs ini ({page.header(PROOF) or 'server lain'})", False
        return Probe(self.url(site.name, "/", secure=site.https is not None), wanted, answer, ok)

    def _php(self, site: Site, php: PhpPage, left: float) -> Probe:
        page = self.get(site.name, php.path, left, site.https is not None)
        answer = "sumber PHP ditampilkan" if b"<?php" in page.body else page.answer
        ran = page.status == 200 and page.body.strip() == php.word.encode()
        return Probe(self.url(site.name, php.path), "PHP dijalankan", "PHP dijalankan" if ran else answer, ran)

    def _header(self, site: Site, page: Page, name: str, value: str) -> Probe:
        found = page.header(name)
        return Probe(
            self.url(site.name, "/"), f"{name}: {value}", f"{name}: {found}" if found else "tidak ada", found == value
        )

    def _redirect(self, site: Site, redirect: Redirect, left: float) -> Probe:
        page = self.get(site.name, redirect.path, left, site.https is not None)
        location = page.header("Location") or ""
        ok = page.status == redirect.status and _same_place(location, redirect.target)
        answer = f"{page.answer} {location}".strip()
        return Probe(self.url(site.name, redirect.path), f"HTTP {redirect.status} {redirect.target}", answer, ok)

    def _gone(self, site: Site, left: float) -> Probe:
        page = self.get(site.name, timeout=left)
        return Probe(self.url(site.name, "/"), "HTTP 404 atau 410", page.answer, page.status in {404, GONE})

    def url(self, name: str, path: str = "/", secure: bool = False) -> str:
        """What was asked, and where."""
        parts = urlsplit(self.base_url)
        at = f"{parts.hostname}:{self.https_port}" if secure else parts.netloc
        return f"{'https' if secure else 'http'}://{name}{path} @ {at}"


class _Secure(http.client.HTTPConnection):
    """HTTPS to an address, asking for a name and checking that the certificate is for it and trusted."""

    def __init__(self, name: str, trust: ssl.SSLContext, host: str, port: int, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._name, self._trust = name, trust
        self.shown = ""

    def connect(self) -> None:
        """With the handshake."""
        super().connect()
        secure = self._trust.wrap_socket(self.sock, server_hostname=self._name)
        self.sock = secure
        self.shown = hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest()


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


def _told(own: bool) -> str:
    return "sertifikat yang terpasang" if own else "sertifikat lain"


def shown_port(port: int) -> str:
    """A port as it stands in an https URL."""
    return "" if port == 443 else f":{port}"


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"sertifikat tidak dapat dipercaya ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return "HTTPS belum dilayani untuk nama ini"
    if isinstance(error, TimeoutError):
        return "tidak menjawab dalam batas waktu"
    if isinstance(error, ConnectionRefusedError):
        return "koneksi ditolak"
    return f"tidak dapat dihubungi ({type(error).__name__})"
