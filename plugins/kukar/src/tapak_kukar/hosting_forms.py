"""What is filled in for a hosting request at each step, and what finishing a step leads to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tapak.sdk import parts
from tapak.sdk.decisions import DecisionPart
from tapak.sdk.fields import Line
from tapak.sdk.forms import Form, Page, StepSchema
from tapak.sdk.procedure import configuration_lines
from tapak.sdk.registers import Record
from tapak.sdk.request_view import address_choices, result_of, zone_choices
from tapak.sdk.resources import RecordSet
from tapak.sdk.step_kinds import StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import day_words
from tapak_kukar import coordination
from tapak_kukar.category import CategoryPart, category_words
from tapak_kukar.coordination import CoordinationPart, coordinated
from tapak_kukar.pse import CLASSIFICATIONS, PERSONAL_DATA, DataPart, requested
from tapak_kukar.registers import LOGBOOK, SYSTEMS

PSE_PAGE = Page("pse", "Data PSE")
CATEGORY_PAGE = Page("category", "Kategori sistem elektronik")
WRITTEN_OUT = re.compile(r"(?i)\b(password|passwd|kata\s*sandi|sandi|pwd|pin)\b\s*[:=]")
LEAVE_OUT = "Jangan menuliskan kata sandi. Cukup nama akunnya; kata sandi diserahkan terpisah."


class PsePart(DataPart):
    """What the applicant declares of the system's registration."""

    pse_number = Line("Nomor PSE", 100, page="pse", optional=True, help="Kosongkan bila belum terdaftar.")


class HostingSubmission(parts.LetterPart, parts.SystemPart, PsePart, CategoryPart, parts.NamePart, parts.PeoplePart):
    """A submission. The letter's own fields are asked anew after a return; the rest stays."""


class Receipt(parts.AddressPart, CoordinationPart):
    """The request is received and prepared for the Kabid."""


class Decision(CoordinationPart, DecisionPart):
    """The Kabid's decision, with the coordination that it came of."""


class LogbookPart(StepSchema):
    """What the logbook keeps beside what the request says."""

    logbook_server = Line("Server", 100)
    logbook_account = Line("Akun yang diterbitkan", 200, optional=True, help="Nama akun saja, tanpa kata sandi.")


class Registration(LogbookPart, parts.NotePart):
    """Site and name are brought about and written into the logbook."""


class HandingOver(CoordinationPart, parts.HandOverPart):
    """The address is handed over."""


def no_secrets(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """A logbook never holds a password."""
    return {name: [LEAVE_OUT] for name in ("logbook_account", "note") if WRITTEN_OUT.search(data.get(name) or "")}


def _received(view: View) -> Mapping[str, Any]:
    return {"address": view.shared_address(), **coordination.with_applicant(view)}


SUBMISSION = Form(
    HostingSubmission,
    pages=(parts.LETTER_PAGE, parts.SYSTEM_PAGE, PSE_PAGE, CATEGORY_PAGE, parts.NAME_PAGE, parts.PEOPLE_PAGE),
    uploads=(parts.REQUEST_LETTER,),
    asked_anew=parts.ASKED_ANEW,
    choices=lambda view: {"name_zone": zone_choices(view)},
    initial=lambda view: {"name_zone": next(iter(view.zones), "")},
    sample={
        **parts.LETTER_SAMPLE,
        **parts.SYSTEM_SAMPLE,
        **parts.NAME_SAMPLE,
        **parts.PEOPLE_SAMPLE,
        **{f"category_{number}": "C" for number in range(1, 11)},
        "letter_subject": "Permohonan hosting sub domain",
        "pse_number": "12345",
        "data_classification": "open",
        "personal_data": "no",
        "location": "home",
    },
)
RECEIPT = Form(
    Receipt,
    choices=lambda view: {"address": address_choices(view)},
    initial=_received,
    problems=coordination.not_ahead,
    sample=coordination.SAMPLE,
)
DECISION = Form(
    Decision,
    initial=coordination.with_administrator,
    problems=coordination.not_ahead,
    sample=coordination.SAMPLE,
)
REGISTRATION = Form(Registration, problems=no_secrets, sample={"logbook_server": "Server web bersama"})
HAND_OVER = Form(
    HandingOver,
    initial=coordination.with_applicant,
    problems=coordination.not_ahead,
    sample=coordination.SAMPLE,
)


def registered(view: View, data: Mapping[str, Any]) -> StepResult:
    """The logbook's entry and the row of the hosted system."""
    return StepResult(records=(logbook_entry(view, data), _system(view)))


def logbook_entry(view: View, data: Mapping[str, Any]) -> Record:
    """An entry of the logbook on what the request brought about."""
    answers, sets = view.answers, _record_sets(view)
    told = configuration_lines(view)
    check, found = result_of(view, "kukar.check_pse"), list(_addresses(sets))
    row = {
        "at": f"{view.now:{coordination.LATEST}}",
        "request_number": view.request.number,
        "letter": f"{answers['letter_number']}, {day_words(answers['letter_date'])}",
        "agency": view.request.agency,
        "system_name": answers.get("system_name") or view.procedure.subject(answers),
        "pse_number": check.get("pse_number", ""),
        "records": "\n".join(text for label, text in told if label == "Rekaman DNS")[:2000],
        "server": " ".join([data["logbook_server"], *([f"({', '.join(found)})"] if found else [])])[:200],
        "account": data["logbook_account"],
        "officer": view.actor or view.position_of("administrator"),
        "remark": data["note"],
    }
    return Record(LOGBOOK.key, row)


def _system(view: View) -> Record:
    answers, check = view.answers, result_of(view, "kukar.check_pse")
    row = {
        "live_on": view.now.date().isoformat(),
        "name": requested(view),
        "system_name": answers["system_name"],
        "kind": parts.SYSTEM_KINDS[answers["kind"]],
        "agency": view.request.agency,
        "responsible_officer": answers["responsible_officer_name"],
        "pse_number": check.get("pse_number", ""),
        "category": category_words(check, view.settings),
        "data_classification": CLASSIFICATIONS.get(check.get("data_classification", ""), ""),
        "personal_data": PERSONAL_DATA.get(check.get("personal_data", ""), ""),
        "technology": answers.get("technology", ""),
        "address": ", ".join(_addresses(_record_sets(view))) or "-",
    }
    return Record(SYSTEMS.key, row)


def _record_sets(view: View) -> list[RecordSet]:
    specs = (wanted.spec for wanted in view.procedure.desired_resources(view) if not wanted.gone)
    return [spec for spec in specs if isinstance(spec, RecordSet)]


def _addresses(sets: list[RecordSet]) -> list[str]:
    return list(dict.fromkeys(value for each in sets if each.type in ("A", "AAAA") for value in each.values))


FORMS = {
    "submit": SUBMISSION,
    "receive": RECEIPT,
    "decide": DECISION,
    "register": REGISTRATION,
    "hand_over": HAND_OVER,
}
EFFECTS = {"receive": coordinated, "decide": coordinated, "register": registered, "hand_over": coordinated}
