"""What was entered, as lines: nothing that was stored is lost when a form changes."""

from __future__ import annotations

from tapak_kota.forms import InstallationPart, ServersPart

from tapak.web.entered import lines


def test_what_a_form_no_longer_asks_for_still_shows(site) -> None:
    with site.app.test_request_context():
        told = lines(InstallationPart(), {"rack": "A-07", "floor": 3, "keys": ["a", "b"], "note": ""})
    assert [(line.label, line.texts) for line in told] == [
        ("Letak rak", ("A-07",)),
        ("floor", ("3",)),
        ("keys", ("a", "b")),
    ]


def test_a_table_is_told_row_by_row_and_an_appointment_in_words(site) -> None:
    rows = [{"model": "R1", "height": 2, "power": "two"}, "stray"]
    with site.app.test_request_context():
        (servers,) = lines(ServersPart(), {"servers": rows})
        (appointment,) = lines(InstallationPart(), {"appointment": "2026-12-01T09:30"})
    assert servers.texts == ("Merek dan tipe: R1, Tinggi: 2, Daya: Dua sumber",)
    assert appointment.texts == ("1 Desember 2026 09.30",)
