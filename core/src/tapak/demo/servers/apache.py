"""An Apache of our own on loopback: mass-served sites, and one file per site that needs its own directives.

The first virtual host answers every name that no other one claims, from ``sites/<name>/public``: making the directory
is all it takes, and a name without a directory gets 404.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from tapak.demo.servers.process import Daemon, ServerProblem, account, hand_over

MODULES = (
    "mpm_event",
    "authz_core",
    "dir",
    "mime",
    "alias",
    "headers",
    "vhost_alias",
)
MODULES_DIR = Path("/usr/lib/apache2/modules")

_SERVER = """\
ServerRoot "{directory}"
DefaultRuntimeDir "{run}"
PidFile "{run}/apache2.pid"
Mutex file:{run} default
ServerName tapak-demo.invalid
Listen 127.0.0.1:{port}
Include "{directory}/modules.conf"

StartServers 1
ServerLimit 8
ThreadsPerChild 32
MinSpareThreads 32
MaxSpareThreads 96
MaxRequestWorkers 128
Timeout 20
KeepAliveTimeout 5
UseCanonicalName Off
ServerTokens Prod
ServerSignature Off
TraceEnable Off
FileETag MTime Size
TypesConfig /etc/mime.types
AddDefaultCharset utf-8
DirectoryIndex index.html

ErrorLog "{logs}/error.log"
LogLevel warn
LogFormat "%V:%p %h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" vhost_combined
CustomLog "{logs}/access.log" vhost_combined

<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<Directory "{sites}">
    Options None
    Require all granted
</Directory>
<DirectoryMatch "^{sites}/[^/]+/public/(.*/)?\\.(?!well-known(/|$))">
    Require all denied
</DirectoryMatch>
<FilesMatch "^\\.">
    Require all denied
</FilesMatch>

<VirtualHost *:{port}>
    ServerName mass.invalid
    VirtualDocumentRoot "{sites}/%0/public"
    Header always set X-Tapak-Site "expr=%{{SERVER_NAME}}; served=mass"
</VirtualHost>
IncludeOptional "{vhosts}/*.conf"
"""


@dataclass(frozen=True)
class ApacheServer:
    """One Apache in ``directory`` (which every user can walk to), on ``port`` of 127.0.0.1."""

    directory: Path
    port: int

    @property
    def user(self) -> str:
        """Who it runs as when we are root."""
        return account("www-data")

    @property
    def web(self) -> Path:
        """What the host agent owns: ``sites`` and, beside it, what is being made and what was taken away."""
        return self.directory / "web"

    @property
    def sites(self) -> Path:
        """One directory per full server name, each with ``public`` as its document root."""
        return self.web / "sites"

    @property
    def vhosts(self) -> Path:
        """Files of sites that need directives of their own."""
        return self.directory / "vhost.d"

    @property
    def access_log(self) -> Path:
        """The one access log; each line begins with the name that was asked for."""
        return self.directory / "logs" / "access.log"

    @property
    def config(self) -> Path:
        """The main configuration file."""
        return self.directory / "apache2.conf"

    @property
    def agent_config(self) -> Path:
        """The configuration of the host agent that works on this server."""
        return self.directory / "agent.toml"

    @property
    def url(self) -> str:
        """Where it is reached by address; which site is asked for says the Host header."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def daemon(self) -> Daemon:
        """The server's process."""
        argv = [_binary(), "-f", str(self.config), "-DFOREGROUND"]
        return Daemon("apache", self.directory, argv, user=self.user)

    def start(self) -> None:
        """Start it unless it runs.

        Raises:
            ServerProblem: it doesn't start; tells why.
        """
        if self.daemon.running() and self.answers():
            return
        for mine in (self.directory, self.web, self.sites, self.vhosts):
            hand_over(mine, "", 0o755)
        for its in ("run", "logs"):
            hand_over(self.directory / its, self.user, 0o755)
        self._configure()
        self.daemon.start(self.answers)

    def stop(self, timeout: float = 10) -> None:
        """End it; sites and configuration stay."""
        self.daemon.stop(timeout)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it answers HTTP with our mass virtual host."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)) as connection:
            try:
                connection.request("HEAD", "/", headers={"Host": "nobody.invalid"})
                return connection.getresponse().getheader("X-Tapak-Site") == "nobody.invalid; served=mass"
            except (OSError, http.client.HTTPException):
                return False

    def _configure(self) -> None:
        modules = "".join(f"LoadModule {name}_module {MODULES_DIR}/mod_{name}.so\n" for name in MODULES)
        (self.directory / "modules.conf").write_text(modules)
        directory = self.directory
        self.config.write_text(
            _SERVER.format(
                directory=directory,
                run=directory / "run",
                logs=directory / "logs",
                sites=self.sites,
                vhosts=self.vhosts,
                port=self.port,
            )
        )
        self.agent_config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in self._agent().items()))

    def _agent(self) -> dict[str, str]:
        return {
            "server": "apache",
            "web_dir": str(self.web),
            "vhost_dir": str(self.vhosts),
            "state_dir": str(self.directory / "agent"),
            "access_log": str(self.access_log),
            "address": f"127.0.0.1:{self.port}",
            "vhost_address": f"*:{self.port}",
            "apache": _binary(),
            "apache_conf": str(self.config),
            "modules_conf": str(self.directory / "modules.conf"),
            "info_module": str(MODULES_DIR / "mod_info.so"),
            "pid_file": str(self.directory / "run" / "apache2.pid"),
        }


def _binary() -> str:
    found = shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin:/sbin")
    if found is None:
        raise ServerProblem("no apache2: install the package 'apache2'")
    return found
