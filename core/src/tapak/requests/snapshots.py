"""Pinning: a request runs on the declaration, and the resolved settings, that it began with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tapak.requests.desk import Desk
from tapak.requests.models import Snapshot
from tapak.sdk.adapting import STEPS, adapted
from tapak.sdk.errors import NotFound
from tapak.sdk.procedure import Procedure, from_snapshot, snapshot, snapshot_hash
from tapak.tenants.settings import resolve


@dataclass(frozen=True)
class Pinned:
    """What a stored snapshot says. Equal hashes say the same, so each is read once by a process."""

    procedure: Procedure
    settings: Mapping[str, Any]


_known: dict[tuple[int, str], Pinned] = {}


def offered(desk: Desk) -> tuple[Procedure, ...]:
    """The procedures that the tenant runs today, each in the version whose day has come."""
    keys = desk.tenant.settings.get("procedures", [])
    current = (_current(desk, key) for key in keys)
    return tuple(procedure for procedure in current if procedure)


def open_services(desk: Desk) -> tuple[Procedure, ...]:
    """Those of them that anybody may apply for: a change is asked for at the service that it is of."""
    return tuple(procedure for procedure in offered(desk) if procedure.changes is None)


def offered_procedure(desk: Desk, key: str) -> Procedure:
    """The procedure ``key`` in the version that takes new requests today, as the agency has set it.

    Raises:
        NotFound: the tenant doesn't run it.
    """
    for procedure in offered(desk):
        if procedure.key == key:
            return adapted(procedure, settings_of(desk, procedure))
    raise NotFound("Layanan ini tidak tersedia.", log=f"procedure {key} is not offered")


def settings_of(desk: Desk, procedure: Procedure) -> Mapping[str, Any]:
    """Today's settings of the tenant, of the plugin that ``procedure`` comes from, and of its steps."""
    plugin = procedure.key.partition(".")[0]
    resolved = resolve(desk.session, desk.tenant, plugin, desk.registry.settings.get(plugin))
    steps = resolved.pop(STEPS, {}).get(procedure.key)
    return {**resolved, STEPS: steps} if steps else resolved


def pin(desk: Desk, procedure: Procedure) -> Snapshot:
    """The stored snapshot of ``procedure`` with today's settings, made where it is new."""
    settings, content, digest = _as_set(desk, procedure)
    stored = insert(Snapshot).values(hash=digest, code=procedure.code, content=content, settings=settings)
    desk.session.execute(stored.on_conflict_do_nothing(index_elements=[Snapshot.tenant_id, Snapshot.hash]))
    return desk.session.scalars(select(Snapshot).where(Snapshot.hash == digest)).one()


def digest_of(desk: Desk, procedure: Procedure) -> str:
    """The hash of the snapshot that :func:`pin` would give today."""
    return _as_set(desk, procedure)[2]


def pinned(desk: Desk, digest: str) -> Pinned:
    """What the tenant's snapshot with that hash says."""
    key = (id(desk.registry), digest)
    if key not in _known:
        stored = desk.session.scalars(select(Snapshot).where(Snapshot.hash == digest)).one()
        procedure = from_snapshot(stored.content, _code(desk, stored.code))
        _known[key] = Pinned(procedure, stored.settings)
    return _known[key]


def _as_set(desk: Desk, procedure: Procedure) -> tuple[Mapping[str, Any], dict[str, Any], str]:
    """Today's settings, the declaration as they have it, and the hash of both."""
    settings = settings_of(desk, procedure)
    content = snapshot(adapted(procedure, settings))
    return settings, content, snapshot_hash({"declaration": content, "settings": settings})


def _code(desk: Desk, code: str) -> Procedure:
    """The installed version; for a request that has ended, whose version is no longer installed, today's or the newest.

    Raises:
        NotFound: no version is installed.
    """
    key = code.rpartition("/")[0]
    newest = next(iter(desk.registry.versions(key)), None)
    found = desk.registry.procedures.get(code) or _current(desk, key) or newest
    if found is None:
        told = "Prosedur permohonan ini tidak terpasang. Hubungi pengelola sistem untuk memasang kembali pluginnya."
        raise NotFound(told, log=f"no version of {code} is installed")
    return found


def _current(desk: Desk, key: str) -> Procedure | None:
    effective = (version for version in desk.registry.versions(key) if version.effective_from <= desk.today)
    return next(effective, None)
