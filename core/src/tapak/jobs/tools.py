"""What one worker process works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tapak.config import Config
from tapak.db.session import Database
from tapak.documents.store import DocumentStore
from tapak.plugins import Registry, registry
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.locks import alone
from tapak.provisioning.reconciler import Timing
from tapak.requests.installed import check_installed
from tapak.tenants.secrets import read_identities


@dataclass(frozen=True)
class Tools:
    """The process's connections, plugins and stores."""

    config: Config
    database: Database
    registry: Registry
    providers: ProviderPool
    documents: DocumentStore
    timing: Timing

    @classmethod
    def from_config(cls, config: Config, plugins: Registry | None = None) -> Tools:
        """The tools of a worker with this configuration.

        Raises:
            PluginProblem: what is installed can't run together, or code that requests run on is missing.
            NoIdentities: the file of identities can't be used.
            ScopeError: the database role could pass row-level security.
        """
        known = plugins or registry()
        identities = read_identities(config.identities) if config.identities else ()
        database = Database(config.database_url, pool_size=2)
        database.check_role()
        check_installed(database, known)
        documents = DocumentStore(config.documents)
        return cls(
            config=config,
            database=database,
            registry=known,
            providers=ProviderPool(known, identities, documents.open, partial(alone, database.engine)),
            documents=documents,
            timing=Timing(lease=config.lease),
        )

    def close(self) -> None:
        """End every connection."""
        self.providers.close()
        self.database.close()
