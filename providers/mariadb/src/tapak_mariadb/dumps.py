"""Dumps by MariaDB's own programs; a password goes by a file that only we can read, never on a command line."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tapak.sdk.errors import ProviderBroken, ProviderUnavailable
from tapak_mariadb.client import Login, Server

_DUMP = ("--single-transaction", "--quick", "--routines", "--triggers", "--events", "--hex-blob", "--no-tablespaces")
# Views, triggers and routines name their maker, whom only the same database has.
_DEFINER = re.compile(rb"DEFINER=`(?:[^`]|``)*`@`(?:[^`]|``)*`")
_VERSIONED = (b"/*!", b"CREATE ")
_CHUNK = 1 << 20


class Dumper:
    """``mariadb-dump`` and ``mariadb`` at one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def dump(self, login: Login, name: str, into: Path, timeout: float) -> None:
        """Write the database ``name`` to the new gzip file ``into``."""
        deadline = time.monotonic() + timeout
        descriptor = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file, self._options(login) as options:
            command = [_program("mariadb-dump"), options, *_DUMP, name]
            with _running(command, stdout=subprocess.PIPE) as process, gzip.GzipFile(fileobj=file, mode="wb") as packed:
                while chunk := process.stdout.read(_CHUNK):  # type: ignore[union-attr]
                    packed.write(chunk)
                    self._in_time(deadline)
                self._ended(process, deadline, f"dump of {name}")
            file.flush()
            os.fsync(file.fileno())

    def load(self, login: Login, name: str, dump: Path, timeout: float) -> None:
        """Read the gzip file ``dump`` into the database ``name``; what it makes belongs to ``login``."""
        deadline = time.monotonic() + timeout
        with self._options(login) as options, gzip.open(dump, "rb") as packed:
            command = [_program("mariadb"), options, "--binary-mode", name]
            with _running(command, stdin=subprocess.PIPE) as process:
                with contextlib.suppress(BrokenPipeError), process.stdin:  # type: ignore[union-attr]
                    for line in packed:
                        known = _DEFINER.sub(b"", line) if line.startswith(_VERSIONED) else line
                        process.stdin.write(known)  # type: ignore[union-attr]
                        self._in_time(deadline)
                self._ended(process, deadline, f"load into {name}")

    def keep_last(self, login: Login, name: str, folder: Path, identity: str, timeout: float) -> None:
        """Keep a dump in ``folder``: whole and on the disk when this returns, or not there at all."""
        told = f"Isi {identity} tidak dapat disimpan sebelum dihapus; basis data dibiarkan. "
        kept = folder / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.sql.gz"
        draft = kept.with_suffix(".part")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.dump(login, name, draft, timeout)
            draft.rename(kept)
            _sync(folder)
        except OSError as problem:
            log = f"last dump of {name} in {folder}: {problem.strerror}"
            raise ProviderBroken(told + "Periksa folder cadangan terakhir.", log=log) from None
        except ProviderUnavailable as problem:
            more = "Bila basis datanya besar, perpanjang TAPAK_LEASE."
            raise ProviderUnavailable(told + more, log=problem.log) from None
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()

    @contextlib.contextmanager
    def _options(self, login: Login) -> Iterator[str]:
        values = {
            "host": self._server.address,
            "port": str(self._server.port),
            "protocol": "tcp",
            "user": login.user,
            "password": login.password,
            "default-character-set": "utf8mb4",
        }
        if self._server.tls_ca:
            values |= {"ssl-ca": self._server.tls_ca, "ssl-verify-server-cert": "1"}
        lines = ["[client]", *(f"{name}={_option(value)}" for name, value in values.items())]
        with tempfile.NamedTemporaryFile("w", prefix="tapak-", suffix=".cnf") as file:  # mode 600
            file.write("\n".join(lines))
            file.flush()
            yield f"--defaults-file={file.name}"

    def _in_time(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise ProviderUnavailable(
                f"Server MariaDB {self._server}: waktu habis sebelum selesai.", log=f"{self._server}: out of time"
            )

    def _ended(self, process: subprocess.Popen[bytes], deadline: float, what: str) -> None:
        try:
            code = process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._in_time(0)
            return
        if code:
            # Its text may quote a statement, and so what somebody keeps in the database.
            raise ProviderUnavailable(
                f"Server MariaDB {self._server}: pencadangan atau pemulihan terputus; periksa log server.",
                log=f"{self._server}: {what} ended with {code}",
            )


@contextlib.contextmanager
def _running(command: list[str], **streams: int) -> Iterator[subprocess.Popen[bytes]]:
    """The program, killed where the block is left before it ended."""
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, **streams) as process:  # type: ignore[call-overload]  # noqa: S603
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ProviderBroken(
            f"Program {name} tidak terpasang di mesin pekerja; pasang paket mariadb-client.",
            log=f"{name} is not installed",
        )
    return found


def _option(value: str) -> str:
    """A value in an option file (MariaDB: Configuring MariaDB with Option Files, escapes)."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
