"""Names and addresses as they are given now (data IP dan subdomain), of hosting, placed servers and all else alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from tapak.inventory.models import Address, Service
from tapak.inventory.service import free_addresses
from tapak.provisioning.models import Resource
from tapak.reports.applications import RUNNING
from tapak.reports.tables import DAY, Cell, Column, Report, Stamp, Table
from tapak.requests.desk import Desk
from tapak.requests.models import Request
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
ADDRESSES = (Column("Alamat IP"), Column("Pemakaian"), Column("Layanan"), Column("Perangkat daerah"))


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
        select(Resource, Service, Agency.name, Request.number)
        .join(Service, Service.id == Resource.service_id)
        .join(Agency, Agency.id == Service.agency_id)
        .outerjoin(Request, Request.id == Service.request_id)
        .where(Resource.kind == RecordSet.kind, (Resource.state != "gone") | Resource.suspended_spec.is_not(None))
        .order_by(Resource.identity)
    )
    for part, service, agency, number in desk.session.execute(query):
        name, _, kind = part.identity.partition("/")
        values = (part.spec or part.suspended_spec or part.applied or {}).get("values", ())
        since = service.live_at and local_day(service.live_at, desk.tenant.time_zone)
        state = RUNNING["suspended"] if part.suspended_spec else RESOURCE_STATES[part.state]
        yield [name, kind, ", ".join(values), agency, service.title, number or "", since, state]


def _addresses(desk: Desk) -> Iterator[Sequence[Cell]]:
    query = (
        select(Address, Service.title, Agency.name)
        .outerjoin(Service, Service.id == Address.service_id)
        .outerjoin(Agency, Agency.id == Service.agency_id)
        .where(Address.shared | Address.service_id.is_not(None))
        .order_by(Address.id)
    )
    for address, title, agency in desk.session.execute(query):
        use = "server web bersama" if address.shared else "satu layanan"
        yield [address.address, use, title or "", agency or ""]
