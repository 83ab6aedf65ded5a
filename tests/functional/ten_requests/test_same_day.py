"""One name for two agencies, a Plh. from the joint leave on, and an SOP that is revised while a request runs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tapak.testing.deployment import Deployment, deployed

from .conftest import answers, at, refusal

DISHUB = "pemohon@dishub.tarakankota.go.id"
KADIS = "kadis@dkisp.tarakankota.go.id"
SEKRETARIS = "sekretaris@dkisp.tarakankota.go.id"
WITA = ZoneInfo("Asia/Makassar")
JOINT_LEAVE = datetime(2026, 12, 24, 9, 0, tzinfo=WITA)
REVISION = """
    from dataclasses import replace
    from datetime import date

    from tapak.sdk.hookspecs import hookimpl
    from tapak_tarakan.hosting import HOSTING

    SHORTER = [step for step in HOSTING.steps if step.key != "report"]
    HAND_OVER = next(step for step in SHORTER if step.key == "hand_over")
    ONWARD = tuple(replace(outcome, to="close") for outcome in HAND_OVER.outcomes)
    STEPS = [replace(step, outcomes=ONWARD) if step is HAND_OVER else step for step in SHORTER]


    @hookimpl
    def procedures():
        numbered = tuple(replace(step, number=str(number)) for number, step in enumerate(STEPS, 1))
        header = replace(HOSTING.header, number="2/REVISI")
        return (replace(HOSTING, version=2, effective_from=date.fromisoformat("{day}"), header=header, steps=numbered),)
"""


@pytest.fixture(scope="module")
def tarakan(server_directory: Path) -> Iterator[Deployment]:
    """The agency, whose Kadis has a Plh. from the joint leave on."""
    with deployed(server_directory / "ten-same-day", "tarakan") as made:
        acting = {
            "position": "kadis",
            "account": SEKRETARIS,
            "kind": "acting_daily",
            "decree": "800.1.11/101/CONTOH/2026",
            "from": date(2026, 12, 24),
            "until": date(2026, 12, 31),
        }
        made.apply(made.one, holders=[*made.one.content["holders"], acting])
        yield made


def test_10_the_same_name_from_two_agencies_on_the_same_day(tarakan: Deployment) -> None:
    first = tarakan.case(label="pajak")
    second = tarakan.case(tarakan.one.applying(DISHUB), label="pajak")
    first.to("decide")
    second.to("decide")
    first.take("decide")
    told = refusal(lambda: second.take("decide"))
    assert "pajak.tarakankota.go.id" in told
    second.take(
        "decide",
        outcome="return",
        reasons=["Nama subdomain tidak sesuai ketentuan penamaan"],
        explanation="Nama itu sudah disetujui untuk perangkat daerah lain.",
        fields_concerned=["name_label"],
    )
    assert "422" in refusal(lambda: second.take("submit"))
    second.take("submit", name_label="parkir")
    second.to_end()
    first.to_end()
    assert answers(tarakan, "pajak.tarakankota.go.id") == answers(tarakan, "parkir.tarakankota.go.id") == ["127.0.0.1"]


def test_10_a_plh_acts_for_the_kadis_from_the_joint_leave_on(tarakan: Deployment) -> None:
    case = tarakan.case()
    task = case.to("dispose")
    given = {"version": task["version"]}
    with at(tarakan, JOINT_LEAVE):
        begin = f"/tasks/{task['id']}/begin"
        assert "404" in refusal(lambda: case.walker.call(KADIS, "POST", begin, given))
        begun = case.walker.call(SEKRETARIS, "POST", begin, given)
        due = datetime.fromisoformat(begun["due_at"]).astimezone(WITA)
        assert f"{due:%Y-%m-%d %H:%M}" == "2026-12-28 07:32"
        finish = {"version": begun["version"], "input": case.walker.input_of(case.step("dispose"), begun["form"])}
        case.walker.call(SEKRETARIS, "POST", f"/tasks/{task['id']}/finish", finish)
        (disposed,) = [each for each in case.request()["tasks"] if each["step"] == "dispose"]
    assert disposed["acting_as"].startswith("Plh. Kepala Dinas")


def test_10_an_sop_is_revised_while_a_request_runs(tarakan: Deployment) -> None:
    case = tarakan.case()
    case.to("review")
    installed = tarakan.stack.plugins / "revision-2.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: revision\nVersion: 2\n")
    (installed / "entry_points.txt").write_text("[tapak]\nrevision = revision\n")
    today = datetime.now(WITA).date()
    (tarakan.stack.plugins / "revision.py").write_text(textwrap.dedent(REVISION).format(day=today))
    tarakan.stack.restart()
    done = case.to_end()
    assert (done["procedure_version"], len(done["tasks"])) == (1, 9)
    with tarakan.caller() as visitor:
        assert visitor.get("/services/tarakan.hosting").json()["header"]["number"] == "2/REVISI"
    newer = tarakan.case().to_end()
    assert (newer["procedure_version"], len(newer["tasks"])) == (2, 8)
