"""HTTPS of sites: each site's certificate with its key as one file, which Nginx reads by name as a client asks.

Apache reads certificates when it starts: mass-served sites whose certificates are for the same names share one file of
its configuration (a *line*), so that a wildcard's renewal is one reload, and another site below it is none. What else
a site wants of HTTPS are empty files that the servers look for.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapak_webhost.agent import files, users
from tapak_webhost.agent.config import Config, TlsListener
from tapak_webhost.agent.crash import crashpoint
from tapak_webhost.agent.journal import Entry
from tapak_webhost.agent.names import server_name
from tapak_webhost.agent.protocol import BAD_REQUEST, INVALID_SPEC, UNSUPPORTED, AgentError, only, rows, text
from tapak_webhost.agent.server import Server
from tapak_webhost.agent.sites import Web
from tapak_webhost.agent.spec import HSTS, HttpsSpec, SiteSpec
from tapak_webhost.agent.vhosts import Vhosts

MOST_NAMES = 100
LIMIT = 524_288
MODE = 0o640
CANDIDATE = "candidate.pem"
_PEM = re.compile(r"(?:-----BEGIN [A-Z0-9 ]{1,40}-----\n[A-Za-z0-9+/=\n]+-----END [A-Z0-9 ]{1,40}-----\n*)+")


@dataclass(frozen=True)
class Bundle:
    """A certificate with those that issued it, its key, and the names that it is for."""

    names: tuple[str, ...]
    chain: str
    key: str = field(repr=False)

    @property
    def line(self) -> str:
        """Under which name sites with a certificate for just these names share a file; wildcards come last."""
        digest = hashlib.sha256("\n".join(sorted(self.names)).encode()).hexdigest()[:16]
        return f"~tls-{1 if any(name.startswith('*') for name in self.names) else 0}-{digest}"

    @property
    def digest(self) -> str:
        """Which certificate it is, as the servers' files tell it."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @property
    def content(self) -> bytes:
        """The file that a server reads; the words before the first block are ours."""
        return f"{json.dumps({'line': self.line})}\n{self.chain.strip()}\n{self.key.strip()}\n".encode()


