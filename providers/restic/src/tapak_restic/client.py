"""The one class that runs restic; the password goes by a file that only we can read."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tapak.sdk.errors import ProviderBroken, ProviderDenied, ProviderError, ProviderUnavailable

_NO_REPOSITORY = ("Is there a repository at the following location", "unable to open config file")
_WRONG_PASSWORD = ("wrong password or no key found",)
_LOCKED = ("repository is already locked", "unable to create lock")
_FULL = ("no space left on device",)


class NoRepository(ProviderError):
    """There is no repository at the place yet."""

    code = "no_repository"


class Incomplete(ProviderBroken):
    """restic couldn't read everything that it was to keep (its exit code 3); ``out`` is what it printed."""

    def __init__(self, message: str, *, log: str, out: str) -> None:
        super().__init__(message, log=log)
        self.out = out


class Restic:
    """restic 0.14 or newer at one repository.

    Every act takes and frees the repository's own locks; those of dead processes are taken away where they stand in
    its way, of others restic itself keeps them.
    """

    def __init__(self, repository: str, password: str) -> None:
        self.repository = repository
        self._password = password

    def __repr__(self) -> str:
        return f"Restic({self.repository!r})"

    def run(self, *arguments: str, timeout: float, text: str | None = None) -> str:
        """Run one act; gives what it printed.

        Raises:
            NoRepository: there is none.
            ProviderError: it failed, or took longer than ``timeout`` seconds and was ended.
        """
        program = shutil.which("restic")
        if program is None:
            raise ProviderBroken(
                "Program restic tidak terpasang di mesin pekerja; pasang paket restic.", log="restic is not installed"
            )
        with tempfile.NamedTemporaryFile("w", prefix="tapak-", suffix=".restic") as secret:  # mode 600
            secret.write(self._password)
            secret.flush()
            command = [program, f"--repo={self.repository}", f"--password-file={secret.name}", "--no-cache", *arguments]
            code, out, errors = _finished(command, text, timeout)
            if any(told in errors for told in _LOCKED):
                _finished([*command[:4], "unlock"], None, timeout)
                code, out, errors = _finished(command, text, timeout)
        if code:
            raise self._problem(code, out, errors)
        return out

    def json(self, *arguments: str, timeout: float) -> Any:
        """Run one act with ``--json``; gives the last line that it printed, parsed."""
        return last_line(self.run("--json", *arguments, timeout=timeout))

    def _problem(self, code: int, out: str, errors: str) -> ProviderError:
        where = f"Repositori cadangan {self.repository}"
        log = f"restic at {self.repository} ended with {code}"
        if any(told in errors for told in _WRONG_PASSWORD):
            return ProviderDenied(
                f"{where}: kata sandi salah. Isi kata sandi yang dipakai saat repositori dibuat.", log=log
            )
        if any(told in errors for told in _NO_REPOSITORY):
            return NoRepository(f"{where} belum ada.", log=log)
        if any(told in errors for told in _LOCKED):
            return ProviderUnavailable(f"{where} sedang dipakai pekerjaan lain. Akan dicoba lagi.", log=log)
        if any(told in errors.lower() for told in _FULL):
            return ProviderBroken(f"{where} penuh; kosongkan atau perbesar tempatnya.", log=log)
        if code == 3:
            told = f"{where}: sebagian berkas tidak terbaca. Beri pekerja hak baca atas folder situs."
            return Incomplete(told, log=log, out=out)
        if code < 0:
            return ProviderUnavailable(f"{where} tidak selesai dalam waktunya. Akan dicoba lagi.", log=log)
        return ProviderBroken(f"{where}: restic gagal (kode {code}). Periksa tempat dan haknya.", log=log)


def last_line(out: str) -> Any:
    """The last line of JSON in what restic printed; None where there is none."""
    lines = [line for line in out.splitlines() if line.startswith(("{", "["))]
    return json.loads(lines[-1]) if lines else None


def _finished(command: Sequence[str], text: str | None, timeout: float) -> tuple[int, str, str]:
    """Exit code (negative: ended by us), output and errors. Ended by SIGINT, restic takes its lock away."""
    with subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=_environment(),
    ) as process:
        try:
            out, errors = process.communicate(text, timeout=max(0.1, timeout))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            try:
                out, errors = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                out, errors = process.communicate()
            return -1, out, ""
        except BaseException:
            process.kill()
            raise
    return process.returncode, out, errors


def _environment() -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK") if name in os.environ}
    return {"HOME": str(Path("/nonexistent")), "LANG": "C.UTF-8", **kept}
