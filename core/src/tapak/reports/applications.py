"""The list of hosted applications (daftar sistem informasi/aplikasi yang dihosting), as the inventory has it now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from tapak.inventory.models import Service
from tapak.provisioning.models import Resource
from tapak.reports.tables import DAY, Cell, Column, Report, Stamp, Table
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.sdk.addresses import is_reverse
from tapak.sdk.parts import Listing
from tapak.sdk.resources import RecordSet, Site
from tapak.sdk.wording import RESOURCE_KINDS, day_words
from tapak.tenants.models import Agency

NAME, TITLE = "daftar-aplikasi", "Daftar aplikasi yang dihosting"
RUNNING = {
    "provisioning": "sedang disiapkan",
    "live": "aktif",
    "failed": "perlu perhatian",
    "suspended": "ditangguhkan",
}
COLUMNS = (
    Column("Aplikasi"),
    Column("Nama domain"),
    Column("Perangkat daerah"),
    Column("Layanan"),
    Column("Alamat"),
    Column("Komponen"),
    Column("Penanggung jawab"),
    Column("Aktif sejak", DAY),
    Column("Berlaku sampai", DAY),
    Column("Keadaan"),
)

PART = (Resource.service_id, Resource.kind, Resource.identity, Resource.spec, Resource.suspended_spec)


def report(desk: Desk, printed_by: str) -> Report:
    """Every service that runs and has a site."""
    stamp = Stamp.of(desk.now, desk.tenant.time_zone, printed_by)
    rows = list(_rows(desk))
    about = [("Per tanggal", day_words(desk.today)), ("Jumlah", f"{len(rows)} aplikasi")]
    return Report(NAME, TITLE, [Table(TITLE, COLUMNS, rows)], stamp, about)


def _rows(desk: Desk) -> Iterator[Sequence[Cell]]:
    zone = ZoneInfo(desk.tenant.time_zone)
    parts = _parts(desk)
    query = (
        select(Service, Agency.name, Request.answers)
        .join(Agency, Agency.id == Service.agency_id)
        .outerjoin(Request, Request.id == Service.request_id)
        .where(Service.state.in_(RUNNING))
        .order_by(Agency.name, Service.id)
    )
    for service, agency, answers in desk.session.execute(query):
        own = parts.get(service.id, [])
        if not any(part.kind == Site.kind for part in own):
            continue
        procedure = next(iter(desk.registry.versions(service.procedure)), None)
        told = procedure.listing({**(answers or {}), **service.current}) if procedure else Listing()
        yield [
            told.title or service.title,
            _listed(part.identity.partition("/")[0] for part in own if _is_name(part)),
            agency,
            procedure.service if procedure else service.procedure,
            _listed(value for part in own if _is_name(part) for value in _spec(part).get("values", ())),
            _listed(RESOURCE_KINDS.get(part.kind, part.kind) for part in own if part.kind != RecordSet.kind),
            told.officer,
            service.live_at.astimezone(zone).date() if service.live_at else None,
            service.expires_on,
            RUNNING[service.state],
        ]


def _parts(desk: Desk) -> Mapping[int, list[Row[Any]]]:
    query = select(*PART).where((Resource.state != "gone") | Resource.suspended_spec.is_not(None))
    found: dict[int, list[Row[Any]]] = {}
    for part in desk.session.execute(query.order_by(Resource.id)):
        found.setdefault(part.service_id, []).append(part)
    return found


def _spec(part: Row[Any]) -> Mapping[str, Any]:
    return part.spec or part.suspended_spec or {}


def _is_name(part: Row[Any]) -> bool:
    return part.kind == RecordSet.kind and not is_reverse(part.identity.partition("/")[0])


def _listed(texts: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
