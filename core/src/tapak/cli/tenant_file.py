"""Making or changing a tenant from a file, as the database's owner. Applying a file again changes nothing.

What the file names becomes as it says; what it doesn't name stays, since the tenant's admin may have made it. Hosts
are the exception: those that the file doesn't name are taken away. Passwords are only those of new accounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import event, select, text
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from tapak.accounts.models import Account
from tapak.accounts.service import create_account
from tapak.audit.service import record
from tapak.cli.tenant_schema import TenantFileProblem, read_tenant_file
from tapak.db.base import TenantRow
from tapak.db.session import TENANT, Database
from tapak.inventory.models import Address
from tapak.jobs.sweep import begin_sweeping
from tapak.plugins import Registry
from tapak.provisioning.connections import save_connection
from tapak.provisioning.models import Connection
from tapak.requests.deadlines import calendar_changed
from tapak.requests.desk import Desk
from tapak.sdk.errors import Invalid
from tapak.sdk.settings import typed
from tapak.settings.applied import Everything, everything, keep_applied
from tapak.tenants.calendars import add_regional_day, copy_holidays, load_calendar
from tapak.tenants.models import Agency, Position, PositionHolder, Tenant, TenantHost, Zone
from tapak.tenants.secrets import Identity, Place, Unreadable, append_identity, new_identity, read_identities, unseal
from tapak.tenants.settings import check_tenant_settings, save, secrets_of, stored_settings

R = TypeVar("R", bound=TenantRow)


def apply_tenant(
    owner: Database,
    source: Path | Mapping[str, Any],
    registry: Registry,
    *,
    placeholders: Mapping[str, str] | None = None,
    identities: Path,
) -> dict[str, int]:
    """Make the tenant of ``source`` (a TOML file or its content) as it says; how much changed, by table.

    ``identities`` is the file of age identities: a tenant without a key pair gets one, whose identity is added there.

    Raises:
        TenantFileProblem: nothing was changed; ``fields`` names table, entry and key of each problem.
    """
    wanted = read_tenant_file(source, placeholders or {})
    name = source.name if isinstance(source, Path) else wanted["slug"]
    with owner.begin() as session:
        session.execute(text("select pg_advisory_xact_lock(hashtext('tapak.tenant_file'))"))
        changed: Counter[str] = Counter()
        before = _settings(session, wanted["slug"], registry)
        tenant = _tenant(session, wanted, changed, name)
        identity = _key_pair(tenant, identities, changed, name)
        with _confined(session, tenant):
            _Application(session, tenant, wanted, registry, identity, name, changed).run()
            with _at(name, "settings"):
                keep_applied(Desk.open(session, tenant, registry), before)
            begin_sweeping(session, tenant.id)
            summary = {table: count for table, count in changed.items() if count}
            if summary:
                if changed["calendar days"] or changed["tenant"]:
                    calendar_changed(session, tenant)
                record(session, "tenant.applied", person=None, content=summary, shown=False)
            session.flush()
    return summary


def _settings(session: Session, slug: str, registry: Registry) -> Everything:
    """What is set before the file is applied."""
    tenant = session.scalar(select(Tenant).where(Tenant.slug == slug))
    if tenant is None:
        return {}
    with _confined(session, tenant):
        return everything(Desk.open(session, tenant, registry))


def _tenant(session: Session, wanted: Mapping[str, Any], changed: Counter[str], name: str) -> Tenant:
    tenant = session.scalar(select(Tenant).where(Tenant.slug == wanted["slug"]))
    calendar = {key: _dates_to_text(wanted["calendar"][key]) for key in CALENDAR_KEYS if key in wanted["calendar"]}
    values = {
        "name": wanted["name"],
        "agency": wanted["agency"],
        "time_zone": wanted["time_zone"],
        "letterhead": {**(tenant.letterhead if tenant else {}), **wanted["letterhead"]},
        "calendar": {**(tenant.calendar if tenant else {}), **calendar},
        "settings": {**(tenant.settings if tenant else {}), **wanted["settings"]},
    }
    with _at(name, "settings"):
        check_tenant_settings(values["settings"])
    if tenant is None:
        tenant = Tenant(slug=wanted["slug"], recipient="", **values)
        session.add(tenant)
        changed["tenant"] += 1
    else:
        changed["tenant"] += _set(tenant, values)
    session.flush()
    _hosts(session, tenant, wanted["hosts"], changed, name)
    return tenant


CALENDAR_KEYS = ("week", "ramadan_week", "ramadan")


def _dates_to_text(content: Any) -> Any:
    if isinstance(content, list):
        return [_dates_to_text(item) for item in content]
    if isinstance(content, Mapping):
        return {key: _dates_to_text(item) for key, item in content.items()}
    return content.isoformat() if hasattr(content, "isoformat") else content


def _hosts(session: Session, tenant: Tenant, hosts: list[str], changed: Counter[str], name: str) -> None:
    known = {row.host: row for row in session.scalars(select(TenantHost).where(TenantHost.tenant_id == tenant.id))}
    taken = select(TenantHost.host).where(TenantHost.host.in_(hosts), TenantHost.tenant_id != tenant.id)
    others = session.scalars(taken).all()
    if others:
        raise TenantFileProblem(name, {"hosts": [f"{host} belongs to another tenant." for host in others]})
    for host in dict.fromkeys(hosts):
        if known.pop(host, None) is None:
            session.add(TenantHost(host=host, tenant_id=tenant.id))
            changed["hosts"] += 1
    for row in known.values():
        session.delete(row)
        changed["hosts"] += 1
    session.flush()


def _key_pair(tenant: Tenant, path: Path, changed: Counter[str], name: str) -> tuple[Identity, ...]:
    """The identities that open the tenant's secrets; a new one is on disk before anything is sealed to it."""
    known = read_identities(path) if path.exists() else ()
    if not tenant.recipient:
        pair = new_identity()
        append_identity(path, pair, tenant.slug)
        tenant.recipient = pair.recipient
        changed["key pair"] += 1
        return read_identities(path)
    if tenant.recipient not in {str(identity.to_public()) for identity in known}:
        told = f"{path} lacks the identity of {tenant.recipient}: restore that file, or no worker opens a secret."
        raise TenantFileProblem(name, {"identities": [told]})
    return known


