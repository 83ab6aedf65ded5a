"""The only Alembic tree. Roles (``tapak_owner``, ``tapak_app``, ``tapak_relay``) are made before it runs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine

from tapak.accounts import models as _accounts
from tapak.audit import models as _audit
from tapak.db.base import Base
from tapak.db.wake import Wake
from tapak.documents import models as _documents
from tapak.inventory import models as _inventory
from tapak.maintenance import models as _maintenance
from tapak.monitoring import models as _monitoring
from tapak.panel import models as _panel
from tapak.provisioning import models as _provisioning
from tapak.requests import models as _requests
from tapak.scanning import models as _scanning
from tapak.settings import models as _settings
from tapak.tenants import models as _tenants

ROOMS = (
    *(_accounts, _audit, Wake, _documents, _inventory, _maintenance, _monitoring, _panel, _provisioning, _requests),
    *(_scanning, _settings, _tenants),
)


def metadata() -> MetaData:
    """Every room's tables."""
    return Base.metadata


def upgrade(owner_url: str) -> str:
    """Bring the database to the newest revision as its owner; gives that revision's name."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    engine = create_engine(owner_url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    return ScriptDirectory.from_config(config).get_current_head() or ""
