"""Requests for changes of live services in a deployment, by REST and the real servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dns.message
import dns.query
import dns.rdatatype
import httpx

from tapak.testing.deployment import Case, Deployment

OVER = ("live", "gone")


@dataclass
class Changing:
    """A change of the service that ``case`` made, on its way by the same script."""

    case: Case
    service: dict[str, Any]
    change: str
    request_id: int = 0

    @classmethod
    def begin(cls, case: Case, change: str) -> Changing:
        """A draft of the change."""
        service = service_of(case)
        procedure = next(each["service"] for each in service["changes"] if each["change"] == change)
        made = cls(case, service, change)
        path = f"/active-services/{service['id']}/changes"
        task = made.call(case.applicant, "POST", path, {"service": procedure, "change": change})
        made.request_id = task["request_id"]
        return made

    def call(self, who: str, method: str, path: str, body: Any = None) -> Any:
        """What the API answers to ``who``."""
        return self.case.walker.call(who, method, path, body)

    def request(self) -> dict[str, Any]:
        """The request as its applicant sees it."""
        found: dict[str, Any] = self.call(self.case.applicant, "GET", f"/requests/{self.request_id}")
        return found

    def task(self) -> dict[str, Any]:
        """The open task, as whoever acts on it sees it."""
        row = next(each for each in self.request()["tasks"] if each["state"] in ("open", "started"))
        task: dict[str, Any] = self.call(self.case.agency.who(row["step"]), "GET", f"/tasks/{row['id']}")
        return task

    def resources(self) -> list[dict[str, Any]]:
        """What the service consists of."""
        rows: list[dict[str, Any]] = self.call(self.case.applicant, "GET", f"/requests/{self.request_id}/resources")
        return rows

    def take(self, **different: Any) -> str:
        """Take the open step by the script, with some input different; gives its key."""
        task = self.task()
        step = self.case.step(task["step"])
        who, path = step["as"], f"/tasks/{task['id']}"
        task = self.call(who, "POST", f"{path}/begin", {"version": task["version"]})
        for kind in step.get("files", ()):
            self.case.walker.upload(who, task["id"], kind)
        if step.get("wait") == "resources":
            self.case.wait(self.settled, "the change to be carried out")
        if step.get("wait") == "facts":
            self.case.wait(lambda: self.call(who, "GET", path)["facts_at"], "figures")
        given = {"input": {**self._filled(step, task), **different}, "version": task["version"]}
        self.call(who, "POST", f"{path}/finish", given)
        return str(task["step"])

    def _filled(self, step: Mapping[str, Any], task: Mapping[str, Any]) -> dict[str, Any]:
        """What the form begins with, over it what the script says of fields that don't stand yet."""
        asked = {field["name"] for field in task["form"]}
        stands = {field["name"] for field in task["form"] if field["value"] not in (None, "", [])}
        filled = self.case.walker.input_of(step, task["form"])
        offered = {field["name"]: field["value"] for field in task["form"]}
        kept = stands if task["step"] == "submit" else set()
        return {name: offered[name] if name in kept else value for name, value in filled.items() if name in asked}

    def settled(self) -> bool:
        """Whether everything is as it was declared."""
        return all(each["state"] in OVER for each in self.resources())

    def to(self, step: str, **different: Any) -> dict[str, Any]:
        """Walk on until ``step`` is the open one; ``different`` goes into the submission."""
        while (task := self.task())["step"] != step:
            self.take(**(different if task["step"] == "submit" else {}))
        return task

    def to_end(self, **different: Any) -> dict[str, Any]:
        """Walk on to the end; ``different`` goes into the submission."""
        while self.request()["state"] not in ("done", "cancelled"):
            self.take(**(different if self.task()["step"] == "submit" else {}))
        return self.request()


def service_of(case: Case) -> dict[str, Any]:
    """The active service that ``case`` made, as its unit sees it."""
    rows = case.walker.call(case.applicant, "GET", "/active-services")
    return dict(next(each for each in rows if each["request_id"] == case.request_id))


def answered(deployment: Deployment, name: str, kind: str = "A") -> list[str]:
    """What the name server says, without asking Tapak."""
    bind = deployment.stack.bind
    answer = dns.query.udp(dns.message.make_query(name, kind), bind.address, port=bind.port, timeout=5)
    wanted = dns.rdatatype.from_text(kind)
    return sorted(str(record) for rrset in answer.answer if rrset.rdtype == wanted for record in rrset)


def served(deployment: Deployment, name: str, path: str = "/") -> httpx.Response:
    """What the web server says, without asking Tapak."""
    return httpx.get(f"http://127.0.0.1:{deployment.stack.apache.port}{path}", headers={"Host": name}, timeout=10)
