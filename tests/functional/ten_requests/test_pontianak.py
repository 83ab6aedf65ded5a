"""Kota Pontianak: SQL injection found in hour twenty, and a forgotten site with hidden links that has to go now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from tapak.demo.servers.process import wait_until
from tapak.testing.deployment import Deployment, deployed

from .conftest import answers, at

TOURISM = "pemohon@pariwisata.pontianak.go.id"
WIB = ZoneInfo("Asia/Pontianak")
# Mondays of ordinary weeks outside Ramadan.
MONDAYS = ((2026, 11, 30), (2027, 1, 11), (2027, 4, 12), (2027, 7, 12), (2027, 10, 11))
INJECTION = {
    "input_validation_answer": "unmet",
    "input_validation_severity": "critical",
    "input_validation_finding": "SQL injection: kueri pencarian NIK disambung dengan teks dari pengguna.",
    "input_validation_evidence": "cari.php baris 12",
}
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def pontianak(server_directory: Path) -> Iterator[Deployment]:
    """The agency."""
    with deployed(server_directory / "ten-pontianak", "pontianak") as made:
        yield made


def status(pontianak: Deployment, name: str) -> int:
    return httpx.get(pontianak.stack.nginx.url, headers={"Host": name}, timeout=10).status_code


def test_8_sql_injection_is_found_in_hour_20_of_an_application_with_nik(pontianak: Deployment) -> None:
    case = pontianak.case()
    case.start()
    case.take("submit", personal_data="yes")
    case.to("verify")
    now = datetime.now(UTC)
    monday = next(day for day in (datetime(*ymd, 7, 30, tzinfo=WIB) for ymd in MONDAYS) if day > now)
    with at(pontianak, monday):
        case.begin()
    # Two days of 7.5 hours, and five hours of Wednesday with its break.
    with at(pontianak, monday + timedelta(days=2, hours=6)):
        case.take("verify", outcome="return", **INJECTION)
        (verified,) = [task for task in case.request()["tasks"] if task["step"] == "verify"]
    assert abs(timedelta(seconds=verified["working"]) - 20 * HOUR) < timedelta(minutes=2)
    request = case.request()
    assert (request["state"], request["step"]) == ("returned", "submit")
    assert (answers(pontianak, case.name), status(pontianak, case.name)) == ([], 404)


def test_9_a_forgotten_site_with_hidden_slot_links_goes_now_and_its_name_first(pontianak: Deployment) -> None:
    case = pontianak.case(pontianak.one.applying(TOURISM), label="festival2022")
    case.to("receive")
    case.take("receive")
    assert (len(answers(pontianak, case.name)), status(pontianak, case.name)) == (1, 200)
    officer, call = pontianak.one.admin(), case.walker.call
    (mine,) = [row for row in call(officer, "GET", "/active-services") if row["request_id"] == case.request_id]
    path = f"/active-services/{mine['id']}/emergency"
    declared = call(officer, "POST", path, {"reason": "Tautan slot tersembunyi; surat menyusul."})
    assert (declared["letter_number"], declared["settled_at"]) == ("", None)
    wait_until(lambda: status(pontianak, case.name) == 410, 60, "the site to be closed")
    assert answers(pontianak, case.name) == []
    letter = {"letter_number": "555/12/DISKOMINFO/2026", "letter_date": f"{datetime.now(WIB):%Y-%m-%d}"}
    assert call(officer, "POST", f"{path}/letter", letter)["settled_at"]
    assert (answers(pontianak, case.name), status(pontianak, case.name)) == ([], 410)
