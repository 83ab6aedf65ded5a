"""A service's rows of resources: found, planned, moved and refused, each within a caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, false, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tapak.db.session import TENANT
from tapak.db.wake import wake
from tapak.inventory.models import IMPORTED, Service
from tapak.inventory.service import adopt_name, hand_names
from tapak.plugins import Registry
from tapak.provisioning.connections import connection_for
from tapak.provisioning.models import Connection, JournalEntry, Resource
from tapak.sdk.backups import Backup
from tapak.sdk.errors import Conflict
from tapak.sdk.resources import DesiredResource, RecordSet, Site, carried, spec_from_json, spec_to_json

WAKE = "provision"


def rows_of(session: Session, service_id: int) -> Sequence[Resource]:
    """Every resource of the service as it is now, oldest first."""
    query = select(Resource).where(Resource.service_id == service_id).order_by(Resource.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def is_suspended(session: Session, service_id: int) -> bool:
    """Whether the service is to be off the net."""
    return session.scalar(select(Service.suspended_at).where(Service.id == service_id)) is not None


def keep_off(rows: Sequence[Resource]) -> None:
    """Take records away and close sites, keeping what is to come back."""
    for row in rows:
        if row.spec is None or row.suspended_spec is not None or row.kind not in (RecordSet.kind, Site.kind):
            continue
        if row.kind == RecordSet.kind:
            row.suspended_spec = row.spec
            remove(row)
        elif not row.spec.get("suspended"):
            row.suspended_spec = row.spec
            row.spec = {**row.spec, "suspended": True}
            row.generation += 1
            plan(row)


def refuse_held(session: Session, service_id: int, resources: Sequence[DesiredResource]) -> None:
    """Refuse what another service holds.

    Raises:
        Conflict: it does; the message names it.
    """
    query = select(Resource.identity).where(
        _at([(resource.spec.kind, resource.spec.identity) for resource in resources]),
        Resource.service_id != service_id,
        Resource.state != "gone",
    )
    held = session.scalars(query).first()
    if held is not None:
        raise _held(held)


def _at(places: Iterable[tuple[str, str]]) -> ColumnElement[bool]:
    """Rows of the given kinds and identities; an array a kind, since thousands of pairs are too deep for PostgreSQL."""
    by_kind: dict[str, list[str]] = {}
    for kind, identity in places:
        by_kind.setdefault(kind, []).append(identity)
    return or_(
        false(),
        *(
            and_(Resource.kind == kind, Resource.identity == any_(literal(some, ARRAY(Text))))
            for kind, some in by_kind.items()
        ),
    )


def _held(identity: str) -> Conflict:
    return Conflict(
        f"{identity} sudah menjadi milik layanan lain. Pilih nama lain atau lepaskan dahulu dari layanan itu.",
        log=f"{identity} is held by another service",
    )


def flush(session: Session) -> None:
    """Write; a race for one identity is told as what it is.

    Raises:
        Conflict: another service holds one of the identities.
    """
    try:
        session.flush()
    except IntegrityError as problem:
        if "ix_resource_identity" in str(problem.orig):
            raise _held("Salah satu nama") from problem
        raise


def take_over(session: Session, service_id: int, resources: Sequence[DesiredResource]) -> None:
    """Move here what another service of the same agency holds, where an officer took it over.

    What came with its zone needs no such act where it is the agency's, and goes with one where it is nobody's yet.
    """
    places = [(each.spec.kind, each.spec.identity) for each in resources]
    taken = [place for place, each in zip(places, resources, strict=True) if each.takes_over is not None]
    found = Service.procedure == IMPORTED
    own = Service.agency_id == select(Service.agency_id).where(Service.id == service_id).scalar_subquery()
    query = (
        select(Resource)
        .join(Service, Service.id == Resource.service_id)
        .where(
            or_(
                and_(_at(taken), or_(own, and_(found, Service.agency_id.is_(None)))),
                and_(_at(places), found, own),
            ),
            Resource.service_id != service_id,
            Resource.state == "live",
        )
        .order_by(Resource.service_id)
        .with_for_update(of=Resource)
    )
    left: dict[int, set[str]] = {}
    for row in session.scalars(query).all():
        wake(session, WAKE, row.service_id)
        left.setdefault(row.service_id, set()).add(row.identity.partition("/")[0])
        row.service_id, row.key, row.needs = service_id, f"{row.key}/{row.id}", []
    flush(session)
    for former, names in left.items():
        leave(session, former, names, service_id)


def leave(session: Session, former: int, names: set[str], service_id: int) -> None:
    """Names that the ``former`` service has nothing under any longer go along; without anything left it has ended.

    The term goes along too where the service that goes on has none yet.
    """
    stays = [row for row in rows_of(session, former) if row.state != "gone"]
    gone = names - {row.identity.partition("/")[0] for row in stays}
    hand_names(session, former, gone, service_id)
    if not stays:
        ended = update(Service).where(Service.id == former).values(state="ended").returning(Service.expires_on)
        goes_on = update(Service).where(Service.id == service_id, Service.expires_on.is_(None))
        session.execute(goes_on.values(expires_on=session.scalar(ended)))


def add(
    session: Session, service_id: int, resource: DesiredResource, plugins: Registry, among: Sequence[Connection]
) -> None:
    """A resource that the service didn't have, at the server of what it needs; with the name that it takes over."""
    needed: set[int] = set()
    if resource.needs:
        flush(session)
        needed = {row.connection_id for row in rows_of(session, service_id) if row.key in resource.needs}
    connection, seen = connection_for(among, resource.spec, plugins, needed), resource.takes_over
    if seen is not None:
        adopt_name(session, session.get_one(Service, (session.info[TENANT], service_id)), seen.name)
    row = _row(service_id, connection.id, resource)
    session.add(row)
    if seen is not None:
        session.flush()
        entry = JournalEntry(resource_id=row.id, generation=1, phase="adopted", spec=spec_to_json(seen))
        session.add(entry)


