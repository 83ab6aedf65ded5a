"""The disposition: complete when it opens, printed on the sheet."""

from dataclasses import replace

import pytest
from marshmallow import ValidationError


def test_the_form_can_be_sent_as_it_opens(view_at, load, kinds):
    view = view_at("dispose")
    result = kinds["dispose"].run(view, load(view, {}))
    assert result.outcome == "done"
    assert result.summary == "Didisposisikan kepada Bidang Aplikasi dan Informatika: Proses lebih lanjut"
    row = result.records[0].data
    assert row["forwarded_to"] == ["Bidang Aplikasi dan Informatika"]
    assert row["letter_number"] == "400/12/CONTOH/2026"


def test_the_sheet_is_filled_in(view_at, load, kinds):
    view = view_at("dispose")
    filled = {"forwarded_to": ["kabid_aplikasi", "kasubbag_umum"], "note": "Segera dikaji.\r\nTerima kasih."}
    context = kinds["dispose"].run(view, load(view, filled)).letters[0].context
    assert all(tick["ticked"] for tick in context["forwarded_to"])
    assert context["instructions"] == [
        {"label": "Tanggapan dan saran", "ticked": False},
        {"label": "Proses lebih lanjut", "ticked": True},
        {"label": "Koordinasi/konfirmasikan", "ticked": False},
    ]
    assert (context["disposed_by"], context["disposed_on"]) == ("Kadis", "20 November 2026")
    assert context["note"] == "Segera dikaji.\nTerima kasih."
    assert (context["sender"], context["urgency"]) == ("Dinas Contoh", "Segera")


def test_the_tenant_s_own_instructions_are_offered(view_at, load):
    view = view_at("dispose", settings={"disposition_instructions": ["Untuk diketahui", "Bahas"]})
    assert load(view, {})["instructions"] == ["Untuk diketahui"]
    with pytest.raises(ValidationError):
        load(view, {"instructions": ["Proses lebih lanjut"]})


@pytest.mark.parametrize("to", [[], ["kadis"], ["nobody"], "kabid_aplikasi", [["kabid_aplikasi"]], [None]])
def test_it_goes_to_positions_of_the_tenant_other_than_the_own(view_at, load, to):
    with pytest.raises(ValidationError) as refused:
        load(view_at("dispose"), {"forwarded_to": to})
    assert set(refused.value.messages) == {"forwarded_to"}


def test_passing_over_the_next_actor_is_told(view_at, load, kinds):
    view = view_at("dispose")
    assert kinds["dispose"].warnings(view, load(view, {})) == {}
    told = kinds["dispose"].warnings(view, load(view, {"forwarded_to": ["kasubbag_umum"]}))
    assert "Bidang Aplikasi dan Informatika" in told["forwarded_to"][0]


def test_without_an_agenda_the_submission_s_letter_is_disposed_of(view_at, load, kinds):
    view = view_at("dispose")
    view = replace(view, results={})
    result = kinds["dispose"].run(view, load(view, {}))
    row, context = result.records[0].data, result.letters[0].context
    assert (row["sender"], row["letter_number"]) == ("Dinas Contoh", view.answers["letter_number"])
    assert context["letter_date"] == "19 November 2026"
