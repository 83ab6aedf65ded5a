"""What surrounds a site's files: its user, its PHP with private directories, and whether it is suspended."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace

from tapak_webhost.agent import files, sites, users
from tapak_webhost.agent.accounts import Accounts
from tapak_webhost.agent.config import Config
from tapak_webhost.agent.crash import crashpoint
from tapak_webhost.agent.environment import Environment
from tapak_webhost.agent.php import Php
from tapak_webhost.agent.protocol import AgentError
from tapak_webhost.agent.sites import Holder, Web
from tapak_webhost.agent.spec import SiteSpec

PRIVATE = ("tmp", "sessions", "log")
HOLDS_UP_NOBODY = (AgentError, OSError, files.NotOurs)
"""What goes wrong with one site while all are looked after."""


class Runtime:
    """The surroundings of this host's sites, while its lock is held."""

    def __init__(self, config: Config, web: Web, php: Php, accounts: Accounts) -> None:
        self.accounts = accounts
        self._config = config
        self._web = web
        self._php = php
        self._sites = config.web_dir / "sites"

    def clear_orphans(self) -> dict[str, str]:
        """Take away what surrounded sites that are gone; gives what failed, by site."""
        failed = {}
        gone = {name for name in self._php.names() if not files.exists(self._web.sites, name)}
        for name in gone.union(users.orphans(self._sites)):
            try:
                self.clear(name)
            except HOLDS_UP_NOBODY as error:
                failed[name] = str(error)
        return failed

    def recover(self, by: float) -> dict[str, str]:
        """Bring up what is to run and end what isn't; gives what failed, by site."""
        suspended, failed = frozenset(files.names(self._web.suspended)), {}
        for name in self._php.astray(suspended):
            try:
                # Where a host was restored its users may be missing.
                self._make_private(name, self.take_over(name))
                self._php.mend(name, name in suspended, by)
            except HOLDS_UP_NOBODY as error:
                failed[name] = str(error)
        return failed

    def try_php(self, deadline: float) -> None:
        """Raises :class:`AgentError` where PHP can't be run."""
        self._php.try_program(deadline)

    def standing(self, spec: SiteSpec) -> SiteSpec:
        """``spec`` with the PHP and the suspension that stand, whatever was asked for."""
        suspended = files.exists(self._web.suspended, spec.name)
        return replace(spec, php=self._php.standing(spec.name), suspended=suspended)

    def conf(self, name: str) -> str | None:
        """The site's FPM settings, to be given back to :meth:`restore`."""
        return self._php.conf(name)

    def holder(self, name: str) -> Holder:
        """Who the site's files are to belong to; the user is made where it is missing."""
        owner = users.ensure(self._sites / name)
        return Holder(owner, users.web_gid(self._config.web_group, owner))

    def take_over(self, name: str) -> Holder:
        """Give the site's files to its own user."""
        holder = self.holder(name)
        sites.own(self._web.sites, name, holder)
        return holder

    def refresh(self, name: str, deadline: float) -> None:
        """After another release went live: PHP must not go on with the old one's code."""
        self._php.refresh(name, deadline)

    def fits(self, desired: SiteSpec, environment: Environment) -> bool:
        """Whether the site's PHP runs as the site's user, and with exactly this environment."""
        if desired.php is None:
            return True
        owner = users.known(self._sites / desired.name)
        return owner is not None and self._php.conf(desired.name) == self._php.text(
            desired.name, desired.php, owner, environment
        )

    def prepare(self, desired: SiteSpec, environment: Environment, deadline: float) -> Holder | None:
        """Before a site is written: 410 at once where it is to be suspended, else its PHP comes up.

        Raises:
            AgentError: PHP doesn't come up; nothing was changed.
        """
        if desired.php is not None:
            self._php.offered()
        if desired.suspended:
            sites.suspend(self._web, desired.name)
            self._php.stop(desired.name)
        if desired.php is None:
            return None
        holder = self.holder(desired.name)
        self._make_private(desired.name, holder)
        if files.exists(self._web.sites, desired.name):
            sites.own(self._web.sites, desired.name, holder)
        crashpoint("site.owned")
        text = self._php.text(desired.name, desired.php, holder.owner, environment)
        if desired.suspended:
            self._php.write(desired.name, text)
        else:
            self._php.put(desired.name, text, deadline)
        return holder

    def finish(self, desired: SiteSpec, deadline: float) -> None:
        """After a site was written: what it no longer has goes."""
        if desired.php is None:
            self._php.put(desired.name, None, deadline)
        if not desired.suspended:
            sites.restore(self._web, desired.name)

    def undo(self, name: str, conf: str | None, suspended: bool, by: float) -> None:
        """As it was before :meth:`prepare`."""
        if not files.exists(self._web.sites, name):
            self.clear(name)
        elif not suspended:
            sites.restore(self._web, name)
            with contextlib.suppress(AgentError):
                self._php.put(name, conf, by)

    def clear(self, name: str) -> None:
        """Take away all that surrounded a site that is gone."""
        self._php.put(name, None, time.monotonic() + 1)
        sites.restore(self._web, name)
        self.accounts.take(name)
        users.end_all(self._sites / name)
        files.remove_tree(self._web.private, name)
        users.remove(self._sites / name)

    def _make_private(self, name: str, holder: Holder) -> None:
        """Directories of the user's in one that is ours, so that nothing else can be put in their place."""
        files.make_directory(name, self._web.private, 0o711)
        with files.directory(name, self._web.private) as private:
            for inner in PRIVATE:
                files.make_directory(inner, private, 0o700)
                with files.directory(inner, private) as given:
                    os.fchown(given, holder.owner.uid, holder.owner.gid)
