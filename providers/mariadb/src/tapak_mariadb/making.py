"""What is done to the server, each statement safe to be the last one before a kill."""

from __future__ import annotations

from collections.abc import Callable

from tapak.sdk.databases import Database
from tapak.sdk.errors import ProviderError
from tapak_mariadb.client import Client, native_hash, pattern, quoted
from tapak_mariadb.standing import LEAVING, MADE, MAKING, Mark, Standing

COLLATIONS = {"utf8mb4": "utf8mb4_unicode_ci", "latin1": "latin1_swedish_ci"}


class Maker:
    """Makes and removes one database and its user, both called ``name``."""

    def __init__(self, client: Client, name: str, client_host: str) -> None:
        self._client = client
        self._name = name
        self._user = (name, client_host)

    def make(self, desired: Database, found: Standing | None, password: str) -> None:
        """Bring database and user to ``desired``, whatever of them stands."""
        self._mark(desired, MAKING, "alter" if found and found.exists else "create")
        # The account is made without a right, so that who owned its name before gains nothing.
        how = "identified via mysql_native_password using %s account unlock"
        verb = "alter user" if found and found.user else "create user"
        self._client.rows(f"{verb} %s@%s {how}", (*self._user, native_hash(password)))
        if found is not None and found.excess:
            self._client.rows("revoke all privileges, grant option from %s@%s", self._user)
        self._client.rows(f"grant all privileges on {quoted(pattern(self._name))}.* to %s@%s", self._user)
        self._mark(desired, MADE, "alter")

    def remove(self, found: Standing, keep_last: Callable[[], None]) -> None:
        """Take the site's access, keep what it held, then remove it; what can't be kept stays as it was."""
        if found.exists:
            self._mark(found.spec, LEAVING, "alter")
        if found.user:
            self._client.rows("alter user %s@%s account lock", self._user)
            self._client.rows("kill user %s@%s", self._user)
        if found.exists and found.spec.keep_last_dump:
            try:
                keep_last()
            except ProviderError:
                self._give_back(found)
                raise
        self._client.rows("drop user if exists %s@%s", self._user)
        self._client.rows(f"drop database if exists {quoted(self._name)}")

    def _give_back(self, found: Standing) -> None:
        if found.user:
            self._client.rows("alter user %s@%s account unlock", self._user)
        self._mark(found.spec, MADE, "alter")

    def _mark(self, spec: Database, state: str, verb: str) -> None:
        statement = f"{verb} database {quoted(self._name)} character set = %s collate = %s comment = %s"
        values = (spec.charset, COLLATIONS.get(spec.charset, spec.charset), Mark(spec, state).text())
        self._client.rows(statement, values)
