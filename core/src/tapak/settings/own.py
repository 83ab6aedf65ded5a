"""Sections that are kept in the tenant's own row: what it offers, waiting times, names, terms, quotas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from tapak.requests.desk import Desk
from tapak.sdk.fields import Choice, Choices, Count, Line, Tick, offer
from tapak.sdk.settings import SettingsSchema, texts
from tapak.settings.sections import Content, Section
from tapak.tenants.models import Agency

MINUTES = 100_000
UNIT = "unit:"
EACH = "Layanan tiap perangkat daerah"


class OfferedSettings(SettingsSchema):
    """Which procedures the tenant runs."""

    procedures = Choices("Layanan yang dibuka", optional=True, help="Layanan yang ditutup tidak menerima permohonan.")


class TimeSettings(SettingsSchema):
    """Times that hold for every procedure."""

    waiting_limit_minutes = Count("Tugas mulai dikerjakan dalam (menit kerja)", 1, MINUTES)
    expected_waiting_minutes = Count("Lama menunggu dalam perkiraan selesai (menit kerja)", 0, MINUTES)
    emergency_letter_days = Count("Surat penonaktifan darurat menyusul dalam (hari kerja)", 1, 60)
    reminder_days = fields.List(
        fields.Integer(
            validate=validate.Range(1, 365, error="Dari 1 sampai 365."),
            error_messages={"invalid": "Isi dengan angka bulat."},
        ),
        load_default=lambda: [60, 30, 7, 1],
        validate=validate.Length(1, 10, error="Isi 1 sampai 10 baris."),
        metadata={
            "label": "Pengingat sebelum masa layanan habis (hari)",
            "help": "Satu angka per baris.",
        },
    )


class NameSettings(SettingsSchema):
    """Rules for names, over those of every procedure."""

    reserved_names = texts("Nama yang tidak diberikan kepada siapa pun", (), 63)
    naming_patterns = texts(
        "Pola nama yang diizinkan", (), 63, help="Satu per baris; * berarti apa saja. Kosong berarti semua nama."
    )
    naming_decree = Line(
        "Dasar penamaan", 200, optional=True, help="Nomor keputusan atau peraturan; disebut bila nama ditolak."
    )


class TermSettings(SettingsSchema):
    """How long services last, and what becomes of them."""

    service_term_days = Count("Masa layanan (hari)", 1, 3660)
    renewal_grace_days = Count("Masa tenggang sesudahnya (hari)", 0, 365, default=30)
    suspend_expired = Tick("Tangguhkan layanan yang tidak didaftarkan ulang")
    rename_redirect_days = Count("Nama lama mengarah ke nama baru selama (hari)", 0, 3660)
    deactivated_keep_days = Count("Situs yang dinonaktifkan disimpan selama (hari)", 0, 3660)
    https = Choice("HTTPS situs baru", {"off": "Tidak", "on": "Ya", "redirect": "Ya, HTTP dialihkan"}, optional=True)
    hsts = Choice("Peramban hanya memakai HTTPS", {"off": "Tidak", "day": "Sehari", "year": "Setahun"}, optional=True)
    units_switch_releases = Tick("Perangkat daerah boleh mengganti rilis aplikasinya sendiri")


PLAIN = (
    (
        "time",
        "Waktu tunggu dan pengingat",
        "Berlaku untuk semua SOP. Kosong berarti bawaan: satu hari kerja.",
        TimeSettings,
    ),
    ("names", "Aturan nama", "Berlaku untuk semua SOP, di samping aturan nama tiap layanan.", NameSettings),
    ("terms", "Masa layanan", "Berlaku untuk layanan yang sudah aktif dan yang akan datang.", TermSettings),
)
OFFERED = ("offered", "Layanan", "Layanan yang dibuka bagi perangkat daerah.", OfferedSettings)
QUOTAS = (
    "quotas",
    "Kuota per perangkat daerah",
    "Banyaknya layanan yang boleh dimiliki, termasuk yang sedang diajukan. Kosong berarti tidak dibatasi.",
    SettingsSchema,
)
PINNED = frozenset({"reserved_names", "naming_patterns", "naming_decree", "rename_redirect_days"})
PINNED |= {"deactivated_keep_days", "https", "hsts"}
"""What of these a request keeps as it was when it began."""
LIMITS = frozenset({"waiting_limit_minutes", "expected_waiting_minutes"})
AT_ONCE = LIMITS
"""What of these counts for requests under way too."""


def own_sections(desk: Desk) -> Iterator[Section]:
    """The sections that every tenant has."""
    yield _offered(desk)
    for key, title, help, schema in PLAIN:
        names = tuple(schema().fields)
        rest = frozenset(names) - PINNED - AT_ONCE
        limits = frozenset(names) & LIMITS
        yield Section(key, title, help, schema, *_kept(names), at_once=AT_ONCE, unpinned=rest, limits=limits)
    yield _quotas(desk)


def _offered(desk: Desk) -> Section:
    installed = {key: desk.registry.versions(key)[0].service for key in _keys(desk)}

    class Offered(OfferedSettings):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            offer(self, "procedures", installed)

    names = ("procedures",)
    key, title, help, _schema = OFFERED
    return Section(key, title, help, Offered, *_kept(names), unpinned=frozenset(names))


def _keys(desk: Desk) -> list[str]:
    return sorted({code.rpartition("/")[0] for code in desk.registry.procedures})


def _quotas(desk: Desk) -> Section:
    made: dict[str, Any] = {"services_per_unit": Count(EACH, 1, 10_000)}
    units = desk.session.execute(select(Agency.key, Agency.name).order_by(Agency.name))
    made |= {UNIT + key: Count(name, 0, 10_000) for key, name in units}
    schema: Any = SettingsSchema.from_dict(made, name="Quotas")
    every = frozenset(made)
    key, title, help, _schema = QUOTAS
    return Section(key, title, help, schema, _read_quotas, _put_quotas, unpinned=every)


def _read_quotas(settings: Content) -> dict[str, Any]:
    own = {UNIT + key: most for key, most in settings.get("unit_services", {}).items()}
    whole = settings.get("services_per_unit")
    return own if whole is None else {**own, "services_per_unit": whole}


def _put_quotas(settings: Content, values: Content) -> dict[str, Any]:
    own = {name.removeprefix(UNIT): most for name, most in values.items() if name.startswith(UNIT)}
    whole = {"services_per_unit": values.get("services_per_unit"), "unit_services": own}
    return put_names(settings, whole)


def put_names(settings: Content, values: Mapping[str, Any]) -> dict[str, Any]:
    """``settings`` with ``values``; what is None or empty is taken out."""
    kept = {name: value for name, value in settings.items() if name not in values}
    return kept | {name: value for name, value in values.items() if value not in (None, {})}


def _kept(names: tuple[str, ...]) -> tuple[Any, Any]:
    def read(settings: Content) -> dict[str, Any]:
        return {name: settings[name] for name in names if name in settings}

    def put(settings: Content, values: Content) -> dict[str, Any]:
        return {**{name: value for name, value in settings.items() if name not in names}, **values}

    return read, put
