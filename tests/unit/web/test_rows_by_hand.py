"""A register that somebody keeps by hand: its form, what is refused, who may."""

import pytest

BOOK = "/buku/tarakan.network_maintenance"
ROW = {
    "done_at": "2026-11-20T08:30",
    "kind": "routine",
    "place": "Ruang NOC",
    "work": "Memeriksa <sambungan>",
    "result": "Normal",
    "affected": "",
}


def test_a_row_is_written_on_the_register_s_own_page(site):
    browser = site.browser("noc")
    assert f"{BOOK}/catat" in browser.get(BOOK).text
    form = browser.get(f"{BOOK}/catat").text
    assert "Pekerjaan" in form
    assert "datetime-local" in form
    wrong = browser.send(f"{BOOK}/catat", {**ROW, "result": ""})
    assert wrong.status_code == 422
    assert "Memeriksa &lt;sambungan&gt;" in wrong.text
    assert 'href="#f-result"' in wrong.text
    done = browser.send(f"{BOOK}/catat", ROW)
    assert (done.status_code, done.headers["Location"]) == (303, BOOK)
    shown = browser.get(BOOK).text
    assert "Memeriksa &lt;sambungan&gt;" in shown
    assert "Petugas NOC (contoh) (Petugas NOC)" in shown


@pytest.mark.parametrize("who", ["kadis", "kasubbag", "admin", "dinkes"])
def test_others_read_or_not_and_write_nothing(site, who):
    browser = site.browser(who)
    assert f"{BOOK}/catat" not in browser.get(BOOK).text
    assert browser.get(f"{BOOK}/catat").status_code in (403, 404)
    assert browser.send(f"{BOOK}/catat", ROW).status_code in (403, 404)


def test_a_register_without_writers_has_no_form(site):
    browser = site.browser("noc")
    assert "/catat" not in browser.get("/buku/tapak.agenda").text
    assert browser.get("/buku/tapak.agenda/catat").status_code == 403


def test_in_english(site):
    with site.in_english("noc") as browser:
        text = browser.get(f"{BOOK}/catat").text
    for word in ("Internet network maintenance", "Save entry", "Fault", "Affected services"):
        assert word in text
