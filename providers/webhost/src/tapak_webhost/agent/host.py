"""One web host under its lock: what stands, and one change at a time from what stands to what is wanted."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tapak_webhost.agent import archives, diversion, fences, files, journal, sites, upstreams
from tapak_webhost.agent.accounts import Accounts
from tapak_webhost.agent.config import Config
from tapak_webhost.agent.environment import Environment
from tapak_webhost.agent.gathering import Line
from tapak_webhost.agent.https import Bundle, Https
from tapak_webhost.agent.journal import Entry
from tapak_webhost.agent.php import Php
from tapak_webhost.agent.protocol import BUSY, CHANGED_MEANWHILE, FOREIGN, AgentError
from tapak_webhost.agent.runtime import Runtime
from tapak_webhost.agent.server import Server
from tapak_webhost.agent.sites import Holder, Meta, Web
from tapak_webhost.agent.spec import SiteSpec
from tapak_webhost.agent.vhosts import Vhosts

CHANGED_BY_HAND = "changed-by-hand"
RECOVER_SECONDS = 3.0
WORKING = "working"
"""Stands in the agent's state while an act goes on: one that was there before was left by an agent that died."""
TENDED = "tended"
"""Was written when somebody last looked for what only time or another hand leaves."""
TEND_EVERY = 60.0


@dataclass(frozen=True)
class Standing:
    """What stands at a name. ``served`` is mass, vhost or foreign; a foreign one has a spec without title and owner.

    ``spec`` is what is served: without redirects and headers where the site's file is gone, with a header
    ``changed-by-hand`` where it isn't the one that we wrote, and without title where the document root is gone.
    """

    spec: SiteSpec
    served: str
    meta: Meta | None = None
    vhost: bytes | None = None


@dataclass(frozen=True)
class Begun:
    """A change whose file is in its place, and that waits for a reload which it shares; ``held`` says that we live."""

    entry: Entry
    generation: int
    meta: Meta
    old: Meta | None
    held: int


class Host:
    """The sites of this host, while its lock is held; made by :func:`locked`.

    ``places`` are the directories of the agent's state, held open.
    """

    def __init__(
        self, config: Config, server: Server, web: Web, vhosts: Vhosts, runtime: Runtime, places: Mapping[str, int]
    ) -> None:
        self.accounts = runtime.accounts
        self.config = config
        self.server = server
        self.web = web
        self.runtime = runtime
        self.places = places
        self.failed: dict[str, str] = {}
        self._vhosts = vhosts
        self.https = Https(config, server, web, vhosts, places["https"])

    def recover(self, by: float, *, thoroughly: bool) -> None:
        """Finish or undo what a killed agent left; half-made sites were never served and go.

        What doesn't come up again stands in ``failed``, by site. ``thoroughly`` looks also at what only an agent that
        died leaves, or time: every user of the host is asked about then.
        """
        if thoroughly:
            files.clear(self.web.staging)
            archives.clear_old(self.places["archives"])
            diversion.recover(self.web)
        self._vhosts.recover(by)
        if thoroughly:
            self.https.recover(by)
            self.failed = self.runtime.clear_orphans()
        self.failed |= self.runtime.recover(by)

    def settled(self) -> None:
        """Raises :class:`AgentError` while the undo of some change isn't served."""
        self._vhosts.settled()

    def standing(self, name: str) -> Standing | None:
        """What stands at ``name`` now; None where nothing does."""
        foreign = Standing(SiteSpec(name), "foreign")
        try:
            vhost = self._vhosts.read(name)
            meta = sites.read_meta(self.web, name)
        except files.NotOurs:
            return foreign
        if meta is None:
            return None if vhost is None else foreign
        return Standing(self._served(meta, vhost), "mass" if vhost is None else "vhost", meta, vhost)

    def apply(
        self,
        desired: SiteSpec | None,
        observed: SiteSpec | None,
        name: str,
        environment: Environment,
        certificate: Bundle | None,
        fence: int,
        deadline: float,
        line: Line,
    ) -> Standing | Begun | None:
        """Bring ``name`` from ``observed`` to ``desired``; what is as desired already stays untouched.

        Where others wait in ``line``, a change that needs nothing but a reload is only begun: :meth:`finish` ends it.

        Raises:
            AgentError: nothing was changed.
        """
        found = self.standing(name)
        fences.admit(self.places["fences"], name, fence, found.meta.fence if found and found.meta else 0)
        if found and found.served == "foreign":
            raise AgentError(FOREIGN, f"{name}: something stands there that isn't ours", name=name)
        same = (found.spec if found else None) == desired
        if same and (desired is None or self._fits(desired, environment, certificate)):
            return found
        if (found.spec if found else None) != observed:
            raise AgentError(CHANGED_MEANWHILE, f"{name}: what stands isn't what was observed", name=name)
        if desired is not None:
            begun = self._write(desired, found, environment, certificate, fence, deadline, line)
            if begun is not None:
                return begun
        elif found is not None:
            self._delete(found, deadline)
        return self.standing(name)

    def finish(self, begun: Begun, deadline: float) -> Standing | None:
        """End what :meth:`apply` of this agent began.

        Raises:
            AgentError: everything stands as it stood before.
        """
        meta, old = begun.meta, begun.old
        self._vhosts.serve(begun.entry, begun.generation, lambda: self._commit(meta, old, None), deadline, shared=True)
        return self.standing(meta.spec.name)

    def under_way(self, name: str) -> bool:
        """Whether another agent has begun a change of ``name``."""
        return journal.under_way(self.places["journal"], name) is not None

    def _fits(self, desired: SiteSpec, environment: Environment, certificate: Bundle | None) -> bool:
        return self.runtime.fits(desired, environment) and self.https.fits(desired, certificate)

    def _served(self, meta: Meta, vhost: bytes | None) -> SiteSpec:
        spec = replace(self.runtime.standing(meta.spec), https=self.https.standing(meta.spec))
        if vhost is None:
            spec = spec.mass()
        elif sites.digest(vhost) != meta.vhost:
            spec = replace(spec.mass(), headers=((CHANGED_BY_HAND, sites.digest(vhost)[:16]),))
        return spec if sites.has_public(self.web, spec.name) else replace(spec, title="", owner="")

    def _write(
        self,
        desired: SiteSpec,
        found: Standing | None,
        environment: Environment,
        certificate: Bundle | None,
        fence: int,
        deadline: float,
        line: Line,
    ) -> Begun | None:
        if desired.proxy is not None:
            upstreams.check(self.config, desired.proxy)
        shown = self.https.prepare(desired, certificate, deadline)
        text = self.server.site_text(desired, shown) if desired.needs_own_file else None
        old = found.meta if found else None
        meta = Meta(
            spec=desired,
            fence=fence,
            generation=(old.generation if old else 0) + 1,
            vhost=sites.digest(text.encode()) if text is not None else "",
            change=secrets.token_hex(8),
        )

        name = desired.name
        conf, suspended = self.runtime.conf(name), bool(found and found.spec.suspended)
        try:
            holder = self.runtime.prepare(desired, environment, deadline)
            before = found.vhost if found else None
            if before == (text.encode() if text is not None else None):
                self._commit(meta, old, holder)
            else:
                entry = Entry(name, meta.change, before.decode(errors="surrogateescape") if before else None)
                generation = self._vhosts.place(entry, text, deadline)
                if _is_plain(desired) and (found is None or _is_plain(found.spec)) and line.leave():
                    return Begun(entry, generation, meta, old, journal.hold(self.places["journal"], entry))
                self._vhosts.serve(entry, generation, lambda: self._commit(meta, old, holder), deadline)
        except Exception:
            self.runtime.undo(name, conf, suspended, self._vhosts.undo_by)
            raise
        self.runtime.finish(desired, deadline)
        self.https.finish(desired, deadline)
        return None

    def _commit(self, meta: Meta, old: Meta | None, holder: Holder | None) -> None:
        if old is None:
            sites.create(self.web, meta, holder)
        else:
            sites.update(self.web, meta, old)

    def _delete(self, found: Standing, deadline: float) -> None:
        name, kept = found.spec.name, sites.removal()
        if found.vhost is None:
            sites.take_away(self.web, name, kept)
        else:
            entry = Entry(name, secrets.token_hex(8), found.vhost.decode(errors="surrogateescape"), kept)
            self._vhosts.change(entry, None, lambda: None, deadline)
        self.runtime.clear(name)
        self.https.clear(name, deadline)


