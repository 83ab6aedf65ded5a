"""What the agent can be asked; each verb takes its own fields and no others."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from tapak_webhost import VERSION
from tapak_webhost.agent import (
    account_changes,
    accounts,
    archives,
    deployment,
    facts,
    files,
    gathering,
    glimpse,
    host,
    php_probe,
    quotas,
    releases,
    sites,
)
from tapak_webhost.agent.accounts import AccountSpec
from tapak_webhost.agent.config import Config
from tapak_webhost.agent.crash import crashpoint
from tapak_webhost.agent.environment import environment_from
from tapak_webhost.agent.host import Host, Standing
from tapak_webhost.agent.https import bundle_from
from tapak_webhost.agent.names import server_name
from tapak_webhost.agent.protocol import (
    BAD_REQUEST,
    BUSY,
    MAX_NAMES,
    NO_ACCOUNT,
    PROTOCOL,
    RUNTIME_BROKEN,
    SERVER_DOWN,
    UNKNOWN_VERB,
    AgentError,
    flag,
    integer,
    only,
    rows,
    seconds,
    text,
)
from tapak_webhost.agent.releases import ReleaseSpec
from tapak_webhost.agent.server import Server
from tapak_webhost.agent.spec import SiteSpec, check, spec_from

READ_SECONDS = 8.0
# Of the caller's patience: what a change may take, and by when its undo must have been served.
ACT_SHARE = 0.6
UNDO_SHARE = 0.95
TEST_SECONDS = 15.0
MAX_DAYS = 400

Fields = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Verbs:
    """The verbs, on one host."""

    config: Config
    server: Server

    def answer(self, request: Fields) -> Answer:
        """The result of one request.

        Raises:
            AgentError: it was refused or failed; nothing is half done.
        """
        verb = text(request, "verb", "request")
        if verb not in _VERBS:
            raise AgentError(UNKNOWN_VERB, f"unknown verb {ascii(verb)[:80]}")
        fields, act = _VERBS[verb]
        only(request, fields | {"id", "verb"}, verb)
        return act(self, request)

    def hello(self, fields: Fields) -> Answer:
        """Who answers, and on what."""
        return {
            "protocol": PROTOCOL,
            "version": VERSION,
            "server": self.config.server,
            "server_version": self.server.version(),
            "capabilities": ["mass", "vhost", "release", *self._offers()],
            "host": {"name": platform.node(), "system": platform.system(), "python": sys.version.split()[0]},
        }

    def _offers(self) -> list[str]:
        sftp = self.config.sftp is not None and os.geteuid() == 0
        offers = [key for key, there in self._optional() if there]
        return [*offers, *(["account"] if sftp else [])]

    def _optional(self) -> Sequence[tuple[str, object]]:
        return ("php", self.config.php), ("https", self.config.tls), ("proxy", self.config.proxy)

    def read(self, fields: Fields) -> Answer:
        """What stands at each of ``names``."""
        names = _names(fields)
        now = time.monotonic()
        with host.locked(self.config, self.server, now + READ_SECONDS / 2, now + READ_SECONDS) as held:
            return {"sites": {name: _told(held.standing(name), held) for name in names}}

    def apply(self, fields: Fields) -> Answer:
        """Bring ``name`` from ``observed`` to ``desired`` (each null where there is no site).

        ``environment`` is what its PHP finds, completely; ``certificate`` what it answers HTTPS with.
        """
        name, fence, deadline, undo_by = _change(fields)
        desired, observed = _spec(fields, "desired", name), _spec(fields, "observed", name)
        environment = environment_from(fields.get("environment", {}))
        certificate = bundle_from(fields.get("certificate"))
        if desired is None and observed is None:
            raise AgentError(BAD_REQUEST, "apply: desired or observed must be a spec")
        if desired is not None:
            check(desired)
        wanted = desired, observed, name, environment, certificate, fence, deadline
        while True:
            with (
                gathering.line(self.config.state_dir) as line,
                host.locked(self.config, self.server, deadline, undo_by) as held,
            ):
                if not held.under_way(name):
                    found = held.apply(*wanted, line)
                    if not isinstance(found, host.Begun):
                        return self._site(found, held, name)
                    break
            if time.monotonic() >= deadline:
                raise AgentError(BUSY, f"{name}: another agent changes it", name=name)
            time.sleep(0.01)
        return self._share(found, name, deadline, undo_by)

    def _share(self, begun: host.Begun, name: str, deadline: float, undo_by: float) -> Answer:
        """Wait for those behind us, and see to the reload unless one of them did."""
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, begun.held)
            gathering.wait(self.config.state_dir, min(deadline, time.monotonic() + gathering.PATIENCE))
            crashpoint("vhost.shared")
            held = stack.enter_context(host.locked(self.config, self.server, undo_by, undo_by))
            return self._site(held.finish(begun, deadline), held, name)

    def _site(self, found: Standing | None, held: Host, name: str) -> Answer:
        place = self.config.web_dir / "sites" / name / sites.PUBLIC
        return {"site": _told(found, held), "document_root": str(place)}

    def put(self, fields: Fields) -> Answer:
        """Take a piece of an archive."""
        sha256, now = archives.checked_hash(fields.get("sha256")), time.monotonic()
        size, offset = integer(fields, "size", "put", 1), integer(fields, "offset", "put")
        data = text(fields, "data", "put")
        with host.locked(self.config, self.server, now + READ_SECONDS / 2, now + READ_SECONDS) as held:
            return archives.put(held.places["archives"], sha256, size, offset, data)

    def read_releases(self, fields: Fields) -> Answer:
        """Which release is live at each of ``names``."""
        names, now = _names(fields), time.monotonic()
        with host.locked(self.config, self.server, now + READ_SECONDS / 2, now + READ_SECONDS) as held:
            return {"releases": {name: _plain(deployment.read(held, name)) for name in names}}

    def apply_release(self, fields: Fields) -> Answer:
        """Bring the release of ``name`` from ``observed`` to ``desired`` (each null where there is none)."""
        name, fence, deadline, undo_by = _change(fields)
        desired, observed = (releases.spec_from(_given(fields, key), name) for key in ("desired", "observed"))
        with host.locked(self.config, self.server, deadline, undo_by) as held:
            return {"release": _plain(deployment.apply(held, name, desired, observed, fence, deadline))}

    def read_accounts(self, fields: Fields) -> Answer:
        """The account of each of ``names``."""
        names, now = _names(fields), time.monotonic()
        with host.locked(self.config, self.server, now + READ_SECONDS / 2, now + READ_SECONDS) as held:
            return {"accounts": {name: _plain(held.accounts.standing(name)) for name in names}}

    def apply_account(self, fields: Fields) -> Answer:
        """Bring the account of ``name`` to ``desired``; ``password`` and its seal are used where it needs a new one."""
        name, fence, deadline, undo_by = _change(fields)
        desired, observed = (accounts.spec_from(_given(fields, key), name) for key in ("desired", "observed"))
        password = accounts.password_from(fields.get("password"), fields.get("sealed"))
        with host.locked(self.config, self.server, deadline, undo_by) as held:
            account_changes.apply(held, name, desired, observed, password, fence)
            return {"account": None if desired is None else held.accounts.told(name)}

    def open_account(self, fields: Fields) -> Answer:
        """Let ``key`` log in to the account of ``name`` for a minute; an empty key ends that."""
        name, key, now = server_name(fields.get("name")), text(fields, "key", "open_account"), time.monotonic()
        with host.locked(self.config, self.server, now + READ_SECONDS / 2, now + READ_SECONDS) as held:
            if not key:
                held.accounts.close_probe(name)
            elif held.accounts.standing(name) is None:
                raise AgentError(NO_ACCOUNT, f"{name}: there is no account", name=name)
            else:
                held.accounts.open_for_probe(name, key)
            return held.accounts.told(name)

    def probe(self, fields: Fields) -> Answer:
        """Place the page that proves PHP at ``name``, or take it away."""
        name, now = server_name(fields.get("name")), time.monotonic()
        with host.locked(self.config, self.server, now + READ_SECONDS / 2, now + READ_SECONDS) as held:
            if flag(fields, "place", "probe"):
                return php_probe.place(held.web, name)
            php_probe.take_away(held.web, name)
            return {}

    def facts(self, fields: Fields) -> Answer:
        """Figures of the host, its traffic of the last ``days``, and the usage of ``names``."""
        return facts.gather(self.config, _names(fields), integer(fields, "days", "facts", 1, MAX_DAYS))

    def glimpse(self, fields: Fields) -> Answer:
        """The releases of ``name``, and the last ``lines`` of its logs."""
        name, now = server_name(fields.get("name")), time.monotonic()
        lines = integer(fields, "lines", "glimpse", 1, glimpse.MAX_LINES)
        with host.locked(self.config, self.server, now + READ_SECONDS / 2, now + READ_SECONDS) as held:
            return glimpse.gather(self.config, held.web, name, lines)

    def ensure(self, fields: Fields) -> Answer:
        """Bring up every PHP that is to run and clear what dead agents left: after a host's start, and now and then."""
        deadline = time.monotonic() + TEST_SECONDS
        with host.locked(self.config, self.server, deadline, deadline, thoroughly=True) as held:
            return {"failed": held.failed}

    def check(self, fields: Fields) -> Answer:
        """Every right that a change needs, tried out and taken back."""
        deadline = time.monotonic() + TEST_SECONDS
        tried: dict[str, Callable[[], None]] = {
            "web": self._try_web,
            "vhosts": self._try_vhosts,
            "server": self._try_server,
            "configuration": lambda: self.server.test(deadline),
            "log": self._try_log,
            "undo": lambda: self._try_undo(deadline),
            "php": lambda: self._try_php(deadline),
            "sftp": lambda: self._try_sftp(deadline),
        }
        checks = {key: _tried(attempt) for key, attempt in tried.items()}
        return {"checks": checks, "quotas": quotas.enforced(self.config.web_dir)}

    def _try_web(self) -> None:
        with sites.opened(self.config.web_dir) as web:
            for at in (web.sites, web.staging, web.removed):
                files.try_writing(at)

    def _try_undo(self, deadline: float) -> None:
        with host.locked(self.config, self.server, deadline, deadline) as held:
            held.settled()

    def _try_php(self, deadline: float) -> None:
        with host.locked(self.config, self.server, deadline, deadline, thoroughly=True) as held:
            held.runtime.try_php(deadline)
            for name, problem in held.failed.items():
                raise AgentError(RUNTIME_BROKEN, f"{name}: {problem}")

    def _try_sftp(self, deadline: float) -> None:
        with host.locked(self.config, self.server, deadline, deadline) as held:
            held.accounts.try_rights()

    def _try_vhosts(self) -> None:
        with files.directory(self.config.vhost_dir) as at:
            files.try_writing(at)

    def _try_server(self) -> None:
        if not self.server.running():
            raise AgentError(SERVER_DOWN, "the web server doesn't run")

    def _try_log(self) -> None:
        with self.config.access_log.open("rb"):
            pass

    def usage(self, fields: Fields) -> Answer:
        """What ``names`` were asked for between every two of ``bounds``, epoch seconds of whole hours, rising."""
        bounds = rows(fields, "bounds", "usage", MAX_DAYS)
        whole = all(isinstance(at, int) and not isinstance(at, bool) and at % 3600 == 0 for at in bounds)
        if len(bounds) < 2 or not whole or any(later <= at for at, later in pairwise(bounds)):
            raise AgentError(BAD_REQUEST, "usage: bounds are at least two whole hours, rising")
        return facts.usage(self.config, _names(fields), bounds)