def _row(service_id: int, connection_id: int, resource: DesiredResource) -> Resource:
    seen = resource.takes_over
    return Resource(
        service_id=service_id,
        connection_id=connection_id,
        key=resource.key,
        kind=resource.spec.kind,
        identity=resource.spec.identity,
        spec=None if resource.gone else spec_to_json(resource.spec),
        applied=None if seen is None else spec_to_json(seen),
        state="removing" if resource.gone else "planned",
        removal=resource.gone,
        needs=list(resource.needs),
        remove_after=_until(resource),
    )


def change_row(row: Resource, resource: DesiredResource) -> None:
    """What is wanted of a resource now; planned again where that is something else."""
    row.key, row.needs, row.removal = resource.key, list(resource.needs), False
    row.remove_after, row.suspended_spec = _until(resource), None
    spec = resource.spec if row.spec is None else carried(resource.spec, spec_from_json(row.kind, row.spec))
    if row.spec != spec_to_json(spec):
        row.spec = spec_to_json(spec)
        row.generation += 1
        plan(row)
    elif row.state in ("failed", "gone"):
        plan(row)


def _until(resource: DesiredResource) -> datetime | None:
    return None if resource.for_days is None else datetime.now(UTC) + timedelta(days=resource.for_days)


def remove(row: Resource) -> None:
    """Nothing is wanted of the resource any longer."""
    if row.spec is None:
        return
    row.spec = None
    row.generation += 1
    plan(row)


def plan(row: Resource) -> None:
    """Have a worker look at the resource again."""
    row.state = "planned" if row.spec is not None else "removing"
    row.reason = row.reason_code = ""


def begin_recurring(session: Session, service_id: int) -> None:
    """What a resource has done again and again begins as it is declared; its worker waits until it is live."""
    for row in rows_of(session, service_id):
        if row.kind == Backup.kind and row.spec is not None:
            for kind in Backup.recurring:
                wake(session, kind, row.id)


def set_service(session: Session, service_id: int, state: str) -> None:
    """The service's state, while anything of it is pending."""
    pending = select(Resource.id).where(Resource.service_id == service_id, Resource.state.not_in(("live", "gone")))
    session.execute(update(Service).where(Service.id == service_id, pending.exists()).values(state=state))
