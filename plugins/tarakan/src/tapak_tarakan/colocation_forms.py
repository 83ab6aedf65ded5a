"""What is filled in for a server that is placed at the NOC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tapak.sdk import parts
from tapak.sdk.addresses import listed
from tapak.sdk.fields import Appointment, Choice, Count, Day, Line, Nip, Prose, Table, Tick
from tapak.sdk.forms import Form, Lines, Page, StepSchema, Upload
from tapak.sdk.request_view import chosen_address, named, zone_choices
from tapak.sdk.view import View
from tapak_tarakan import names
from tapak_tarakan.networks import network_problems
from tapak_tarakan.registers import PLACED_SERVERS

DEVICES = {"server": "Server", "storage": "Penyimpanan", "other": "Lainnya"}
FIGURES = frozenset({"inventory", "zone", "bandwidth"})
"""What a placement is decided by: addresses and names, and the traffic; no web or database server takes it."""
SHAPES = {"rack": "Rak", "tower": "Tower"}
PHOTOS = ("image/jpeg", "image/png", "application/pdf")
ONE_SERVER = (
    "Isi tepat satu perangkat berjenis server: setiap server membutuhkan IP dan subdomain sendiri. "
    "Ajukan permohonan tersendiri untuk server lainnya."
)


class DeviceRow(StepSchema):
    """One device; what stands beside the server (storage) comes with it."""

    kind = Choice("Jenis", DEVICES)
    model = Line("Merek dan tipe", 80)
    specification = Line("Prosesor, memori, penyimpanan", 200)
    shape = Choice("Bentuk", SHAPES)
    height = Count("Tinggi (U)", 1, 42, default=1)
    power = Count("Daya (watt)", 1, 10_000)
    supplies = Count("Jumlah catu daya", 1, 4, default=1)


class MemberRow(StepSchema):
    """One of the unit's technical team (Tim OPD)."""

    name = Line("Nama", 120)
    role = Line("Jabatan atau tugas", 120)
    nip = Nip("NIP", 40, optional=True)
    phone = Line("Telepon", 30, rule=parts.PHONE)


class ServerPart(StepSchema):
    """The server and what it is for."""

    server_name = Line("Nama server", 120, page="server", help="Sebutan server ini, misalnya Server SIMRS.")
    purpose = Prose("Kegunaan", 2000, page="server", help="Aplikasi apa yang dijalankan dan bagi siapa.")
    operating_system = Line("Sistem operasi", 120, page="server")
    ports = Line("Layanan yang dibuka ke internet", 200, page="server", help="Misalnya HTTPS (443).")
    devices = Table("Spesifikasi perangkat", DeviceRow, most=8, page="server")


class TeamPart(StepSchema):
    """Who may enter and who looks after the server."""

    team = Table("Tim OPD", MemberRow, most=10, page="team", help="Baris pertama ketua tim.")


class ColocationSubmission(parts.LetterPart, ServerPart, parts.NamePart, TeamPart, parts.PeoplePart):
    """A submission. The letter's own fields are asked anew after a return; the rest stays."""


class ChecksPart(StepSchema):
    """What a review of a placement checks."""

    rack_ok = Tick("Ruang rak, daya dan pendingin mencukupi")
    bandwidth_ok = Tick("Bandwidth mencukupi")
    name_ok = Tick("Nama subdomain sesuai ketentuan")


class ColocationReview(ChecksPart, parts.OwnAddressPart, parts.ReviewPart):
    """What the review found."""


class NetworkPart(parts.NotePart):
    """How the server is set up in the network, and its place in the rack."""

    vlan = Count("VLAN", 1, 4094)
    gateway = Line("Gateway", 45)
    netmask = Line("Netmask atau panjang prefiks", 45, help="Misalnya 255.255.255.248 atau 29; untuk IPv6 misalnya 64.")
    dns_servers = Line("Server DNS", 200, help="Alamat IP, dipisah koma.")
    rack = Line("Rak", 40)
    unit = Count("Unit rak (U) terbawah", 1, 60)


class AppointmentPart(StepSchema):
    """When and where the unit's team comes with its server."""

    appointment = Appointment("Jadwal instalasi")
    place = Line("Tempat", 200)
    officer = Line("Petugas NOC yang dihubungi", 200)
    bring = Prose("Yang perlu dibawa", 1000, optional=True, help="Satu per baris.")


class PlacedUnit(StepSchema):
    """A device where it stands now."""

    model = Line("Merek dan tipe", 80)
    serial = Line("Nomor seri", 80)
    rack = Line("Rak", 40)
    unit = Count("Unit (U) terbawah", 1, 60, default=1)


