"""What was entered, as lines: nothing that was stored is lost when a form changes."""

from __future__ import annotations

from tapak_kota.forms import InstallationPart, ServersPart

from tapak.step_kinds.registers import AgendaRow
from tapak.web.entered import iso_moment, lines


def test_what_a_form_no_longer_asks_for_still_shows(site) -> None:
    with site.app.test_request_context():
        told = lines(InstallationPart(), {"rack": "A-07", "floor": 3, "keys": ["a", "b"], "note": ""})
    assert [(line.label, line.texts) for line in told] == [
        ("Letak rak", ("A-07",)),
        ("floor", ("3",)),
        ("keys", ("a", "b")),
    ]


def test_a_day_is_known_as_one(site) -> None:
    entered = {"received_on": "2026-11-20", "sender": "Dinas", "letter_date": "2026-11-19"}
    with site.app.test_request_context():
        told = lines(AgendaRow(), entered)
    assert [(line.name, line.day) for line in told] == [("received_on", True), ("sender", False), ("letter_date", True)]


def test_a_table_is_told_row_by_row_and_an_appointment_in_words(site) -> None:
    rows = [{"model": "R1", "height": 2, "power": "two"}, "stray"]
    with site.app.test_request_context():
        (servers,) = lines(ServersPart(), {"servers": rows})
        (appointment,) = lines(InstallationPart(), {"appointment": "2026-12-01T09:30"})
    assert servers.texts == ("Merek dan tipe: R1, Tinggi: 2, Daya: Dua sumber",)
    assert appointment.texts == ("1 Desember 2026 09.30",)


def test_moments_are_told_by_the_agencys_clock_and_other_figures_as_they_are(site) -> None:
    with site.app.test_request_context(base_url="http://tarakan.localhost"):
        figure = site.app.jinja_env.filters["figure"]
        assert [
            iso_moment(text) for text in ("2026-11-22T02:39", "2026-11-22 02:39", "2026-11-22", "besok 09:30:00")
        ] == [
            "22 November 2026 02.39",
            "22 November 2026 02.39",
            "22 November 2026",
            "besok 09:30:00",
        ]
        assert figure("3 situs") == "3 situs"
