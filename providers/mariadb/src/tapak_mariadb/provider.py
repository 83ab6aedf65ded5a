"""MariaDB behind the database contract: a database and a user for each site, both by one derived name."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tapak.sdk.database_provider import DatabaseProvider
from tapak.sdk.databases import Database
from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Capabilities, Check, Verification
from tapak.sdk.resources import Fact, Spec
from tapak_mariadb import checks, facts, verifying
from tapak_mariadb.client import Client, Login, Server
from tapak_mariadb.dumps import Dumper
from tapak_mariadb.making import Maker
from tapak_mariadb.settings import MariadbSettings
from tapak_mariadb.standing import ENGINE, MAKING, Mark, Standing, standing


class MariadbProvider(DatabaseProvider[Client, Standing]):
    """One MariaDB server (10.5 or newer, for comments of databases).

    The password is only ever sent as its hash.
    """

    name = "mariadb"
    title = "MariaDB"
    capabilities = Capabilities(kinds=frozenset({Database.kind}), engines=frozenset({ENGINE}))
    engine = ENGINE
    charsets = ("utf8mb4", "latin1")
    settings_schema = MariadbSettings

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._server = Server(settings["address"], settings["port"], settings["tls_ca"], settings["timeout"])
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
            return facts.row_counts(client, name)

    def log_in(self, timeout: float | None = None) -> Client:
        return Client(self._server, self._login, timeout=timeout)

    def standing(self, session: Client, specs: Sequence[Database]) -> Mapping[str, Standing]:
        settings = self.settings
        return standing(session, specs, settings["prefix"], settings["client_host"], settings["key"])

    def make(self, session: Client, name: str, desired: Database, found: Standing | None) -> None:
        Maker(session, name, self.settings["client_host"]).make(desired, found, self.password(desired))

    def remove(self, session: Client, name: str, found: Standing, deadline: float) -> None:
        maker = Maker(session, name, self.settings["client_host"])
        maker.remove(found, lambda: self._keep_last(found, name, deadline))

    def checked(self, spec: object) -> Database:
        known = super().checked(spec)
        Mark(known, MAKING).text()
        return known

    def _keep_last(self, found: Standing, name: str, deadline: float) -> None:
        folder = Path(self.settings["last_dumps"])
        self._dumper.keep_last(self._login, name, folder, found.spec.identity, deadline - time.monotonic())

    def _as(self, spec: Database) -> tuple[Login, str]:
        name = self.server_name(spec)
        return Login(name, self.password(spec)), name
