"""The parts that one process is made of, built once and handed to whoever needs them."""

from __future__ import annotations

from dataclasses import dataclass

from tapak.config import Config
from tapak.db.session import Database
from tapak.documents.store import DocumentStore
from tapak.plugins import Registry, registry
from tapak.requests.installed import check_installed


@dataclass(frozen=True)
class Kit:
    """Configuration, database, plugins and document store."""

    config: Config
    database: Database
    registry: Registry
    store: DocumentStore

    @classmethod
    def from_config(cls, config: Config) -> Kit:
        """A kit for the app's role; a process that could pass the walls or lacks a request's code never starts.

        Raises:
            ScopeError: the role could pass row-level security.
            PluginProblem: what is installed can't run together, or code that requests run on is missing.
        """
        database = Database(config.database_url)
        database.check_role()
        known = registry()
        check_installed(database, known)
        database.close()  # this process may fork: a connection belongs to one
        return cls(config, database, known, DocumentStore(config.documents))
