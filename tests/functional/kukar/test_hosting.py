"""Kukar's hosting, step by step: coordination, the Kabid's decision, the PSE check and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from tapak.provisioning.models import Resource
from tapak.requests import flow, imports, registers
from tapak.requests.models import Request, Task
from tapak.sdk.errors import Forbidden, Invalid, MissingInput
from tapak_kukar.checklist import ITEMS

SERVICE = "kukar.hosting"
REGISTRY = (
    b"Nomor PSE;Nama sistem;Perangkat daerah;URL;Penanggung jawab;Status\n"
    b"777;Penerimaan Peserta Didik Baru;Dinas Pendidikan dan Kebudayaan;https://ppdb2025.kukarkab.go.id;"
    b"Pejabat Lama (contoh);Terbit\n"
)
MATCHING: dict[str, Any] = {
    "pse_state": "issued",
    "pse_owner": "Dinas Pendidikan dan Kebudayaan",
    "pse_url": "https://ppdb.kukarkab.go.id/",
    "pse_officer": "Pejabat Contoh",
    **dict.fromkeys(ITEMS, "fits"),
    "outcome": "fits",
    "coordination_result": "Sesuai.",
}
PPDB = {"name_label": "ppdb", "system_name": "Penerimaan Peserta Didik Baru", "pse_number": "777"}


def to_check(office, **answers: Any) -> int:
    task = office.submit("disdik", SERVICE, **{**PPDB, **answers})
    task = office.finish("administrator", task)
    return office.finish("kabid", task, outcome="approve")


def request_of(desk, task_id: int) -> Request:
    return desk.session.get_one(Request, (desk.tenant.id, flow.task_view(desk, task_id).row.id))


def test_koordinasi_is_recorded_with_whom_when_how_and_its_result(office):
    task = office.submit("disdik", SERVICE, **PPDB)
    with office.desk("administrator") as desk, pytest.raises(Invalid) as refused:
        flow.finish(desk, task, {"address": "127.0.0.1"})
    assert set(refused.value.fields) >= {"coordination_with", "coordination_at", "coordination_result"}
    with pytest.raises(Invalid) as refused:
        office.finish("administrator", task, coordination_at="2026-11-17T09:00")
    assert set(refused.value.fields) == {"coordination_at"}
    decide = office.finish("administrator", task, coordination_means="meeting", coordination_result="Berkas lengkap.")
    assert office.form("kabid", decide)["coordination_with"] == "Administrator Hosting (contoh)"
    office.finish("kabid", decide, outcome="approve", coordination_result="Disetujui.")
    with office.desk("admin") as desk:
        newest, first = registers.rows(desk, "kukar.coordination")
    assert (first.content["means"], first.content["result"]) == ("meeting", "Berkas lengkap.")
    assert first.content["coordinated_at"] == "2026-11-16T09:00"
    assert newest.content["step"] == "3. Koordinasi dengan Kepala Bidang Aptika."


def test_the_kabid_decides_and_nobody_else(office):
    task = office.finish("administrator", office.submit("disdik", SERVICE, **PPDB))
    with pytest.raises(Forbidden):
        office.finish("administrator", task, outcome="approve")
    with pytest.raises(Invalid) as refused:
        office.finish("kabid", task, outcome="return")
    assert {"reasons", "explanation", "fields_concerned"} <= set(refused.value.fields)


def test_nothing_is_made_before_the_pse_check(office):
    task = to_check(office)
    with office.desk("administrator") as desk:
        flow.begin(desk, task)
        assert desk.session.scalar(select(func.count()).select_from(Resource)) == 0
    register = office.finish("administrator", task, **MATCHING)
    with office.desk("administrator") as desk:
        flow.begin(desk, register)
        wanted = [row.identity for row in desk.session.scalars(select(Resource).order_by(Resource.id))]
    assert wanted == ["ppdb.kukarkab.go.id", "ppdb.kukarkab.go.id/A"]


def test_the_registry_speaks_for_itself_field_by_field(office):
    with office.desk("admin") as desk:
        imports.import_as_person(desk, "kukar.pse", "pse.csv", REGISTRY)
    task = to_check(office)
    with office.desk("administrator") as desk:
        view = flow.task_view(desk, task)
        compared = {each.item: each for each in view.kind.comparison(view)}
        assert view.kind.shown(view) == [("Data PSE", "1 sistem, diimpor 16 November 2026 dari pse.csv")]
    assert compared["item_url"].held == "https://ppdb2025.kukarkab.go.id"
    assert compared["item_url"].asked == "ppdb.kukarkab.go.id"
    assert compared["item_officer"].held == "Pejabat Lama (contoh)"
    assert {item for item, each in compared.items() if not each.fits} == {"item_url", "item_officer"}
    given = office.form("administrator", task)
    assert (given["item_url"], given["item_owner"], given["outcome"]) == ("differs", "fits", "")


def test_what_the_request_declares_is_compared_with_what_the_registry_holds(office):
    head, row = REGISTRY.decode().strip().split("\n")
    told = f"{head};Kategori;Klasifikasi data;Data pribadi;Lokasi\n{row};Strategis;Tertutup;Ya;Dalam negeri\n"
    with office.desk("admin") as desk:
        imports.import_as_person(desk, "kukar.pse", "pse.csv", told.encode())
    declared = {"data_classification": "open", "personal_data": "yes", "location": "home"}
    task = to_check(office, **declared, **{f"category_{number}": "C" for number in range(1, 11)})
    with office.desk("administrator") as desk:
        view = flow.task_view(desk, task)
        compared = {each.item: (each.asked, each.held, each.fits) for each in view.kind.comparison(view)}
    assert compared["item_category"] == ("Rendah (10)", "Strategis", False)
    assert compared["item_classification"] == ("Terbuka", "Tertutup", False)
    assert compared["item_personal_data"] == ("Mengolah data pribadi", "Mengolah data pribadi", True)
    assert compared["item_location"] == ("Di Indonesia", "Di Indonesia", True)


def test_without_a_way_beyond_the_document_the_step_waits_until_the_data_fit(office):
    office.apply(plugins={"kukar": {"pse_mismatch": []}})
    task = to_check(office)
    wrong = {**MATCHING, "pse_url": "lama.kukarkab.go.id", "item_url": "differs"}
    with office.desk("administrator") as desk:
        view = flow.task_view(desk, task)
        assert [outcome.key for outcome in view.step.outcomes] == ["fits"]
    for outcome in ("fits", "return", "noted"):
        with pytest.raises(Invalid) as refused:
            office.finish("administrator", task, **{**wrong, "outcome": outcome})
        assert "outcome" in refused.value.fields
    assert office.finish("administrator", task, **MATCHING)


def test_going_on_with_a_note_needs_the_note(office):
    office.apply(plugins={"kukar": {"pse_mismatch": ["noted"]}})
    task = to_check(office)
    wrong = {**MATCHING, "pse_url": "lama.kukarkab.go.id", "item_url": "differs", "outcome": "noted"}
    with pytest.raises(Invalid) as refused:
        office.finish("administrator", task, **wrong)
    assert set(refused.value.fields) == {"remark"}
    register = office.finish("administrator", task, **wrong, remark="URL diperbarui pekan ini.")
    with office.desk("administrator") as desk:
        assert flow.task_view(desk, register).step.key == "register"


def test_a_finding_against_the_comparison_is_explained(office):
    task = to_check(office)
    other = {**MATCHING, "pse_officer": "Pejabat  CONTOH, S.Kom."}
    with pytest.raises(Invalid) as refused:
        office.finish("administrator", task, **other)
    assert "Penanggung jawab masih menjabat" in refused.value.fields["remark"][0]
    assert office.finish("administrator", task, **other, remark="Orang yang sama; gelar tidak tercatat pada PSE.")


@pytest.mark.parametrize(
    ("answers", "thresholds", "words"),
    [
        ("CCCCCCCCCC", {}, "Rendah (10)"),
        ("BBBBBCCCCC", {}, "Rendah (15)"),
        ("BBBBBBCCCC", {}, "Tinggi (16)"),
        ("AAAAABBCCC", {}, "Tinggi (32)"),
        ("AAAAABBBBB", {}, "Strategis (35)"),
        ("AAAAAAAAAA", {}, "Strategis (50)"),
        ("BBBBBBCCCC", {"category_high": 17}, "Rendah (16)"),
        ("AAAAABBBBB", {"category_strategic": 36}, "Tinggi (35)"),
    ],
)
def test_the_ten_questions_are_scored_inside_by_the_agencys_thresholds(office, answers, thresholds, words):
    office.apply(plugins={"kukar": thresholds})
    given = {f"category_{number}": answer for number, answer in enumerate(answers, 1)}
    task = to_check(office, **given)
    office.finish("administrator", task, **MATCHING)
    with office.desk("admin") as desk:
        (row,) = registers.rows(desk, "kukar.pse_check")
    assert row.content["category"] == words


def test_an_unanswered_question_leaves_no_category(office):
    task = to_check(office, category_4="")
    with pytest.raises(Invalid) as refused:
        office.finish("administrator", task, **MATCHING)
    assert "Formulir kategori ada" in refused.value.fields["remark"][0]


def test_a_logbook_takes_no_password(office):
    register = office.finish("administrator", to_check(office), **MATCHING)
    with office.desk("administrator") as desk:
        flow.begin(desk, register)
    for leak in ("sftp-ppdb password: rahasia1", "ppdb / kata sandi = x", "PIN:1234"):
        with office.desk("administrator") as desk, pytest.raises((Invalid, MissingInput)) as refused:
            flow.finish(desk, register, {"logbook_server": "Web 1", "logbook_account": leak, "note": ""})
        assert "kata sandi" in refused.value.fields["logbook_account"][0]


def test_an_approval_of_an_own_request_is_the_substitutes(office):
    office.submit("kabid", SERVICE, name_label="portal")
    with office.desk("admin") as desk:
        task = desk.session.scalars(select(Task).where(Task.state == "open")).one()
    decide = office.finish("administrator", task.id)
    with pytest.raises(Forbidden):
        office.finish("kabid", decide, outcome="approve")
    with office.desk("admin") as desk:
        note = desk.session.get_one(Task, (desk.tenant.id, decide)).note
    assert "diputuskan oleh Sekretaris Dinas (di luar SOP)" in note
    assert office.finish("sekretaris", decide, outcome="approve")
