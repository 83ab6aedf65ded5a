"""The formats that a report comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tapak.reports import comma_separated, printed
from tapak.reports.tables import Report
from tapak.sdk.errors import Invalid
from tapak.tenants.models import Tenant


@dataclass(frozen=True)
class Format:
    """A format. ``most`` is how many rows of a table it takes (None: any), so that nobody holds a process for long."""

    suffix: str
    media_type: str
    write: Callable[[Report, Tenant], Iterator[bytes]]
    most: int | None = None

    def fits(self, rows: int) -> None:
        """Say so where a table of so many rows is too long.

        Raises:
            Invalid: the message says what to do.
        """
        if self.most is not None and rows > self.most:
            told = f"Terlalu banyak baris untuk {self.suffix.upper()} (paling banyak {self.most}). "
            told += "Persempit dengan pencarian atau rentang tanggal, atau unduh sebagai CSV."
            raise Invalid(told, log=f"{rows} rows are too many for {self.suffix}", fields={"format": [told]})


def _xlsx(report: Report, _tenant: Tenant) -> Iterator[bytes]:
    from tapak.reports import workbook  # noqa: PLC0415 (its library is slow to load, and few processes write any)

    return workbook.content(report)


XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: Mapping[str, Format] = {
    "csv": Format("csv", "text/csv", lambda report, tenant: (line.encode() for line in comma_separated.lines(report))),
    "xlsx": Format("xlsx", XLSX_TYPE, _xlsx, 50_000),
    "pdf": Format("pdf", "application/pdf", printed.content, 500),
}
