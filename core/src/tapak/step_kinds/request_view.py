"""What several kinds look up in a view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.databases import Database
from tapak.sdk.procedure import END, NameWish, Step
from tapak.sdk.resources import RecordSet, Site
from tapak.sdk.step_kinds import Reservation
from tapak.sdk.view import View
from tapak.step_kinds.wording import ADDRESS_KINDS

DISPOSITION_INSTRUCTIONS = ("Tanggapan dan saran", "Proses lebih lanjut", "Koordinasi/konfirmasikan")
RETURN_REASONS = (
    "Surat permohonan tidak lengkap atau tidak terbaca",
    "Data penanggung jawab atau narahubung tidak sesuai",
    "Nama subdomain tidak sesuai ketentuan penamaan",
    "IP publik tidak tersedia",
    "Kapasitas server belum mencukupi",
    "Lainnya",
)


def only_outcome(view: View) -> str:
    """The first outcome's key, for kinds that leave their step in one way."""
    return view.step.outcomes[0].key


def following(view: View) -> Step | None:
    """The step that comes after this one when all goes well; None where the request ends."""
    to = view.step.outcomes[0].to
    return None if to == END else view.procedure.step(to)


def result_of(view: View, kind: str) -> Mapping[str, Any]:
    """The stored input of the latest finished step of ``kind`` (any version); empty where there is none."""
    for step in reversed(view.procedure.steps):
        if step.kind.partition("/")[0] == kind and step.key in view.results:
            return view.results[step.key]
    return {}


def wished_name(answers: Mapping[str, Any]) -> str:
    """The full name that the applicant asks for; empty where none was given."""
    label, zone = answers.get("name_label"), answers.get("name_zone")
    return NameWish(label, zone).fqdn if label and zone else ""


def texts_setting(view: View, name: str, default: Sequence[str]) -> dict[str, str]:
    """A tenant's list of texts as choices; the product's own where the tenant has none."""
    return {text: text for text in (view.settings.get(name) or default)}


def position_titles(view: View) -> dict[str, str]:
    """The tenant's positions: key → title."""
    return {position.key: position.title for position in view.positions}


def stray_figures(view: View, filled: Mapping[str, str]) -> list[str]:
    """Keys filled in by hand that belong to no fact of this step."""
    known = {fact.key for fact in view.facts}
    return [key for key in filled if key not in known]


def server_words(view: View, chosen: str) -> str:
    """The kind of address that ``chosen`` is; the kind that was asked for where none was chosen."""
    asked = str(view.answers.get("address_kind", ""))
    kind = asked if not chosen else "shared" if chosen == view.shared_address() else "dedicated"
    return ADDRESS_KINDS.get(kind, "")


def configuration(view: View) -> list[tuple[str, str]]:
    """The hosting configuration as lines: what the procedure wants live, in words."""
    lines = [("Nama", wished_name(view.answers))]
    for wanted in view.procedure.desired_resources(view):
        spec = wanted.spec
        if isinstance(spec, RecordSet):
            lines += [
                ("Rekaman DNS", f"{spec.name} {spec.type} {', '.join(spec.values)}"),
                ("TTL", f"{spec.ttl} detik"),
            ]
        elif isinstance(spec, Site):
            lines += [("Situs", spec.name)]
        elif isinstance(spec, Database):
            lines += [("Basis data", f"{spec.name} ({spec.engine})")]
    lines.append(("Server", server_words(view, result_of(view, "tapak.review").get("address", ""))))
    root = str(view.settings.get("document_root") or "").replace("{name}", wished_name(view.answers))
    lines.append(("Document root", root))
    return [(label, text) for label, text in lines if text]


def reservations(view: View) -> tuple[Reservation, ...]:
    """What must be the request's own before it is made: its names, and its address unless that is shared."""
    names, addresses = [], []
    for wanted in view.procedure.desired_resources(view):
        if isinstance(wanted.spec, RecordSet):
            names.append(wanted.spec.name)
            if wanted.spec.type in ("A", "AAAA"):
                addresses += [value for value in wanted.spec.values if value != view.shared_address()]
    return (
        *(Reservation("name", name) for name in dict.fromkeys(names)),
        *(Reservation("address", value) for value in dict.fromkeys(addresses)),
    )
