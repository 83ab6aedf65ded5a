"""ClamAV: every file handed to ``clamd`` by its descriptor over a Unix socket (clamd(8))."""

from __future__ import annotations

import array
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tapak.sdk.scanning import Equipment, Finding, ScannedFile, Scanner, ScannerProblem

SOCKET = "clamd.sock"
"""Below the deployment's folder for scanners; may be a link to the system's."""
SIGNATURES = "clamav"
"""Below the same folder: signatures that lie beside the official ones, for their age alone."""
AHEAD = 16
"""Files that clamd is given before its first answer: it works on several at a time."""
PATIENCE = 600.0
REPLY = re.compile(rb"(\d+): (?:.*?): (?:(OK)|(.+) (FOUND|ERROR))", re.DOTALL)
VERSION = re.compile(r"ClamAV ([\w.+~-]+)(?:/(\d+)/(.+))?")
UNOFFICIAL = ".UNOFFICIAL"
"""What clamd adds to the names of signatures that aren't ClamAV's own."""
UNSEEN = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")


class ClamdClient:
    """One conversation with clamd.

    Raises:
        ScannerProblem: it doesn't answer; may go through later.
    """

    def __init__(self, place: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE)
        self._kept = b""
        try:
            self._socket.connect(str(place))
        except OSError as problem:
            self._socket.close()
            raise _away(problem) from problem

    def close(self) -> None:
        """End the conversation."""
        self._socket.close()

    def version(self) -> str:
        """The engine's version with the number and date of its database, if it has one."""
        self._send(b"zVERSION\0")
        return self._answer().decode("utf-8", "replace")

    def begin(self) -> None:
        """Answer by number from now on."""
        self._send(b"zIDSESSION\0")

    def give(self, file: ScannedFile) -> None:
        """Hand over a file; its answer comes by the number of its turn, from 1."""
        with file.open() as stream:
            self._send(b"zFILDES\0")
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [stream.fileno()]))]
            try:
                self._socket.sendmsg([b"\0"], rights)
            except OSError as problem:
                raise _away(problem) from problem

    def take(self) -> tuple[int, str, str]:
        """Number, name of the signature (or of the problem) and OK, FOUND or ERROR."""
        told = REPLY.fullmatch(self._answer())
        if told is None:
            raise _away(ValueError("an answer that is none"))
        return int(told[1]), (told[3] or b"").decode("utf-8", "replace"), (told[2] or told[4]).decode()

    def _send(self, content: bytes) -> None:
        try:
            self._socket.sendall(content)
        except OSError as problem:
            raise _away(problem) from problem

    def _answer(self) -> bytes:
        while b"\0" not in self._kept:
            try:
                found = self._socket.recv(65536)
            except OSError as problem:
                raise _away(problem) from problem
            if not found:
                raise _away(EOFError("clamd ended the conversation"))
            self._kept += found
        answer, _, self._kept = self._kept.partition(b"\0")
        return answer


class ClamavScanner(Scanner):
    """Malware by signatures, also inside archives and documents."""

    name = "tapak.clamav"
    title = "ClamAV (malware)"

    def prepare(self) -> Equipment:
        """Ask clamd what it is."""
        with closing(ClamdClient(self.folder / SOCKET)) as client:
            told = VERSION.fullmatch(client.version())
        if told is None:
            raise ScannerProblem("ClamAV memberi jawaban yang tidak dikenal.", "clamd: odd version")
        at = _own_age(self.folder / SIGNATURES)
        if told[2]:
            at = datetime.strptime(told[3].strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        return Equipment(f"ClamAV {told[1]}", f"basis data {told[2]}" if told[2] else "tanda tangan sendiri", at)

    def scan(self, files: Sequence[ScannedFile]) -> Iterator[Finding]:
        """Whatever clamd finds, and what it couldn't look into."""
        given = [file for file in files if file.size]
        with closing(ClamdClient(self.folder / SOCKET)) as client:
            client.begin()
            sent = 0
            for done in range(len(given)):
                while sent < len(given) and sent - done < AHEAD:
                    client.give(given[sent])
                    sent += 1
                number, name, verdict = client.take()
                if not 1 <= number <= sent:
                    raise _away(ValueError(f"an answer to number {number} of {sent}"))
                if verdict == "ERROR":
                    raise ScannerProblem(f"ClamAV tidak dapat membaca {given[number - 1].name}.", f"clamd: {name}")
                if verdict == "FOUND":
                    yield _finding(name, given[number - 1].name)


def _finding(told_name: str, name: str) -> Finding:
    signature = told_name.removesuffix(UNOFFICIAL)
    if signature.startswith(UNSEEN):
        told = "ClamAV tidak dapat melihat seluruh isi berkas ini (terkunci sandi, terlalu besar, atau terlalu dalam)."
        return Finding(signature, "high", told, name, 0, signature)
    if signature.startswith("PUA."):
        return Finding(signature, "medium", "Berkas yang sering disalahgunakan menurut ClamAV.", name, 0, signature)
    told = "ClamAV mengenali berkas ini sebagai malware. Jangan dipasang; telusuri asal berkas ini."
    return Finding(signature, "critical", told, name, 0, signature)


def _own_age(folder: Path) -> datetime | None:
    times = [place.stat().st_mtime for place in folder.glob("*") if place.is_file()]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _away(problem: Exception) -> ScannerProblem:
    told = "ClamAV (clamd) tidak dapat dihubungi. Hubungi pengelola sistem; pemeriksaan dicoba lagi."
    return ScannerProblem(told, f"clamd: {type(problem).__name__}: {problem}", passing=True)
