"""A clamd of our own: on a Unix socket, with our own signatures, so that nothing is fetched."""

from __future__ import annotations

import contextlib
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import tapak.scanning
from tapak.demo.servers.process import Daemon, account, hand_over, write_private
from tapak.scanning.scanners.clamav import SIGNATURES, SOCKET

SHIPPED = Path(tapak.scanning.__file__).parent / "signatures"


@dataclass(frozen=True)
class ClamdServer:
    """One clamd in ``directory`` (which every user can walk to): the scanners' folder, with socket and signatures."""

    directory: Path

    @property
    def user(self) -> str:
        """Who it runs as when we are root."""
        return account("clamav")

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.directory / SOCKET

    @property
    def daemon(self) -> Daemon:
        """The server's process."""
        config = self.directory / "clamd.conf"
        return Daemon("clamd", self.directory / "process", ["clamd", f"--config-file={config}"], user=self.user)

    def start(self) -> None:
        """Start it unless it runs.

        Raises:
            ServerProblem: it doesn't start; tells why.
        """
        if self.daemon.running() and self.answers():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        shutil.copytree(SHIPPED, self.directory / SIGNATURES, dirs_exist_ok=True)
        hand_over(self.directory / "run", self.user, 0o755)
        hand_over(self.directory / "scratch", self.user)
        self.socket.unlink(missing_ok=True)
        self.socket.symlink_to(self.directory / "run" / SOCKET)
        self._configure()
        self.daemon.start(self.answers, timeout=60)

    def stop(self, timeout: float = 10) -> None:
        """End it."""
        self.daemon.stop(timeout)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.daemon.running()

    def answers(self) -> bool:
        """Whether it takes commands (not while it loads its signatures)."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
            client.settimeout(5)
            try:
                client.connect(str(self.socket))
                client.sendall(b"zPING\0")
                return client.recv(16) == b"PONG\0"
            except OSError:
                return False

    def _configure(self) -> None:
        """``Alert…`` have what can't be looked into told, which would be OK otherwise."""
        settings = {
            "LocalSocket": self.directory / "run" / SOCKET,
            "LocalSocketMode": "666",
            "FixStaleSocket": "yes",
            "Foreground": "yes",
            "DatabaseDirectory": self.directory / SIGNATURES,
            "OfficialDatabaseOnly": "no",
            "TemporaryDirectory": self.directory / "scratch",
            "AlertExceedsMax": "yes",
            "AlertEncrypted": "yes",
            "MaxScanSize": "2000M",
            "MaxFileSize": "2000M",
            "MaxRecursion": "17",
            "MaxFiles": "100000",
            "MaxScanTime": "600000",
            "MaxThreads": "4",
            "IdleTimeout": "600",
            "CommandReadTimeout": "60",
            "ExitOnOOM": "yes",
        }
        lines = (f"{name} {value}\n" for name, value in settings.items())
        write_private(self.directory / "clamd.conf", "".join(lines), self.user)
