"""Releases through the agent: the archive is sent in pieces, what is live is known by its hash."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from tapak.sdk.provider import Change, Probe, Verification
from tapak.sdk.resources import Release
from tapak_webhost.agent.archives import LARGEST_PIECE
from tapak_webhost.client import AgentClient, ArchiveMissing
from tapak_webhost.kinds import Kind
from tapak_webhost.probe import WebServer, polled

# Of the caller's patience: what is left for unpacking and switching once the archive was sent.
BUILD_SHARE = 0.4

OpenArchive = Callable[[str], BinaryIO]


class Releases(Kind[Release]):
    """Which release is live tells the agent, by the hash of its archive; that the site answers is seen from outside."""

    kind, read_verb, apply_verb, answers = Release.kind, "read_releases", "apply_release", "releases"

    def __init__(self, agent: AgentClient, timeout: float, web: WebServer, archive: OpenArchive) -> None:
        super().__init__(agent, timeout)
        self._web = web
        self._archive = archive

    @staticmethod
    def site(spec: Release) -> str:
        return spec.site

    def applied(self, change: Change, fields: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        deadline = time.monotonic() + timeout
        try:
            told = self._agent.ask(self.apply_verb, fields, timeout=timeout)["release"]
        except ArchiveMissing:
            if not isinstance(change.desired, Release):
                raise
            self._send(change.desired.sha256, deadline - timeout * BUILD_SHARE)
            left = max(deadline - time.monotonic(), 1.0)
            told = self._agent.ask(self.apply_verb, {**fields, "timeout": left}, timeout=left)["release"]
        return {} if told is None else {"sha256": told["sha256"]}

    def verify(self, spec: Release, deadline: float) -> Verification:
        return polled(spec.identity, lambda left: (self._live(spec, spec.sha256), self._answers(spec, left)), deadline)

    def verify_gone(self, spec: Release, deadline: float) -> Verification:
        return polled(spec.identity, lambda left: (self._live(spec, ""),), deadline)

    def _send(self, sha256: str, deadline: float) -> None:
        """From where an interrupted sending ended; a piece that comes twice is told by what is held."""
        with self._archive(sha256) as stream:
            size = stream.seek(0, 2)
            held = -1
            while held < size:
                if time.monotonic() > deadline:
                    raise ArchiveMissing(
                        f"Arsip aplikasi sedang dikirim ke server web ({max(held, 0) * 100 // size} %); dilanjutkan.",
                        log=f"{sha256}: {held} of {size} bytes were sent",
                    )
                at = max(held, 0)
                stream.seek(at)
                piece = stream.read(LARGEST_PIECE) if held >= 0 else b""
                fields = {"sha256": sha256, "size": size, "offset": at, "data": base64.b64encode(piece).decode()}
                held = self._agent.ask("put", fields, timeout=self._timeout)["held"]

    def _live(self, spec: Release, wanted: str) -> Probe:
        found = self._agent.ask(self.read_verb, {"names": [spec.site]}, timeout=self._timeout)[self.answers][spec.site]
        sha256 = found["sha256"] if found else ""
        return Probe(f"agent:{spec.site}", wanted or "tidak ada", sha256 or "tidak ada", sha256 == wanted)

    def _answers(self, spec: Release, left: float) -> Probe:
        page = self._web.get(spec.site, timeout=left)
        secure = (page.header("Location") or "").startswith((f"https://{spec.site}/", f"https://{spec.site}:"))
        if secure:
            page = self._web.get(spec.site, timeout=left, secure=True)
        ok = 200 <= page.status < 400 or page.status == 410
        return Probe(self._web.url(spec.site, secure=secure), "HTTP 2xx/3xx", page.answer, ok)
