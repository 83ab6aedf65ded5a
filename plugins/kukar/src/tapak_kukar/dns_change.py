"""Perubahan DNS record, on the six steps of the hosting document until the agency has a procedure of its own for it.

The document names it under Keterkaitan: "SOP Pembuatan Subdomain dan Perubahan DNS record".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tapak.sdk import parts
from tapak.sdk.fields import Choice, Table, Tick
from tapak.sdk.forms import Form, Lines, Page, StepSchema
from tapak.sdk.names import NameWish
from tapak.sdk.procedure import Procedure, Step
from tapak.sdk.request_view import zone_choices
from tapak.sdk.resources import DesiredResource, RecordSet
from tapak.sdk.step_kinds import StepResult
from tapak.sdk.view import View
from tapak_kukar import coordination
from tapak_kukar import hosting_forms as hosting
from tapak_kukar.category import CategoryPart
from tapak_kukar.changes import (
    APEX,
    ChangeRow,
    contradictions,
    differences,
    leads_abroad,
    record_changes,
    row_problems,
)
from tapak_kukar.coordination import CoordinationPart, coordinated
from tapak_kukar.document import ACTORS, HEADER, STEPS
from tapak_kukar.hosting import DEFAULT_TTL, validate

RECEIVE = "receive"
CHANGES_PAGE = Page("changes", "Rekaman DNS")


class ChangesPart(StepSchema):
    """The records that are to be changed."""

    zone = Choice("Zona", page="changes")
    changes = Table(
        "Perubahan",
        ChangeRow,
        most=20,
        page="changes",
        help="Satu nilai per baris; beberapa baris dengan nama dan jenis yang sama menjadi satu rekaman. "
        "Ubah mengganti seluruh nilai; Hapus tanpa nilai.",
    )


class ChangeSubmission(
    parts.LetterPart, parts.SystemPart, hosting.PsePart, CategoryPart, ChangesPart, parts.PeoplePart
):
    """A submission."""


class AdoptPart(StepSchema):
    """The officer's explicit act on what isn't ours."""

    adopt = Tick(
        "Ambil alih rekaman yang sudah ada di zona dan bukan buatan Tapak, sebagaimana terlihat pada perbandingan.",
        help="Hanya bila rekaman itu memang milik pemohon.",
    )


class Receipt(AdoptPart, CoordinationPart):
    """The request is received; what stands in the zone is beside it."""


def _ttl(view: View) -> int:
    return int(view.settings.get("ttl", DEFAULT_TTL))


def _adopts(view: View) -> bool:
    return bool(view.results.get(RECEIVE, {}).get("adopt"))


def looked_up(view: View) -> Sequence[RecordSet]:
    """Every record set that the request names."""
    return [change.target for change in record_changes(view.answers, _ttl(view))]


def compared(view: View) -> Lines:
    """Before and after, and what stands in the way."""
    found = differences(view, RECEIVE, _ttl(view))
    lines = [(each.change.target.identity, each.told) for each in found]
    notes = [*contradictions(found, adopts=_adopts(view)), *leads_abroad(found, view.zones)]
    return [*lines, *(("Perlu perhatian", told) for told in notes)]


def _can_be_done(view: View, data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    problems = dict(coordination.not_ahead(view, data))
    if data["outcome"] == "approve":
        told = contradictions(differences(view, RECEIVE, _ttl(view)), adopts=_adopts(view))
        problems = {**problems, **({"outcome": told} if told else {})}
    return problems


def desired_resources(view: View) -> Sequence[DesiredResource]:
    """What the change ends in, once it was received and nothing stands in its way."""
    found = differences(view, RECEIVE, _ttl(view))
    if RECEIVE not in view.results or contradictions(found, adopts=_adopts(view)):
        return ()
    return [
        DesiredResource(
            each.change.target.identity,
            each.change.wanted or each.before or each.change.target,
            takes_over=each.before,
            gone=each.change.wanted is None,
            shares_name=True,
        )
        for each in found
    ]


def checked(view: View, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Problems of a submission by field."""
    told = [message for messages in validate(view, answers).values() for message in messages]
    wrong = told or (row_problems(answers) if _rows_are_whole(answers) else [])
    return {"changes": wrong} if wrong else {}


def _rows_are_whole(answers: Mapping[str, Any]) -> bool:
    rows = answers.get("changes") or ()
    return all(isinstance(row, Mapping) and {"action", "name", "type", "value"} <= set(row) for row in rows)


def subject(answers: Mapping[str, Any]) -> str:
    """The request's one-line title."""
    names = dict.fromkeys(str(row.get("name", "")) for row in answers.get("changes") or ())
    zone = str(answers.get("zone", ""))
    told = [zone if name == APEX else f"{name}.{zone}" for name in names]
    return "Perubahan DNS " + ", ".join(told[:3]) + (" …" if len(told) > 3 else "")


def about(view: View) -> Lines:
    """What letters call the request's subject."""
    system = [("Nama sistem", str(view.answers.get("system_name", "")))]
    return [*system, *(("Rekaman", record.identity) for record in looked_up(view))]


def no_names(answers: Mapping[str, Any]) -> Sequence[NameWish]:
    """No name need be free: the records say themselves what may stand there."""
    return ()


def registered(view: View, data: Mapping[str, Any]) -> StepResult:
    """The logbook's entry."""
    return StepResult(records=(hosting.logbook_entry(view, data),))


SUBMISSION = Form(
    ChangeSubmission,
    pages=(
        parts.LETTER_PAGE,
        parts.SYSTEM_PAGE,
        CHANGES_PAGE,
        hosting.PSE_PAGE,
        hosting.CATEGORY_PAGE,
        parts.PEOPLE_PAGE,
    ),
    uploads=(parts.REQUEST_LETTER,),
    asked_anew=parts.ASKED_ANEW,
    choices=lambda view: {"zone": zone_choices(view)},
    initial=lambda view: {"zone": next(iter(view.zones), "")},
    sample={
        **{name: value for name, value in hosting.SUBMISSION.sample.items() if not name.startswith("name_")},
        "letter_subject": "Permohonan perubahan DNS record",
        "changes": [{"action": "add", "name": "antrean", "type": "CNAME", "value": "tujuan.example.net.", "ttl": 300}],
    },
)
RECEIPT = Form(
    Receipt,
    initial=coordination.with_applicant,
    shown=compared,
    problems=coordination.not_ahead,
    sample=coordination.SAMPLE,
)
DECISION = replace(hosting.DECISION, shown=compared, problems=_can_be_done)


def _with_figures(step: Step) -> Step:
    return replace(step, options={**step.options, "facts": True}) if step.key == RECEIVE else step


DNS_CHANGE = Procedure(
    key="kukar.dns_change",
    version=1,
    service="Perubahan DNS Record",
    summary="Menambah, mengubah atau menghapus rekaman DNS pada zona kabupaten.",
    effective_from=date(2025, 8, 25),
    header=replace(HEADER, number="", title="Perubahan DNS Record", outside_sop=True),
    actors=ACTORS,
    steps=tuple(_with_figures(step) for step in STEPS),
    request_number="{seq:03}/DNS/DISKOMINFO/{roman_month}/{year}",
    validate=checked,
    subject=subject,
    wished_names=no_names,
    about=about,
    desired_resources=desired_resources,
    looked_up=looked_up,
    forms={**hosting.FORMS, "submit": SUBMISSION, "receive": RECEIPT, "decide": DECISION},
    effects={**hosting.EFFECTS, "receive": coordinated, "register": registered},
)
