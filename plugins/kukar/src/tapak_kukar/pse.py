"""The PSE data of an electronic system: what the applicant declares, and what the imported registry holds of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tapak.sdk.fields import Choice, Day, Line
from tapak.sdk.forms import StepSchema
from tapak.sdk.registers import Register
from tapak.sdk.view import View
from tapak_kukar.category import CATEGORIES

STATES = {
    "issued": "Terbit",
    "pending": "Menunggu penerbitan",
    "update": "Permintaan pembaruan",
    "refused": "Ditolak",
    "deleted": "Dihapus",
    "none": "Belum terdaftar",
}
CLASSIFICATIONS = {"open": "Terbuka", "limited": "Terbatas", "closed": "Tertutup"}
PERSONAL_DATA = {"yes": "Mengolah data pribadi", "no": "Tidak mengolah data pribadi"}
LOCATIONS = {"home": "Di Indonesia", "abroad": "Di luar negeri"}


class DataPart(StepSchema):
    """What is declared of a system's data."""

    data_classification = Choice("Klasifikasi data", CLASSIFICATIONS, optional=True, page="pse", widget="radio")
    personal_data = Choice("Data pribadi", PERSONAL_DATA, optional=True, page="pse", widget="radio")
    location = Choice("Lokasi penyimpanan data", LOCATIONS, optional=True, page="pse", widget="radio")


class RecordPart(DataPart):
    """A record of the registry as the officer found it."""

    pse_state = Choice("Status pendaftaran PSE", STATES)
    pse_number = Line("Nomor PSE", 100, optional=True)
    pse_system = Line("Nama sistem pada data PSE", 200, optional=True)
    pse_owner = Line("Perangkat daerah pada data PSE", 200, optional=True)
    pse_url = Line("URL pada data PSE", 300, optional=True)
    pse_officer = Line("Penanggung jawab pada data PSE", 200, optional=True)


class RegistryRow(StepSchema):
    """A row of the PSE registry, as agencies hand it over in a file."""

    pse_number = Line("Nomor PSE", 100, optional=True)
    system_name = Line("Nama sistem", 200)
    agency = Line("Perangkat daerah", 200)
    unit = Line("Unit pemilik", 200, optional=True)
    url = Line("URL", 300, optional=True)
    responsible_officer = Line("Penanggung jawab", 200, optional=True)
    state = Choice("Status", {key: STATES[key] for key in STATES if key != "none"}, optional=True)
    category = Choice("Kategori", CATEGORIES, optional=True)
    data_classification = Choice("Klasifikasi data", CLASSIFICATIONS, optional=True)
    personal_data = Choice("Data pribadi", {"yes": "Ya", "no": "Tidak"}, optional=True)
    location = Choice("Lokasi", {"home": "Dalam negeri", "abroad": "Luar negeri"}, optional=True)


REGISTRY = Register(
    key="kukar.pse",
    title="Data PSE yang diimpor",
    schema=RegistryRow,
    columns=("pse_number", "system_name", "agency", "url", "responsible_officer", "state"),
    search=("pse_number", "system_name", "agency", "url"),
    imported=True,
)


class CheckRow(StepSchema):
    """A check of PSE data (data pemeriksaan PSE)."""

    checked_on = Day("Diperiksa tanggal")
    system_name = Line("Sistem", 200)
    name = Line("Nama", 253)
    agency = Line("Perangkat daerah", 200)
    pse_number = Line("Nomor PSE", 100, optional=True)
    result = Line("Hasil", 200)
    category = Line("Kategori", 100, optional=True)
    differing = Line("Yang tidak sesuai", 500, optional=True)


CHECKS = Register(
    key="kukar.pse_check",
    title="Pemeriksaan data PSE",
    schema=CheckRow,
    columns=("checked_on", "system_name", "name", "agency", "result", "category", "differing"),
    search=("system_name", "name", "agency", "pse_number"),
)


def found_in_registry(view: View) -> Mapping[str, Any]:
    """The registry's row for the request's system: by its number, its name on the web, or its own name.

    Empty where nothing was imported or no row fits.
    """
    registry = view.imported(REGISTRY.key)
    if registry is None:
        return {}
    rows, answers = registry.rows, view.answers
    name = str(answers.get("system_name", ""))
    for field, wanted in (
        ("pse_number", answers.get("pse_number", "")),
        ("url", requested(view)),
        ("system_name", name),
    ):
        read = host if field == "url" else folded
        mine = [row for row in rows if wanted and read(str(row.get(field, ""))) == read(str(wanted))]
        if mine:
            return next((row for row in mine if same(row.get("agency", ""), view.request.agency)), mine[0])
    return {}


def requested(view: View) -> str:
    """The name that the request is about."""
    wishes = view.procedure.wished_names(view.answers)
    looked_up = view.procedure.looked_up(view)
    return wishes[0].fqdn if wishes else looked_up[0].name if looked_up else ""


def initial_record(view: View) -> dict[str, Any]:
    """What the officer starts with: the registry's row, and the applicant's declaration where that is silent."""
    row, answers = found_in_registry(view), view.answers
    declared = {name: answers.get(name, "") for name in DataPart().fields}
    held = {name: row[name] for name in declared if row.get(name)}
    return {
        **declared,
        **held,
        "pse_state": row.get("state") or ("issued" if row else ""),
        "pse_number": row.get("pse_number") or answers.get("pse_number", ""),
        "pse_system": row.get("system_name", ""),
        "pse_owner": row.get("agency", ""),
        "pse_url": row.get("url", ""),
        "pse_officer": row.get("responsible_officer", ""),
    }


def folded(text: str) -> str:
    """``text`` as names are compared: without case and spare spaces."""
    return " ".join(text.casefold().split())


def same(one: object, other: object) -> bool:
    """Whether two names are the same, and not empty."""
    return bool(one) and folded(str(one)) == folded(str(other))


def host(url: str) -> str:
    """The host name of a URL, or of a bare name; empty where there is none."""
    text = url.strip().casefold()
    try:
        return urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
