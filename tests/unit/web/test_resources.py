"""What a request brings about, as its page shows and mends it; the servers' side is told by the rows."""

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event, select, update

from tapak.inventory.models import Service
from tapak.provisioning.models import Connection, JournalEntry, Resource
from tapak.requests.models import Request, Task
from tapak.tenants.models import Position

PROBES = [{"server": "127.0.0.1:53", "expected": "192.0.2.1", "answer": "192.0.2.9", "ok": False}]


def with_resource(site, **how: Any) -> tuple[int, int]:
    """A request with one DNS record; gives both ids."""
    request_id = site.submitted()
    with site.kit.database.begin(site.tenant.id) as session:
        request = session.scalars(select(Request).where(Request.id == request_id)).one()
        service = Service(
            title="Contoh", procedure=request.procedure, agency_id=request.agency_id, request_id=request_id
        )
        session.add(service)
        session.flush()
        name = f"situs-{request_id}.tarakankota.go.id"
        resource = Resource(
            service_id=service.id,
            connection_id=session.scalars(select(Connection.id).order_by(Connection.id)).first(),
            key="name",
            kind="record_set",
            identity=f"{name}/A",
            spec={"zone": "tarakankota.go.id", "name": name, "type": "A", "values": ["192.0.2.1"], "ttl": 300},
            **how,
        )
        session.add(resource)
        session.execute(update(Request).where(Request.id == request_id).values(service_id=service.id))
        session.flush()
        return request_id, resource.id


def state(site, resource_id: int) -> str:
    with site.kit.database.begin(site.tenant.id) as session:
        return session.scalars(select(Resource.state).where(Resource.id == resource_id)).one()


def phases(site, resource_id: int) -> list[str]:
    with site.kit.database.begin(site.tenant.id) as session:
        query = select(JournalEntry.phase).where(JournalEntry.resource_id == resource_id).order_by(JournalEntry.id)
        return list(session.scalars(query))


@pytest.mark.parametrize(
    ("standing", "label", "follows"),
    [
        ("planned", "Direncanakan", True),
        ("applying", "Sedang dibuat", True),
        ("verifying", "Sedang diperiksa", True),
        ("live", "Aktif", False),
        ("failed", "Gagal", False),
    ],
)
def test_each_state_is_told_and_followed_while_it_moves(site, standing: str, label: str, follows: bool) -> None:
    request_id, _ = with_resource(site, state=standing)
    page = site.browser("dinkes").get(f"/permohonan/{request_id}").text
    assert f">{label}</span>" in page
    assert (f'data-poll="/api/v1/requests/{request_id}/resources"' in page) is follows


def test_a_failure_is_told_with_its_reason_and_tried_again_by_staff(site) -> None:
    request_id, resource_id = with_resource(
        site, state="failed", reason="Server DNS menolak kunci TSIG.", probes=PROBES
    )
    applicant = site.browser("dinkes")
    page = applicant.get(f"/permohonan/{request_id}").text
    assert "Server DNS menolak kunci TSIG." in page
    assert "192.0.2.9" in page
    assert "Coba lagi sekarang" not in page
    assert applicant.send(f"/permohonan/{request_id}/ulangi", {}).status_code == 403
    assert state(site, resource_id) == "failed"
    officer = site.browser("kadis")
    assert "Coba lagi sekarang" in officer.get(f"/permohonan/{request_id}").text
    assert officer.send(f"/permohonan/{request_id}/ulangi", {}).status_code == 303
    assert state(site, resource_id) == "planned"


def test_a_change_by_hand_is_shown_and_undone_by_an_officer(site) -> None:
    seen = {"zone": "tarakankota.go.id", "name": "x", "type": "A", "values": ["198.51.100.9"], "ttl": 60}
    request_id, resource_id = with_resource(site, state="live", drift={"observed": seen})
    address = f"/permohonan/{request_id}/sumber-daya/{resource_id}/perbaiki"
    applicant = site.browser("dinkes")
    page = applicant.get(f"/permohonan/{request_id}").text
    assert "Diubah di luar Tapak" in page
    assert "198.51.100.9" in page
    assert address not in page
    assert applicant.send(address, {}).status_code == 403
    officer = site.browser("kadis")
    assert f'action="{address}"' in officer.get(f"/permohonan/{request_id}").text
    assert officer.send(address, {}).status_code == 303
    assert (state(site, resource_id), phases(site, resource_id)) == ("planned", ["repair"])


