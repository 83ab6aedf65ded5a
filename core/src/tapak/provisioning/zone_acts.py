"""What an officer has done to a zone as a whole, written as rows; workers carry it out by reconciliation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.audit.service import Actor
from tapak.db.wake import wake
from tapak.inventory.models import IMPORTED, Service
from tapak.provisioning.models import Resource
from tapak.provisioning.rows import WAKE, flush, remove, set_service
from tapak.provisioning.service import repair
from tapak.sdk.errors import Conflict
from tapak.sdk.resources import RecordSet

AT_ONCE = 1000


def put_back(session: Session, resource_ids: Sequence[int], person: Actor | None) -> int:
    """Have what was changed or removed by hand become as we last verified it; gives how many are put back.

    One that became something else meanwhile is left to whoever is at it.
    """
    done = 0
    for resource_id in resource_ids:
        try:
            repair(session, resource_id, person)
        except Conflict:
            continue
        done += 1
    return done


def clear(session: Session, identities: Collection[str]) -> int:
    """Have record sets that were taken in from a zone removed from it; gives how many are."""
    done = 0
    for some in _portions(sorted(identities)):
        query = (
            select(Resource)
            .join(Service, Service.id == Resource.service_id)
            .where(
                Resource.kind == RecordSet.kind,
                Resource.identity.in_(some),
                Resource.state == "live",
                Service.procedure == IMPORTED,
            )
            .order_by(Resource.service_id, Resource.id)
        )
        for service_id, rows in groupby(session.scalars(query).all(), key=lambda row: row.service_id):
            wake(session, WAKE, service_id)
            for row in rows:
                remove(row)
                done += 1
            flush(session)
            set_service(session, service_id, "provisioning")
    return done


def _portions(identities: Sequence[str]) -> Iterator[Sequence[str]]:
    return (identities[start : start + AT_ONCE] for start in range(0, len(identities), AT_ONCE))
