"""What step kinds look up in a view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.errors import Invalid
from tapak.sdk.procedure import END, Step
from tapak.sdk.resources import DesiredResource, Fact, RecordSet, Spec, carried
from tapak.sdk.step_kinds import Reservation
from tapak.sdk.view import DocumentRef, ResourceState, View
from tapak.sdk.wording import ADDRESS_KINDS, day_words

RECORD = "record_set:"
"""How the key of a fact on what stands in the zone begins; the record set's identity follows."""


def standing(view: View, step: str) -> dict[str, Fact]:
    """What stood in the zone when ``step`` was looked at: facts by identity, ``details["record_set"]`` as stored."""
    return {fact.key[len(RECORD) :]: fact for fact in view.facts_of(step) if fact.key.startswith(RECORD)}


def delivered(view: View, kind: str) -> DocumentRef | None:
    """The newest document of ``kind`` in the current revision; None where none came."""
    found = [each for each in view.documents if each.kind == kind and each.revision == view.request.revision]
    return found[-1] if found else None


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


def letter_entered(view: View) -> Mapping[str, Any]:
    """The applicant's letter as the agenda has it, as the submission has it before or where there is no agenda.

    ``sender``, ``letter_number``, ``letter_date`` (as stored) and ``subject``, each empty where unknown.
    """
    entered = result_of(view, "tapak.register_letter")
    if entered:
        return entered
    answers = view.answers
    names = {"letter_number": "letter_number", "letter_date": "letter_date", "subject": "letter_subject"}
    return {"sender": view.request.agency, **{name: answers.get(field, "") for name, field in names.items()}}


def letter_of(view: View) -> dict[str, str]:
    """The applicant's letter for a letter's context: ``{number, date, subject}``, the date in words."""
    entered = letter_entered(view)
    return {
        "number": entered.get("letter_number", ""),
        "date": day_words(entered.get("letter_date")),
        "subject": entered.get("subject", ""),
    }


def chosen_address(view: View) -> str:
    """The address that the request is to have, as the latest step says that chooses one; empty before."""
    chosen = (view.results[each.key].get("address") for each in view.procedure.steps if each.key in view.results)
    return str(next((address for address in reversed([*chosen]) if address), ""))


def named(view: View) -> str:
    """What the request is called in a line: the first wished name, else its subject."""
    wishes = view.procedure.wished_names(view.answers)
    return wishes[0].fqdn if wishes else view.procedure.subject(view.answers)


def texts_setting(view: View, name: str, default: Sequence[str]) -> dict[str, str]:
    """A tenant's list of texts as choices; the product's own where the tenant has none."""
    return {text: text for text in (view.settings.get(name) or default)}


def zone_choices(view: View) -> dict[str, str]:
    """The tenant's zones as choices."""
    return {zone: zone for zone in view.zones}


def own_address_choices(view: View) -> dict[str, str]:
    """The free public addresses of the pool."""
    shared = view.shared_address()
    return {address: f"{address} (IP publik sendiri)" for address in view.free_addresses() if address != shared}


def address_choices(view: View) -> dict[str, str]:
    """The addresses that can be given: the shared web server's, then the free ones of the pool."""
    shared = view.shared_address()
    return {**({shared: f"{shared} (server web bersama)"} if shared else {}), **own_address_choices(view)}


def address_kind(view: View, chosen: str) -> str:
    """The kind of address that ``chosen`` is, in words; empty where none was chosen."""
    if not chosen:
        return ""
    return ADDRESS_KINDS["shared" if chosen == view.shared_address() else "dedicated"]


def position_titles(view: View) -> dict[str, str]:
    """The tenant's positions: key → title."""
    return {position.key: position.title for position in view.positions}


def refuse_stray_figures(view: View, filled: Mapping[str, str]) -> None:
    """Refuse figures that were filled in for no fact of this step.

    Raises:
        Invalid: there are such.
    """
    known = {fact.key for fact in view.facts}
    stray = [key for key in filled if key not in known]
    if stray:
        told = {"manual_facts": [f"Sumber tidak dikenal: {', '.join(stray)}."]}
        raise Invalid("Periksa angka yang diisi manual.", log="figures for unknown facts", fields=told)


def undeclared(view: View) -> tuple[Spec, ...]:
    """What the procedure wants by now otherwise than it was declared: a file came meanwhile, say."""
    declared = {(each.kind, each.identity): each for each in view.resources}
    wanted = [each for each in view.procedure.desired_resources(view) if not each.gone]
    return tuple(
        each.spec for each in wanted if not _declared(each, declared.get((each.spec.kind, each.spec.identity)))
    )


def _declared(wanted: DesiredResource, stands: ResourceState | None) -> bool:
    return stands is not None and stands.spec is not None and carried(wanted.spec, stands.spec) == stands.spec


def reservations(view: View) -> tuple[Reservation, ...]:
    """What must be the request's own before it is made: its names, and its address unless that is shared.

    The name of a PTR record belongs to the address.
    """
    names, addresses = [], []
    for wanted in view.procedure.desired_resources(view):
        mine = wanted.takes_over is None and not wanted.gone
        if isinstance(wanted.spec, RecordSet) and wanted.spec.type != "PTR" and mine:
            names.append(Reservation("own_name" if wanted.shares_name else "name", wanted.spec.name))
            if wanted.spec.type in ("A", "AAAA") and not wanted.shares_name:
                addresses += [value for value in wanted.spec.values if value != view.shared_address()]
    return (*dict.fromkeys(names), *(Reservation("address", value) for value in dict.fromkeys(addresses)))
