"""Giving names and addresses: reserved at approval, live when verified, released when a request comes to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tapak.inventory.models import IMPORTED, Address, HeldName, Service
from tapak.sdk import names
from tapak.sdk.addresses import is_reverse
from tapak.sdk.errors import Conflict
from tapak.sdk.names import RESERVED, label_problem
from tapak.sdk.step_kinds import Reservation
from tapak.tenants.models import Zone

TAKEN = {
    "reserved": "Nama {name} sudah dipesan untuk permohonan lain yang disetujui. Pilih nama lain.",
    "live": "Nama {name} sudah dipakai layanan lain. Pilih nama lain.",
    "quarantined": "Nama {name} baru saja dilepas dan masih dikarantina. Pilih nama lain atau tunggu.",
    "foreign": "Nama {name} sudah ada di zona DNS di luar Tapak. Pilih nama lain atau hubungi pengelola DNS.",
}


def zones(session: Session) -> tuple[str, ...]:
    """Zones that take new names."""
    return tuple(zone for zone in _zones(session) if not is_reverse(zone))


def reverse_zones(session: Session) -> tuple[str, ...]:
    """The tenant's own zones of addresses."""
    return tuple(zone for zone in _zones(session) if is_reverse(zone))


def name_problem(
    session: Session,
    label: str,
    zone: str,
    *,
    reserved: Iterable[str] = (),
    agency_id: int | None = None,
    service_id: int | None = None,
) -> str:
    """Why ``label`` (in small letters) can't be given below ``zone`` (Indonesian), or nothing.

    ``service_id`` is the service that asks: what it already holds is no problem. ``agency_id`` is the agency that asks:
    it may take back a name of its own that rests, and put to use one that came with its zone.
    """
    name = f"{label}.{zone}"
    problem = label_problem(label, reserved={*RESERVED, *reserved}) or names.name_problem(name)
    if problem:
        return problem.message
    if zone not in zones(session):
        return f"Zona {zone} tidak dilayani. Pilih salah satu zona yang ditawarkan."
    query = select(HeldName.state, HeldName.service_id).where(HeldName.name == name, ~_free_to(agency_id))
    held = session.execute(query).one_or_none()
    if held is None or (service_id is not None and held.service_id == service_id):
        return ""
    if _is_own(session, held.service_id, agency_id, Service.procedure == IMPORTED):
        return ""
    return TAKEN[held.state].format(name=name)


def free_addresses(session: Session, service_id: int | None = None) -> tuple[str, ...]:
    """Addresses of the pool that nobody holds but ``service_id``, in the pool's order."""
    free = or_(Address.service_id.is_(None), Address.service_id == service_id)
    return tuple(session.scalars(select(Address.address).where(~Address.shared, free).order_by(Address.id)))


def shared_address(session: Session) -> str:
    """The shared web server's address; empty where the tenant has none."""
    return session.scalar(select(Address.address).where(Address.shared).order_by(Address.id).limit(1)) or ""


def reserve(session: Session, service: Service, reservations: Sequence[Reservation]) -> None:
    """Give names and addresses to ``service``.

    Raises:
        Conflict: somebody else holds one; nothing was given.
    """
    for wanted in reservations:
        if wanted.kind in ("name", "own_name"):
            _reserve_name(session, service, wanted.value, own_is_enough=wanted.kind == "own_name")
        else:
            _reserve_address(session, service, wanted.value)


def release(session: Session, service_id: int, *, rest: int = 0) -> None:
    """Take back what a service holds. A name that was published rests for ``rest`` seconds."""
    mine = HeldName.service_id == service_id
    until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, rest)
    session.execute(update(HeldName).where(mine, HeldName.state == "live").values(state="quarantined", until=until))
    session.execute(delete(HeldName).where(mine, HeldName.state == "reserved"))
    session.execute(update(Address).where(Address.service_id == service_id).values(service_id=None))


def hand_names(session: Session, service_id: int, names: set[str], to: int) -> None:
    """Give ``names`` that a service holds to the service ``to``."""
    held = (HeldName.service_id == service_id, HeldName.name.in_(names))
    session.execute(update(HeldName).where(*held).values(service_id=to))


