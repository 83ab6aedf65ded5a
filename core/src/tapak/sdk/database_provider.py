"""What providers of databases have in common: one session kept, and one change at a time, compared under a lock.

What somebody changes by hand in the milliseconds between comparing and making is overwritten.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from tapak.sdk.databases import Database, check_database, derive_password, server_name
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderError
from tapak.sdk.provider import Applied, Change, Provider
from tapak.sdk.resources import Spec


class DatabaseSession(Protocol):
    """The administrator at the server."""

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Alone at ``name`` among those that ask for it this way.

        Raises:
            ChangedMeanwhile: somebody else is at it.
        """
        ...

    def close(self) -> None:
        """End it, whatever state it is in."""
        ...


class DatabaseStanding(Protocol):
    """What stands under one name."""

    @property
    def observed(self) -> Database:
        """The spec that the diff compares: what is wrong with a finished one shows as rotation 0, nobody's password."""
        ...


Session = TypeVar("Session", bound=DatabaseSession)
Standing = TypeVar("Standing", bound=DatabaseStanding)


class DatabaseProvider(Provider, Generic[Session, Standing]):
    """One server; a database and its user have one derived name.

    The settings have ``prefix``, ``key``, ``address`` and ``port``.
    """

    engine: ClassVar[str]
    charsets: ClassVar[tuple[str, ...]]

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._kept: Session | None = None

    @abstractmethod
    def log_in(self, timeout: float | None = None) -> Session:
        """A new session, whose answers are waited for so many seconds (None: as the settings say)."""

    @abstractmethod
    def standing(self, session: Session, specs: Sequence[Database]) -> Mapping[str, Standing]:
        """What stands of ``specs``, by identity; what doesn't is left out."""

    @abstractmethod
    def make(self, session: Session, name: str, desired: Database, found: Standing | None) -> None:
        """Bring database and user to ``desired``, whatever of them stands."""

    @abstractmethod
    def remove(self, session: Session, name: str, found: Standing, deadline: float) -> None:
        """Take database and user away, by ``deadline`` (monotonic), its last dump kept where that is wanted."""

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        """What stands. A finished one whose user can't do as it should is told with rotation 0."""
        wanted = [self.checked(spec) for spec in specs]
        with self.session() as session:
            found = self.standing(session, wanted)
        return {spec.identity: found[spec.identity].observed if spec.identity in found else None for spec in wanted}

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        """Make one change. ``fence`` isn't needed: a worker that woke late finds another state than it observed."""
        if len(changes) > self.capabilities.batch:
            raise Invalid("Satu basis data setiap kali.", log=f"{len(changes)} changes in one batch")
        return [self._apply(change, time.monotonic() + timeout) for change in changes]

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    @contextmanager
    def session(self) -> Iterator[Session]:
        """The session that is kept open; after a failure the next one is new."""
        if self._kept is None:
            self._kept = self.log_in()
        try:
            yield self._kept
        except ProviderError:
            self.close()
            raise

    def checked(self, spec: object) -> Database:
        """``spec``, where this server can bear it; one with rotation 0 is what only ``read`` gives.

        Raises:
            Invalid: it can't.
        """
        if getattr(spec, "rotation", 1):
            known = check_database(spec, self.engine)
        else:
            known = replace(check_database(replace(spec, rotation=1), self.engine), rotation=0)  # type: ignore[type-var]
        if known.charset not in self.charsets and known.rotation:
            raise Invalid(f"{self.title} melayani pengodean {', '.join(self.charsets)}.", log="unknown charset")
        return known

    def server_name(self, spec: Database) -> str:
        """What database and user are called at the server."""
        return server_name(self.settings["prefix"], spec)

    def password(self, spec: Database) -> str:
        """The user's password."""
        return derive_password(self.settings["key"], spec)

    def _apply(self, change: Change, deadline: float) -> Applied:
        desired, observed = (None if spec is None else self.checked(spec) for spec in (change.desired, change.observed))
        spec = self.checked(change.spec)
        if {each.identity for each in (desired, observed) if each} != {change.identity}:
            raise Invalid("Perubahan tidak menyebut basis data yang sama.", log="a change of different identities")
        name = self.server_name(spec)
        with closing(self.log_in(deadline - time.monotonic())) as session, session.locked(name):
            found = self.standing(session, [spec]).get(spec.identity)
            if (found.observed if found else None) not in (observed, desired):
                raise ChangedMeanwhile(
                    f"{change.identity} baru saja berubah. Akan dicoba lagi.",
                    log=f"{change.identity} changed meanwhile",
                )
            if desired is not None:
                self.make(session, name, desired, found)
            elif found is not None:
                self.remove(session, name, found, deadline)
        return Applied(change.identity) if desired is None else self._outputs(desired, name)

    def _outputs(self, spec: Database, name: str) -> Applied:
        place = {"engine": self.engine, "host": self.settings["address"], "port": self.settings["port"]}
        return Applied(spec.identity, {**place, "name": name, "user": name}, {"password": self.password(spec)})