@contextmanager
def _confined(session: Session, tenant: Tenant) -> Iterator[None]:
    """The owner passes row-level security: what is read here is held to the tenant all the same."""
    tenant_id = tenant.id

    def confine(state: ORMExecuteState) -> None:
        if state.is_select or state.is_update or state.is_delete:
            mine = with_loader_criteria(TenantRow, lambda row: row.tenant_id == tenant_id, include_aliases=True)
            state.statement = state.statement.options(mine)

    session.info[TENANT] = tenant_id
    session.execute(text("select set_config('tapak.tenant', :tenant, true)"), {"tenant": str(tenant_id)})
    event.listen(session, "do_orm_execute", confine)
    try:
        yield
    finally:
        event.remove(session, "do_orm_execute", confine)


@contextmanager
def _at(name: str, place: str) -> Iterator[None]:
    """Tell a refusal by a room as a problem of the file."""
    try:
        yield
    except Invalid as problem:
        fields = {f"{place}.{key}": _lines(told) for key, told in problem.fields.items()}
        raise TenantFileProblem(name, fields or {place: [problem.log]}) from problem


def _lines(told: Any) -> list[str]:
    return [str(line) for line in told]


@dataclass(frozen=True)
class _Application:
    """One file on its way into one tenant."""

    session: Session
    tenant: Tenant
    wanted: Mapping[str, Any]
    registry: Registry
    identities: tuple[Identity, ...]
    name: str
    changed: Counter[str]
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    touched: dict[Any, str] = field(default_factory=dict)

    def run(self) -> None:
        self._zones()
        self._calendar()
        self._addresses()
        self._agencies()
        self._positions()
        self._accounts()
        self._holders()
        self._plugins()
        self._connections()
        self.changed.update(self.touched.values())

    def _zones(self) -> None:
        for names, legacy in ((self.wanted["zones"], False), (self.wanted["legacy_zones"], True)):
            for zone in names:
                self._put("zones", Zone, {"name": zone}, {"legacy": legacy})

    def _calendar(self) -> None:
        wanted = self.wanted["calendar"]
        self.changed["calendar days"] += copy_holidays(self.session, self.tenant, wanted["years"])
        for place, entry in enumerate(wanted["regional"], 1):
            with _at(self.name, f"calendar.regional[{place}]"):
                self.changed["calendar days"] += add_regional_day(
                    self.session, self.tenant, entry["day"], entry["name"]
                )
        with _at(self.name, "calendar"):
            load_calendar(self.session, self.tenant, fresh=True)

    def _addresses(self) -> None:
        for shared in (True, False):
            for address in self.wanted["addresses"]["shared" if shared else "dedicated"]:
                self._put("addresses", Address, {"address": address}, {"shared": shared})

    def _agencies(self) -> None:
        for entry in self.wanted["agencies"]:
            values = {key: entry[key] for key in ("name", "kind", "address")}
            self._put("agencies", Agency, {"key": entry["key"]}, values)

    def _positions(self) -> None:
        for place, entry in enumerate(self.wanted["positions"], 1):
            values = {"title": entry["title"], "unit": entry["unit"], "ordering": place}
            self._put("positions", Position, {"key": entry["key"]}, values)
        for entry in self.wanted["positions"]:
            ids = {f"{role}_id": self._id(Position, entry[role]) for role in ("superior", "substitute")}
            self._put("positions", Position, {"key": entry["key"]}, ids)

    def _accounts(self) -> None:
        for entry in self.wanted["accounts"]:
            values = {key: entry[key] for key in ("name", "nip", "admin")}
            values["agency_id"] = self._id(Agency, entry["agency"])
            if self._find(Account, {"email": entry["email"]}) is None:
                with _at(self.name, f"accounts[{entry['email']}]"):
                    account = create_account(self.session, email=entry["email"], password=entry["password"], **values)
                self.rows[Account.__tablename__, entry["email"]] = account
                self.changed["accounts"] += 1
            else:
                self._put("accounts", Account, {"email": entry["email"]}, values)

    def _holders(self) -> None:
        for entry in self.wanted["holders"]:
            key = {
                "position_id": self._id(Position, entry["position"]),
                "account_id": self._id(Account, entry["account"]),
                "kind": entry["kind"],
                "valid_from": entry["valid_from"],
            }
            values = {"decree_number": entry["decree"], "valid_until": entry["valid_until"]}
            self._put("holders", PositionHolder, key, values)

    def _plugins(self) -> None:
        for plugin, values in self.wanted["plugins"].items():
            schema = self.registry.settings.get(plugin)
            if schema is None:
                known = ", ".join(sorted(self.registry.settings)) or "none"
                told = f"No plugin of this name has settings; installed: {known}."
                raise TenantFileProblem(self.name, {f"plugins.{plugin}": [told]})
            with _at(self.name, f"plugins.{plugin}"):
                secrets = secrets_of(self.session, self.tenant, plugin, schema, self.identities)
                fresh = {name: value for name, value in values.items() if secrets.get(name, ...) != value}
                merged = {**stored_settings(self.session, self.tenant, plugin, schema), **fresh}
                self.changed["plugin settings"] += save(self.session, self.tenant, plugin, schema, merged)

    def _connections(self) -> None:
        for entry in self.wanted["connections"]:
            provider = self.registry.providers.get(entry["provider"])
            if provider is None:
                known = ", ".join(sorted(self.registry.providers)) or "none"
                told = f"No provider {entry['provider']!r} is installed; installed: {known}."
                raise TenantFileProblem(self.name, {f"connections[{entry['key']}].provider": [told]})
            settings = typed(provider.settings_schema, entry["settings"])
            if self._as_wanted(entry, settings):
                continue
            with _at(self.name, f"connections[{entry['key']}].settings"):
                save_connection(self.session, self.tenant, self.registry, **{**entry, "settings": settings})
            self.changed["connections"] += 1

    def _as_wanted(self, entry: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
        row = self._find(Connection, {"key": entry["key"]})
        if row is None:
            return False
        stands = (row.provider, row.title, row.zones, row.kinds, {**row.settings, **self._secrets(row)})
        return stands == (entry["provider"], entry["title"], entry["zones"], entry["kinds"], dict(settings))

    def _secrets(self, row: Connection) -> dict[str, Any]:
        if row.sealed is None:
            return {}
        try:
            return unseal(row.sealed, self.identities, Place(self.tenant.id, "connection", row.key, "sealed"))
        except Unreadable:
            return {}

    def _put(self, table: str, model: type[R], key: Mapping[str, Any], values: Mapping[str, Any]) -> R:
        row = self._find(model, key)
        if row is None:
            row = model(**{"tenant_id": self.tenant.id, **key, **values})
            self.session.add(row)
            self.touched[row] = table
        elif _set(row, values):
            self.touched[row] = table
        self.session.flush()
        self.rows[model.__tablename__, str(next(iter(key.values())))] = row  # type: ignore[attr-defined]
        return row

    def _find(self, model: type[R], key: Mapping[str, Any]) -> R | None:
        return self.session.scalar(select(model).filter_by(**key))

    def _id(self, model: type[Position | Account | Agency], key: str | None) -> int | None:
        return None if key is None else int(self.rows[model.__tablename__, key].id)


def _set(row: Any, values: Mapping[str, Any]) -> bool:
    """Set what differs; whether anything did."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)
