"""What is filled in for a hosting request, and what a case of it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk import parts
from tapak.sdk.contexts import figures, line_items
from tapak.sdk.fields import Choice, Tick
from tapak.sdk.forms import Form, Lines, StepSchema
from tapak.sdk.procedure import configuration_lines
from tapak.sdk.registers import Record
from tapak.sdk.request_view import address_kind, chosen_address, named, zone_choices
from tapak.sdk.step_kinds import StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import ADDRESS_KINDS
from tapak_tarakan.registers import CONFIGURATIONS, USAGE


class PlacementPart(StepSchema):
    """Where the applicant would have it."""

    address_kind = Choice(
        "Alamat server",
        ADDRESS_KINDS,
        page="name",
        widget="radio",
        help="Sebagian besar situs cukup memakai server web bersama.",
    )


class HostingSubmission(parts.LetterPart, parts.SystemPart, parts.NamePart, PlacementPart, parts.PeoplePart):
    """A submission. The letter's own fields are asked anew after a return; the rest stays."""


class ChecksPart(StepSchema):
    """What a review of hosting checks."""

    server_ok = Tick("Kapasitas server mencukupi")
    bandwidth_ok = Tick("Bandwidth mencukupi")
    name_ok = Tick("Nama subdomain sesuai ketentuan")


class HostingReview(ChecksPart, parts.AddressPart, parts.ReviewPart):
    """What the review found."""


def _asked_for(view: View) -> Mapping[str, Any]:
    dedicated = view.answers.get("address_kind") == "dedicated"
    return {"address": next(iter(view.free_addresses()), "")} if dedicated else {}


SUBMISSION = Form(
    HostingSubmission,
    pages=(parts.LETTER_PAGE, parts.SYSTEM_PAGE, parts.NAME_PAGE, parts.PEOPLE_PAGE),
    uploads=(parts.REQUEST_LETTER,),
    asked_anew=parts.ASKED_ANEW,
    choices=lambda view: {"name_zone": zone_choices(view)},
    initial=lambda view: {"name_zone": next(iter(view.zones), ""), "address_kind": "shared"},
    sample={
        **parts.LETTER_SAMPLE,
        **parts.SYSTEM_SAMPLE,
        **parts.NAME_SAMPLE,
        **parts.PEOPLE_SAMPLE,
        "letter_subject": "Permohonan hosting",
        "address_kind": "shared",
    },
)
REVIEW = Form(
    HostingReview,
    initial=_asked_for,
    sample={**parts.REVIEW_SAMPLE, "server_ok": True, "bandwidth_ok": True, "name_ok": True},
)


def subject(answers: Mapping[str, Any]) -> str:
    """The request's one-line title."""
    return " · ".join([str(answers.get("system_name", "")), *(wish.fqdn for wish in parts.wished_names(answers))])


def about(view: View) -> Lines:
    """What letters call the request's subject."""
    return [("Nama sistem", str(view.answers.get("system_name", ""))), *parts.name_lines(view.answers)]


def configuration(view: View) -> Lines:
    """Names, records and site, then the server and the document root."""
    server = address_kind(view, chosen_address(view))
    asked = ADDRESS_KINDS.get(str(view.answers.get("address_kind", "")), "")
    root = str(view.settings.get("document_root") or "").replace("{name}", named(view))
    more = [("Server", server or asked), ("Document root", root)]
    return [*configuration_lines(view), *((label, text) for label, text in more if text)]


def configured(view: View, data: Mapping[str, Any]) -> StepResult:
    """Data konfigurasi hosting."""
    row = {
        "live_on": view.now.date().isoformat(),
        "name": named(view),
        "system_name": view.answers["system_name"],
        "agency": view.request.agency,
        "configuration": line_items(view.procedure.configuration(view)),
    }
    return StepResult(records=(Record(CONFIGURATIONS.key, row),))


def reported(view: View, data: Mapping[str, Any]) -> StepResult:
    """Data dan laporan hasil penggunaan hosting."""
    row = {
        "reported_on": view.now.date().isoformat(),
        "name": named(view),
        "agency": view.request.agency,
        "figures": [
            {"label": each["label"], "value": _figure(each), "source": each["source"]}
            for each in figures(view, data["manual_facts"])
        ],
    }
    return StepResult(records=(Record(USAGE.key, row),))


def _figure(figure: Mapping[str, str]) -> str:
    return f"{figure['value']} {figure['unit']}".strip() or "-"
