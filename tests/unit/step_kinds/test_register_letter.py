"""The agenda: the scan, the row and the empty disposition sheet."""

from dataclasses import replace

import pytest

from tapak.sdk.errors import Invalid
from tapak_tarakan.hosting import HOSTING

SCAN = HOSTING.step("register_letter").required_inputs[0]


def test_the_form_starts_with_the_letter_of_the_applicant(view_at, kinds):
    initial = kinds["register_letter"].initial(view_at("register_letter"))
    assert (initial["sender"], initial["letter_number"]) == ("Dinas Contoh", "400/12/CONTOH/2026")
    assert (initial["received_on"], initial["urgency"]) == ("2026-11-20", "ordinary")


def test_the_scan_is_uploaded_or_the_applicant_s_pdf_confirmed(view_at, kinds):
    view, has = view_at("register_letter"), kinds["register_letter"].has
    assert not has(view, SCAN, {"scan_confirmed": True})
    sent = view.with_document("request_letter")
    assert not has(sent, SCAN, {"scan_confirmed": False})
    assert has(sent, SCAN, {"scan_confirmed": True})
    assert has(view.with_document("letter_scan"), SCAN, {"scan_confirmed": False})


def test_a_confirmed_pdf_must_be_of_this_revision(view_at, kinds):
    view = view_at("register_letter").with_document("request_letter")
    later = replace(view, request=replace(view.request, revision=2))
    assert not kinds["register_letter"].has(later, SCAN, {"scan_confirmed": True})


def test_it_writes_the_agenda_and_prints_an_empty_sheet(view_at, load, kinds):
    view = view_at("register_letter")
    filled = {"urgency": "very_urgent", "secrecy": "top_secret", "attachments": "2", "attachments_note": "denah"}
    result = kinds["register_letter"].run(view, load(view, filled))
    row, letter = result.records[0], result.letters[0]
    assert (row.register, row.data["letter_date"]) == ("tapak.agenda", "2026-11-19")
    assert "scan_confirmed" not in row.data
    assert (letter.kind, letter.register, letter.for_applicant) == ("disposition_sheet", "tapak.agenda", False)
    context = letter.context
    assert (context["filled"], context["disposed_by"], context["attachments"]) == (False, "", "2 berkas (denah)")
    assert context["nature"] == [
        {"label": "Sangat segera", "ticked": True},
        {"label": "Segera", "ticked": False},
        {"label": "Rahasia", "ticked": True},
    ]
    assert not any(tick["ticked"] for tick in (*context["forwarded_to"], *context["instructions"]))
    assert "Kadis" not in [tick["label"] for tick in context["forwarded_to"]]


@pytest.mark.parametrize(
    ("filled", "field"),
    [({"received_on": "2026-11-21"}, "received_on"), ({"received_on": "2026-11-18"}, "letter_date")],
)
def test_dates_that_cannot_be_are_refused(view_at, load, kinds, filled, field):
    view = view_at("register_letter")
    with pytest.raises(Invalid) as refused:
        kinds["register_letter"].run(view, load(view, filled))
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize("attachments", [-1, 1000, 1.5, True, "dua", [1], None])
def test_a_count_is_a_whole_number_in_bounds(view_at, kinds, attachments):
    view = view_at("register_letter")
    schema = kinds["register_letter"].schema(view)
    assert set(schema.validate({**kinds["register_letter"].initial(view), "attachments": attachments})) == {
        "attachments"
    }
