"""The private Apache and Nginx as hosts of the site contract, with the ways to hurt them and their agent."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from tapak.demo.servers.apache import ApacheServer
from tapak.demo.servers.nginx import NginxServer
from tapak.demo.servers.web import WebServer
from tapak.plugins import registry
from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Provider
from tapak.sdk.resources import Site
from tapak.testing.site_host import SiteHost, apply, standing

BROKEN = "zz-tangan.conf"
SERVERS: dict[str, type[WebServer]] = {"apache": ApacheServer, "nginx": NginxServer}


class WebHost(SiteHost):
    """One of the private web servers, with its agent's provider."""

    def __init__(self, server: WebServer) -> None:
        self.server = server
        self.address = ("127.0.0.1", server.port)
        self.secure_address = ("127.0.0.1", server.tls_port)

    def provider(self, **settings: object) -> Provider:
        """A connection to it; ``settings`` replace its own."""
        ports = {"https_port": self.server.tls_port or 443, "public_https_port": self.server.tls_port or 443}
        given = {"agent_config": str(self.server.agent_config), "base_url": self.server.url, **ports, **settings}
        kind = registry().providers[self.server.kind]
        return kind(kind.settings_schema().load(given))

    @contextmanager
    def killed_at(self, point: str) -> Iterator[Provider]:
        """A provider whose agent kills itself there."""
        command = ["env", f"TAPAK_CRASHPOINT={point}", sys.executable, "-m", "tapak_webhost.agent"]
        with self.provider(agent_command=command) as provider:
            yield provider

    def let_go(self) -> None:
        """Remove every site, so that no process and no user of theirs is left on this machine; then stop the server."""
        with self.provider() as provider:
            for name in sorted(path.name for path in self.server.sites.iterdir() if (path / "site.json").exists()):
                found = standing(provider, Site(name))
                with suppress(ProviderError):
                    apply(provider, None, found, fence=2**40)
        self.server.stop()

    def plant(self, name: str) -> None:
        public = self.server.sites / name / "public"
        public.mkdir(parents=True)
        (public / "index.html").write_text("milik orang lain")

    def planted(self, name: str) -> bool:
        found = [path for path in sorted((self.server.sites / name).rglob("*")) if path.is_file()]
        return [path.read_text() for path in found] == ["milik orang lain"]

    def put(self, name: str, file: str, content: str) -> None:
        place = self.server.sites / name / "public" / file
        place.parent.mkdir(exist_ok=True)
        place.write_text(content)

    def names(self) -> Sequence[str]:
        kept = (self.server.sites, self.server.web / "staging", self.server.vhosts)
        return sorted(str(path) for place in kept if place.exists() for path in place.iterdir())

    def kept_keys(self) -> Sequence[str]:
        places = (self.server.directory.rglob(f"*{end}") for end in (".pem", ".conf", ".json", ".draft"))
        found = [path for place in places for path in place if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
        return sorted(str(path) for path in found)

    def unswitch(self, name: str) -> None:
        (self.server.web / "https" / name).unlink()

    def break_configuration(self) -> str:
        mistake = {"apache": "\nSalahKetik on\n", "nginx": "\nsalah_ketik on;\n"}
        self.by_hand(mistake[self.server.kind])
        return BROKEN

    def by_hand(self, text: str) -> None:
        """Let somebody else put a file beside ours."""
        (self.server.vhosts / BROKEN).write_text(text)

    def mend_configuration(self) -> None:
        (self.server.vhosts / BROKEN).unlink(missing_ok=True)

    def leftovers(self) -> list[str]:
        """What a finished or undone change leaves nowhere."""
        web, journal = self.server.web, self.server.directory / "agent" / "journal"
        drafts = [*web.rglob(".draft"), *self.server.vhosts.rglob(".draft")]
        empty = [path for path in (web / "removed").iterdir() if not any(path.iterdir())]
        return [str(path) for path in (*(web / "staging").iterdir(), *journal.iterdir(), *drafts, *empty)]

    def agent_config(self, name: str, **settings: object) -> str:
        """The agent's settings with some of them changed."""
        given = tomllib.loads(self.server.agent_config.read_text()) | settings
        path = self.server.directory / name
        path.write_text(toml(given))
        return str(path)


def toml(settings: Mapping[str, Any]) -> str:
    """``settings`` with its tables last."""
    words = [f"{key} = {json.dumps(value)}" for key, value in settings.items() if not isinstance(value, dict)]
    tables = [f"[{key}]\n{toml(value)}" for key, value in settings.items() if isinstance(value, dict)]
    return "\n".join(words + tables) + "\n"
