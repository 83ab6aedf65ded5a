"""A whole deployment for tests: every server and process of its own, and two tenants that must never meet."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tapak import migrations
from tapak.cli.tenant_file import apply_tenant
from tapak.db.session import Database
from tapak.demo import scripts
from tapak.demo.servers.process import ServerProblem, free_port, reachable, wait_until
from tapak.demo.stack import DATABASE
from tapak.demo.walk import API, Place, Script, Walker, sample_letter
from tapak.plugins import registry
from tapak.sdk.addresses import is_reverse
from tapak.testing.repositories import Repositories
from tapak.testing.trial_stack import TrialStack

PATIENCE = 60.0
DNS_TIMEOUT = 1.0
NUMBERS = count(1)


@dataclass(frozen=True)
class Agency:
    """One tenant of the deployment: its file's content, and the script of a request with its own zone.

    ``scripts`` are those of its other services.
    """

    content: Mapping[str, Any]
    script: Script
    scripts: tuple[Script, ...] = ()

    def at(self, service: str) -> Agency:
        """The same with the script of another of its services."""
        return replace(self, script=next(script for script in self.scripts if script.service == service))

    @property
    def slug(self) -> str:
        """The tenant's key."""
        return str(self.content["slug"])

    @property
    def host(self) -> str:
        """Its host name."""
        return str(self.content["hosts"][0])

    @property
    def zone(self) -> str:
        """The zone of its names."""
        return str(self.content["zones"][0])

    def applying(self, applicant: str) -> Agency:
        """The same with the script of another applicant's request."""
        first = self.script.steps[0]["as"]
        steps = tuple({**step, "as": applicant} if step["as"] == first else step for step in self.script.steps)
        return replace(self, script=replace(self.script, steps=steps))

    def who(self, step: str) -> str:
        """The account that takes ``step`` in the script."""
        return next(str(each["as"]) for each in self.script.steps if each["step"] == step)

    def maker(self) -> str:
        """The account that has resources brought about."""
        return next(str(each["as"]) for each in self.script.steps if each.get("wait") == "resources")

    def applicants(self) -> list[str]:
        """An account per agency that may apply."""
        return [account["email"] for account in self.content["accounts"] if account.get("agency")]

    def admin(self) -> str:
        """The tenant's admin."""
        return next(str(account["email"]) for account in self.content["accounts"] if account.get("admin"))


