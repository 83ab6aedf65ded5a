"""What every page shows around its content: who is here, and where they can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from tapak.accounts.policy import Person, may
from tapak.http import scope
from tapak.tenants.models import Agency
from tapak.web.guard import KEPT


@dataclass(frozen=True)
class Entry:
    """One entry of the menu, shown to whom ``seen_by`` says; a ``further`` one lies under "Lainnya" on
    narrow screens, a ``seldom`` one everywhere.
    """

    endpoint: str
    label: Any
    icon: str
    seen_by: Callable[[Person | None], bool]
    further: bool = False
    seldom: bool = False


def _staff(person: Person | None) -> bool:
    return person is not None and (bool(person.positions) or person.admin)


def _not_staff(person: Person | None) -> bool:
    return person is None or person.agency_id is not None


def _unit_only(person: Person | None) -> bool:
    return person is not None and not _staff(person)


def _connects(person: Person | None) -> bool:
    return may(person, "connection.manage")


def _sets(person: Person | None) -> bool:
    return may(person, "settings.manage")


def _sorts_names(person: Person | None) -> bool:
    return may(person, "zone.names")


def _oversees(person: Person | None) -> bool:
    return may(person, "procedure.oversee")


def _reads_certificates(person: Person | None) -> bool:
    return may(person, "certificate.read")


MENU = (
    Entry("web_home.start", _l("Beranda"), "house", _not_staff),
    Entry("web_inbox.inbox", _l("Kotak masuk"), "inbox", _staff),
    Entry("web_requests.requests", _l("Permohonan"), "folder2-open", lambda person: person is not None),
    Entry("web_agenda.agenda", _l("Buku agenda"), "journal-text", lambda person: may(person, "agenda.read")),
    Entry("web_active.services", _l("Layanan aktif"), "hdd-network", _staff, further=True),
    Entry("web_active.services", _l("Layanan aktif"), "hdd-network", _unit_only),
    Entry("web_registers.registers", _l("Register"), "journals", lambda person: may(person, "register.read"), True),
    Entry("web_reports.reports", _l("Laporan"), "bar-chart-line", lambda person: may(person, "report.read"), True),
    Entry("web_maintenance.listing", _l("Pemeliharaan"), "tools", _staff, further=True),
    Entry("web_zone_names.listing", _l("Nama dari zona"), "globe2", _sorts_names, seldom=True),
    Entry("web_services.services", _l("Layanan"), "grid", _staff, seldom=True),
    Entry("web_certificates.listing", _l("Sertifikat"), "shield-lock", _reads_certificates, seldom=True),
    Entry("web_procedures.overview", _l("Versi SOP"), "diagram-3", _oversees, seldom=True),
    Entry("web_connections.listing", _l("Sambungan server"), "plug", _connects, seldom=True),
    Entry("web_settings.overview", _l("Pengaturan"), "sliders", _sets, seldom=True),
    Entry("web_services.services", _l("Layanan"), "grid", lambda person: not _staff(person)),
    Entry("web_tracking.track", _l("Lacak"), "search", lambda person: person is None),
)


@dataclass(frozen=True)
class Link:
    """A menu entry on this page."""

    label: Any
    icon: str
    address: str
    current: bool
    further: bool
    seldom: bool


def menu() -> list[Link]:
    """The entries for whoever reads this page."""
    person = scope.person()
    return [_link(entry) for entry in MENU if entry.seen_by(person)]


def _link(entry: Entry) -> Link:
    section = entry.endpoint.partition(".")[0]
    here = (request.endpoint or "").partition(".")[0]
    return Link(entry.label, entry.icon, url_for(entry.endpoint), section == here, entry.further, entry.seldom)


def unit() -> str:
    """The name of the unit that the reader applies for."""
    reader = scope.person()
    query = select(Agency.name).where(Agency.id == (reader.agency_id if reader else None))
    return scope.session().scalar(query) or ""


def install(app: Flask) -> None:
    """Give templates ``tenant``, ``person``, ``menu``, ``unit``, ``here`` and ``kept_form``, which look when called."""
    app.jinja_env.globals.update(
        tenant=scope.tenant,
        person=scope.person,
        menu=menu,
        unit=unit,
        may=may,
        here=lambda: request.full_path.rstrip("?") if request.method == "GET" else request.path,
        kept_form=lambda: request.form.get(KEPT, ""),
    )
