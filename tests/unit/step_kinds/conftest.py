"""A hosting request at any step, in memory."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tapak.sdk.resources import Fact
from tapak.sdk.step_kinds import StepKind
from tapak.step_kinds.plugin import step_kinds
from tapak.testing.view import MemoryView
from tapak_tarakan.hosting import HOSTING

SUBMISSION = HOSTING.submission.sample

FACTS = (
    Fact("disk_free", "Ruang disk", "120", "agent", "GB"),
    Fact("bandwidth", "Bandwidth", None, "logs", "Mbit/s", problem="Log server tidak terjangkau."),
)
AGENDA = {
    "received_on": "2026-11-20",
    "sender": "Dinas Contoh",
    "letter_number": "400/12/CONTOH/2026",
    "letter_date": "2026-11-19",
    "subject": "Permohonan hosting",
    "urgency": "urgent",
    "secrecy": "secret",
    "archive_code": "000.8",
    "srikandi_number": "",
    "attachments": 2,
    "attachments_note": "denah",
    "scan_confirmed": True,
}
REVIEW = {
    "participants": "JFT Pranata Komputer",
    "server_ok": True,
    "bandwidth_ok": True,
    "name_ok": True,
    "address": "192.0.2.20",
    "findings": "Kapasitas tersedia.",
    "recommendation": "approve",
    "manual_facts": {"bandwidth": "12"},
}


@pytest.fixture
def submission() -> dict[str, Any]:
    """What a careful applicant fills in."""
    return dict(SUBMISSION)


@pytest.fixture
def view_at(submission: Mapping[str, Any]) -> Callable[..., MemoryView]:
    """A view of the hosting procedure at a step, with everything before it done."""

    def make(step: str, **given: Any) -> MemoryView:
        done = {"register_letter": AGENDA, "review": REVIEW, "hand_over": {"manual_facts": {"bandwidth": "12"}}}
        before = [other.key for other in HOSTING.steps[: HOSTING.steps.index(HOSTING.step(step))]]
        results = {key: done.get(key, {}) for key in before}
        answers = {name: value for name, value in submission.items() if name != "statement"} if before else {}
        return MemoryView.of(HOSTING, step, **{"results": results, "answers": answers, "facts": FACTS, **given})

    return make


@pytest.fixture(scope="session")
def kinds() -> dict[str, StepKind]:
    """Core's kinds by short name."""
    return {kind.name.removeprefix("tapak.").partition("/")[0]: kind for kind in step_kinds()}


@pytest.fixture
def load(kinds: Mapping[str, StepKind]) -> Callable[[MemoryView, Mapping[str, Any]], dict[str, Any]]:
    """Validated input: initial values with ``filled`` over them, as a form sends it."""

    def loaded(view: MemoryView, filled: Mapping[str, Any]) -> dict[str, Any]:
        kind = kinds[view.step.kind.removeprefix("tapak.").partition("/")[0]]
        return kind.schema(view).load({**kind.initial(view), **filled})

    return loaded
