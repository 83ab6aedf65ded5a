"""Listing, making, changing, switching, testing and removing connections: one way for pages, REST and the command line.

The command line acts ``as_operator``: for nobody, and also on what a schema marks as the operator's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError
from sqlalchemy import delete, func, select

from tapak.accounts.policy import require
from tapak.audit.service import record
from tapak.connections.inputs import KEY, ConnectionInput
from tapak.db.wake import Wake, forget, wake
from tapak.provisioning.connections import DRIFT, save_connection
from tapak.provisioning.models import Connection, Resource, ZoneState
from tapak.requests.desk import Desk
from tapak.sdk.errors import Conflict, Invalid, NotFound, PreconditionRequired, Stale, flat_messages
from tapak.sdk.fields import offer
from tapak.sdk.provider import Provider
from tapak.sdk.resources import RecordSet
from tapak.sdk.settings import marked, typed
from tapak.sdk.wording import RESOURCE_KINDS

CHECK = "connection_check"
"""The wake kind (row: connection) of testing it."""
ZONES = "zones"
"""The setting of a provider that names the zones that go to it: they are the connection's."""
OPERATORS = "Hanya pengelola server Tapak yang dapat mengisi ini, dengan perintah tapak connection set."
NEW = ""
"""The version of a connection that isn't there yet."""


@dataclass(frozen=True)
class Look:
    """A connection, its provider (None: not installed), and how many resources stand on it.

    ``unused``: nothing ever stood on it. ``checking``: a test was asked for and hasn't ended. ``version`` changes with
    every change.
    """

    row: Connection
    provider: type[Provider] | None
    resources: int
    unused: bool
    checking: bool
    version: str


def listed(desk: Desk, *, as_operator: bool = False) -> Sequence[Look]:
    """Every connection, in the order in which they were made.

    Raises:
        Forbidden: the person isn't the tenant's admin.
    """
    _require(desk, as_operator)
    asked = select(Wake.row_id).where(Wake.kind == CHECK, Wake.row_id == Connection.id).exists()  # seen with its checks
    rows = desk.session.execute(select(Connection, asked).order_by(Connection.id)).all()
    standing = select(Resource.connection_id, func.count().filter(Resource.state != "gone"))
    counted = {row[0]: row[1] for row in desk.session.execute(standing.group_by(Resource.connection_id))}
    installed = desk.registry.providers
    return [
        Look(row, installed.get(row.provider), counted.get(row.id, 0), row.id not in counted, checking, _version(row))
        for row, checking in rows
    ]


def find(desk: Desk, key: str, *, as_operator: bool = False) -> Look:
    """The connection ``key``.

    Raises:
        Forbidden: as for :func:`listed`.
        NotFound: there is none.
    """
    for look in listed(desk, as_operator=as_operator):
        if look.row.key == key:
            return look
    raise NotFound("Sambungan ini tidak ditemukan.", log=f"no connection {key!r}")


def provider(desk: Desk, name: str) -> type[Provider]:
    """An installed provider.

    Raises:
        NotFound: there is none of that name.
    """
    found = desk.registry.providers.get(name)
    if found is None:
        raise NotFound("Penyedia ini tidak terpasang.", log=f"no provider {name!r}")
    return found


def providers(desk: Desk) -> Sequence[type[Provider]]:
    """What may be connected, by title.

    Raises:
        Forbidden: as for :func:`listed`.
    """
    _require(desk, False)
    return sorted(desk.registry.providers.values(), key=lambda each: each.title.lower())


def head_schema(provider: type[Provider]) -> Schema:
    """What a connection has beside its settings: title, zones (unless a setting names them), kinds (of several)."""
    able, settings = provider.capabilities, provider.settings_schema().fields
    left_out = set()
    if RecordSet.kind not in able.kinds or ZONES in settings:
        left_out.add(ZONES)
    if len(able.kinds) == 1:
        left_out.add("kinds")
    schema = ConnectionInput(exclude=left_out)
    if "kinds" in schema.fields:
        offer(schema, "kinds", {kind: RESOURCE_KINDS.get(kind, kind) for kind in sorted(able.kinds)})
    return schema


