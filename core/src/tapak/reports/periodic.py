"""The reports that every agency has, by key, for whoever may read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tapak.accounts.policy import require
from tapak.reports import applications, names, subdomains
from tapak.reports.formats import FORMATS, Format
from tapak.reports.tables import Report
from tapak.requests.desk import Desk
from tapak.sdk.errors import Invalid, NotFound

FIRST_YEAR = 2000


@dataclass(frozen=True)
class Offer:
    """A report that can be asked for; ``make`` is given the desk, the year and who has it printed."""

    key: str
    title: str
    summary: str
    yearly: bool
    make: Callable[[Desk, int, str], Report]


OFFERS: Mapping[str, Offer] = {
    "subdomain": Offer(
        "subdomain",
        subdomains.TITLE,
        "Subdomain yang baru, berubah, diperpanjang, dan berakhir, per bulan dan perangkat daerah.",
        True,
        subdomains.report,
    ),
    "aplikasi": Offer(
        "aplikasi",
        applications.TITLE,
        "Aplikasi yang berjalan sekarang, dengan nama, alamat, dan penanggung jawabnya.",
        False,
        lambda desk, _year, printed_by: applications.report(desk, printed_by),
    ),
    "ip": Offer(
        "ip",
        names.TITLE,
        "Rekaman DNS setiap layanan, dan alamat IP publik dengan pemakainya.",
        False,
        lambda desk, _year, printed_by: names.report(desk, printed_by),
    ),
}


def read(desk: Desk, key: str, year: int | None) -> Report:
    """The report ``key`` of ``year`` (this one, unless told) for the person at the desk.

    Raises:
        NotFound: there is no such report.
        Forbidden: the person may not read reports.
        Invalid: no such year can be reported on.
    """
    require(desk.somebody, "report.read")
    return make(desk, key, year, desk.somebody.name)


def make(desk: Desk, key: str, year: int | None, printed_by: str) -> Report:
    """The report ``key``, whoever asks.

    Raises:
        NotFound: there is no such report.
        Invalid: no such year can be reported on.
    """
    if key not in OFFERS:
        raise NotFound("Laporan ini tidak ada.", log=f"no report {key!r}")
    wanted = desk.today.year if year is None else year
    if not FIRST_YEAR <= wanted <= desk.today.year:
        told = f"Pilih tahun dari {FIRST_YEAR} sampai {desk.today.year}."
        raise Invalid(told, log=f"no report on {wanted}", fields={"year": [told]})
    return OFFERS[key].make(desk, wanted, printed_by)


def fitted(report: Report, suffix: str) -> tuple[Report, Format]:
    """The report with its format; a table that is too long for the format is left out, and that is told."""
    form = FORMATS[suffix]
    if form.most is None:
        return report, form
    drawn = [(table, [*table.rows]) for table in report.tables]
    kept = [replace(table, rows=rows) for table, rows in drawn if len(rows) <= form.most]
    left = [table.title for table, rows in drawn if len(rows) > form.most]
    if not kept:
        form.fits(max(len(rows) for _, rows in drawn))
    told = f"{', '.join(left)}: terlalu panjang untuk {suffix.upper()}; lihat CSV"
    return replace(report, tables=kept, about=[*report.about, *([("Tidak dimuat", told)] if left else [])]), form
