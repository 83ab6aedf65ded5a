"""PostgreSQL behind the database contract: a database and a role for each site, both by one derived name."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tapak.sdk.databases import Database, check_database, derive_password, server_name
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderError
from tapak.sdk.provider import Applied, Capabilities, Change, Check, Provider, Verification
from tapak.sdk.resources import Fact, Spec
from tapak_postgresql import checks, facts, verifying
from tapak_postgresql.client import Client, Login, Server
from tapak_postgresql.dumps import Dumper
from tapak_postgresql.failures import WrongPassword
from tapak_postgresql.making import Maker
from tapak_postgresql.settings import PostgresqlSettings
from tapak_postgresql.standing import ENGINE, Standing, standing

CHARSETS = ("utf8",)


class PostgresqlProvider(Provider):
    """One PostgreSQL server (15 or newer, where the schema ``public`` belongs to the database's owner).

    A change is compared and made under a lock by name that only we take; what somebody changes by hand in those
    milliseconds is overwritten. The password is only ever sent as its verifier; whether it still
    holds only a log-in tells, since no ordinary role may read verifiers.
    """

    name = "postgresql"
    title = "PostgreSQL"
    capabilities = Capabilities(kinds=frozenset({Database.kind}), engines=frozenset({ENGINE}))
    settings_schema = PostgresqlSettings

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._server = Server(
            settings["address"], settings["port"], settings["tls"], settings["tls_ca"], settings["timeout"]
        )
        self._login = Login(settings["user"], settings["password"])
        self._prefix: str = settings["prefix"]
        self._dumper = Dumper(self._server)
        self._client: Client | None = None

    def check(self) -> Sequence[Check]:
        try:
            with self._session() as client:
                return checks.run(client, self._server, self.settings)
        except ProviderError as problem:
            return (Check("Sambungan", False, problem.message),)

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        """What stands. A finished one whose user can't do as it should is told with rotation 0."""
        wanted = [self._checked(spec) for spec in specs]
        with self._session() as client:
            found = self._standing(client, wanted)
        return {spec.identity: found[spec.identity].observed if spec.identity in found else None for spec in wanted}

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        """Make one change. ``fence`` isn't needed: a worker that woke late finds another state than it observed."""
        if len(changes) > self.capabilities.batch:
            raise Invalid("Satu basis data setiap kali.", log=f"{len(changes)} changes in one batch")
        return [self._apply(change, time.monotonic() + timeout) for change in changes]

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        deadline = time.monotonic() + timeout
        return [verifying.present(self._server, spec, *self._as(spec), deadline) for spec in map(self._checked, specs)]

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        deadline = time.monotonic() + timeout
        return [
            verifying.gone(self._server, spec, self._login, self._as(spec)[1], deadline)
            for spec in map(self._checked, specs)
        ]

    def facts(self, names: Sequence[str] = ()) -> Sequence[Fact]:
        """How much the server holds, and the size and limit of the databases of the sites ``names``."""
        try:
            with self._session() as client:
                return facts.told(client, self._server, self._prefix, names)
        except ProviderError as problem:
            return facts.unknown(self._server, problem.message)

    def dump(self, spec: Database, into: Path, *, timeout: float) -> None:
        login, name = self._as(self._checked(spec))
        self._dumper.dump(login, name, into, timeout)

    def load(self, spec: Database, dump: Path, *, timeout: float) -> None:
        login, name = self._as(self._checked(spec))
        self._dumper.load(login, name, dump, timeout)

    def row_counts(self, spec: Database, *, timeout: float) -> Mapping[str, int]:
        login, name = self._as(self._checked(spec))
        with Client(self._server, login, timeout=timeout, database=name) as client:
            return facts.row_counts(client)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _apply(self, change: Change, deadline: float) -> Applied:
        desired, observed = (
            None if spec is None else self._checked(spec) for spec in (change.desired, change.observed)
        )
        spec = self._checked(change.spec)
        if {each.identity for each in (desired, observed) if each} != {change.identity}:
            raise Invalid("Perubahan tidak menyebut basis data yang sama.", log="a change of different identities")
        name = server_name(self._prefix, spec)
        with Client(self._server, self._login, timeout=deadline - time.monotonic()) as client, client.locked(name):
            found = self._standing(client, [spec]).get(spec.identity)
            now = found.observed if found else None
            if now not in (observed, desired):
                raise ChangedMeanwhile(
                    f"{change.identity} baru saja berubah. Akan dicoba lagi.",
                    log=f"{change.identity} changed meanwhile",
                )
            maker = Maker(client, name)
            if desired is None:
                if found is not None:
                    maker.remove(found, lambda: self._keep_last(found, name, deadline))
                return Applied(change.identity)
            password = derive_password(self.settings["key"], desired)
            maker.make(desired, found, password, lambda: Client(self._server, self._login, database=name))
        return self._outputs(desired, name)

    def _keep_last(self, found: Standing, name: str, deadline: float) -> None:
        folder = Path(self.settings["last_dumps"])
        self._dumper.keep_last(self._login, name, folder, found.spec.identity, deadline - time.monotonic())

    def _outputs(self, spec: Database, name: str) -> Applied:
        place = {"engine": ENGINE, "host": self._server.address, "port": self._server.port}
        secret = {"password": derive_password(self.settings["key"], spec)}
        return Applied(spec.identity, {**place, "name": name, "user": name}, secret)

    def _standing(self, client: Client, specs: Sequence[Database]) -> dict[str, Standing]:
        return standing(client, specs, self._prefix, self._opens)

    def _opens(self, spec: Database) -> bool:
        login, name = self._as(spec)
        try:
            Client(self._server, login, database=name).close()
        except WrongPassword:
            return False
        return True

    def _as(self, spec: Database) -> tuple[Login, str]:
        name = server_name(self._prefix, spec)
        return Login(name, derive_password(self.settings["key"], spec)), name

    @staticmethod
    def _checked(spec: object) -> Database:
        known = check_database(spec, ENGINE) if getattr(spec, "rotation", 1) else _observed(spec)
        if known.charset not in CHARSETS and known.rotation:
            raise Invalid(f"PostgreSQL melayani pengodean {', '.join(CHARSETS)}.", log="unknown charset")
        return known

    @contextmanager
    def _session(self) -> Iterator[Client]:
        """The session that is kept open; after a failure the next one is new."""
        if self._client is None:
            self._client = Client(self._server, self._login)
        try:
            yield self._client
        except ProviderError:
            self.close()
            raise


def _observed(spec: object) -> Database:
    """A spec that only ``read`` gives: rotation 0."""
    checked = check_database(replace(spec, rotation=1), ENGINE)  # type: ignore[type-var]
    return replace(checked, rotation=0)