def free_key(desk: Desk, provider: type[Provider]) -> str:
    """A key that no connection has yet: the provider's name, with a number where that is taken."""
    taken = {look.row.key for look in listed(desk)}
    names = [provider.name, *(f"{provider.name}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def save(
    desk: Desk,
    key: str,
    name: str,
    head: Mapping[str, Any],
    settings: Mapping[str, Any],
    *,
    version: str | None,
    as_operator: bool = False,
) -> Look:
    """Make or change the connection ``key`` of provider ``name``, and have it tested.

    ``head`` is input of :func:`head_schema`; ``settings`` replace those that stand, but blank secrets keep the old
    ones. ``version`` is that of the look that was seen, :data:`NEW` for a new one.

    Raises:
        Forbidden: as for :func:`listed`.
        NotFound: no such provider.
        PreconditionRequired, Stale: no version was told, or the connection was changed since.
        Invalid: ``fields`` says what is wrong.
    """
    _require(desk, as_operator)
    wanted = provider(desk, name)
    known = _locked(desk, key)
    if not as_operator:
        _check_version(known, version)
    stands = known.settings if known is not None and known.provider == name else {}
    given = typed(wanted.settings_schema, settings)
    if not as_operator:
        given = _with_operators(wanted, stands, given)
    told = _loaded(wanted, key, head, given)
    saved = save_connection(
        desk.session,
        desk.tenant,
        desk.registry,
        key=key,
        provider=name,
        title=told["title"],
        settings=given,
        zones=told.get(ZONES, given.get(ZONES, ())),
        kinds=told.get("kinds", ()),
    )
    changed = sorted(each for each in given if stands.get(each) != given[each])
    _tell(desk, saved, "connection.saved", "Sambungan disimpan", {"provider": name, "settings": changed})
    if saved.active:
        wake(desk.session, CHECK, saved.id)
    return find(desk, key, as_operator=as_operator)


def switch(desk: Desk, key: str, active: bool, *, as_operator: bool = False) -> Look:
    """Switch a connection on or off. What stands on one that is off goes on, and can't be changed.

    Raises:
        Forbidden, NotFound: as for :func:`find`.
    """
    look = find(desk, key, as_operator=as_operator)
    if look.row.active != active:
        look.row.active = active
        desk.session.flush()
        done = "diaktifkan" if active else "dinonaktifkan"
        _tell(desk, look.row, "connection.switched", f"Sambungan {done}", {"active": active})
        if active:
            wake(desk.session, DRIFT, look.row.id)
            wake(desk.session, CHECK, look.row.id)
    return find(desk, key, as_operator=as_operator)


def remove(desk: Desk, key: str, *, as_operator: bool = False) -> None:
    """Remove a connection, with its secrets, that nothing stands on or stood on: the history of what did names it.

    Raises:
        Forbidden, NotFound: as for :func:`find`.
        Conflict: something stands on it, or stood on it.
    """
    _require(desk, as_operator)
    known = _locked(desk, key)  # nothing is declared there meanwhile
    look = find(desk, key, as_operator=as_operator)
    if look.resources:
        told = f"{look.resources} sumber daya masih memakai sambungan ini. Pindahkan atau hapus dahulu."
        raise Conflict(told, log=f"connection {key!r} has resources")
    if not look.unused or known is None:
        told = "Riwayat layanan menyebut sambungan ini, jadi tidak dihapus. Nonaktifkan saja."
        raise Conflict(told, log=f"connection {key!r} is named by the history of resources")
    for kind in (CHECK, DRIFT):
        forget(desk.session, kind, known.id)
    _tell(desk, known, "connection.removed", "Sambungan dihapus", {"provider": known.provider})
    desk.session.execute(delete(ZoneState).where(ZoneState.connection_id == known.id))
    desk.session.delete(known)
    desk.session.flush()


def ask_check(desk: Desk, key: str) -> Look:
    """Have a worker test the connection: pages and REST hold no keys to servers.

    Raises:
        Forbidden, NotFound: as for :func:`find`.
    """
    look = find(desk, key)
    wake(desk.session, CHECK, look.row.id)
    return find(desk, key)


def _require(desk: Desk, as_operator: bool) -> None:
    if not as_operator:
        require(desk.somebody, "connection.manage")


def _locked(desk: Desk, key: str) -> Connection | None:
    query = select(Connection).where(Connection.key == key).with_for_update()
    return desk.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _check_version(known: Connection | None, version: str | None) -> None:
    if version is None:
        told = "Sebutkan versi sambungan yang Anda lihat."
        raise PreconditionRequired(told, log="a connection without the version that was seen")
    if version != (NEW if known is None else _version(known)):
        told = "Sambungan ini sudah diubah orang lain. Buka kembali halamannya, lalu ulangi perubahan Anda."
        raise Stale(told, log="connection changed meanwhile")


def _with_operators(wanted: type[Provider], stands: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with the settings that are the operator's, as they stand."""
    theirs = marked(wanted.settings_schema, "operator")
    strays = [name for name in sorted(theirs & given.keys()) if given[name] != stands.get(name)]
    needed = [name for name in sorted(theirs) if wanted.settings_schema().fields[name].required and name not in stands]
    if strays or needed:
        fields = {name: [OPERATORS] for name in strays or needed}
        raise Invalid("Sebagian pengaturan diisi oleh pengelola server.", log=f"operator's: {fields}", fields=fields)
    return {**given, **{name: stands[name] for name in theirs if name in stands}}


def _loaded(wanted: type[Provider], key: str, head: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """``head`` as its schema loads it; where that doesn't hold, what is wrong with the settings is told too."""
    problems = {} if KEY.fullmatch(key) else {"key": ["Huruf kecil, angka dan tanda hubung; paling banyak 40."]}
    try:
        loaded: dict[str, Any] = head_schema(wanted).load(dict(head))
    except ValidationError as error:
        problems.update(flat_messages(error.normalized_messages()))
    if problems:
        schema = wanted.settings_schema(partial=marked(wanted.settings_schema, "secret"))
        problems.update(flat_messages(schema.validate(settings)))
        raise Invalid("Ada isian yang perlu diperbaiki.", log=f"connection {key!r} not valid", fields=problems)
    return loaded


def _version(row: Connection) -> str:
    stored = [row.key, row.provider, row.title, row.settings, row.zones, row.kinds, row.active]
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode() + (row.sealed or b"")).hexdigest()[:16]


def _tell(desk: Desk, row: Connection, kind: str, told: str, content: Mapping[str, Any]) -> None:
    summary = f"{told}: {row.title}"
    record(desk.session, kind, person=desk.person, summary=summary, content={"connection": row.key, **content})
