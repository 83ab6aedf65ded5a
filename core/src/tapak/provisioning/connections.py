"""Connections of a tenant to its servers: which one a resource goes to, and the open providers of one process."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from marshmallow import ValidationError
from pyrage.x25519 import Identity  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.db.wake import wake
from tapak.plugins import Registry
from tapak.provisioning.models import Connection
from tapak.sdk.databases import Database
from tapak.sdk.errors import Invalid, ProviderBroken, ProviderDenied, ProviderError, TapakError, flat_messages
from tapak.sdk.provider import Alone, Capabilities, Check, Provider, alone_here
from tapak.sdk.request_view import RECORD
from tapak.sdk.resources import Fact, RecordSet, Spec, spec_to_json
from tapak.sdk.settings import SettingsSchema, marked, secret_fields
from tapak.tenants.models import Tenant
from tapak.tenants.secrets import Place, Unreadable, seal, unseal

KEPT_OPEN = 32
DRIFT = "drift"
"""The wake kind (row: connection) of looking for what was changed by hand; begins when a connection is made."""


def save_connection(
    session: Session,
    tenant: Tenant,
    plugins: Registry,
    *,
    key: str,
    provider: str,
    title: str,
    settings: Mapping[str, Any],
    zones: Sequence[str] = (),
    kinds: Sequence[str] = (),
) -> Connection:
    """Make or change the connection ``key``; secret settings are sealed, a blank secret keeps the old one.

    Raises:
        Invalid: no such provider, a kind that it doesn't serve, settings that its schema refuses, or secrets that
            would go to another server than they were given for; ``fields`` says which.
        TapakError: the tenant has no recipient to seal secrets to.
    """
    known = session.scalar(select(Connection).where(Connection.key == key))
    schema = _schema(provider, plugins)
    _check_kinds(provider, plugins, kinds)
    secret = secret_fields(schema)
    given = {name: value for name, value in settings.items() if name not in secret or value not in ("", None)}
    kept = secret - given.keys() if known is not None and known.sealed else frozenset()
    if known is not None and kept:
        _check_destination(known, provider, schema, given, kept)
    problems = schema().validate(given, partial=tuple(kept))
    if problems:
        raise Invalid(
            "Pengaturan sambungan belum benar.", log=f"connection {key}: {problems}", fields=flat_messages(problems)
        )
    if known is None:
        known = Connection(key=key)
        session.add(known)
    known.provider, known.title, known.zones, known.kinds = provider, title, list(zones), list(kinds)
    known.checks = known.checked_at = None
    known.settings = {name: value for name, value in given.items() if name not in secret}
    fresh = {name: value for name, value in given.items() if name in secret}
    if fresh and kept:
        raise Invalid(
            "Isi semua rahasia sambungan ini bersama-sama.",
            log=f"connection {key}: some secrets are blank, others new",
            fields={name: ["Wajib diisi bersama rahasia lain."] for name in sorted(kept)},
        )
    if fresh:
        known.sealed = seal(tenant.recipient, _sealed_place(tenant.id, key), fresh)
    session.flush()
    wake(session, DRIFT, known.id)
    return known


def connection_for(
    among: Sequence[Connection], spec: Spec, plugins: Registry, beside: Collection[int] = frozenset()
) -> Connection:
    """The one ``among`` connections that ``spec`` goes to: by its zone, or for kinds without zones the first that fits.

    Connections ``beside`` which it is to lie (of what it needs) come before the others.

    Raises:
        Invalid: no connection serves it; the message says what an admin sets up.
    """
    for connection in sorted(among, key=lambda each: each.id not in beside):
        able = _capabilities(connection, plugins)
        if not _takes(connection, able, spec.kind):
            continue
        if not isinstance(spec, RecordSet):
            fits = not isinstance(spec, Database) or spec.engine in able.engines
            takes = plugins.providers[connection.provider].takes
            if not connection.zones and fits and takes(connection.settings, spec):
                return connection
        elif spec.zone in connection.zones:
            _check_record_type(connection, plugins, spec)
            return connection
    raise _not_served(spec)


def serves(session: Session, plugins: Registry, kind: str, engine: str = "") -> bool:
    """Whether some connection takes resources of ``kind``, and for databases of ``engine``."""
    able = ((each, _capabilities(each, plugins)) for each in connections(session))
    return any(_takes(each, can, kind) and (not engine or engine in can.engines) for each, can in able)


def open_provider(connection: Connection, plugins: Registry, identities: Sequence[Identity]) -> Provider:
    """A provider for ``connection``; the caller closes it.

    Raises:
        ProviderBroken: its plugin isn't installed.
        ProviderDenied: its settings don't fit the plugin's schema, or its secrets can't be opened here.
    """
    provider = plugins.providers.get(connection.provider)
    if provider is None:
        raise ProviderBroken(
            f"Penyedia {connection.provider} untuk sambungan {connection.title} tidak terpasang. Hubungi pengelola.",
            log=f"provider {connection.provider} is not installed",
        )
    try:
        settings = provider.settings_schema().load({**connection.settings, **_secrets(connection, identities)})
    except ValidationError as problem:
        fields = ", ".join(sorted(map(str, problem.normalized_messages())))
        raise ProviderDenied(
            f"Pengaturan sambungan {connection.title} tidak sah ({fields}). Minta admin memperbaikinya.",
            log=f"connection {connection.key}: invalid settings: {fields}",
        ) from None
    return provider(settings)


def check_connection(connection: Connection, plugins: Registry, identities: Sequence[Identity]) -> Sequence[Check]:
    """Try a connection as its admin wants to see it; never raises a provider's error."""
    try:
        with open_provider(connection, plugins, identities) as provider:
            return provider.check()
    except TapakError as problem:
        return (Check("Pengaturan", False, problem.message),)


