"""Web servers behind the site contract. What the kinds share is here; a kind says what it is called."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, ClassVar

from tapak.sdk.errors import ProviderError
from tapak.sdk.observing import KeptRelease, SiteGlimpse
from tapak.sdk.provider import Applied, Capabilities, Change, Check, Provider, Verification
from tapak.sdk.resources import Account, Fact, Release, Site, Spec
from tapak.sdk.settings import SettingsSchema
from tapak.sdk.usage import Usage
from tapak_webhost import figures
from tapak_webhost.accounts import Accounts
from tapak_webhost.agent.glimpse import MAX_LINES
from tapak_webhost.agent.protocol import MAX_NAMES
from tapak_webhost.channel import Channel, LocalChild
from tapak_webhost.client import AgentClient
from tapak_webhost.kinds import Kind, Sites
from tapak_webhost.login import Door, private_key
from tapak_webhost.probe import WebServer, shown_port
from tapak_webhost.releases import Releases
from tapak_webhost.settings import WebHostSettings
from tapak_webhost.ssh import SshAgent

HTTP, HTTPS = 80, 443
NOBODY = "tapak-check.invalid"
TRAFFIC_DAYS = 7
USAGE_TIMEOUT = 300.0

_CHECKS = {
    "web": ("Direktori situs", "Agen dapat menulis di direktori situs."),
    "vhosts": ("Direktori vhost", "Agen dapat menulis berkas vhost."),
    "server": ("Proses server web", "Server web berjalan."),
    "configuration": ("Konfigurasi server web", "Konfigurasi server web lolos uji."),
    "undo": ("Pembatalan", "Tidak ada perubahan yang belum selesai dibatalkan."),
    "php": ("PHP", "PHP berjalan di semua situs yang memakainya."),
    "sftp": ("Akun SFTP", "Agen dapat memberi akun SFTP, atau server ini tidak menyediakannya."),
    "log": ("Log akses", "Agen dapat membaca log akses."),
}
_QUOTAS = {
    True: "Sistem berkas situs memakai kuota; batas tiap pengguna situs diatur pengelola server.",
    False: "Sistem berkas situs tidak memakai kuota: ruang disk situs diukur, tetapi tidak dibatasi.",
}


class WebHostProvider(Provider):
    """One web host through its agent.

    A site is live when its name answers at the server's own address with a status below 400 and the header
    ``X-Tapak-Site: <name>; served=mass|vhost``, which only our virtual hosts send: any other page, and any other
    site's, is told apart by it. A site with directives of its own must also show each header and redirect.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        kinds=frozenset({Site.kind, Release.kind, Account.kind}), atomic=True, fenced=True
    )
    settings_schema: ClassVar[type[SettingsSchema]] = WebHostSettings
    server_kind: ClassVar[str]

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._way = _way(self.settings)
        self._agent = AgentClient(self._way)
        self._timeout: float = self.settings["timeout"]
        ports = self.settings["https_port"], self.settings["public_https_port"]
        self._web = WebServer(self.settings["base_url"], self._timeout, *ports, self.settings["authorities"])
        self._kinds: Mapping[str, Kind[Any]] = {
            Site.kind: Sites(self._agent, self._timeout, self._web),
            Release.kind: Releases(self._agent, self._timeout, self._web, lambda sha256: self.open_archive(sha256)),
            Account.kind: Accounts(self._agent, self._timeout),
        }

    @classmethod
    def public_url(cls, settings: Mapping[str, Any], site: Site) -> str:
        if site.https is not None:
            return f"https://{site.name}{shown_port(settings['public_https_port'])}/"
        port = settings["public_port"]
        scheme = "https" if port == HTTPS else "http"
        shown = "" if port in (HTTP, HTTPS) else f":{port}"
        return f"{scheme}://{site.name}{shown}/"

    def check(self) -> Sequence[Check]:
        try:
            answer = self._agent.ask("check", {}, timeout=max(self._timeout, 20.0))
        except ProviderError as error:
            return (Check("Agen", False, error.message), self._check_http())
        told = answer["checks"]
        return (
            self._check_agent(),
            *self._way.checks(self._timeout),
            *(Check(name, told[key]["ok"], _told(told[key], fine)) for key, (name, fine) in _CHECKS.items()),
            Check("Kuota disk", True, _QUOTAS[bool(answer.get("quotas"))]),
            self._check_http(),
        )

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        found: dict[str, Spec | None] = {}
        for kind, act in self._kinds.items():
            some = [spec for spec in specs if spec.kind == kind]
            found |= act.read(some) if some else {}
        return found

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        if len(changes) > self.capabilities.batch:
            raise ValueError("one change at a time")
        return [self._kinds[change.spec.kind].apply(change, fence, timeout) for change in changes]

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        deadline = time.monotonic() + timeout
        return [self._kinds[spec.kind].verify(spec, deadline) for spec in specs]

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        deadline = time.monotonic() + timeout
        return [self._kinds[spec.kind].verify_gone(spec, deadline) for spec in specs]

    def facts(self, names: Sequence[str] = ()) -> Sequence[Fact]:
        """``server_capacity``, ``bandwidth`` and ``site_usage:<name>``; without values where the agent is away."""
        try:
            fields = {"names": list(names), "days": TRAFFIC_DAYS}
            told = self._agent.ask("facts", fields, timeout=max(self._timeout, 30.0))
        except ProviderError as error:
            return figures.unreachable(names, error.message)
        return figures.facts(told, names)

    def usage(self, names: Sequence[str], bounds: Sequence[datetime]) -> Sequence[Usage]:
        """From the server's access log, and what the sites take on disk."""
        parts = (names[start : start + MAX_NAMES] for start in range(0, len(names), MAX_NAMES))
        return [each for some in parts for each in self._usage(some, bounds)]

    def _usage(self, names: Sequence[str], bounds: Sequence[datetime]) -> list[Usage]:
        fields = {"names": list(names), "bounds": [int(at.timestamp()) for at in bounds]}
        told = self._agent.ask("usage", fields, timeout=USAGE_TIMEOUT)
        first = None if told["first"] is None else datetime.fromtimestamp(told["first"], UTC)
        return [
            Usage(name, since, until, span[name]["requests"], span[name]["bytes"], told["disk"][name], first)
            for (since, until), span in zip(pairwise(bounds), told["spans"], strict=True)
            for name in names
        ]

    def glimpse(self, site: str, lines: int) -> SiteGlimpse:
        """What its unit may see of a site: releases, and the last ``lines`` of its own logs."""
        fields = {"name": site, "lines": min(lines, MAX_LINES)}
        told = self._agent.ask("glimpse", fields, timeout=max(self._timeout, 20.0))
        releases = tuple(KeptRelease(**each) for each in told["releases"])
        return SiteGlimpse(releases, tuple(told["access"]), tuple(told["errors"]))

    def close(self) -> None:
        self._agent.close()

    def _check_agent(self) -> Check:
        kind, host = self._agent.greeting.get("server"), self._agent.greeting.get("host", {})
        if kind != self.server_kind:
            return Check("Agen", False, f"Agen di sana mengurus server {kind}, bukan {self.server_kind}.")
        version = self._agent.greeting.get("server_version")
        return Check("Agen", True, f"Agen di {host.get('name')} menjawab; server web {version}.")

    def _check_http(self) -> Check:
        page = self._web.get(NOBODY)
        if page.status == 404:
            return Check("Server web", True, "Server web menjawab, dan nama yang tidak dikenal mendapat 404.")
        if page.problem:
            return Check("Server web", False, f"Server web di {self.settings['base_url']} {page.problem}.")
        return Check("Server web", False, f"Nama yang tidak dikenal mendapat {page.answer}; seharusnya 404.")


class ApacheProvider(WebHostProvider):
    """Apache httpd 2.4."""

    name = "apache"
    title = "Apache"
    server_kind = "apache"


class NginxProvider(WebHostProvider):
    """Nginx 1.22 and later."""

    name = "nginx"
    title = "Nginx"
    server_kind = "nginx"


def _way(settings: Mapping[str, Any]) -> Channel:
    """To the agent of another machine where one is named, else to a child on this one."""
    if not settings["ssh_host"]:
        return LocalChild([*settings["agent_command"], "--config", settings["agent_config"]])
    door = Door(settings["ssh_user"], settings["ssh_host"], settings["ssh_port"], settings["ssh_host_key"])
    return SshAgent(door, private_key(settings["ssh_key"]))


def _told(told: Mapping[str, Any], fine: str) -> str:
    if told["ok"]:
        return fine
    details = told["details"]
    where = f" ({details['file']} baris {details['line']})" if "file" in details else ""
    return f"Gagal{where}: {details.get('reason') or told['message']}"
