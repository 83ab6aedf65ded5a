"""Changes and endings of services that exist, on the steps of the procedure that they came by.

A plugin says with :func:`change_of` on which steps and what may be asked; everything else is derived. A change is a new
set of answers to the service's own form: only the fields that its kind is about are asked, filled in as they stand.
What the service then consists of follows from what it consists of now, so that later changes of it are kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tapak.sdk import parts
from tapak.sdk.change_resources import desired_resources
from tapak.sdk.concerned import CHANGE_KINDS, Concerned
from tapak.sdk.fields import Choice, Prose
from tapak.sdk.forms import Form, Lines, Page, StepSchema, declarations, words
from tapak.sdk.procedure import END, Changes, Effects, Outcome, Procedure, RequiredInput, Step
from tapak.sdk.resources import RecordSet
from tapak.sdk.view import View
from tapak.sdk.wording import CLOSED, RESOURCE_KINDS

CHANGE_PAGE = Page("change", "Perubahan")
UNCHANGED = "Belum ada yang berubah. Ubah paling sedikit satu isian."


class ChangePart(StepSchema):
    """Which service is to be changed, how, and why; both choices are settled when the request is begun."""

    service_title = Choice("Layanan", page="change")
    change = Choice("Jenis perubahan", page="change")
    change_reason = Prose("Alasan perubahan", 2000, page="change")


class ChangeReview(parts.AddressPart, parts.ReviewPart):
    """What the review of a change found; an address is chosen only where the service is to move."""


class OwnAddressChangeReview(parts.OwnAddressPart, parts.ReviewPart):
    """The same where only a public address of one's own will do."""


@dataclass(frozen=True)
class Compared:
    """One line of before and after; an empty text is nothing."""

    label: str
    before: str
    after: str


def change_of(
    base: Procedure,
    *,
    key: str,
    service: str,
    summary: str,
    request_number: str,
    steps: Sequence[str] = (),
    kinds: Sequence[str] = tuple(CHANGE_KINDS),
    data: Collection[str] | None = None,
    without: Collection[str] = (),
    forms: Mapping[str, Form] | None = None,
    effects: Mapping[str, Effects] | None = None,
) -> Procedure:
    """The procedure by which services that came by ``base`` are changed and ended.

    It runs on ``steps`` of ``base`` (all of them by default), outside an SOP of its own; a way that led to a step left
    out leads to the next one. An update asks for the fields ``data`` (None: all but name and address). ``without`` are
    required inputs (``by``) that changes don't have. ``forms`` and ``effects`` are as in :class:`Procedure`; a review
    has its own form for changes, and ``submit`` is derived.
    """
    kept = tuple(step for step in base.steps if not steps or step.key in steps)
    names = {step.key for step in kept}
    first = kept[0].key
    reviews = {step.key: _review(base, step) for step in kept if step.kind.startswith("tapak.review/")}
    given = {name: _only_where_it_moves(form) for name, form in (forms or {}).items()}
    return Procedure(
        key=key,
        version=base.version,
        service=service,
        summary=summary,
        effective_from=base.effective_from,
        header=replace(base.header, number="", title=service, outside_sop=True),
        actors=base.actors,
        steps=tuple(_rewired(base, step, names, without) for step in kept),
        request_number=request_number,
        validate=validate,
        subject=subject,
        wished_names=base.wished_names,
        about=about,
        desired_resources=desired_resources,
        forms={**reviews, **given, first: _submission(base, data)},
        effects=effects or {},
        changes=Changes(base, tuple(kinds)),
    )


def compared(view: View) -> list[Compared]:
    """What the request changes: answers, then what the service consists of."""
    concerned = view.concerned
    return [] if concerned is None else [*_answers(view, concerned), *_resources(view, concerned)]


