"""Contexts of letters: plain values only, as ``docs/procedures.md`` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.engine.wording import day_words
from tapak.sdk.view import View
from tapak.step_kinds.request_view import configuration, server_words, wished_name
from tapak.step_kinds.wording import RESOURCE_KINDS, RESOURCE_STATES, SOURCES

Context = dict[str, Any]


def common(view: View) -> Context:
    """What every letter has."""
    answers = view.answers
    return {
        "service": view.procedure.service,
        "request_number": view.request.number,
        "revision": view.request.revision,
        "agency": view.request.agency,
        "applicant_letter": {
            "number": answers.get("letter_number", ""),
            "date": day_words(answers.get("letter_date")),
            "subject": answers.get("letter_subject", ""),
        },
        "system_name": answers.get("system_name", ""),
        "name": wished_name(answers),
    }


def people(view: View) -> Context:
    """The responsible officer and the contact person."""
    answers = view.answers
    return {
        "responsible_officer": {
            part: answers.get(f"responsible_officer_{part}", "") for part in ("name", "nip", "position")
        },
        "contact": {part: answers.get(f"contact_{part}", "") for part in ("name", "phone", "email")},
    }


def address(view: View, chosen: str) -> Context:
    """The chosen address and its kind; the kind that was asked for where none was chosen."""
    return {"address_kind": server_words(view, chosen), "address": chosen}


def figures(view: View, filled: Mapping[str, str]) -> list[Context]:
    """The view's facts; one whose source gave nothing stands with the figure ``filled`` in by hand."""
    return [
        {
            "key": fact.key,
            "label": fact.label,
            "value": fact.value if fact.value is not None else filled.get(fact.key, ""),
            "unit": fact.unit,
            "source": SOURCES.get(fact.source if fact.value is not None else "manual", fact.source),
        }
        for fact in view.facts
    ]


def site(view: View) -> Context:
    """Where the site is, how it is set up and what of it is live."""
    name = wished_name(view.answers)
    return {
        "url": f"http://{name}/" if name else "",
        "configuration": [{"label": label, "value": text} for label, text in configuration(view)],
        "resources": [
            {
                "label": f"{RESOURCE_KINDS.get(resource.kind, resource.kind)} {resource.identity}",
                "value": RESOURCE_STATES.get(resource.state, resource.state),
            }
            for resource in view.resources
        ],
    }
