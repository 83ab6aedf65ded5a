"""Maintenance on pages and by REST: the form, what is refused, who sees what."""

from datetime import datetime, timedelta

from sqlalchemy import select

from tapak.inventory.models import Service
from tapak.tenants.models import Agency

LIST = "/pemeliharaan"
PLAN = {
    "register": "tarakan.network_maintenance",
    "kind": "routine",
    "work": "Mengganti <transceiver>",
    "place": "Ruang NOC",
    "starts": "2099-01-01T22:00",
    "ends": "2099-01-01T23:30",
    "effect": "brief",
}


def live_service(site, unit: str) -> int:
    with site.desk("admin") as desk:
        agency = desk.session.scalars(select(Agency).where(Agency.key == unit)).one()
        service = Service(title=f"Situs {unit}", procedure="tarakan.hosting", agency_id=agency.id, state="live")
        desk.session.add(service)
        desk.session.flush()
        return service.id


def test_an_officer_plans_and_the_owner_sees_it(site):
    service = live_service(site, "dinkes")
    noc, owner, stranger = site.browser("noc"), site.browser("dinkes"), site.browser("dishub")
    assert "tarakan.network_maintenance" in noc.get(f"{LIST}/rencana").text
    wrong = noc.send(f"{LIST}/rencana", {**PLAN, "ends": "2099-01-01T21:00"})
    assert wrong.status_code == 422
    assert "Mengganti &lt;transceiver&gt;" in wrong.text
    assert 'href="#f-ends"' in wrong.text
    made = noc.send(f"{LIST}/rencana", {**PLAN, "services": str(service)})
    assert made.status_code == 303, made.text
    address = made.headers["Location"]
    assert "Mengganti &lt;transceiver&gt;" in noc.get(LIST).text
    home = owner.get("/").text
    assert "Mengganti &lt;transceiver&gt;" in home
    assert "1 Januari 2099, 22.00 WITA – 23.30 WITA" in home
    assert "Mengganti" not in stranger.get("/").text
    page = owner.get(address).text
    assert "Situs dinkes" in page
    assert "Laporkan hasil" not in page
    assert owner.get(f"{address}.pdf").data.startswith(b"%PDF-")
    for refused in (address, f"{address}.pdf"):
        assert stranger.get(refused).status_code == 404
    assert owner.send(f"{address}/batal", {"reason": "Jangan dulu"}).status_code == 403
    assert site.visitor().get(address).status_code in (302, 303, 401)


def test_an_officer_tells_how_it_went(site):
    service = live_service(site, "dinkes")
    noc, owner = site.browser("noc"), site.browser("dinkes")
    now = datetime.now() + timedelta(hours=20)  # noqa: DTZ005 (surely later than now at any clock)
    times = {"starts": "2026-01-01T22:00", "ends": now.strftime("%Y-%m-%dT%H:%M")}
    address = noc.send(f"{LIST}/rencana", {**PLAN, **times, "services": str(service)}).headers["Location"]
    done = {"done_at": "2026-01-01T22:00", "until": "2026-01-01T22:30", "result": ""}
    assert noc.send(f"{address}/selesai", done).status_code == 422
    assert noc.send(f"{address}/selesai", {**done, "result": "Normal kembali"}).status_code == 303
    assert noc.send(f"{address}/selesai", {**done, "result": "Dua kali"}).status_code == 409
    assert "Normal kembali" in owner.get("/").text
    assert "Normal kembali" in noc.get("/buku/tarakan.network_maintenance").text


def test_by_rest(site):
    service = live_service(site, "dishub")
    noc, owner = site.browser("noc"), site.browser("dishub")
    origin = {"Origin": "http://tarakan.localhost"}

    def post(browser, path, body):
        headers = {"X-CSRFToken": browser.token(), **origin}
        return browser.client.post(f"/api/v1{path}", base_url=origin["Origin"], json=body, headers=headers)

    refused = post(noc, "/maintenance", {"input": {**PLAN, "services": [], "starts": "besok"}})
    assert refused.status_code == 422
    assert "starts" in refused.text
    made = post(noc, "/maintenance", {"input": {**PLAN, "services": [str(service)]}})
    assert (made.status_code, made.json["state"]) == (201, "planned")
    assert (made.json["everything"], made.json["connections"], made.json["services"]) == (False, [], [service])
    place = f"/maintenance/{made.json['id']}"
    told = owner.get("/api/v1/maintenance").json
    assert [row["services"] for row in told if row["id"] == made.json["id"]] == [[service]]
    ids = [row["id"] for row in told]
    assert ids == sorted(ids, reverse=True)
    assert [row["id"] for row in owner.get(f"/api/v1/maintenance?limit=1&before={ids[0]}").json] == ids[1:2]
    assert post(owner, f"{place}/cancel", {"reason": "Jangan"}).status_code == 403
    assert post(owner, "/maintenance", {"input": PLAN}).status_code == 403
    cancelled = post(noc, f"{place}/cancel", {"reason": "Suku cadang belum tiba"})
    assert (cancelled.status_code, cancelled.json["state"]) == (200, "cancelled")
    assert "Suku cadang belum tiba" in owner.get("/").text


def test_hundreds_of_services_are_searched_and_what_is_ticked_stays(site):
    with site.desk("admin") as desk:
        agency = desk.session.scalars(select(Agency).where(Agency.key == "rsud")).one()
        many = [
            Service(title=f"Poli <{n}>", procedure="tarakan.hosting", agency_id=agency.id, state="live")
            for n in range(230)
        ]
        desk.session.add_all(many)
        desk.session.flush()
        ids = [str(service.id) for service in many]
        others = live_service(site, "dishub")
    noc = site.browser("noc")
    whole = noc.get(f"{LIST}/rencana").text
    assert whole.count('name="services"') == 200
    assert f"200 dari {len(ids) + 1}" not in whole
    assert "layanan tampil; cari untuk melihat yang lain" in whole
    ticked = [ids[3], str(others)]
    found = noc.send(f"{LIST}/rencana", {**PLAN, "services": ticked, "cari": "RUMAH sakit 229", "lalu": "cari"})
    assert found.status_code == 200
    assert "1 layanan cocok." in found.text
    assert "Poli &lt;229&gt;" in found.text
    assert found.text.count('name="services"') == 3
    assert all(f'value="{each}" checked' in found.text for each in ticked)
    assert "Mengganti &lt;transceiver&gt;" in found.text
    made = noc.send(f"{LIST}/rencana", {**PLAN, "services": [*ticked, ids[229]], "cari": "229"})
    assert made.status_code == 303
    page = noc.get(made.headers["Location"]).text
    assert all(title in page for title in ("Poli &lt;3&gt;", "Poli &lt;229&gt;", "Situs dishub"))
