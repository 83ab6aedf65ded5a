"""Requests that belong together: linked on the check of a draft, on the page, by an officer; shown to both ends."""

from sqlalchemy import select

from tapak.requests.models import Request, Task

from .conftest import ORIGIN, PEOPLE


def number(site, request_id: int) -> str:
    with site.desk("admin") as desk:
        return desk.session.scalars(select(Request.number).where(Request.id == request_id)).one()


def task_of(site, request_id: int) -> int:
    with site.desk("admin") as desk:
        query = select(Task.id).where(Task.request_id == request_id, Task.state == "open")
        return desk.session.scalars(query).one()


def test_a_unit_links_its_earlier_request_while_it_checks_a_draft(site) -> None:
    earlier = site.submitted()
    browser = site.browser("dinkes")
    draft = browser.send("/permohonan/baru/tarakan.hosting", {}).headers["Location"].removesuffix("/isi")
    check = browser.get(f"{draft}/periksa").text
    assert number(site, earlier) in check
    address = check.partition('/kaitkan"')[0].rpartition('"')[2] + "/kaitkan"
    done = browser.send(address, {"number": number(site, earlier), "kembali": f"{draft}/periksa"})
    assert (done.status_code, done.headers["Location"]) == (303, f"{draft}/periksa")
    assert "Lepas kaitan" in browser.get(f"{draft}/periksa").text
    officer = site.browser("kasubbag")
    assert address.removesuffix("/kaitkan") not in officer.get(f"/permohonan/{earlier}").text, "a draft is its unit's"


def test_an_officer_links_and_both_ends_and_the_task_show_it(site) -> None:
    one, other = site.submitted(), site.submitted()
    officer = site.browser("kasubbag")
    assert officer.send(f"/permohonan/{one}/kaitkan", {"number": number(site, other)}).status_code == 303
    for here, there in ((one, other), (other, one)):
        assert f'href="/permohonan/{there}"' in officer.get(f"/permohonan/{here}").text
        assert "dikaitkan dengan" in officer.get(f"/permohonan/{here}").text
    assert f'href="/permohonan/{other}"' in officer.get(f"/tugas/{task_of(site, one)}").text
    assert officer.send(f"/permohonan/{one}/kaitkan", {"number": number(site, other)}).status_code == 409
    assert officer.send(f"/permohonan/{one}/kaitkan", {"number": number(site, one)}).status_code == 422
    assert officer.send(f"/permohonan/{other}/lepas-kaitan/{one}", {}).status_code == 303
    assert f'href="/permohonan/{other}"' not in officer.get(f"/permohonan/{one}").text


def test_another_unit_neither_links_nor_learns(site) -> None:
    mine, theirs = site.submitted("dinkes"), site.submitted("dishub")
    browser = site.browser("dinkes")
    assert browser.send(f"/permohonan/{mine}/kaitkan", {"number": number(site, theirs)}).status_code == 422
    assert browser.send(f"/permohonan/{theirs}/kaitkan", {"number": number(site, mine)}).status_code == 404
    site.browser("kasubbag").send(f"/permohonan/{mine}/kaitkan", {"number": number(site, theirs)})
    assert f'href="/permohonan/{theirs}"' not in browser.get(f"/permohonan/{mine}").text
    assert site.browser("admin").send(f"/permohonan/{mine}/kaitkan", {"number": "x"}).status_code == 403


def test_the_same_by_rest(site) -> None:
    one, other = site.submitted(), site.submitted()
    client = site.app.test_client()
    given = {"email": PEOPLE["dinkes"], "password": "demo-dinkes-2026"}
    token = client.post("/api/v1/session", json=given, base_url=ORIGIN).json["token"]
    call = {"base_url": ORIGIN, "headers": {"Authorization": f"Bearer {token}"}}
    made = client.post(f"/api/v1/requests/{one}/links", json={"number": number(site, other)}, **call)
    assert (made.status_code, made.json["request_id"]) == (201, other)
    assert [each["request_id"] for each in client.get(f"/api/v1/requests/{other}/links", **call).json] == [one]
    assert client.delete(f"/api/v1/requests/{one}/links/{other}", **call).status_code == 204
    assert client.get(f"/api/v1/requests/{one}/links", **call).json == []
    assert client.delete(f"/api/v1/requests/{one}/links/{other}", **call).status_code == 404