class ProviderPool:
    """The providers that one worker keeps open between jobs, by connection and version of its settings."""

    def __init__(
        self,
        plugins: Registry,
        identities: Sequence[Identity] = (),
        open_archive: Callable[[int, str], BinaryIO] | None = None,
        alone: Alone = alone_here,
    ) -> None:
        """``open_archive`` gives the bytes of a tenant's paper, by its SHA-256, for releases of applications.

        ``alone`` gives the locks of providers whose servers need them.
        """
        self._plugins = plugins
        self.identities = identities
        self._open_archive = open_archive
        self._alone = alone
        self._open: OrderedDict[tuple[int, int], tuple[str, Provider]] = OrderedDict()

    def get(self, connection: Connection) -> Provider:
        """The open provider of ``connection``, opened anew where its settings have changed.

        Raises:
            ProviderError: as for :func:`open_provider`.
            ProviderDenied: it is switched off.
        """
        if not connection.active:
            told = f"Sambungan {connection.title} sedang dinonaktifkan. Minta admin mengaktifkannya, lalu coba lagi."
            raise ProviderDenied(told, log=f"connection {connection.key} is switched off")
        place, version = _place(connection), _version(connection)
        known = self._open.get(place)
        if known is not None and known[0] == version:
            self._open.move_to_end(place)
            return known[1]
        self.discard(connection)
        provider = open_provider(connection, self._plugins, self.identities)
        provider.alone = self._alone
        if self._open_archive is not None:
            provider.open_archive = partial(self._open_archive, connection.tenant_id)
        self._open[place] = (version, provider)
        if len(self._open) > KEPT_OPEN:
            self._open.popitem(last=False)[1][1].close()
        return provider

    def discard(self, connection: Connection) -> None:
        """Close the provider of ``connection``: after a failure the next one starts afresh."""
        known = self._open.pop(_place(connection), None)
        if known is not None:
            with suppress(ProviderError, OSError):
                known[1].close()

    def close(self) -> None:
        """Close every provider."""
        while self._open:
            self._open.popitem()[1][1].close()


def connections(session: Session) -> Sequence[Connection]:
    """Every connection of the tenant that is switched on, in the order in which they were made."""
    return session.scalars(select(Connection).where(Connection.active).order_by(Connection.id)).all()


def collect_facts(asked: Sequence[Connection], pool: ProviderPool, names: Sequence[str] = ()) -> tuple[Fact, ...]:
    """Figures from every connection for the reviewer; a server that can't be asked gives a fact with its problem."""
    return tuple(fact for connection in asked for fact in _facts(connection, pool, names))


def collect_standing(asked: Sequence[Connection], pool: ProviderPool, specs: Sequence[RecordSet]) -> tuple[Fact, ...]:
    """What stands now at ``specs``, read from the servers of their zones: a fact each, with the record set inside."""
    return tuple(
        fact
        for connection in asked
        if (mine := [spec for spec in specs if spec.zone in connection.zones])
        for fact in _standing(connection, pool, mine)
    )


def _standing(connection: Connection, pool: ProviderPool, specs: Sequence[RecordSet]) -> Sequence[Fact]:
    try:
        found = pool.get(connection).read(specs)
    except TapakError as problem:
        pool.discard(connection)
        return [_record_fact(spec, None, problem.message) for spec in specs]
    return [_record_fact(spec, found.get(spec.identity), "") for spec in specs]


