"""What the provider does for each kind of resource, through the agent and as the public would see it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from tapak.sdk.provider import Applied, Change, Verification
from tapak.sdk.resources import Site, Spec, spec_from_json, spec_to_json
from tapak_webhost.agent.protocol import MAX_NAMES, MAX_TIMEOUT
from tapak_webhost.client import AgentClient
from tapak_webhost.connections import certificate, connections
from tapak_webhost.probe import PhpPage, WebServer

S = TypeVar("S", bound=Spec)


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
        wanted = change.desired
        environment = connections(change.given) if wanted is not None else {}
        secure = isinstance(wanted, Site) and wanted.https is not None
        given = {"environment": environment, "certificate": certificate(change.given) if secure else None}
        told = self._agent.ask(self.apply_verb, {**fields, **given}, timeout=timeout)
        site = told["site"]
        if site is None:
            return {}
        return {"served": site["served"], "generation": site["generation"], "document_root": told["document_root"]}

    def verify(self, spec: Site, deadline: float) -> Verification:
        """PHP is seen by a page that is there for the look only."""
        shown = ""
        if spec.https is not None:
            told = self._agent.ask(self.read_verb, {"names": [spec.name]}, timeout=self._timeout)[self.answers]
            shown = (told[spec.name] or {}).get("certificate", "")
        if spec.php is None or spec.suspended:
            return self._web.served(spec, deadline, certificate=shown)
        ask = {"name": spec.name}
        try:
            page = PhpPage(**self._agent.ask("probe", {**ask, "place": True}, timeout=self._timeout))
            return self._web.served(spec, deadline, page, shown)
        finally:
            self._agent.ask("probe", {**ask, "place": False}, timeout=self._timeout)

    def verify_gone(self, spec: Site, deadline: float) -> Verification:
        return self._web.gone(spec, deadline)


def _json(spec: Spec | None) -> dict[str, Any] | None:
    return None if spec is None else spec_to_json(spec)
