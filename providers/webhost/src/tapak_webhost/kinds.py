"""What the provider does for each kind of resource, through the agent and as the public would see it."""

from __future__ import annotations

import base64
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, Generic, TypeVar

from tapak.sdk.provider import Applied, Change, Probe, Verification
from tapak.sdk.resources import Release, Site, Spec, spec_from_json, spec_to_json
from tapak_webhost.agent.archives import LARGEST_PIECE
from tapak_webhost.agent.protocol import MAX_NAMES, MAX_TIMEOUT
from tapak_webhost.client import AgentClient, ArchiveMissing
from tapak_webhost.probe import PhpPage, WebServer, polled

S = TypeVar("S", bound=Spec)
OpenArchive = Callable[[str], BinaryIO]


class Kind(ABC, Generic[S]):
    """One kind of resource at one agent; ``timeout`` seconds is the longest wait for a look."""

    kind: str
    read_verb: str
    apply_verb: str
    answers: str

    def __init__(self, agent: AgentClient, timeout: float) -> None:
        self._agent = agent
        self._timeout = timeout

    @staticmethod
    @abstractmethod
    def site(spec: S) -> str:
        """The server name that the resource belongs to."""

    def read(self, specs: Sequence[S]) -> dict[str, Spec | None]:
        """What stands, by identity."""
        found: dict[str, Any] = {}
        names = list(dict.fromkeys(self.site(spec) for spec in specs))
        for start in range(0, len(names), MAX_NAMES):
            some = {"names": names[start : start + MAX_NAMES]}
            found |= self._agent.ask(self.read_verb, some, timeout=self._timeout)[self.answers]
        return {spec.identity: self.standing(found[self.site(spec)]) for spec in specs}

    def standing(self, told: Mapping[str, Any] | None) -> Spec | None:
        """The spec in what the agent tells."""
        return None if told is None else spec_from_json(self.kind, told)

    def apply(self, change: Change, fence: int, timeout: float) -> Applied:
        """Make one change."""
        fields = {
            "name": self.site(change.spec),  # type: ignore[arg-type]
            "fence": fence,
            "timeout": min(timeout, MAX_TIMEOUT),
            "desired": _json(change.desired),
            "observed": _json(change.observed),
        }
        return Applied(change.identity, self.applied(change, fields, timeout))

    @abstractmethod
    def applied(self, change: Change, fields: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        """Ask the agent for the change; gives its outputs."""

    @abstractmethod
    def verify(self, spec: S, deadline: float) -> Verification:
        """Look until it is as it is to be."""

    @abstractmethod
    def verify_gone(self, spec: S, deadline: float) -> Verification:
        """Look until it is gone."""


class Sites(Kind[Site]):
    """Sites are seen at the web server itself."""

    kind, read_verb, apply_verb, answers = Site.kind, "read", "apply", "sites"

    def __init__(self, agent: AgentClient, timeout: float, web: WebServer) -> None:
        super().__init__(agent, timeout)
        self._web = web

    @staticmethod
    def site(spec: Site) -> str:
        return spec.name

    def standing(self, told: Mapping[str, Any] | None) -> Spec | None:
        return super().standing(None if told is None else told["spec"])

    def applied(self, change: Change, fields: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        told = self._agent.ask(self.apply_verb, fields, timeout=timeout)["site"]
        return {} if told is None else {"served": told["served"], "generation": told["generation"]}

    def verify(self, spec: Site, deadline: float) -> Verification:
        """PHP is seen by a page that is there for the look only."""
        if spec.php is None or spec.suspended:
            return self._web.served(spec, deadline)
        ask = {"name": spec.name}
        try:
            page = PhpPage(**self._agent.ask("probe", {**ask, "place": True}, timeout=self._timeout))
            return self._web.served(spec, deadline, page)
        finally:
            self._agent.ask("probe", {**ask, "place": False}, timeout=self._timeout)

    def verify_gone(self, spec: Site, deadline: float) -> Verification:
        return self._web.gone(spec, deadline)


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
            self._send(change.desired.sha256, deadline)
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
                at = max(held, 0)
                stream.seek(at)
                piece = stream.read(LARGEST_PIECE) if held >= 0 else b""
                fields = {"sha256": sha256, "size": size, "offset": at, "data": base64.b64encode(piece).decode()}
                left = max(min(self._timeout, deadline - time.monotonic()), 0.1)
                held = self._agent.ask("put", fields, timeout=left)["held"]

    def _live(self, spec: Release, wanted: str) -> Probe:
        found = self._agent.ask(self.read_verb, {"names": [spec.site]}, timeout=self._timeout)[self.answers][spec.site]
        sha256 = found["sha256"] if found else ""
        return Probe(f"agent:{spec.site}", wanted or "tidak ada", sha256 or "tidak ada", sha256 == wanted)

    def _answers(self, spec: Release, left: float) -> Probe:
        page = self._web.get(spec.site, timeout=left)
        ok = 200 <= page.status < 400 or page.status == 410
        return Probe(self._web.url(spec.site), "HTTP 2xx/3xx", page.answer, ok)


def _json(spec: Spec | None) -> dict[str, Any] | None:
    return None if spec is None else spec_to_json(spec)
