"""Takes requests through the REST API as the people would, and asks the real servers at the end."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import dns.rdatatype
import httpx

from tapak.documents.pdf import to_pdf

PATIENCE = 60.0
API = "/api/v1"


class WalkProblem(RuntimeError):
    """A step of the walk didn't go; tells which and what was answered."""


@dataclass(frozen=True)
class Script:
    """One request to walk, as ``deploy/demo`` holds it.

    ``steps`` give, per step key, the account that acts, the ``files`` that it sends, what it has to ``wait`` for
    (``facts`` or ``resources``) and the input; in a text ``{label}`` stands for the label,
    ``{today}`` and ``{tomorrow}`` for the day. ``archives`` are files that aren't the sample letter, by kind.
    ``follows`` is the service of the tenant whose walk this one goes on with, under the label that that one came to;
    such a script has no label of its own.
    """

    tenant: str
    host: str
    service: str
    steps: tuple[Mapping[str, Any], ...]
    label: str = ""
    archives: Mapping[str, bytes] = field(default_factory=dict)
    follows: str = ""


@dataclass(frozen=True)
class Place:
    """Where the walk looks: pages' port, the DNS servers, the web server, and passwords by account."""

    port: int
    dns: tuple[tuple[str, int], ...]
    web: tuple[str, int]
    passwords: Mapping[str, str]


@dataclass
class Walked:
    """What one walked request came to; see ``tapak demo walk --json``. ``label`` is the one that it asked for."""

    tenant: str
    service: str
    label: str = ""
    number: str = ""
    request_id: int = 0
    tracking_code: str = ""
    state: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    dns: list[dict[str, Any]] = field(default_factory=list)
    http: list[dict[str, Any]] = field(default_factory=list)
    live: bool = False
    problem: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