def validate(view: View, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Problems of a submission by field: those of the service's own procedure, and that nothing would change."""
    concerned, changes = view.concerned, view.procedure.changes
    if concerned is None or changes is None:
        return {"change": ["Pilih layanan yang akan diubah dari halaman Layanan aktif."]}
    asked = view.procedure.submission.schema_for(view).fields
    problems = changes.base.validate(view, {**concerned.answers, **answers})
    found = {name: list(told) for name, told in problems.items() if name in asked}
    about_it = [name for name in asked if name not in _ALWAYS and name not in parts.PeoplePart().fields]
    told = {"officer": ["responsible_officer_name"], "rename": about_it, "data": about_it}.get(concerned.change, [])
    if told and all(answers.get(name) == concerned.answers.get(name) for name in told):
        found.setdefault(told[0], []).append(UNCHANGED)
    return found


def subject(answers: Mapping[str, Any]) -> str:
    """The request's one-line title."""
    kind = CHANGE_KINDS.get(str(answers.get("change", "")), "Perubahan")
    return f"{kind} · {answers.get('service_title', '')}"


def about(view: View) -> Lines:
    """What letters call the request's subject: the service, and before and after."""
    concerned = view.concerned
    if concerned is None:
        return ()
    lines = [("Layanan", concerned.title), ("Jenis perubahan", CHANGE_KINDS[concerned.change])]
    return [*lines, *((each.label, f"{each.before or '-'} → {each.after or '-'}") for each in compared(view))]


_ALWAYS = frozenset({*ChangePart().fields, *parts.LetterPart().fields})
_PEOPLE = frozenset(parts.PeoplePart().fields)
_NAMES = frozenset(parts.NamePart().fields)
_PLACE = frozenset({"address_kind"})


def _asked(base: StepSchema, change: str, data: Collection[str] | None) -> frozenset[str]:
    """The fields of the service's own form that a change of that kind is about, beside those always asked."""
    rest = frozenset(base.fields) - _ALWAYS - _PEOPLE - _NAMES - _PLACE
    chosen = rest if data is None else rest & frozenset(data)
    return {"rename": _NAMES, "address": _PLACE, "data": chosen}.get(change, frozenset())


def _submission(base: Procedure, data: Collection[str] | None) -> Form:
    own = base.submission
    schema = type(f"{own.schema.__name__}Change", (own.schema, ChangePart), {"__doc__": "A change of a service."})

    def left_out(view: View) -> Collection[str]:
        kind = view.concerned.change if view.concerned else ""
        fields = own.schema()
        return frozenset(fields.fields) - _ALWAYS - _PEOPLE - _asked(fields, kind, data)

    def choices(view: View) -> Mapping[str, Mapping[str, str]]:
        concerned = view.concerned
        title, kind = (concerned.title, concerned.change) if concerned else ("", "")
        known = {"service_title": {title: title}, "change": {kind: CHANGE_KINDS.get(kind, kind)}}
        return {**own.choices(view), **(known if concerned else {})}

    def initial(view: View) -> Mapping[str, Any]:
        concerned = view.concerned
        if concerned is None:
            return own.initial(view)
        stands = {name: value for name, value in concerned.answers.items() if name in own.schema().fields}
        stands = {name: value for name, value in stands.items() if name not in own.asked_anew | {"letter_subject"}}
        return {**own.initial(view), **stands, "service_title": concerned.title, "change": concerned.change}

    first, *others = own.pages
    return Form(
        schema,
        pages=(first, CHANGE_PAGE, *others),
        uploads=tuple(each for each in own.uploads if each.page == parts.LETTER_PAGE.key),
        asked_anew=own.asked_anew,
        choices=choices,
        initial=initial,
        left_out=left_out,
        sample={**own.sample, "letter_subject": "Permohonan perubahan layanan", "change_reason": "Penataan layanan."},
    )


def _review(base: Procedure, step: Step) -> Form:
    own = base.forms.get(step.key)
    only_own = own is not None and issubclass(own.schema, parts.OwnAddressPart)
    schema = OwnAddressChangeReview if only_own else ChangeReview
    figures = own.figures if own is not None else frozenset()
    return _only_where_it_moves(Form(schema, figures=figures, sample=parts.REVIEW_SAMPLE))


def _only_where_it_moves(form: Form) -> Form:
    """``form`` with its choice of an address where the service is to move, and without it otherwise."""
    if "address" not in form.schema().fields:
        return form
    return replace(form, left_out=_no_address)


def _no_address(view: View) -> Collection[str]:
    moves = view.concerned is not None and view.concerned.change == "address"
    return () if moves else ("address",)


def _rewired(base: Procedure, step: Step, kept: Collection[str], without: Collection[str]) -> Step:
    return replace(
        step,
        outcomes=tuple(_led_on(base, outcome, kept) for outcome in step.outcomes),
        required_inputs=tuple(item for item in step.required_inputs if _stays(item, kept, without)),
        options={name: value for name, value in step.options.items() if name != "approved"},
    )


def _stays(item: RequiredInput, kept: Collection[str], without: Collection[str]) -> bool:
    how, _, what = item.by.partition(":")
    return item.by not in without and (how != "step" or what in kept)


def _led_on(base: Procedure, outcome: Outcome, kept: Collection[str]) -> Outcome:
    to = outcome.to
    while to != END and to not in kept:
        onward = (each for each in base.step(to).outcomes if not (each.returns or each.refuses))
        to = next(onward).to
    return replace(outcome, to=to)


def _answers(view: View, concerned: Concerned) -> list[Compared]:
    schema = view.procedure.submission.schema_for(view)
    given = view.answers or {}
    names = [name for name in schema.fields if name not in _ALWAYS and name not in declarations(schema)]
    return [
        Compared(str(schema.fields[name].metadata.get("label", name)), before, after)
        for name in names
        if name in given
        and (before := words(schema.fields[name], concerned.answers.get(name)))
        != (after := words(schema.fields[name], given.get(name)))
    ]


def _resources(view: View, concerned: Concerned) -> list[Compared]:
    wanted = [(each.spec, each.gone) for each in desired_resources(view)]
    before = {(held.spec.kind, held.spec.identity): held.spec for held in concerned.resources}
    lines = []
    for spec, gone in wanted:
        was = before.get((spec.kind, spec.identity))
        old, new = _told(was), "" if gone else _told(spec)
        if old != new:
            lines.append(Compared(f"{RESOURCE_KINDS.get(spec.kind, spec.kind)} {spec.identity}", old, new))
    return lines


def _told(spec: Any) -> str:
    if spec is None:
        return ""
    if isinstance(spec, RecordSet):
        return f"{spec.type} {', '.join(spec.values)} (TTL {spec.ttl})"
    if getattr(spec, "suspended", False):
        return CLOSED
    redirects = getattr(spec, "redirects", ())
    return f"dialihkan ke {redirects[0].target}" if redirects else "aktif"