_CHANGE = frozenset({"name", "fence", "timeout", "desired", "observed"})
_VERBS: dict[str, tuple[frozenset[str], Callable[[Verbs, Fields], Answer]]] = {
    "hello": (frozenset(), Verbs.hello),
    "read": (frozenset({"names"}), Verbs.read),
    "apply": (_CHANGE | {"environment", "certificate"}, Verbs.apply),
    "put": (frozenset({"sha256", "size", "offset", "data"}), Verbs.put),
    "read_releases": (frozenset({"names"}), Verbs.read_releases),
    "apply_release": (_CHANGE, Verbs.apply_release),
    "read_accounts": (frozenset({"names"}), Verbs.read_accounts),
    "apply_account": (_CHANGE | {"password", "sealed"}, Verbs.apply_account),
    "open_account": (frozenset({"name", "key"}), Verbs.open_account),
    "probe": (frozenset({"name", "place"}), Verbs.probe),
    "facts": (frozenset({"names", "days"}), Verbs.facts),
    "usage": (frozenset({"names", "bounds"}), Verbs.usage),
    "glimpse": (frozenset({"name", "lines"}), Verbs.glimpse),
    "ensure": (frozenset(), Verbs.ensure),
    "check": (frozenset(), Verbs.check),
}


def _names(fields: Fields) -> list[str]:
    return [server_name(name) for name in rows(fields, "names", "request", MAX_NAMES)]