def _record_fact(asked: RecordSet, found: Spec | None, problem: str) -> Fact:
    stands = isinstance(found, RecordSet)
    told = f"{', '.join(found.values)} (TTL {found.ttl})" if isinstance(found, RecordSet) else "tidak ada"
    if isinstance(found, RecordSet) and found.identity != asked.identity:
        told = f"{found.type} {told}"
    details = {"record_set": spec_to_json(found) if isinstance(found, RecordSet) else None, "stands": stands}
    value = None if problem else told
    return Fact(f"{RECORD}{asked.identity}", asked.identity, value, "zone", problem=problem, details=details)


def _facts(connection: Connection, pool: ProviderPool, names: Sequence[str]) -> Sequence[Fact]:
    try:
        return pool.get(connection).facts(names)
    except TapakError as problem:
        pool.discard(connection)
        return (Fact(f"connection.{connection.key}", connection.title, None, "agent", problem=problem.message),)


def _capabilities(connection: Connection, plugins: Registry) -> Capabilities:
    provider = plugins.providers.get(connection.provider)
    return provider.capabilities if provider else Capabilities(kinds=frozenset())


def _takes(connection: Connection, able: Capabilities, kind: str) -> bool:
    return kind in able.kinds and (not connection.kinds or kind in connection.kinds)


def _check_record_type(connection: Connection, plugins: Registry, spec: RecordSet) -> None:
    provider = plugins.providers[connection.provider]
    if spec.type not in provider.capabilities.record_types or not provider.takes(connection.settings, spec):
        raise Invalid(
            f"Sambungan {connection.title} tidak melayani rekaman {spec.type} untuk {spec.name}.",
            log=f"connection {connection.key} serves no {spec.type} records",
        )


def _check_kinds(provider: str, plugins: Registry, kinds: Sequence[str]) -> None:
    served = plugins.providers[provider].capabilities.kinds
    stray = sorted(set(kinds) - served)
    if stray:
        told = f"Tidak dilayani: {', '.join(stray)}. Yang dilayani: {', '.join(sorted(served))}."
        raise Invalid("Jenis sumber daya sambungan ini keliru.", log=f"{provider}: {stray}", fields={"kinds": [told]})


def _check_destination(
    known: Connection, provider: str, schema: type[SettingsSchema], given: Mapping[str, Any], kept: Collection[str]
) -> None:
    """A secret that nobody can read must not be had by leading the connection to a server of one's own."""
    loaded = {name: field.load_default for name, field in schema().fields.items()}
    moved = [
        name
        for name in sorted(marked(schema, "destination"))
        if given.get(name, loaded[name]) != known.settings.get(name, loaded[name])
    ]
    if provider != known.provider or moved:
        told = "Isi ulang: alamat server berubah, dan rahasia lama tidak dikirim ke alamat baru."
        raise Invalid(
            "Isi ulang rahasia sambungan ini.",
            log=f"connection {known.key}: leads elsewhere ({', '.join(moved) or provider}) with its old secrets",
            fields={name: [told] for name in sorted(kept)},
        )


def _not_served(spec: Spec) -> Invalid:
    if isinstance(spec, RecordSet):
        return Invalid(
            f"Belum ada sambungan DNS yang aktif untuk zona {spec.zone}. Minta admin menambahkannya.",
            log=f"no connection serves zone {spec.zone}",
        )
    return Invalid(
        f"Belum ada sambungan server yang aktif untuk {spec.kind} ({spec.identity}). Minta admin menambahkannya.",
        log=f"no connection serves {spec.kind}",
    )


def _schema(provider: str, plugins: Registry) -> type[SettingsSchema]:
    if provider not in plugins.providers:
        raise Invalid(f"Penyedia {provider} tidak terpasang.", log=f"provider {provider} is not installed")
    return plugins.providers[provider].settings_schema


def _secrets(connection: Connection, identities: Sequence[Identity]) -> Mapping[str, Any]:
    if connection.sealed is None:
        return {}
    try:
        return unseal(connection.sealed, identities, _sealed_place(connection.tenant_id, connection.key))
    except Unreadable as problem:
        raise ProviderDenied(f"Sambungan {connection.title}: {problem.message}", log=problem.log) from None


def _sealed_place(tenant_id: int, key: str) -> Place:
    return Place(tenant_id, "connection", key, "sealed")


def _place(connection: Connection) -> tuple[int, int]:
    return connection.tenant_id, connection.id


def _version(connection: Connection) -> str:
    stored = json.dumps([connection.provider, connection.settings, connection.zones], sort_keys=True).encode()
    return hashlib.sha256(stored + (connection.sealed or b"")).hexdigest()
