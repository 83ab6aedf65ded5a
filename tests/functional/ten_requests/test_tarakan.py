"""Kota Tarakan: straight through, no address free, ninety minutes over a weekend, a website that is there already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import httpx
import pytest

from tapak.testing.deployment import Case, Deployment, deployed

from .conftest import answers, at, served

DISHUB = "pemohon@dishub.tarakankota.go.id"
ONLY_FREE = "203.0.113.9"
WITA = ZoneInfo("Asia/Makassar")
MINUTE = timedelta(minutes=1)
"""What calls may take between the clock's turn and the act."""
# Fridays before an ordinary Monday, outside Ramadan.
FRIDAYS = ((2026, 11, 27), (2027, 1, 15), (2027, 4, 16), (2027, 7, 16), (2027, 10, 15))


@pytest.fixture(scope="module")
def tarakan(server_directory: Path) -> Iterator[Deployment]:
    """The agency with one public address to give away."""
    addresses = {"shared": ["${WEB_ADDRESS}"], "dedicated": [ONLY_FREE]}
    with deployed(server_directory / "ten-tarakan", "tarakan", addresses=addresses) as made:
        yield made


def test_1_dinas_kesehatan_asks_for_antrean_and_all_is_in_order(tarakan: Deployment) -> None:
    case = tarakan.case(label="antrean")
    done = case.to_end()
    assert done["state"] == "done"
    assert [task["step_number"] for task in done["tasks"]] == [str(number) for number in range(1, 10)]
    assert {row["state"] for row in case.resources().values()} == {"live"}
    assert (answers(tarakan, "antrean.tarakankota.go.id"), served(tarakan, "antrean.tarakankota.go.id")) == (
        ["127.0.0.1"],
        200,
    )


def test_2_dinas_perhubungan_asks_for_atcs_while_no_address_is_free(tarakan: Deployment) -> None:
    holder = tarakan.case()
    holder.start()
    holder.take("submit", address_kind="dedicated")
    holder.to("provision")
    case = tarakan.case(tarakan.one.applying(DISHUB), label="atcs")
    case.start()
    case.take("submit", address_kind="dedicated")
    review = case.to("review")
    assert ONLY_FREE not in str(review["form"])
    case.take("review", recommendation="return", findings="Tidak ada IP publik yang bebas.")
    case.take(
        "decide",
        outcome="return",
        reasons=["IP publik tidak tersedia"],
        explanation="Ajukan lagi memakai server web bersama (proxy).",
        fields_concerned=["address_kind"],
    )
    returned = case.request()
    assert (returned["state"], returned["tasks"][-1]["step"]) == ("returned", "submit")
    case.take("submit", address_kind="shared")
    done = case.to_end()
    assert (done["state"], done["number"], done["tasks"][-1]["revision"]) == ("done", returned["number"], 2)
    assert (answers(tarakan, case.name), served(tarakan, case.name)) == (["127.0.0.1"], 200)
    holder.walker.call(holder.applicant, "POST", f"/requests/{holder.request_id}/withdraw", {"reason": "Tidak jadi"})


def test_3_the_hospitals_server_is_installed_from_friday_1545_until_monday(tarakan: Deployment) -> None:
    case = tarakan.case(tarakan.one.at("tarakan.colocation"))
    case.to("notify")
    now = datetime.now(UTC)
    friday = next(day for day in (datetime(*ymd, 15, 45, tzinfo=WITA) for ymd in FRIDAYS) if day > now)
    monday = friday + timedelta(days=3)
    with at(tarakan, friday - timedelta(hours=1)):
        case.take("notify", appointment=f"{friday:%Y-%m-%dT%H:%M}")
    with at(tarakan, friday):
        case.begin()
        late = datetime.fromisoformat(case.task()["due_at"]) - monday.replace(hour=8, minute=15)
        assert timedelta() <= late < MINUTE
    with at(tarakan, monday.replace(hour=8, minute=0)):
        case.take("install")
        (installed,) = [task for task in case.request()["tasks"] if task["step"] == "install"]
    assert timedelta(minutes=75) - MINUTE < timedelta(seconds=installed["working"]) < timedelta(minutes=75) + MINUTE


def website(tarakan: Deployment, text: str) -> Case:
    """A unit's letter on the making of a website whose front page is ``text``."""
    archive = BytesIO()
    with ZipFile(archive, "w") as opened:
        opened.writestr("index.html", text)
    case = tarakan.case(tarakan.one.at("tarakan.website"))
    case.walker.script = replace(case.walker.script, archives={"application": archive.getvalue()})
    return case


def test_4_a_units_letter_asks_for_the_making_of_a_website_that_it_has(tarakan: Deployment) -> None:
    first = website(tarakan, "lama")
    first.to("exists")
    first.take("exists", runtime="static", database="none")
    first.to_end()
    second = website(tarakan, "diperbarui")
    second.to("exists")
    second.take("exists", outcome="exists", site=first.name, runtime="static", database="none")
    done = second.to_end()
    assert done["state"] == "done"
    assert [task["step_number"] for task in done["tasks"]] == ["1", "2", "3", "4", "5", "6", "9", "10", "11"]
    assert httpx.get(tarakan.stack.apache.url, headers={"Host": first.name}).text == "diperbarui"
    assert (answers(tarakan, second.name), served(tarakan, second.name)) == ([], 404)
