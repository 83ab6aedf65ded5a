"""What the private web servers have in common: where things lie, and how one is started and told to be up."""

from __future__ import annotations

import contextlib
import grp
import http.client
import json
import os
import pwd
import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tapak.demo.servers.process import Daemon, account, binary, hand_over
from tapak.demo.servers.sshd import SshServer


@dataclass(frozen=True)
class WebServer(ABC):
    """One web server in ``directory`` (which every user can walk to), on ``port`` of 127.0.0.1.

    Where an ``sftp`` server is given, sites can have accounts there. HTTPS is answered on ``tls_port`` (0: nowhere).
    Servers of the networks ``proxied`` may answer for sites.
    """

    directory: Path
    port: int
    sftp: SshServer | None = None
    tls_port: int = 0
    proxied: tuple[str, ...] = ()

    kind: ClassVar[str]
    program: ClassVar[str]

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
    def suspended(self) -> Path:
        """A file here, named as a site, lets the server answer 410 for it."""
        return self.web / "suspended"

    @property
    def switching(self) -> Path:
        """A file here, named as a site, lets the server take its files from ``sites/<name>/arriving``."""
        return self.web / "switching"

    @property
    def sockets(self) -> Path:
        """Where sites' PHP listens: ``<name>.sock``."""
        return self.directory / "php"

    @property
    def config(self) -> Path:
        """The main configuration file."""
        return self.directory / f"{self.kind}.conf"

    @property
    def pid_file(self) -> Path:
        """Where the server itself tells its process id."""
        return self.directory / "run" / f"{self.kind}.pid"

    @property
    def agent_config(self) -> Path:
        """The configuration of the host agent that works on this server."""
        return self.directory / "agent.toml"

    @property
    def url(self) -> str:
        """Where it is reached by address; which site is asked for says the Host header."""
        return f"http://127.0.0.1:{self.port}"

    @property
    @abstractmethod
    def daemon(self) -> Daemon:
        """The server's process."""

    @abstractmethod
    def configuration(self) -> str:
        """The main configuration file's content."""

    @abstractmethod
    def agent_settings(self) -> Mapping[str, object]:
        """What the agent's settings have for this kind of server alone."""

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
        self.configure()
        self.daemon.start(self.answers)

    def configure(self) -> None:
        """Write the server's and the agent's settings."""
        self.config.write_text(self.configuration())
        settings = {
            "server": self.kind,
            "web_dir": str(self.web),
            "vhost_dir": str(self.vhosts),
            "state_dir": str(self.directory / "agent"),
            "access_log": str(self.access_log),
            "error_log": str(self.access_log.with_name("error.log")),
            "address": f"127.0.0.1:{self.port}",
            "program": binary(self.program),
            "main_conf": str(self.config),
            "pid_file": str(self.pid_file),
            "web_group": grp.getgrgid(pwd.getpwnam(self.user).pw_gid).gr_name,
            **self.agent_settings(),
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        fpm = php_fpm()
        if fpm is not None:
            lines += ["[php]", f"program = {json.dumps(str(fpm))}", f"socket_dir = {json.dumps(str(self.sockets))}"]
        if self.tls_port:
            listen = str(self.agent_settings()["vhost_address"]).replace(str(self.port), str(self.tls_port))
            lines += ["[tls]", f"listen = {json.dumps(listen)}", f"public_port = {self.tls_port}"]
        if self.proxied:
            lines += ["[proxy]", f"networks = {json.dumps(self.proxied)}"]
        if self.sftp is not None:
            lines += [
                "[sftp]",
                f'address = "127.0.0.1:{self.sftp.port}"',
                f"host_key = {json.dumps(str(self.sftp.host_key) + '.pub')}",
                f"keys_dir = {json.dumps(str(self.sftp.keys))}",
            ]
        self.agent_config.write_text("\n".join(lines) + "\n")

    def stop(self, timeout: float = 10) -> None:
        """End it and the PHP of its sites; sites and configuration stay, and the agent brings their PHP up again."""
        self.daemon.stop(timeout)
        for pid_file in (self.directory / "agent" / "php").glob("*.pid"):
            _end_php(pid_file)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it answers HTTP with our mass-served sites."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)) as connection:
            try:
                connection.request("HEAD", "/", headers={"Host": "nobody.invalid"})
                return connection.getresponse().getheader("X-Tapak-Site") == "nobody.invalid; served=mass"
            except (OSError, http.client.HTTPException):
                return False


def _end_php(pid_file: Path) -> None:
    """End the FPM master that the agent started with the settings beside; another process of that id is let be."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        if str(pid_file.with_suffix(".conf")).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGTERM)


def php_fpm() -> Path | None:
    """The newest php-fpm of this machine, where there is one."""
    found = sorted(Path("/usr/sbin").glob("php-fpm[0-9]*"))
    return found[-1] if found else None
