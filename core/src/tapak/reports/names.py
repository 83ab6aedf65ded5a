"""Names and addresses as they are given now (data IP dan subdomain), of hosting, placed servers and all else alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select

from tapak.inventory.models import Address, Service
from tapak.inventory.service import free_addresses
from tapak.provisioning.models import JournalEntry, Resource
from tapak.reports.applications import RUNNING
from tapak.reports.tables import DAY, Cell, Column, Report, Stamp, Table
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.sdk.addresses import is_reverse, pointer_record
from tapak.sdk.resources import RecordSet
from tapak.sdk.wording import RESOURCE_STATES, day_words
from tapak.tenants.dates import local_day
from tapak.tenants.models import Agency

NAME, TITLE = "data-ip-subdomain", "Data IP dan subdomain yang berlaku"
NAMES = (
    Column("Nama"),
    Column("Jenis"),
    Column("Alamat"),
    Column("Perangkat daerah"),
    Column("Layanan"),
    Column("Permohonan"),
    Column("Aktif sejak", DAY),
    Column("Keadaan"),
)
UNASSIGNED = "belum ditetapkan"
ADDRESSES = (
    Column("Alamat IP"),
    Column("Pemakaian"),
    Column("Nama balik (PTR)"),
    Column("Layanan"),
    Column("Perangkat daerah"),
)


def report(desk: Desk, printed_by: str) -> Report:
    """The record sets that stand or are on their way, and the public addresses in use with who holds each."""
    stamp = Stamp.of(desk.now, desk.tenant.time_zone, printed_by)
    names, addresses = list(_names(desk)), list(_addresses(desk))
    free = len(free_addresses(desk.session))
    told = f"{len(names)} rekaman; {len(addresses)} alamat IP publik dipakai, {free} bebas"
    about = [("Per tanggal", day_words(desk.today)), ("Jumlah", told)]
    tables = (Table("Subdomain", NAMES, names), Table("Alamat IP publik yang dipakai", ADDRESSES, addresses))
    return Report(NAME, TITLE, tables, stamp, about)


def _names(desk: Desk) -> Iterator[Sequence[Cell]]:
    query = (
        select(Resource, Service, Agency.name, Request.number, _since())
        .join(Service, Service.id == Resource.service_id)
        .outerjoin(Agency, Agency.id == Service.agency_id)
        .outerjoin(Request, Request.id == Service.request_id)
        .where(Resource.kind == RecordSet.kind, (Resource.state != "gone") | Resource.suspended_spec.is_not(None))
        .order_by(Resource.identity)
    )
    for part, service, agency, number, stood in desk.session.execute(query):
        name, _, kind = part.identity.partition("/")
        if is_reverse(name):
            continue
        values = (part.spec or part.suspended_spec or part.applied or {}).get("values", ())
        since = local_day(stood, desk.tenant.time_zone) if stood else None
        state = RUNNING["suspended"] if part.suspended_spec else RESOURCE_STATES[part.state]
        yield [name, kind, ", ".join(values), agency or UNASSIGNED, service.title, number or "", since, state]


def _since() -> ScalarSelect[datetime]:
    """When the record set stood for the first time."""
    stood = select(func.min(JournalEntry.at)).where(
        JournalEntry.resource_id == Resource.id, JournalEntry.phase.in_(("verified", "adopted"))
    )
    return stood.correlate(Resource).scalar_subquery()


def _pointers(desk: Desk) -> Callable[[str], str]:
    """Gives the name that an address leads back to; empty where it has none."""
    query = select(Resource.spec).where(Resource.kind == RecordSet.kind, Resource.spec.is_not(None))
    found = {spec["name"]: spec for spec in desk.session.scalars(query) if spec and is_reverse(spec["name"])}
    zones = tuple({spec["zone"] for spec in found.values()})

    def back(address: str) -> str:
        record = pointer_record(zones, address, "")
        return ", ".join(found.get(record.name, {}).get("values", ())) if record else ""

    return back


def _addresses(desk: Desk) -> Iterator[Sequence[Cell]]:
    query = (
        select(Address, Service.title, Agency.name)
        .outerjoin(Service, Service.id == Address.service_id)
        .outerjoin(Agency, Agency.id == Service.agency_id)
        .where(Address.shared | Address.service_id.is_not(None))
        .order_by(Address.id)
    )
    back = _pointers(desk)
    for address, title, agency in desk.session.execute(query):
        use = "server web bersama" if address.shared else "satu layanan"
        yield [address.address, use, back(address.address), title or "", agency or ""]