class Walker:
    """One walk. It connects to 127.0.0.1 with a Host header, since Python's resolver knows no ``*.localhost``."""

    def __init__(self, script: Script, place: Place, letter: bytes) -> None:
        self.script = script
        self.place = place
        self.letter = letter
        host = f"{script.host}:{place.port}"
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{place.port}{API}", headers={"Host": host}, timeout=PATIENCE
        )
        self.tokens: dict[str, str] = {}
        self.done = Walked(script.tenant, script.service, script.label)

    def walk(self) -> Walked:
        """Take the request through every step and look at what came of it.

        Raises:
            WalkProblem: a call was refused, or something didn't come about in time.
        """
        done = self.done = Walked(self.script.tenant, self.script.service, self.script.label)
        first, *others = self.script.steps
        started = self.start()
        done.request_id = started["request_id"]
        self.take(first, started)
        for step in others:
            self.take(step, self.open_task(step, done.request_id))
        self._tell(done, self.call(first["as"], "GET", f"/requests/{done.request_id}"))
        self._look(done, self.call(first["as"], "GET", f"/requests/{done.request_id}/resources"))
        return done

    def give_up(self, problem: str) -> Walked:
        """What came of a walk that ran into ``problem``; a draft that it began is deleted."""
        self.done.problem = problem
        if self.done.request_id:
            who = self.script.steps[0]["as"]
            self._tell(self.done, self.call(who, "GET", f"/requests/{self.done.request_id}"))
            if self.done.state == "draft":
                self.call(who, "DELETE", f"/requests/{self.done.request_id}")
        return self.done

    def walk_free(self) -> Walked:
        """Like :meth:`walk`, with the script's label or, where that is taken, the first free one like it."""
        first, label = self.script.steps[0], self.script.label
        zone = first["input"]["name_zone"]
        for candidate in (label, *(f"{label}-{number}" for number in range(2, 1000))):
            if self.call(first["as"], "GET", f"/names/{zone}/{candidate}")["available"]:
                self.script = replace(self.script, label=candidate)
                return self.walk()
        raise WalkProblem(f"no free name like {label}.{zone}")

    def close(self) -> None:
        """Sign everybody out."""
        for account in list(self.tokens):
            self.call(account, "DELETE", "/session")
        self.client.close()

    def start(self) -> dict[str, Any]:
        """A new draft; gives its first task."""
        return dict(self.call(self.script.steps[0]["as"], "POST", "/requests", {"service": self.script.service}))

    def open_task(self, step: Mapping[str, Any], request_id: int) -> dict[str, Any]:
        """The request's open task, which is that of ``step``, as whoever acts on it sees it."""
        request = self.call(step["as"], "GET", f"/requests/{request_id}")
        task = next((each for each in request["tasks"] if each["state"] in ("open", "started")), None)
        if task is None or task["step"] != step["step"]:
            raise WalkProblem(f"request {request['number']} is at {request['step']!r}, not at {step['step']!r}")
        return self.call(step["as"], "GET", f"/tasks/{task['id']}")

    def take(self, step: Mapping[str, Any], task: Mapping[str, Any]) -> None:
        """Begin the task, send its files, wait for what it waits for, and finish it."""
        who, path = step["as"], f"/tasks/{task['id']}"
        begun = self.call(who, "POST", f"{path}/begin", {"version": task["version"]})
        for kind in step.get("files", ()):
            self.upload(who, task["id"], kind)
        if step.get("wait") == "resources":
            self.wait_live(who, task["request_id"])
        if step.get("wait") == "facts":
            self._wait(lambda: self.call(who, "GET", path)["facts_at"], f"figures for step {step['step']}")
        given = {"input": self.input_of(step, begun["form"]), "version": begun["version"]}
        self.call(who, "POST", f"{path}/finish", given)

    def input_of(self, step: Mapping[str, Any], form: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What the form begins with, and over it what the script says."""
        offered = {item["name"]: item["value"] for item in form if item["value"] is not None}
        return {**offered, **_filled(step.get("input", {}), self.script.label)}

    def wait_live(self, who: str, request_id: int) -> None:
        """Wait until all of the request's resources are live; a failure ends the waiting."""

        def live() -> bool:
            resources = self.call(who, "GET", f"/requests/{request_id}/resources")
            failed = [each for each in resources if each["state"] == "failed"]
            if failed:
                raise WalkProblem(f"{failed[0]['identity']}: {failed[0]['reason']}")
            return bool(resources) and all(each["state"] == "live" for each in resources)

        self._wait(live, "everything to be live")

    def _wait(self, ready: Any, what: str) -> None:
        deadline, pause = time.monotonic() + PATIENCE, 0.01
        while not ready():
            if time.monotonic() > deadline:
                raise WalkProblem(f"waited {PATIENCE:.0f} s for {what}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)

    def _tell(self, done: Walked, request: Mapping[str, Any]) -> None:
        done.number, done.state, done.tracking_code = request["number"], request["state"], request["tracking_code"]
        done.steps = [
            {
                "number": task["step_number"],
                "title": task["step_title"],
                "actor": task["acting_as"],
                "outcome": task["outcome"],
                "waiting_seconds": task["waiting"],
                "working_seconds": task["working"],
            }
            for task in request["tasks"]
        ]

    def _look(self, done: Walked, resources: list[dict[str, Any]]) -> None:
        for resource in resources:
            if resource["kind"] == "record_set":
                done.dns.append(self._ask_dns(resource["spec"]))
            elif resource["kind"] == "site":
                done.http.append(self._ask_web(resource["spec"]["name"]))
        answered = [each["ok"] for look in done.dns for each in look["servers"]]
        served = [each["status"] == 200 for each in done.http]
        seen = [*answered, *served]
        done.live = done.state == "done" and bool(seen) and all(seen)

    def _ask_dns(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        expected = sorted(spec["values"])
        servers = []
        for address, port in self.place.dns:
            query = dns.message.make_query(spec["name"], spec["type"])
            answer = dns.query.udp(query, address, port=port, timeout=5)
            kind = dns.rdatatype.from_text(spec["type"])
            found = sorted(str(record) for rrset in answer.answer if rrset.rdtype == kind for record in rrset)
            servers.append({"server": f"{address}:{port}", "answer": found, "ok": found == expected})
        return {"name": spec["name"], "type": spec["type"], "expected": expected, "servers": servers}

    def _ask_web(self, name: str) -> dict[str, Any]:
        address, port = self.place.web
        answer = httpx.get(f"http://{address}:{port}/", headers={"Host": name}, timeout=10)
        return {"url": f"http://{name}:{port}/", "status": answer.status_code}

    def upload(self, who: str, task_id: int, kind: str) -> None:
        """Send the script's archive of ``kind``, else the letter, as the task's file.

        An archive is waited for until it was looked through.
        """
        archive = self.script.archives.get(kind)
        sent = (f"{kind}.zip", archive, "application/zip") if archive else None
        answer = self.client.post(
            f"/tasks/{task_id}/documents",
            data={"kind": kind},
            files={"file": sent or (f"{kind}.pdf", self.letter, "application/pdf")},
            headers=self.bearer(who),
        )
        paper = self._checked(answer)
        if archive:
            self._wait(lambda: self._looked_through(who, paper["id"]), f"{kind} to be looked through")

    def _looked_through(self, who: str, document_id: int) -> bool:
        return self.call(who, "GET", f"/documents/{document_id}/scan")["state"] in ("done", "failed")

    def call(self, who: str, method: str, path: str, body: Any = None) -> Any:
        """What the API answers to ``who``.

        Raises:
            WalkProblem: it was refused.
        """
        headers = self.bearer(who)
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        answer = self.client.request(method, path, json=body, headers=headers)
        return self._checked(answer)

    def bearer(self, who: str) -> dict[str, str]:
        """The header that makes a call ``who``'s, who signs in with the first one."""
        if who not in self.tokens:
            given = {"email": who, "password": self.place.passwords[who]}
            self.tokens[who] = self._checked(self.client.post("/session", json=given))["token"]
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def _checked(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise WalkProblem(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


def sample_letter(folder: Path) -> bytes:
    """An applicant's letter as PDF, made once and kept in ``folder``."""
    kept = folder / "sample-letter.pdf"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(to_pdf("<h1>Surat permohonan</h1><p>Contoh surat permohonan.</p>", ()))
    return kept.read_bytes()


def _filled(value: Any, label: str) -> Any:
    if isinstance(value, str):
        today = datetime.now(UTC).date()
        known = {"label": label, "today": today.isoformat(), "tomorrow": (today + timedelta(days=1)).isoformat()}
        for name, text in known.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, Mapping):
        return {name: _filled(item, label) for name, item in value.items()}
    return [_filled(item, label) for item in value] if isinstance(value, list) else value
