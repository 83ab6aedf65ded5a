"""Certificates that are to be made anew: by schedule before they end, or because a newer one was uploaded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.db.wake import wake
from tapak.provisioning.models import Resource
from tapak.provisioning.rows import WAKE, flush, plan, rows_of, set_service
from tapak.sdk.certificates import Certificate, certificate_from_json
from tapak.sdk.resources import spec_to_json


def renew(session: Session, resource_ids: Collection[int]) -> int:
    """Ask for a newer certificate of each resource; gives how many there are. What needs one takes it in by itself."""
    wanted = Resource.id.in_(resource_ids), Resource.kind == Certificate.kind, Resource.spec.is_not(None)
    services = session.scalars(select(Resource.service_id).where(*wanted).distinct().order_by(Resource.service_id))
    count = 0
    for service_id in services.all():
        wake(session, WAKE, service_id)
        for row in rows_of(session, service_id):
            if row.id in resource_ids and row.kind == Certificate.kind and row.spec is not None:
                spec = certificate_from_json(row.spec)
                row.spec = spec_to_json(replace(spec, renewal=spec.renewal + 1))
                row.generation += 1
                plan(row)
                count += 1
        flush(session)
        set_service(session, service_id, "provisioning")
    return count