class InstallationChecks(StepSchema):
    """What the officer and the unit's team go through together."""

    mounted = Tick("Perangkat terpasang pada rak dan diberi label", must="Pasang dan beri label perangkatnya.")
    powered = Tick("Catu daya terhubung dan perangkat menyala", must="Pastikan perangkat menyala.")
    configured = Tick("IP, netmask, gateway dan DNS terpasang di server", must="Pasang konfigurasi jaringannya.")
    connected = Tick("Server terhubung ke jaringan internet", must="Uji sambungan internetnya.")


class InstallationPart(StepSchema):
    """What was placed, and to whom of the unit's team it was handed over."""

    installed_on = Day("Tanggal instalasi")
    units = Table("Perangkat yang dipasang", PlacedUnit, most=8)
    receiver_name = Line("Wakil Tim OPD", 120)
    receiver_role = Line("Jabatan wakil Tim OPD", 120)
    receiver_nip = Nip("NIP wakil Tim OPD", 40, optional=True)
    note = Prose("Catatan", 2000, optional=True)


class Installation(InstallationChecks, InstallationPart):
    """The installation at the NOC."""


def validate(view: View, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Problems of a submission by field: the name, and one server for one address."""
    devices = answers.get("devices")
    servers = [row for row in devices if row.get("kind") == "server"] if devices else []
    several = {"devices": [ONE_SERVER]} if devices and len(servers) != 1 else {}
    return {**names.validate(view, answers), **several}


def subject(answers: Mapping[str, Any]) -> str:
    """The request's one-line title."""
    return " · ".join([str(answers.get("server_name", "")), *(wish.fqdn for wish in parts.wished_names(answers))])


def listing(answers: Mapping[str, Any]) -> parts.Listing:
    """The server's name, and who answers for it."""
    return replace(parts.listing(answers), title=str(answers.get("server_name", "")))


def about(view: View) -> Lines:
    """What letters call the request's subject."""
    return [("Nama server", str(view.answers.get("server_name", ""))), *parts.name_lines(view.answers)]


def _available(view: View) -> Lines:
    """What the paper has looked at: the free addresses, and the room that the devices need beside what is taken."""
    told = listed(view.free_addresses()) or "tidak ada"
    devices: Sequence[Mapping[str, Any]] = view.answers.get("devices", ())
    height, power = (sum(int(row[name]) for row in devices) for name in ("height", "power"))
    asked = [("Kebutuhan rak dan daya", f"{height} U, {power} watt")] if devices else []
    return [("Data IP publik yang tersedia", told), *asked, *_places(view)]


def _network(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    return network_problems(chosen_address(view), data)


def _places(view: View) -> Lines:
    """Where servers stand already."""
    taken = sorted({(str(row["rack"]), int(row["unit"])) for row in view.rows(PLACED_SERVERS.key)})
    return [("Tempat yang tercatat terpakai", ", ".join(f"{rack} U{unit}" for rack, unit in taken) or "belum ada")]


def _held_by(view: View, place: Mapping[str, Any]) -> list[str]:
    """What is odd about a place in a rack: that the register names another server there."""
    rows = view.rows(PLACED_SERVERS.key, rack=place["rack"], unit=place["unit"])
    others = dict.fromkeys(row["name"] for row in rows if row["name"] != named(view))
    return [f"Rak {place['rack']} U{place['unit']} tercatat bagi {', '.join(others)}."] if others else []


def _planned_place(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    return {"unit": _held_by(view, data)} if data["unit"] else {}


def _places_taken(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    return {"units": [told for unit in data["units"] for told in _held_by(view, unit)]}


def _usual_appointment(view: View) -> Mapping[str, Any]:
    return {"place": "NOC DKISP", "bring": "Surat tugas Tim OPD\nServer dengan kabel daya dan rel rak"}


def _appointment_problems(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    past = data["appointment"] < view.now.replace(tzinfo=None)
    return {"appointment": ["Jadwal instalasi sudah lewat."]} if past else {}


def _appointment_warnings(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    weekend = data["appointment"].weekday() >= 5
    return {"appointment": ["Jadwal ini jatuh pada akhir pekan."]} if weekend else {}


def _as_planned(view: View) -> Mapping[str, Any]:
    """The devices of the submission at the place that was set aside, the team's head, today."""
    place = {name: view.results.get("provision", {}).get(name) for name in ("rack", "unit")}
    head: Mapping[str, Any] = next(iter(view.answers.get("team", ())), {})
    return {
        "installed_on": view.now.date().isoformat(),
        "units": [{"model": row["model"], "serial": "", **place} for row in view.answers.get("devices", ())],
        **{f"receiver_{name}": head.get(name, "") for name in ("name", "role", "nip")},
    }


def _agreed(view: View) -> Lines:
    """What was agreed and set up, beside the installation's form."""
    agreed = view.results.get("notify", {})
    shown = [(AppointmentPart().fields[name].metadata["label"], agreed.get(name, "")) for name in ("place", "officer")]
    return [*shown, *view.procedure.configuration(view)]


def _installation_problems(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    serials = [row["serial"].casefold() for row in data["units"]]
    revision = view.request.revision
    photos = [paper for paper in view.documents if paper.kind == PHOTO.kind and paper.revision == revision]
    return {
        **({"units": ["Nomor seri yang sama diisi dua kali."]} if len(set(serials)) < len(serials) else {}),
        **({} if photos else {PHOTO.kind: ["Unggah foto server yang terpasang."]}),
        **({"installed_on": ["Tanggal ini belum tiba."]} if data["installed_on"] > view.now.date() else {}),
    }


PHOTO = Upload("installation_photo", "Foto server terpasang", "JPEG, PNG atau PDF.", media_types=PHOTOS)
LABEL_PHOTO = Upload("serial_photo", "Foto label dan nomor seri", "Bila ada.", media_types=PHOTOS)
ONE_DEVICE = {
    "kind": "server",
    "model": "Contoh R1",
    "specification": "16 inti, 64 GB, 2 TB SSD",
    "shape": "rack",
    "height": 2,
    "power": 500,
    "supplies": 2,
}
ONE_MEMBER = {"name": "Ketua Tim Contoh", "role": "Ketua Tim OPD", "nip": "", "phone": "0812 3456 7891"}
SUBMISSION = Form(
    ColocationSubmission,
    pages=(
        parts.LETTER_PAGE,
        Page("server", "Server"),
        parts.NAME_PAGE,
        Page("team", "Tim OPD"),
        parts.PEOPLE_PAGE,
    ),
    uploads=(parts.REQUEST_LETTER,),
    asked_anew=parts.ASKED_ANEW,
    choices=lambda view: {"name_zone": zone_choices(view)},
    initial=lambda view: {"name_zone": next(iter(view.zones), "")},
    sample={
        **parts.LETTER_SAMPLE,
        **parts.NAME_SAMPLE,
        **parts.PEOPLE_SAMPLE,
        "letter_subject": "Permohonan colocation server",
        "server_name": "Server SIMRS",
        "purpose": "Sistem informasi rumah sakit bagi pasien dan petugas.",
        "operating_system": "Debian 12",
        "ports": "HTTPS (443)",
        "devices": [ONE_DEVICE],
        "team": [ONE_MEMBER],
    },
)
REVIEW = Form(
    ColocationReview,
    shown=_available,
    figures=FIGURES,
    sample={**parts.REVIEW_SAMPLE, "rack_ok": True, "bandwidth_ok": True, "name_ok": True},
)
NETWORK = Form(
    NetworkPart,
    problems=_network,
    shown=_places,
    warnings=_planned_place,
    sample={
        "vlan": 120,
        "gateway": "192.0.2.17",
        "netmask": "255.255.255.240",
        "dns_servers": "192.0.2.2, 192.0.2.3",
        "rack": "A-07",
        "unit": 12,
    },
)
APPOINTMENT = Form(
    AppointmentPart,
    initial=_usual_appointment,
    problems=_appointment_problems,
    warnings=_appointment_warnings,
    sample={"appointment": "2026-12-01T09:30", "officer": "Petugas NOC (contoh)"},
)
INSTALLATION = Form(
    Installation,
    uploads=(PHOTO, LABEL_PHOTO),
    initial=_as_planned,
    shown=_agreed,
    warnings=_places_taken,
    problems=_installation_problems,
    sample={
        "mounted": True,
        "powered": True,
        "configured": True,
        "connected": True,
        "units": [{"model": "Contoh R1", "serial": "SN-0001", "rack": "A-07", "unit": 12}],
    },
)
SIGNED_RECORD = Upload(
    "signed_handover_record",
    "Berita acara yang sudah ditandatangani",
    "Hasil pindai berita acara serah terima, bila sudah ditandatangani kedua pihak.",
    media_types=PHOTOS,
)
REPORT = Form(parts.ReportPart, uploads=(SIGNED_RECORD,))
CLOSING = Form(parts.ClosePart, uploads=(SIGNED_RECORD,), sample={"confirm": True})
