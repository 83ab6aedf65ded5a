"""Writing down what a look found: drift at our resources, foreign names in the inventory, how far we looked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from tapak.audit.service import record
from tapak.inventory.models import HeldName, Service
from tapak.monitoring.drift import Difference, Look, Ours, names
from tapak.provisioning.models import DRIFTED_CODE, Connection, JournalEntry, Resource, ZoneState
from tapak.sdk.resources import RecordSet, Spec, spec_to_json

CHANGED = "{identity} telah diubah di luar Tapak menjadi {found}. Petugas dapat memperbaikinya."
REMOVED = "{identity} telah dihapus di luar Tapak. Petugas dapat memperbaikinya."


def note(session: Session, connection: Connection, seen: Look) -> int:
    """Write down what ``seen`` tells; gives how many resources are newly found changed."""
    for zone in seen.serials:
        _note_foreign(session, zone, seen)
    for zone, serial in seen.serials.items():
        _note_serial(session, connection, zone, serial, whole=zone in seen.whole)
    for ours in seen.same:
        if ours.drift is not None:
            session.execute(_still(ours).values(drift=None, reason="", reason_code=""))
    return sum(_note_drift(session, difference) for difference in seen.different)


def _note_drift(session: Session, difference: Difference) -> bool:
    found = None if difference.found is None else spec_to_json(difference.found)
    told = _told(difference)
    if difference.ours.drift == {"observed": found}:
        return False
    changed = _still(difference.ours).values(drift={"observed": found}, reason=told, reason_code=DRIFTED_CODE)
    if session.execute(changed.returning(Resource.id)).one_or_none() is None:
        return False
    ours = difference.ours
    session.add(JournalEntry(resource_id=ours.id, generation=ours.generation, phase="drift", spec=found, detail=told))
    session.flush()
    request_id = session.scalar(select(Service.request_id).where(Service.id == ours.service_id))
    content = {"resource": ours.id, "kind": ours.spec.kind, "identity": ours.spec.identity, "found": found}
    record(session, "resource.drifted", person=None, request_id=request_id, summary=told, content=content, shown=False)
    return True


def _still(ours: Ours) -> Any:
    """The resource, where it is as it was looked at."""
    return update(Resource).where(
        Resource.id == ours.id, Resource.state == "live", Resource.generation == ours.generation
    )


def _told(difference: Difference) -> str:
    identity, found = _called(difference.ours.spec), difference.found
    if found is None:
        return REMOVED.format(identity=identity)
    shown = " ".join(found.values) if isinstance(found, RecordSet) else "isi lain"
    if isinstance(found, RecordSet) and isinstance(difference.ours.spec, RecordSet):
        shown += f" (TTL {found.ttl})" if found.ttl != difference.ours.spec.ttl else ""
    return CHANGED.format(identity=identity, found=shown)


def _called(spec: Spec) -> str:
    return f"{spec.name} ({spec.type})" if isinstance(spec, RecordSet) else spec.identity


def _note_foreign(session: Session, zone: str, seen: Look) -> None:
    found = literal(sorted(names(seen.foreign, zone)), ARRAY(Text))
    rows = select(func.unnest(found), literal("foreign"))
    session.execute(insert(HeldName).from_select(["name", "state"], rows).on_conflict_do_nothing())
    if zone in seen.whole:
        below = HeldName.name.endswith(f".{zone}", autoescape=True)
        standing = select(func.unnest(found))
        session.execute(delete(HeldName).where(HeldName.state == "foreign", below, HeldName.name.not_in(standing)))


def _note_serial(session: Session, connection: Connection, zone: str, serial: int, *, whole: bool) -> None:
    read = {"whole_at": func.now()} if whole else {}
    stated = insert(ZoneState).values(connection_id=connection.id, zone=zone, serial=serial, **read)
    session.execute(
        stated.on_conflict_do_update(
            index_elements=[ZoneState.tenant_id, ZoneState.connection_id, ZoneState.zone],
            set_={"serial": serial, "checked_at": func.now(), **read},
        )
    )