def holdings(session: Session, service_id: int) -> tuple[list[str], list[str]]:
    """The names that are given to a service, and its own addresses."""
    mine = HeldName.service_id == service_id, HeldName.state.in_(("reserved", "live"))
    names = select(HeldName.name).where(*mine).order_by(HeldName.id)
    own = select(Address.address).where(Address.service_id == service_id).order_by(Address.id)
    return list(session.scalars(names)), list(session.scalars(own))


def let_go(session: Session, service_id: int, *, names: set[str], addresses: set[str], rest: int) -> None:
    """Take back what a service that goes on holds beside ``names`` and ``addresses``, as :func:`release` does."""
    mine = (HeldName.service_id == service_id, HeldName.name.not_in(names))
    until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, rest)
    session.execute(update(HeldName).where(*mine, HeldName.state == "live").values(state="quarantined", until=until))
    session.execute(delete(HeldName).where(*mine, HeldName.state == "reserved"))
    unused = (Address.service_id == service_id, Address.address.not_in(addresses))
    session.execute(update(Address).where(*unused).values(service_id=None))


def give_up(session: Session, service_id: int, *, names: set[str], addresses: set[str], rest: int) -> None:
    """Take back ``names``, which rest for ``rest`` seconds, and ``addresses``, as far as a service holds them."""
    until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, rest)
    held = (HeldName.service_id == service_id, HeldName.state == "live", HeldName.name.in_(names))
    session.execute(update(HeldName).where(*held).values(state="quarantined", until=until))
    own = (Address.service_id == service_id, Address.address.in_(addresses))
    session.execute(update(Address).where(*own).values(service_id=None))


def _zones(session: Session) -> Sequence[str]:
    return session.scalars(select(Zone.name).where(~Zone.legacy).order_by(Zone.id)).all()


def _free_to(agency_id: int | None) -> ColumnElement[bool]:
    """Whether a name that was released may be given again: it has rested, or its last service was the agency's own."""
    own = select(Service.id).where(Service.agency_id == (agency_id or 0))
    rested = or_(HeldName.until.is_(None), HeldName.until <= func.now())
    taken_back = and_(HeldName.service_id.is_not(None), HeldName.service_id.in_(own))
    return and_(HeldName.state == "quarantined", or_(rested, taken_back))


def _reserve_name(session: Session, service: Service, name: str, *, own_is_enough: bool) -> None:
    wanted = {"service_id": service.id, "state": "reserved", "until": None}
    given = (
        insert(HeldName)
        .values(name=name, **wanted)
        .on_conflict_do_update(
            index_elements=[HeldName.tenant_id, HeldName.name], set_=wanted, where=_free_to(service.agency_id)
        )
    )
    if session.execute(given.returning(HeldName.id)).one_or_none():
        return
    held = session.execute(select(HeldName.state, HeldName.service_id).where(HeldName.name == name)).one()
    enough = () if own_is_enough else (Service.procedure == IMPORTED,)
    if held.service_id != service.id and not _is_own(session, held.service_id, service.agency_id, *enough):
        raise Conflict(TAKEN[held.state].format(name=name), log=f"name {name} is held ({held.state})")


def _is_own(session: Session, service_id: int | None, agency_id: int | None, *where: ColumnElement[bool]) -> bool:
    """Whether the service is the unit's; it keeps its name until what stands there is taken over."""
    own = select(Service.id).where(Service.id == service_id, Service.agency_id == (agency_id or 0), *where)
    return session.scalar(own) is not None


def adopt_name(session: Session, service: Service, name: str) -> None:
    """Give ``service`` a name that was found in the zone and taken over; one that a service holds stays as it is."""
    wanted = {"service_id": service.id, "state": "reserved", "until": None}
    given = insert(HeldName).values(name=name, **wanted)
    foreign = HeldName.state == "foreign"
    session.execute(
        given.on_conflict_do_update(index_elements=[HeldName.tenant_id, HeldName.name], set_=wanted, where=foreign)
    )


def _reserve_address(session: Session, service: Service, address: str) -> None:
    mine = (Address.address == address, ~Address.shared)
    free = update(Address).where(*mine, Address.service_id.is_(None)).values(service_id=service.id)
    if session.execute(free.returning(Address.id)).one_or_none():
        return
    holder = session.execute(select(Address.service_id).where(*mine)).one_or_none()
    if holder is None or holder.service_id != service.id:
        raise Conflict(
            f"Alamat {address} baru saja diberikan kepada permohonan lain. Muat ulang, lalu pilih yang lain.",
            log=f"address {address} is not free",
        )
