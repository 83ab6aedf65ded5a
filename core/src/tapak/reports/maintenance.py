"""The notice of a maintenance to the owners of services, as a paper."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tapak.maintenance.concerned import concerned
from tapak.maintenance.inputs import EFFECTS
from tapak.maintenance.models import Maintenance
from tapak.maintenance.service import find
from tapak.reports.tables import Column, Report, Stamp, Table
from tapak.requests.desk import Desk
from tapak.sdk.wording import moment_words
from tapak.tenants.dates import zone_name

TITLE = "Pemberitahuan pemeliharaan"
STATES = {"planned": "direncanakan", "done": "selesai", "cancelled": "dibatalkan"}


def notice(desk: Desk, maintenance_id: int) -> Report:
    """The notice; a unit's has its own services only.

    Raises:
        NotFound: there is no such maintenance, or it doesn't concern the person's unit.
    """
    made = find(desk, maintenance_id)
    person = desk.somebody
    staff = bool(person.positions) or person.admin
    rows = [
        [agency, service.title]
        for service, agency in desk.session.execute(concerned(made))
        if staff or service.agency_id == person.agency_id
    ]
    table = Table("Layanan yang terdampak", (Column("Perangkat daerah"), Column("Layanan", wide=True)), rows)
    stamp = Stamp.of(desk.now, desk.tenant.time_zone, person.name)
    return Report(f"pemeliharaan-{made.id}", TITLE, [table], stamp, _about(desk, made))


def _about(desk: Desk, made: Maintenance) -> list[tuple[str, str]]:
    zone = ZoneInfo(desk.tenant.time_zone)
    name = zone_name(made.starts_at, desk.tenant.time_zone)
    told = [
        ("Pekerjaan", made.work),
        ("Perangkat atau lokasi", made.place),
        ("Mulai", f"{moment_words(made.starts_at.astimezone(zone))} {name}"),
        ("Sampai", f"{moment_words(made.ends_at.astimezone(zone))} {name}"),
        ("Pengaruh pada layanan", EFFECTS[made.effect]),
        ("Keadaan", STATES[made.state]),
    ]
    return [*told, *([("Hasil", made.result)] if made.result else [])]
