"""Contexts of letters: plain values only, as ``docs/procedures.md`` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk import parts
from tapak.sdk.forms import Lines, declarations, lines
from tapak.sdk.request_view import address_kind, letter_of
from tapak.sdk.resources import Site
from tapak.sdk.view import View
from tapak.sdk.wording import RESOURCE_KINDS, SOURCES, state_words

Context = dict[str, Any]


def common(view: View) -> Context:
    """What every letter has."""
    return {
        "service": view.procedure.service,
        "request_number": view.request.number,
        "revision": view.request.revision,
        "agency": view.request.agency,
        "applicant_letter": letter_of(view),
        "about": line_items(view.procedure.about(view)),
    }


def people(view: View) -> Context:
    """The responsible officer and the contact person."""
    return {**parts.people_of(view.answers)}


def line_items(told: Lines) -> list[Context]:
    """Labels and texts as ``{label, value}``."""
    return [{"label": label, "value": text} for label, text in told]


def submission(view: View) -> list[Context]:
    """The applicant's answers as lines, without the letter, the people and the statement."""
    schema = view.procedure.submission.schema_for(view)
    known = {*parts.PlainSubmission().fields, *declarations(schema)}
    return line_items(lines(schema, view.answers, leave_out=known))


def address(view: View, chosen: str) -> Context:
    """The chosen address and its kind; both empty where none was chosen."""
    return {"address_kind": address_kind(view, chosen), "address": chosen}


def figures(view: View, filled: Mapping[str, str]) -> list[Context]:
    """The view's facts; one whose source gave nothing stands with the figure ``filled`` in by hand."""
    return [
        {
            "key": fact.key,
            "label": fact.label,
            "value": fact.value if fact.value is not None else filled.get(fact.key, ""),
            "unit": fact.unit,
            "list": str(fact.details.get("list", "")),
            "source": SOURCES.get(fact.source if fact.value is not None else "manual", fact.source),
        }
        for fact in view.facts
    ]


def site_addresses(view: View) -> list[str]:
    """Where the sites of the request answer, without what is closed or only leads on for a time."""
    stay = (each.spec for each in view.procedure.desired_resources(view) if not each.gone and each.for_days is None)
    return [view.site_url(spec) for spec in stay if isinstance(spec, Site) and not spec.suspended]


def outcome(view: View) -> Context:
    """Where the site is, how everything is set up and what of it is live."""
    return {
        "url": ", ".join(site_addresses(view)),
        "configuration": line_items(view.procedure.configuration(view)),
        "resources": [
            {
                "label": f"{RESOURCE_KINDS.get(resource.kind, resource.kind)} {resource.identity}",
                "value": state_words(resource.state, resource.spec),
            }
            for resource in view.resources
        ],
    }
