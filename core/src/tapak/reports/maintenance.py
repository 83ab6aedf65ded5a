"""The notice of a maintenance to the owners of services, as a paper."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tapak.accounts.policy import may
from tapak.maintenance.concerned import concerned, count
from tapak.maintenance.inputs import EFFECTS
from tapak.maintenance.models import Maintenance
from tapak.maintenance.service import find
from tapak.reports.formats import FORMATS
from tapak.reports.tables import Column, Report, Stamp, Table
from tapak.requests.desk import Desk
from tapak.sdk.wording import moment_words
from tapak.tenants.dates import zone_name

TITLE = "Pemberitahuan pemeliharaan"
STATES = {"planned": "direncanakan", "done": "selesai", "cancelled": "dibatalkan"}


def notice(desk: Desk, maintenance_id: int) -> Report:
    """The notice; a unit's has its own services only, and each no more than a PDF has room for.

    Raises:
        NotFound: there is no such maintenance, or it doesn't concern the person's unit.
    """
    made = find(desk, maintenance_id)
    person = desk.somebody
    unit = None if may(person, "maintenance.read") else person.agency_id
    found = desk.session.execute(concerned(made, unit).limit(FORMATS["pdf"].most))
    rows = [[agency, service.title] for service, agency in found]
    left = count(desk.session, made, unit) - len(rows)
    more = [("Tidak dimuat", f"{left} layanan lain")] if left else []
    table = Table("Layanan yang terdampak", (Column("Perangkat daerah"), Column("Layanan", wide=True)), rows)
    stamp = Stamp.of(desk.now, desk.tenant.time_zone, person.name)
    return Report(f"pemeliharaan-{made.id}", TITLE, [table], stamp, [*_about(desk, made), *more])


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