@dataclass
class Deployment:
    """A running stack. ``one`` and ``other`` are its tenants; both have the same accounts with the same passwords."""

    stack: TrialStack
    one: Agency
    other: Agency
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    walkers: list[Walker] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        """Where pages and REST are served; which tenant is meant says the Host header."""
        return f"http://127.0.0.1:{self.stack.port}"

    @property
    def passwords(self) -> dict[str, str]:
        """Every account's password."""
        return {account["email"]: account["password"] for account in self.one.content["accounts"]}

    def browser(self, agency: Agency | None = None, **more: Any) -> httpx.Client:
        """A client of the agency's pages (``one``'s unless told) that keeps cookies; the caller closes it."""
        host = f"{(agency or self.one).host}:{self.stack.port}"
        return httpx.Client(base_url=self.base_url, headers={"Host": host}, timeout=PATIENCE, **more)

    @contextmanager
    def caller(self, email: str | None = None, agency: Agency | None = None) -> Iterator[httpx.Client]:
        """A client of REST that is signed in as ``email``, or nobody."""
        at = agency or self.one
        host = f"{at.host}:{self.stack.port}"
        with httpx.Client(base_url=self.base_url + API, headers={"Host": host}, timeout=PATIENCE) as client:
            if email:
                client.headers["Authorization"] = f"Bearer {self.token(email, at)}"
            yield client

    def token(self, email: str, agency: Agency | None = None) -> str:
        """A bearer token of that account, the same one each time."""
        known = self.tokens.setdefault((agency or self.one).slug, {})
        if email not in known:
            known[email] = self.sign_in(email, agency)
        return known[email]

    def sign_in(self, email: str, agency: Agency | None = None) -> str:
        """A new bearer token."""
        with self.caller(None, agency) as client:
            answer = client.post("/session", json={"email": email, "password": self.passwords[email]})
            answer.raise_for_status()
            return str(answer.json()["token"])

    def case(self, agency: Agency | None = None, *, label: str = "") -> Case:
        """A request that is not begun yet, under a label that no other one has."""
        at = agency or self.one
        script = replace(at.script, label=label or f"uji{next(NUMBERS)}")
        place = Place(
            port=self.stack.port,
            dns=((self.stack.bind.address, self.stack.bind.port),),
            web=("127.0.0.1", self.stack.web_for(scripts.placeholders([at.content])).port),
            passwords=self.passwords,
        )
        walker = Walker(script, place, sample_letter(self.stack.home))
        walker.tokens = self.tokens.setdefault(at.slug, {})
        self.walkers.append(walker)
        return Case(self, at, walker)

    def apply(self, agency: Agency, **changes: Any) -> None:
        """Apply the agency's file with other content."""
        owner = Database(self.stack.owner_url, pool_size=1)
        apply_tenant(
            owner,
            {**agency.content, **changes},
            registry(),
            placeholders=self.stack.placeholders,
            identities=self.stack.identities,
        )
        owner.close()

    @contextmanager
    def connected(self, key: str, **changes: Any) -> Iterator[None]:
        """The connection ``key`` of the first tenant with other settings, then as before."""
        wanted = [dict(each) for each in self.one.content["connections"]]
        for each in wanted:
            if each["key"] == key:
                each["settings"] = {**each["settings"], **changes}
        self.apply(self.one, connections=wanted)
        try:
            yield
        finally:
            self.apply(self.one)

    def close(self) -> None:
        """End every case's connections, then everything that runs."""
        for walker in self.walkers:
            walker.client.close()
        self.stack.stop()