def bundle_from(value: Any) -> Bundle | None:
    """The certificate in ``value``; null is none.

    Raises:
        AgentError: it isn't one; no message holds any of it.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise AgentError(BAD_REQUEST, "certificate is an object or null")
    only(value, frozenset({"names", "chain", "key"}), "certificate")
    names = tuple(_name(each) for each in rows(value, "names", "certificate", MOST_NAMES))
    chain, key = (text(value, each, "certificate") for each in ("chain", "key"))
    if not names or not _PEM.fullmatch(chain) or not _PEM.fullmatch(key) or len(chain) + len(key) > LIMIT // 2:
        raise AgentError(INVALID_SPEC, "certificate: names, chain and key are needed, as PEM", field="https")
    return Bundle(names, chain, key)


def _name(value: Any) -> str:
    if isinstance(value, str) and value.startswith("*."):
        return f"*.{server_name(value[2:])}"
    return server_name(value)


class Https:
    """The HTTPS of this host's sites, while its lock is held; ``vhosts`` are held open for changes with a reload."""

    def __init__(self, config: Config, server: Server, web: Web, vhosts: Vhosts, state: int) -> None:
        self._config = config
        self._server = server
        self._web = web
        self._vhosts = vhosts
        self._state = state
        self._released = False
        self._switches = {"redirect": web.https, **{key: getattr(web, f"hsts_{key}") for key in HSTS}}

    def offered(self) -> TlsListener:
        """Where the server answers HTTPS.

        Raises:
            AgentError: nowhere.
        """
        if self._config.tls is None:
            raise AgentError(UNSUPPORTED, "this host offers no HTTPS", field="https")
        return self._config.tls

    def standing(self, spec: SiteSpec) -> HttpsSpec | None:
        """What of the HTTPS that ``spec`` tells of stands."""
        if spec.https is None or not files.exists(self._web.tls, f"{spec.name}.pem"):
            return None
        on = {key for key, at in self._switches.items() if files.exists(at, spec.name)}
        return HttpsSpec("redirect" in on, next((key for key in HSTS if key in on), "off"))

    def fingerprint(self, name: str) -> str:
        """SHA-256 of the certificate that is kept for the site, in hexadecimal; empty where none is."""
        content = self._kept(name)
        if content is None:
            return ""
        begin, end = content.find("-----BEGIN CERTIFICATE-----"), content.find("-----END CERTIFICATE-----")
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(content[begin : end + 25])).hexdigest()

    def fits(self, spec: SiteSpec, bundle: Bundle | None) -> bool:
        """Whether the site's certificate is ``bundle``, also where it shares a line."""
        if spec.https is None:
            return not files.exists(self._web.tls, f"{spec.name}.pem")
        if bundle is None or self._kept(spec.name) != bundle.content.decode():
            return False
        shared = None if spec.needs_own_file else self._server.line_text(bundle.line, bundle.names, bundle.digest)
        return shared is None or self._vhosts.read(bundle.line) == shared.encode()

    def prepare(self, spec: SiteSpec, bundle: Bundle | None, deadline: float) -> str:
        """Before a site is written: its certificate stands ready, on Apache with the line that it shares.

        Gives which certificate it is, for the site's own file.

        Raises:
            AgentError: the server or the certificate can't do it; what was served before still is.
        """
        if spec.https is None:
            return ""
        self.offered()
        if bundle is None:
            raise AgentError(INVALID_SPEC, f"https: {spec.name} was given no certificate", field="https")
        self._check(bundle)
        self._released = spec.needs_own_file or self._line(spec.name) not in ("", bundle.line)
        self._put(f"{spec.name}.pem", bundle)
        crashpoint("https.placed")
        shared = None if spec.needs_own_file else self._server.line_text(bundle.line, bundle.names, bundle.digest)
        if shared is not None and self._vhosts.read(bundle.line) != shared.encode():
            self._put(f"{bundle.line}.pem", bundle)
            self._change(bundle.line, shared, deadline)
        return bundle.digest

    def finish(self, spec: SiteSpec, deadline: float) -> None:
        """After a site was written: only what it wants of HTTPS stands, and no line that nobody shares."""
        wanted = set() if spec.https is None else {spec.https.hsts, *(["redirect"] if spec.https.redirect else [])}
        for key, at in self._switches.items():
            if key not in wanted:
                files.remove(at, spec.name)
            elif not files.exists(at, spec.name):
                files.create(at, spec.name, b"")
        if spec.https is None and files.exists(self._web.tls, f"{spec.name}.pem"):
            self._released = True
            files.remove(self._web.tls, f"{spec.name}.pem")
        crashpoint("https.switched")
        if self._released:
            self._end_lines(deadline)

    def clear(self, name: str, deadline: float) -> None:
        """Take away all that a site had which is gone."""
        self.finish(SiteSpec(name), deadline)

    def recover(self, by: float) -> None:
        """Take away what is left of sites that are gone, or never came."""
        for kept in files.names(self._web.tls):
            name = kept.removesuffix(".pem")
            if name != kept and not name.startswith("~") and not files.exists(self._web.sites, name):
                self.clear(name, by)

    def _line(self, name: str) -> str:
        """The line that the site's certificate belongs to; empty where it has none."""
        return str(json.loads((self._kept(name) or "{}").partition("\n")[0]).get("line", ""))

    def _kept(self, name: str) -> str | None:
        content = files.read(self._web.tls, f"{name}.pem", LIMIT)
        return None if content is None else content.decode(errors="replace")

    def _put(self, name: str, bundle: Bundle) -> None:
        ours = users.Owner("", os.geteuid(), os.getegid(), own=os.geteuid() == 0)
        gid = users.web_gid(self._config.web_group, ours)
        files.replace(self._web.tls, name, bundle.content, mode=MODE, gid=gid)

    def _check(self, bundle: Bundle) -> None:
        """OpenSSL takes the two as a pair; one file that it doesn't take keeps Apache from starting."""
        files.replace(self._state, CANDIDATE, bundle.content, durable=False, mode=0o600)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(Path(self._config.state_dir, "https", CANDIDATE))
        except (ssl.SSLError, OSError):
            raise AgentError(INVALID_SPEC, "https: certificate and key are no pair", field="https") from None
        finally:
            files.remove(self._state, CANDIDATE)

    def _change(self, line: str, wanted: str | None, deadline: float) -> None:
        before = self._vhosts.read(line)
        old = None if before is None else before.decode(errors="surrogateescape")
        self._vhosts.change(Entry(line, secrets.token_hex(8), old), wanted, _nothing, deadline)

    def _end_lines(self, deadline: float) -> None:
        """A line that no site shares any longer goes; where that fails, with a later change."""
        kept = [name.removesuffix(".pem") for name in files.names(self._web.tls) if name.endswith(".pem")]
        lines = {name for name in kept if name.startswith("~")}
        if not lines:
            return
        for name in kept:
            if not name.startswith("~") and self._vhosts.read(name) is None:
                lines.discard(self._line(name))
        for line in lines:
            with contextlib.suppress(AgentError):
                if self._vhosts.read(line) is not None:
                    self._change(line, None, deadline)
                files.remove(self._web.tls, f"{line}.pem")


def _nothing() -> None:
    """What a line's change commits: its file is all there is of it."""
