"""An OpenSSH server of our own on loopback that gives sites' accounts SFTP and nothing else.

Each account is shut into its home, which is its site's directory: root's, so that its owner can't move it. sshd must be
root to let others in, so this runs as root or not at all.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tapak.demo.servers.process import Daemon, binary, hand_over

SEPARATION = Path("/run/sshd")

_CONF = """\
ListenAddress {address}
Port {port}
HostKey {host_key}
PidFile none
UsePAM no
StrictModes yes
LoginGraceTime 20
MaxAuthTries 3
PermitRootLogin no
AuthenticationMethods any
PubkeyAuthentication yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
AuthorizedKeysFile {keys}/%u {keys}/%u.probe
DisableForwarding yes
PermitTTY no
PermitTunnel no
PermitUserRC no
Subsystem sftp internal-sftp
ChrootDirectory %h
ForceCommand internal-sftp -d /public -u 0027 -P symlink,hardlink
"""


@dataclass(frozen=True)
class SshServer:
    """One sshd in ``directory``, all of whose parents are root's, on ``port`` of a loopback ``address``."""

    directory: Path
    port: int
    address: str = "127.0.0.1"

    @property
    def host_key(self) -> Path:
        """Its private key; the public one lies beside with ``.pub``."""
        return self.directory / "host_key"

    @property
    def keys(self) -> Path:
        """Where the host agent puts accounts' keys."""
        return self.directory / "keys"

    @property
    def daemon(self) -> Daemon:
        """The server's process."""
        config = str(self.directory / "sshd_config")
        return Daemon("sshd", self.directory, [binary("sshd"), "-D", "-e", "-f", config])

    def configuration(self) -> str:
        """Its settings."""
        return _CONF.format(address=self.address, port=self.port, host_key=self.host_key, keys=self.keys)

    def start(self) -> None:
        """Start it unless it runs.

        Raises:
            ServerProblem: it doesn't start; tells why.
        """
        for mine in (self.directory, self.keys):
            hand_over(mine, "", 0o755)
        SEPARATION.mkdir(mode=0o755, exist_ok=True)
        if not self.host_key.exists():
            make = [binary("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(self.host_key)]
            subprocess.run(make, check=True, capture_output=True)  # noqa: S603 - fixed words
        (self.directory / "sshd_config").write_text(self.configuration())
        self.daemon.start(self.answers)

    def stop(self, timeout: float = 10) -> None:
        """End it; keys stay."""
        self.daemon.stop(timeout)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it shows an SSH banner (RFC 4253 section 4.2)."""
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), timeout=2) as connection:
            return connection.recv(8).startswith(b"SSH-2.0-")
        return False
