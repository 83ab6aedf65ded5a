"""Web hosts whose agent is behind a real sshd: each test's provider logs in with a key that may run the agent only."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tapak.demo.servers.process import binary
from tapak.demo.servers.sshd import SshServer
from tapak.demo.servers.web import WebServer
from tapak.sdk.provider import Provider
from tapak.testing.web_hosts import WebHost

_CONF = """\
ListenAddress {address}
Port {port}
HostKey {host_key}
PidFile none
UsePAM no
StrictModes yes
LoginGraceTime 20
PermitRootLogin forced-commands-only
AuthenticationMethods publickey
AuthorizedKeysFile {keys}/agent
"""


@dataclass(frozen=True)
class AgentSshServer(SshServer):
    """An sshd that lets the one who runs it in, by the keys of ``keys/agent``."""

    def configuration(self) -> str:
        return _CONF.format(address=self.address, port=self.port, host_key=self.host_key, keys=self.keys)

    def authorize(self, line: str) -> None:
        """Let only the key of ``line`` in."""
        (self.keys / "agent").write_text(line)

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """For a while another host answers in its place."""
        kept = {file: file.read_bytes() for file in (self.host_key, self.public)}
        self._come_back()
        try:
            yield
        finally:
            self._come_back(kept)

    def _come_back(self, keys: Mapping[Path, bytes] | None = None) -> None:
        self.cut()
        self.stop()
        for file in (self.host_key, self.public):
            file.unlink()
        for file, content in (keys or {}).items():
            file.write_bytes(content)
            file.chmod(0o600)
        self.start()

    @property
    def public(self) -> Path:
        """The public half of its host key."""
        return self.host_key.with_suffix(".pub")

    def cut(self) -> None:
        """Kill every connection that it holds, as a firewall or a broken line would."""
        for pid in self.connections():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def connections(self) -> list[int]:
        """Its processes that hold connections; what those run isn't among them."""
        return list(self._below(self.daemon.pid() or 0))

    def _below(self, pid: int) -> Iterator[int]:
        with suppress(FileNotFoundError):
            for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
                if Path(f"/proc/{child}/comm").read_text().startswith("sshd"):
                    yield child
                    yield from self._below(child)


class RemoteWebHost(WebHost):
    """A private web server whose agent is reached through ``sshd``, by the key pair in ``sshd.directory``."""

    def __init__(self, server: WebServer, sshd: AgentSshServer) -> None:
        super().__init__(server)
        self.sshd = sshd

    def settings(self) -> Mapping[str, object]:
        """How a provider gets there."""
        return {
            "agent_config": "",
            "ssh_host": self.sshd.address,
            "ssh_port": self.sshd.port,
            "ssh_user": pwd.getpwuid(os.geteuid()).pw_name,
            "ssh_host_key": self.sshd.public.read_text(),
            "ssh_key": self.key_file.read_text(),
        }

    @property
    def key_file(self) -> Path:
        """The private key; the public one lies beside with ``.pub``."""
        return self.sshd.directory / "agent_key"

    def provider(self, **settings: object) -> Provider:
        return super().provider(**{**self.settings(), **settings})

    def authorize(self) -> str:
        """Make the key pair and let it run the agent; gives the line of ``authorized_keys``."""
        if not self.key_file.exists():
            make = [binary("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(self.key_file)]
            subprocess.run(make, check=True, capture_output=True)  # noqa: S603 - fixed words
        command = [sys.executable, "-m", "tapak_webhost.agent", "--config", str(self.server.agent_config)]
        command += ["--authorize", str(self.key_file.with_suffix(".pub"))]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours
        self.sshd.authorize(line)
        return line
