"""Dumps by PostgreSQL's own programs; a password goes by a file that only we can read, never on a command line."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tapak.sdk.errors import ProviderBroken, ProviderUnavailable
from tapak_postgresql.client import Login, Server


class Dumper:
    """``pg_dump`` and ``pg_restore`` at one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def dump(self, login: Login, name: str, into: Path, timeout: float, *, role: str = "") -> None:
        """Write the database ``name`` to the new file ``into`` in PostgreSQL's custom format, as ``role``."""
        os.close(os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        become = [f"--role={role}"] if role else []
        self._run("pg_dump", login, ["--format=custom", f"--file={into}", *become, f"--dbname={name}"], timeout)
        descriptor = os.open(into, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def load(self, login: Login, name: str, dump: Path, timeout: float) -> None:
        """Read ``dump`` into the database ``name``, all or nothing; what it makes belongs to ``login``."""
        how = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", f"--dbname={name}"]
        self._run("pg_restore", login, [*how, str(dump)], timeout)

    def keep_last(self, login: Login, name: str, folder: Path, identity: str, timeout: float) -> None:
        """Keep a dump in ``folder``: whole and on the disk when this returns, or not there at all."""
        told = f"Isi {identity} tidak dapat disimpan sebelum dihapus; basis data dibiarkan. "
        kept = folder / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.pgdump"
        draft = kept.with_suffix(".part")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.dump(login, name, draft, timeout, role=name)
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

    def _run(self, program: str, login: Login, arguments: list[str], timeout: float) -> None:
        found = shutil.which(program)
        if found is None:
            raise ProviderBroken(
                f"Program {program} tidak terpasang di mesin pekerja; pasang paket postgresql-client.",
                log=f"{program} is not installed",
            )
        with self._environment(login) as environment:
            command = [found, "--no-password", *arguments]
            try:
                # Its text may quote what somebody keeps in the database.
                done = subprocess.run(  # noqa: S603
                    command, env=environment, timeout=max(0.1, timeout), capture_output=True, check=False
                )
            except subprocess.TimeoutExpired:
                raise self._broken_off(program, "out of time") from None
        if done.returncode:
            raise self._broken_off(program, f"ended with {done.returncode}")

    def _broken_off(self, program: str, why: str) -> ProviderUnavailable:
        return ProviderUnavailable(
            f"Server PostgreSQL {self._server}: pencadangan atau pemulihan terputus; periksa log server.",
            log=f"{self._server}: {program} {why}",
        )

    @contextlib.contextmanager
    def _environment(self, login: Login) -> Iterator[Mapping[str, str]]:
        place = {"PGHOST": self._server.address, "PGPORT": str(self._server.port), "PGUSER": login.user}
        place |= {"PGSSLMODE": self._server.tls, "PGGSSENCMODE": "disable", "PGAPPNAME": "tapak"}
        if self._server.tls_ca:
            place["PGSSLROOTCERT"] = self._server.tls_ca
        with tempfile.NamedTemporaryFile("w", prefix="tapak-", suffix=".pgpass") as file:  # mode 600
            escaped = login.password.replace("\\", "\\\\").replace(":", "\\:")
            file.write(f"*:*:*:*:{escaped}\n")
            file.flush()
            yield {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "PGPASSFILE": file.name, **place}


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