def test_what_was_changed_by_hand_is_no_longer_called_active(site) -> None:
    request_id, _ = with_resource(site, state="live", drift={"observed": None}, reason="situs telah dihapus")
    page = site.browser("kadis").get(f"/permohonan/{request_id}").text
    assert ">Berubah di luar Tapak</span>" in page
    assert ">Aktif</span>" not in page


@pytest.mark.parametrize("how", [{"state": "live", "drift": {"observed": None}}, {"state": "failed"}], ids=str)
def test_trouble_is_told_to_who_provisioned_it_and_to_admins(site, how: dict[str, Any]) -> None:
    def troubled(who: str) -> bool:
        return f'href="/permohonan/{request_id}#hasil"' in site.browser(who).get("/kotak-masuk").text

    request_id, resource_id = with_resource(site, reason="telah dihapus di luar Tapak", **how)
    assert troubled("admin")
    assert not troubled("kadis")
    with site.kit.database.begin(site.tenant.id) as session:
        kadis = session.scalars(select(Position.id).where(Position.key == "kadis")).one()
        session.add(Task(request_id=request_id, step="provision", revision=1, position_id=kadis, state="finished"))
    assert troubled("kadis")
    assert not troubled("kasubbag")
    told = unescape(site.browser("kadis").get("/kotak-masuk").text)
    assert "Perlu perhatian" in told and "telah dihapus di luar Tapak" in told
    assert "Perlu perhatian" not in site.browser("kadis").get("/kotak-masuk?hanya=late").text
    with site.kit.database.begin(site.tenant.id) as session:
        session.execute(update(Resource).where(Resource.id == resource_id).values(state="live", drift=None))
    assert not troubled("admin")


def test_what_is_gone_by_hand_says_so(site) -> None:
    request_id, _ = with_resource(site, state="live", drift={"observed": None})
    assert "tidak ada" in site.browser("kadis").get(f"/permohonan/{request_id}").text


def test_what_is_not_ours_is_taken_over_by_an_officer_only(site) -> None:
    request_id, resource_id = with_resource(
        site, state="failed", reason="Bukan milik kita", reason_code="foreign_resource"
    )
    address = f"/permohonan/{request_id}/sumber-daya/{resource_id}/ambil-alih"
    officer = site.browser("kadis")
    assert f'action="{address}"' in officer.get(f"/permohonan/{request_id}").text
    assert officer.send(address, {}).status_code == 303
    assert phases(site, resource_id) == ["adopted"]
    assert officer.send(address, {}).status_code == 409


def test_a_resource_of_another_request_is_not_found_here(site) -> None:
    request_id, _ = with_resource(site, state="failed", reason_code="drifted")
    _, other = with_resource(site, state="failed", reason_code="drifted")
    officer = site.browser("kadis")
    assert officer.send(f"/permohonan/{request_id}/sumber-daya/{other}/perbaiki", {}).status_code == 404
    assert officer.send(f"/permohonan/{request_id}/sumber-daya/{other}/hapus", {}).status_code == 404
    assert phases(site, other) == []


def test_the_page_asks_the_database_little(site) -> None:
    request_id, _ = with_resource(site, state="live", probes=PROBES)
    browser = site.browser("kadis")
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        asked.append(re.sub(r"\s+", " ", statement))

    event.listen(site.kit.database.engine, "before_cursor_execute", note)
    try:
        assert browser.get(f"/permohonan/{request_id}").status_code == 200
    finally:
        event.remove(site.kit.database.engine, "before_cursor_execute", note)
    assert len(asked) < 32, "\n".join(asked)