@dataclass
class Case:
    """One request on its way by its agency's script, which has a step twice where its officer asks the applicant.

    ``turns`` are how often each step was taken.
    """

    deployment: Deployment
    agency: Agency
    walker: Walker
    request_id: int = 0
    turns: Counter[str] = field(default_factory=Counter)

    @property
    def label(self) -> str:
        """The label that it asks for."""
        return self.walker.script.label

    @property
    def name(self) -> str:
        """The full name that it asks for."""
        return f"{self.label}.{self.agency.zone}"

    @property
    def applicant(self) -> str:
        """Who applies."""
        return self.agency.who("submit")

    def step(self, key: str) -> dict[str, Any]:
        """The script's step, at the turn that has come."""
        found = [each for each in self.walker.script.steps if each["step"] == key]
        return dict(found[self.turns[key] % len(found)])

    def start(self) -> dict[str, Any]:
        """Begin the draft; gives its first task."""
        task = self.walker.start()
        self.request_id = task["request_id"]
        return task

    def to(self, key: str) -> dict[str, Any]:
        """Walk on until ``key`` is the open step (beginning where nothing was begun); gives its task."""
        if not self.request_id:
            self.start()
        while (task := self.task())["step"] != key:
            self.take(task["step"])
        return task

    def to_end(self) -> dict[str, Any]:
        """Walk on to the end; gives the request."""
        last = self.walker.script.steps[-1]["step"]
        self.to(last)
        self.take(last)
        return self.request()

    def take(self, key: str, **different: Any) -> None:
        """Take step ``key`` by the script, with some input different."""
        step = self.step(key)
        step["input"] = {**step.get("input", {}), **different}
        self.walker.take(step, self.walker.open_task(step, self.request_id))
        self.turns[key] += 1

    def task(self) -> dict[str, Any]:
        """The open task, as whoever acts on it sees it."""
        request = self.request()
        row = next(each for each in request["tasks"] if each["state"] in ("open", "started"))
        task: dict[str, Any] = self.walker.call(self.step(row["step"])["as"], "GET", f"/tasks/{row['id']}")
        return task

    def input(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """What the script would finish the task with."""
        return self.walker.input_of(self.step(task["step"]), task["form"])

    def request(self) -> dict[str, Any]:
        """The request as its applicant sees it."""
        found: dict[str, Any] = self.walker.call(self.applicant, "GET", f"/requests/{self.request_id}")
        return found

    def resources(self) -> dict[str, dict[str, Any]]:
        """What it brings about, by key."""
        rows = self.walker.call(self.agency.maker(), "GET", f"/requests/{self.request_id}/resources")
        return {row["key"]: row for row in rows}

    def begin(self) -> None:
        """Begin the open task, whatever it is."""
        task = self.task()
        who = self.agency.who(task["step"])
        self.walker.call(who, "POST", f"/tasks/{task['id']}/begin", {"version": task["version"]})

    def wait(self, ready: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """Poll until ``ready``; the resources are told where it doesn't come."""
        try:
            wait_until(ready, seconds, what)
        except ServerProblem as problem:
            raise AssertionError(f"{problem}; {json.dumps(self.resources(), indent=1)}") from None

    def retry(self) -> None:
        """Have what failed tried again."""
        self.walker.call(self.agency.maker(), "POST", f"/requests/{self.request_id}/retry")


def two_agencies(slug: str) -> tuple[Agency, Agency]:
    """The demo's tenant ``slug``, and the same under another host with a zone of its own."""
    content = next(each for each in scripts.tenants() if each["slug"] == slug)
    script, *further = (each for each in scripts.scripts() if each.tenant == slug)
    for connection in content["connections"]:
        if connection.get("zones"):
            connection["settings"]["timeout"] = DNS_TIMEOUT
    one = Agency(content, script, tuple(each for each in further if each.tenant == script.tenant))
    twin = json.loads(json.dumps(content, default=str).replace(one.zone, "kembar.example"))
    twin = {**copy.deepcopy(content), **{name: twin[name] for name in ("zones", "connections")}}
    _forget_reverse_zones(twin)
    twin = {**twin, "slug": "kembar", "name": "Pemerintah Kota Kembar", "hosts": ["kembar.localhost"]}
    first, *others = script.steps
    first = {**first, "input": {**first["input"], "name_zone": "kembar.example"}}
    return one, Agency(twin, replace(script, tenant="kembar", host="kembar.localhost", steps=(first, *others)))


def _forget_reverse_zones(content: dict[str, Any]) -> None:
    """Leave a zone of addresses to one tenant."""
    for holder in (content, *content["connections"], *(each["settings"] for each in content["connections"])):
        if "zones" in holder:
            holder["zones"] = [zone for zone in holder["zones"] if not is_reverse(zone)]


@pytest.fixture(scope="session")
def deployed_tenant() -> str:
    """The slug of the demo's tenant that the deployment runs: its first one, unless overridden."""
    return str(scripts.tenants()[0]["slug"])


@pytest.fixture(scope="session")
def deployment(server_directory: Path, deployed_tenant: str) -> Iterator[Deployment]:
    """A running deployment with two tenants; shared, so a test takes requests of its own and mends what it breaks."""
    with deployed(server_directory / "deployment", deployed_tenant) as made:
        yield made


@contextmanager
def deployed(directory: Path, slug: str, **changes: Any) -> Iterator[Deployment]:
    """A running deployment below ``directory``: the demo's tenant ``slug``, with some ``changes``, and its twin."""
    one, other = two_agencies(slug)
    agencies = (replace(one, content={**one.content, **changes}), other)
    contents = [each.content for each in agencies]
    zones = tuple(zone for content in contents for zone in content["zones"])
    stack = TrialStack(reachable(directory), free_port(), zones, scripts.placeholders(contents))
    made = Deployment(stack, *agencies)
    try:
        stack.start_servers()
        if "BACKUPS" in stack.named:
            (stack.home / "backups").mkdir()
            repositories = Repositories(directory.parent / "repository")
            repositories.make(stack.home / "backups" / slug, stack.placeholders["BACKUP_PASSWORD"])
        stack.postgresql.create_database(DATABASE)
        migrations.upgrade(stack.owner_url)
        for agency in agencies:
            made.apply(agency)
        stack.start_processes()
        yield made
    finally:
        made.close()
