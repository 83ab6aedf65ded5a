"""Names that came with a zone, on their page and by REST: listed, filtered, given to units."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from itertools import count

import pytest

from tapak.sdk.resources import RecordSet
from tapak.zones.importing import import_zone

LIST = "/nama-zona"
ZONE = "tarakankota.go.id"
NUMBERS = count(1)
ORIGIN = {"Origin": "http://tarakan.localhost"}


@pytest.fixture
def name(site) -> str:
    """A name that was just taken in and belongs to nobody."""
    made = f"lama{next(NUMBERS)}.{ZONE}"
    with site.desk("admin") as desk:
        import_zone(desk, ZONE, [RecordSet(ZONE, made, "A", ("192.0.2.77",))], "uji")
    return made


@pytest.fixture(scope="module")
def noc(site):
    return site.browser("noc")


@pytest.fixture(scope="module")
def owner(site):
    """Somebody of a unit."""
    return site.browser("dinkes")


def unit_of(noc, name: str) -> str:
    page = noc.get(f"{LIST}?cari={name}").text
    return "" if "belum ditetapkan" in page else re.findall(r"<a href=\"/nama-zona\?unit=\d+\">([^<]+)</a>", page)[0]


def test_names_of_nobody_are_listed_and_given_to_a_unit(noc, owner, name):
    page = noc.get(f"{LIST}?tanpa-unit=1&cari={name}").text
    assert name in page
    assert "A 192.0.2.77 (TTL 300)" in page
    done = noc.send(f"{LIST}/tetapkan?tanpa-unit=1", {"name": name, "unit": "dinkes"})
    assert (done.status_code, done.headers["Location"]) == (303, f"{LIST}?tanpa-unit=1")
    assert unit_of(noc, name) == "Dinas Kesehatan"
    assert "Tidak ada nama" in noc.get(f"{LIST}?tanpa-unit=1&cari={name}").text
    services = owner.get("/layanan-aktif").text
    page = re.findall(rf'<a href="([^"]+)">{name}</a>', services)
    assert page, services
    assert name in owner.get(page[0]).text


def test_what_is_missing_is_told_on_the_page(noc, name):
    assert noc.send(f"{LIST}/tetapkan", {"unit": "dinkes"}).status_code == 422
    refused = noc.send(f"{LIST}/tetapkan", {"name": name, "unit": "gaib"})
    assert refused.status_code == 422
    assert "gaib" in refused.text
    assert noc.get(f"{LIST}?unit=x").status_code == 404


def test_a_file_is_shown_as_a_plan_before_anything_is_done(noc, name):
    given = noc.get(f"{LIST}/pemilik.csv?cari={name}").data.decode("utf-8-sig")
    assert given.splitlines()[1] == f"{name},A 192.0.2.77 (TTL 300),"
    wrong = noc.send(f"{LIST}/berkas", {"file": (BytesIO(b"Nama,Unit\ntiada.example,dinkes\n"), "a.csv")})
    assert wrong.status_code == 422
    assert "tiada.example" in wrong.text
    filled = given.rstrip() + "Dinas Kesehatan\n"
    plan = noc.send(f"{LIST}/berkas", {"file": (BytesIO(filled.encode()), "pemilik.csv")})
    assert plan.status_code == 200
    assert unit_of(noc, name) == ""
    hidden = {key: _hidden(plan.text, key) for key in ("pairs", "checksum")}
    assert noc.send(f"{LIST}/konfirmasi", {**hidden, "checksum": "0" * 16}).status_code == 409
    assert unit_of(noc, name) == ""
    assert noc.send(f"{LIST}/konfirmasi", hidden).status_code == 303
    assert unit_of(noc, name) == "Dinas Kesehatan"


def _hidden(page: str, name: str) -> str:
    (found,) = re.findall(rf'name="{name}" value="([^"]*)"', page)
    return unescape(found)


def test_units_do_not_sort_names(owner, name):
    assert owner.get(LIST).status_code == 403
    assert owner.get(f"{LIST}/pemilik.csv").status_code == 403
    assert owner.send(f"{LIST}/tetapkan", {"name": name, "unit": "dinkes"}).status_code == 403
    assert LIST not in owner.get("/").text


def test_by_rest(noc, owner, name):
    def get(browser, path):
        return browser.client.get(f"/api/v1/zone-names{path}", base_url=ORIGIN["Origin"])

    def post(browser, body):
        headers = {"X-CSRFToken": browser.token(), **ORIGIN}
        place = "/api/v1/zone-names/owners"
        return browser.client.post(place, base_url=ORIGIN["Origin"], json=body, headers=headers)

    (listed,) = get(noc, f"?q={name}&unassigned=true").json
    assert (listed["name"], listed["agency_id"], listed["records"]) == (name, None, ["A 192.0.2.77 (TTL 300)"])
    rows = [{"name": name, "unit": "dinkes"}]
    plan = post(noc, {"rows": rows}).json
    assert (plan["done"], plan["assignments"]) == (False, [{"name": name, "before": "", "after": "Dinas Kesehatan"}])
    assert post(noc, {"rows": [*rows, {"name": "tiada.example", "unit": "gaib"}]}).status_code == 422
    assert post(noc, {"rows": rows, "confirm": "salah"}).status_code == 409
    assert post(noc, {"rows": rows, "confirm": plan["checksum"]}).json["done"]
    assert f"{name}. 300 IN A 192.0.2.77" in get(noc, f"/{ZONE}/file").text
    assert f'"{name.removesuffix(f".{ZONE}")}":' in get(noc, f"/{ZONE}/file?format=octodns").text
    assert [get(owner, path).status_code for path in ("", f"/{ZONE}/file")] == [403, 403]
    assert post(owner, {"rows": rows}).status_code == 403
    assert get(noc, "/tiada.example/file").status_code == 404