def _is_plain(spec: SiteSpec) -> bool:
    """Whether nothing but files surrounds it."""
    return spec.php is None and spec.https is None and not spec.suspended


@contextlib.contextmanager
def locked(
    config: Config, server: Server, deadline: float, undo_by: float, *, thoroughly: bool = False
) -> Iterator[Host]:
    """The host, held by this agent alone and cleared of what dead agents left.

    It is looked over ``thoroughly`` also after an act that didn't end well, and once a minute.

    Raises:
        AgentError: another agent works on it until ``deadline``.
    """
    files.make_directory(config.state_dir, mode=0o700)
    with contextlib.ExitStack() as stack:
        state = stack.enter_context(files.directory(config.state_dir))
        places = {}
        for name in ("journal", "fences", "php", "archives", "accounts", "https"):
            files.make_directory(name, state, 0o700)
            places[name] = stack.enter_context(files.directory(name, state))
        root = stack.enter_context(files.directory(config.web_dir))
        _lock(root, deadline)
        web = stack.enter_context(sites.opened(config.web_dir))
        vhosts = Vhosts(
            server=server,
            address=config.address,
            directory=stack.enter_context(files.directory(config.vhost_dir)),
            journal=places["journal"],
            web=web,
            undo_by=undo_by,
        )
        runtime = Runtime(config, web, Php(config, places["php"]), Accounts(config, places["accounts"]))
        host = Host(config, server, web, vhosts, runtime, places)
        # A server that doesn't take in its undo must not hold up the sites that need no reload.
        thoroughly = _begin(state) or thoroughly
        host.recover(min(undo_by, time.monotonic() + RECOVER_SECONDS), thoroughly=thoroughly)
        if thoroughly and not host.failed:
            files.replace(state, TENDED, b"", durable=False)
        yield host
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(WORKING, dir_fd=state)


def _begin(state: int) -> bool:
    """Say that an act goes on; whether the host is to be looked over first."""
    try:
        os.mkdir(WORKING, 0o700, dir_fd=state)
        return abs(time.time() - os.stat(TENDED, dir_fd=state).st_mtime) > TEND_EVERY
    except (FileExistsError, FileNotFoundError):
        return True


def _lock(fd: int, deadline: float) -> None:
    """flock(2) on the directory itself: the kernel lets go when the agent dies."""
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise AgentError(BUSY, "another agent works on this host") from None
            time.sleep(0.002)
        else:
            return
