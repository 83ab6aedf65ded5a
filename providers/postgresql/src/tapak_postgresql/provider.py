"""PostgreSQL behind the database contract: a database and a role for each site, both by one derived name."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tapak.sdk.database_provider import DatabaseProvider
from tapak.sdk.databases import Database
from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Capabilities, Check, Verification
from tapak.sdk.resources import Fact, Spec
from tapak_postgresql import checks, facts, verifying
from tapak_postgresql.client import Client, Login, Server
from tapak_postgresql.dumps import Dumper
from tapak_postgresql.failures import WrongPassword
from tapak_postgresql.making import Maker
from tapak_postgresql.settings import PostgresqlSettings
from tapak_postgresql.standing import ENGINE, Standing, standing


class PostgresqlProvider(DatabaseProvider[Client, Standing]):
    """One PostgreSQL server (15 or newer, where the schema ``public`` belongs to the database's owner).

    The password is only ever sent as its verifier; whether it still
    holds only a log-in tells, since no ordinary role may read verifiers.
    """

    name = "postgresql"
    title = "PostgreSQL"
    capabilities = Capabilities(kinds=frozenset({Database.kind}), engines=frozenset({ENGINE}))
    engine = ENGINE
    charsets = ("utf8",)
    settings_schema = PostgresqlSettings

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._server = Server(
            settings["address"], settings["port"], settings["tls"], settings["tls_ca"], settings["timeout"]
        )
        self._login = Login(settings["user"], settings["password"])
        self._dumper = Dumper(self._server)

    def check(self) -> Sequence[Check]:
        try:
            with self.session() as client:
                return checks.run(client, self._server, self.settings)
        except ProviderError as problem:
            return (Check("Sambungan", False, problem.message),)

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        deadline = time.monotonic() + timeout
        return [verifying.present(self._server, spec, *self._as(spec), deadline) for spec in map(self.checked, specs)]

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        deadline = time.monotonic() + timeout
        return [
            verifying.gone(self._server, spec, self._login, self._as(spec)[1], deadline)
            for spec in map(self.checked, specs)
        ]

    def facts(self, names: Sequence[str] = ()) -> Sequence[Fact]:
        """How much the server holds, and the size and limit of the databases of the sites ``names``."""
        try:
            with self.session() as client:
                return facts.told(client, self._server, self.settings["prefix"], names)
        except ProviderError as problem:
            return facts.unknown(self._server, problem.message)

    def dump(self, spec: Database, into: Path, *, timeout: float) -> None:
        login, name = self._as(self.checked(spec))
        self._dumper.dump(login, name, into, timeout)

    def load(self, spec: Database, dump: Path, *, timeout: float) -> None:
        login, name = self._as(self.checked(spec))
        self._dumper.load(login, name, dump, timeout)

    def row_counts(self, spec: Database, *, timeout: float) -> Mapping[str, int]:
        login, name = self._as(self.checked(spec))
        with Client(self._server, login, timeout=timeout, database=name) as client:
            return facts.row_counts(client)

    def log_in(self, timeout: float | None = None) -> Client:
        return Client(self._server, self._login, timeout=timeout)

    def standing(self, session: Client, specs: Sequence[Database]) -> Mapping[str, Standing]:
        return standing(session, specs, self.settings["prefix"], self._opens)

    def make(self, session: Client, name: str, desired: Database, found: Standing | None) -> None:
        inside = partial(Client, self._server, self._login, database=name)
        Maker(session, name).make(desired, found, self.password(desired), inside)

    def remove(self, session: Client, name: str, found: Standing, deadline: float) -> None:
        Maker(session, name).remove(found, lambda: self._keep_last(found, name, deadline))

    def _opens(self, spec: Database) -> bool:
        login, name = self._as(spec)
        try:
            Client(self._server, login, database=name).close()
        except WrongPassword:
            return False
        return True

    def _keep_last(self, found: Standing, name: str, deadline: float) -> None:
        folder = Path(self.settings["last_dumps"])
        self._dumper.keep_last(self._login, name, folder, found.spec.identity, deadline - time.monotonic())

    def _as(self, spec: Database) -> tuple[Login, str]:
        name = self.server_name(spec)
        return Login(name, self.password(spec)), name
