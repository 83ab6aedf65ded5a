"""What resources give each other: outputs of ``apply``, secret ones sealed to the tenant the moment it returns.

Each outputs row carries the generation that it is of. A worker that died after ``apply`` and before its outputs were
written leaves an older one: the resource is applied again, which gives the same. A resource notes which generations it
was given, so that one whose database has a new password is applied anew, though nothing of its own has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from pyrage.x25519 import Identity  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.db.session import TENANT
from tapak.provisioning.items import Item, Outputs
from tapak.provisioning.models import Connection, Resource
from tapak.sdk.certificates import Certificate
from tapak.sdk.errors import ProviderDenied
from tapak.sdk.provider import Applied, Change
from tapak.sdk.resources import Spec
from tapak.tenants.models import Tenant
from tapak.tenants.secrets import Place, Unreadable, seal, unseal


class Stored(Protocol):
    """A resource's row, whole or in part, or an item made of it."""

    @property
    def id(self) -> int: ...
    @property
    def identity(self) -> str: ...


def missing(item: Item) -> bool:
    """Whether others may rely on outputs of ``item`` that were never written for what is wanted now."""
    wanted = item.desired is not None and item.desired.has_outputs
    return wanted and (item.outputs is None or item.outputs.generation != item.generation)


def again(item: Item, observed: Spec | None) -> Change | None:
    """The change that only asks for outputs that were lost, or hands on new ones; None where that isn't needed."""
    if observed is None or observed != item.desired or not (missing(item) or item.renewing):
        return None
    return Change("update", observed.identity, observed, observed)


def renewed(items: Sequence[Item]) -> list[Item]:
    """What is live and needs one whose outputs have changed, or never gave its own: planned again, in memory."""
    live = (item for item in items if item.state == "live")
    found = [item for item in live if missing(item) or item.given != _generations(item, items)]
    for item in found:
        item.state, item.renewing = "planned", True
    return found


def hand_over(
    changes: Iterable[tuple[Item, Change]], items: Sequence[Item], opened: Callable[[Item], Mapping[str, Any]]
) -> list[Change]:
    """Each change with its note and the outputs of what its item needs; ``item.given`` tells which generations."""
    made = []
    for item, change in changes:
        item.given = _generations(item, items)
        wanted = [] if change.desired is None else _used(item, items)
        made.append(replace(change, given={each.key: opened(each) for each in wanted}, note=item.note))
    return made


def take(session: Session, items: Sequence[Item], answers: Iterable[Applied]) -> None:
    """Keep what ``apply`` gave: the secrets sealed, and nowhere else.

    Raises:
        TapakError: the tenant has no recipient to seal them to.
    """
    by_identity = {item.identity: item for item in items if item.desired is not None}
    for answer in answers:
        item = by_identity.get(answer.identity)
        if item is not None:
            sealed = _sealed(session, item, answer.secrets) if answer.secrets else None
            item.outputs, item.fresh = Outputs(item.generation, dict(answer.outputs), sealed), True


class Opener:
    """Opens the outputs of a resource with a worker's identities."""

    def __init__(self, tenant_id: int, identities: Sequence[Identity]) -> None:
        self._tenant_id = tenant_id
        self._identities = identities

    def __call__(self, item: Item) -> Mapping[str, Any]:
        """Plain and secret outputs together.

        Raises:
            ProviderDenied: the secret ones can't be opened here.
        """
        if item.outputs is None:
            return {}
        return _opened(self._tenant_id, item, item.outputs.plain, item.outputs.sealed, self._identities)


def kept_of(
    session: Session, connection: Connection, identities: Sequence[Identity]
) -> Callable[[Spec], Mapping[str, Any]]:
    """What the connection's provider may ask for as ``Provider.kept``: read now, opened when it is asked for."""
    tenant_id = session.info[TENANT]
    query = select(Resource.id, Resource.identity, Resource.outputs, Resource.sealed_outputs).where(
        Resource.connection_id == connection.id, Resource.kind == Certificate.kind, Resource.outputs_generation > 0
    )
    rows = {row.identity: row for row in session.execute(query.where(Resource.state != "gone"))}

    def kept(spec: Spec) -> Mapping[str, Any]:
        row = rows.get(spec.identity)
        return {} if row is None else _opened(tenant_id, row, row.outputs, row.sealed_outputs, identities)

    return kept


def opened(tenant_id: int, row: Resource, identities: Sequence[Identity]) -> Mapping[str, Any]:
    """Plain and secret outputs of a stored resource together.

    Raises:
        ProviderDenied: the secret ones can't be opened here.
    """
    return _opened(tenant_id, row, row.outputs, row.sealed_outputs, identities)


def _opened(
    tenant_id: int,
    of: Stored,
    plain: Mapping[str, Any],
    sealed: str | None,
    identities: Sequence[Identity],
) -> Mapping[str, Any]:
    if sealed is None:
        return plain
    try:
        return {**plain, **unseal(sealed.encode(), identities, _place(tenant_id, of))}
    except Unreadable as problem:
        raise ProviderDenied(f"{of.identity}: {problem.message}", log=problem.log) from None


def _used(item: Item, items: Sequence[Item]) -> list[Item]:
    """What ``item`` needs and may see outputs of."""
    uses = item.desired.uses if item.desired is not None else frozenset()
    return [each for each in items if each.key in item.needs and each.kind in uses and each.outputs is not None]


def _generations(item: Item, items: Sequence[Item]) -> dict[str, int]:
    """By key, of what ``item`` needs and others rely on."""
    relied = [each for each in _used(item, items) if each.desired is not None and each.desired.has_outputs]
    return {each.key: each.outputs.generation for each in relied if each.outputs is not None}


def _sealed(session: Session, item: Item, secrets: Mapping[str, str]) -> str:
    tenant = session.get_one(Tenant, session.info[TENANT])
    return seal(tenant.recipient, _place(tenant.id, item), secrets, armored=True).decode()


def _place(tenant_id: int, item: Stored) -> Place:
    return Place(tenant_id, "resource", str(item.id), "sealed_outputs")
