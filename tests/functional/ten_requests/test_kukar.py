"""Kutai Kartanegara: PSE data of last year, a village, and the agency as its own applicant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tapak.testing.deployment import Agency, Case, Deployment, deployed

from .conftest import answers, refusal, served, signed_in, token

ADMINISTRATOR = "administrator@diskominfo.kukarkab.go.id"
KABID = "kabid.aptika@diskominfo.kukarkab.go.id"
SEKRETARIS = "sekretaris@diskominfo.kukarkab.go.id"
VILLAGE = "pemohon@desa.kukarkab.go.id"
PSE = """\
Nomor PSE,Nama sistem,Perangkat daerah,URL,Penanggung jawab,Status
12345,Penerimaan Peserta Didik Baru,Dinas Pendidikan dan Kebudayaan,{url},{officer},Terbit
"""
OLD_URL, OLD_OFFICER = "https://ppdb2025.kukarkab.go.id/", "Pejabat Lama (contoh)"
DIFFERING = {"item_url", "item_officer"}
DIFFERENCES = "URL sama dengan nama yang diminta, Penanggung jawab masih menjabat"


@pytest.fixture(scope="module")
def kukar(server_directory: Path) -> Iterator[Deployment]:
    """The agency."""
    with deployed(server_directory / "ten-kukar", "kukar") as made:
        yield made


def imported(kukar: Deployment, url: str, officer: str) -> None:
    """The administrator sends the registry's newest file."""
    with signed_in(kukar, ADMINISTRATOR) as browser:
        page = browser.get("/buku/kukar.pse").text
        files = {"file": ("pse.csv", PSE.format(url=url, officer=officer).encode(), "text/csv")}
        sent = browser.post("/buku/kukar.pse/impor", data={"csrf_token": token(page)}, files=files)
        assert sent.status_code == 303


def compared(case: Case) -> dict[str, str]:
    """What the check's form says of each item before anybody touches it."""
    form = {item["name"]: item["value"] for item in case.to("check_pse")["form"]}
    return {name: value for name, value in form.items() if name.startswith("item_")}


def test_5_dinas_pendidikan_asks_for_ppdb_whose_pse_data_are_last_years(kukar: Deployment) -> None:
    imported(kukar, OLD_URL, OLD_OFFICER)
    case = kukar.case(label="ppdb")
    found = compared(case)
    assert {item for item, value in found.items() if value != "fits"} >= DIFFERING
    differing = {**dict.fromkeys(DIFFERING, "differs"), "pse_url": OLD_URL, "pse_officer": OLD_OFFICER}
    told = refusal(lambda: case.take("check_pse", **differing, outcome="fits"))
    assert DIFFERENCES in told
    case.take(
        "check_pse",
        **differing,
        outcome="return",
        reasons=["Data PSE tidak sesuai dengan permohonan"],
        explanation="URL dan penanggung jawab pada data PSE belum diperbarui.",
        fields_concerned=["pse_number"],
    )
    assert case.request()["state"] == "returned"
    assert answers(kukar, "ppdb.kukarkab.go.id") == []
    assert DIFFERENCES in str(case.walker.call(ADMINISTRATOR, "GET", "/registers/kukar.pse_check"))
    imported(kukar, "https://ppdb.kukarkab.go.id/", "Kepala Dinas Pendidikan (contoh)")
    assert {compared(case)[item] for item in DIFFERING} == {"fits"}
    case.to("hand_over")
    case.take("hand_over")
    done = case.request()
    assert (done["state"], done["tasks"][-1]["revision"]) == ("done", 2)
    assert (answers(kukar, case.name), served(kukar, case.name)) == (["127.0.0.1"], 200)


def test_6_a_village_is_led_to_desa_id(kukar: Deployment) -> None:
    case = kukar.case(kukar.one.applying(VILLAGE), label="desacontoh")
    case.start()
    told = refusal(lambda: case.take("submit"))
    assert "422" in told
    assert "desa.id" in told
    assert "Pejabat Nama Domain" in told


def changing(kukar: Deployment, **change: object) -> Agency:
    """The agency with the Kabid's own request for a change of records; the substitute decides."""
    hosting = {step["step"]: step for step in kukar.one.script.steps}
    given = {name: value for name, value in hosting["submit"]["input"].items() if not name.startswith("name_")}
    steps = {
        **hosting,
        "submit": {**hosting["submit"], "as": KABID, "input": {**given, "zone": kukar.one.zone, "changes": [change]}},
        "receive": {**hosting["receive"], "wait": "facts"},
        "decide": {**hosting["decide"], "as": SEKRETARIS},
        "check_pse": {**hosting["check_pse"], "input": {**hosting["check_pse"]["input"], "remark": "Dicocokkan."}},
        "register": {**hosting["register"], "input": {"logbook_server": "DNS", "note": "Rekaman aktif."}},
    }
    script = replace(kukar.one.script, service="kukar.dns_change", steps=tuple(steps.values()))
    return replace(kukar.one, script=script)


def test_7_the_agency_asks_itself_for_a_cname_abroad(kukar: Deployment) -> None:
    row = {"action": "add", "name": "tautan", "type": "CNAME", "value": "layanan.example.com.", "ttl": 300}
    case = kukar.case(changing(kukar, **row))
    decision = case.to("decide")
    assert "diputuskan oleh Sekretaris Dinas (di luar SOP)" in str(case.request()["tasks"][-1]["note"])
    own = {"version": decision["version"], "input": case.input(decision)}
    assert "403" in refusal(lambda: case.walker.call(KABID, "POST", f"/tasks/{decision['id']}/finish", own))
    case.to("hand_over")
    case.take("hand_over")
    assert case.request()["state"] == "done"
    assert answers(kukar, "tautan.kukarkab.go.id", "CNAME") == ["layanan.example.com."]
