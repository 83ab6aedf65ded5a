"""An agency with a zone of its own at a real BIND, in which others' records stand already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from tapak.cli.main import tapak
from tapak.config import Config
from tapak.db.session import Database
from tapak.db.wake import wake
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.process import free_port
from tapak.inventory.models import Service
from tapak.jobs.run import equip, run
from tapak.jobs.tools import Tools
from tapak.plugins import registry
from tapak.provisioning import service as acts
from tapak.provisioning.connections import DRIFT, save_connection
from tapak.provisioning.models import Connection
from tapak.requests.desk import Desk
from tapak.sdk.resources import RecordSet
from tapak.tenants.models import Agency, Tenant, Zone
from tapak.tenants.secrets import append_identity, new_identity
from tapak.testing.dns_server import DnsOperator
from tapak_bind.provider import BindProvider

ZONES = tuple(f"kota{number}.example" for number in range(64))
UNTAKEN = iter(ZONES)


@dataclass
class Town:
    """One agency, its zone, and whoever changes that past Tapak."""

    database: Database
    tenant: Tenant
    zone: str
    bind: BindServer
    operator: DnsOperator

    def record(self, label: str, kind: str, *values: str, ttl: int = 300) -> RecordSet:
        return RecordSet(self.zone, f"{label}.{self.zone}" if label else self.zone, kind, values, ttl)

    def put(self, *records: RecordSet) -> None:
        for each in records:
            self.operator.put(each)

    def desk(self, session: Any) -> Desk:
        return Desk.open(session, self.tenant, registry())

    def call(self, *arguments: str) -> Result:
        return CliRunner().invoke(tapak, ["zone", *arguments, "--tenant", self.tenant.slug, "--json"])

    def told(self, *arguments: str) -> Any:
        """What the command says, as JSON; it has to go well."""
        done = self.call(*arguments)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def standing(self) -> dict[str, RecordSet]:
        """What the server holds now, without the server's own name and NS."""
        settings = BindProvider.settings_schema().load(connection_settings(self.bind, [self.zone]))
        with BindProvider(settings) as provider:
            found = {each.identity: each for each in provider.zone_records(self.zone)}
        return {at: each for at, each in found.items() if at not in (f"{self.zone}/NS", f"ns1.{self.zone}/A")}

    def serial(self) -> int:
        with BindProvider(BindProvider.settings_schema().load(connection_settings(self.bind, [self.zone]))) as provider:
            return provider.serial(self.zone)

    def services(self) -> dict[str, Service]:
        with self.database.begin(self.tenant.id) as session:
            return {each.title: each for each in session.scalars(select(Service))}

    def work(self) -> None:
        """Do what provisioning has pending."""
        for service in self.services().values():
            run(self.tenant.id, acts.WAKE, service.id)


def connection_settings(bind: BindServer, zones: list[str]) -> dict[str, Any]:
    return {
        "address": bind.address,
        "port": bind.port,
        "zones": zones,
        "key_name": bind.key_name,
        "key_secret": bind.key_secret,
    }


@pytest.fixture(scope="module")
def bind(server_directory: Path) -> Iterator[BindServer]:
    with BindServer(server_directory / f"zones-bind-{free_port()}", ZONES) as server:
        yield server


@pytest.fixture
def zone() -> str:
    return next(UNTAKEN)


@pytest.fixture
def town(
    database: Database,
    owner_database: Database,
    tenant: Tenant,
    bind: BindServer,
    zone: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Town]:
    keys = new_identity()
    append_identity(tmp_path / "identities", keys, "test")
    with owner_database.begin() as session:
        session.get_one(Tenant, tenant.id).recipient = keys.recipient
    tenant.recipient = keys.recipient
    with database.begin(tenant.id) as session:
        settings = connection_settings(bind, [zone])
        made = {"key": "dns", "provider": "bind", "title": "BIND", "settings": settings, "zones": [zone]}
        save_connection(session, tenant, registry(), **made)
        session.add_all(
            [Zone(name=zone), Agency(key="rsud", name="RSUD"), Agency(key="dinkes", name="Dinas Kesehatan")]
        )
    monkeypatch.setenv("TAPAK_DATABASE_URL", str(database.engine.url.render_as_string(hide_password=False)))
    monkeypatch.setenv("TAPAK_IDENTITIES", str(tmp_path / "identities"))
    monkeypatch.setenv("TAPAK_DOCUMENTS", str(tmp_path / "documents"))
    tools = Tools.from_config(Config.from_environment())
    equip(tools)
    yield Town(database, tenant, zone, bind, DnsOperator(bind))
    tools.close()


def sweep(town: Town) -> None:
    """Look at the agency's connection, as workers do every few minutes."""
    with town.database.begin(town.tenant.id) as session:
        connection_id = session.scalars(select(Connection.id)).one()
        wake(session, DRIFT, connection_id)
    run(town.tenant.id, DRIFT, connection_id)