def _change(fields: Fields) -> tuple[str, int, float, float]:
    """Name and fence of a change, by when it may be made, and by when its undo must have been served."""
    name = server_name(fields.get("name"))
    now, timeout = time.monotonic(), seconds(fields, "timeout", "apply")
    return name, integer(fields, "fence", "apply"), now + timeout * ACT_SHARE, now + timeout * UNDO_SHARE


def _given(fields: Fields, key: str) -> Any:
    if key not in fields:
        raise AgentError(BAD_REQUEST, f"apply: {key} is missing")
    return fields[key]


def _plain(spec: ReleaseSpec | AccountSpec | None) -> Answer | None:
    return None if spec is None else asdict(spec)


def _spec(fields: Fields, key: str, name: str) -> SiteSpec | None:
    given = _given(fields, key)
    if given is None:
        return None
    spec = spec_from(given)
    if spec.name != name:
        raise AgentError(BAD_REQUEST, f"apply: {key} is of another site")
    return spec


def _told(standing: Standing | None, held: Host) -> Answer | None:
    if standing is None:
        return None
    meta = standing.meta
    return {
        "spec": standing.spec.to_json(),
        "served": standing.served,
        "generation": meta.generation if meta else 0,
        "fence": meta.fence if meta else 0,
        "certificate": held.https.fingerprint(standing.spec.name) if standing.spec.https else "",
    }


def _tried(attempt: Callable[[], None]) -> Answer:
    try:
        attempt()
    except AgentError as error:
        return {"ok": False, "message": error.message, "details": error.details}
    except (OSError, files.NotOurs) as error:
        return {"ok": False, "message": str(error), "details": {}}
    return {"ok": True, "message": "", "details": {}}
