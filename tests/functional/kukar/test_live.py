"""Kukar's demo on real servers: a request by REST to a live name, suspended, restored, and in the agency's logbook."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import httpx
import psycopg
import pytest
from click.testing import CliRunner

from tapak.cli.main import tapak
from tapak.demo.servers.process import wait_until
from tapak.demo.walk import Walked
from tapak.testing.changing import service_of
from tapak.testing.deployment import Case, Deployment

ADMINISTRATOR = "administrator@diskominfo.kukarkab.go.id"


@pytest.fixture(scope="module")
def running(kukar: Deployment) -> Deployment:
    """A deployment of the agency."""
    return kukar


@pytest.fixture(scope="module")
def case(running: Deployment) -> Case:
    """A request."""
    return running.case()


@pytest.fixture(scope="module")
def walked(case: Case) -> Walked:
    """The request at its end."""
    done = case.walker.walk()
    case.request_id = done.request_id
    return done


def stands(running: Deployment, name: str) -> bool:
    """Whether the name is in the zone."""
    bind = running.stack.bind
    answer = dns.query.udp(dns.message.make_query(name, "A"), bind.address, port=bind.port, timeout=5)
    return bool(answer.answer) and answer.rcode() == dns.rcode.NOERROR


def served(running: Deployment, name: str) -> int:
    """What the web server answers."""
    return httpx.get(running.stack.apache.url, headers={"Host": name}, timeout=10).status_code


@contextmanager
def signed_in(running: Deployment, who: str) -> Iterator[httpx.Client]:
    """``who``'s browser."""
    with running.browser() as browser:
        browser.headers["Origin"] = f"http://{running.one.host}:{running.stack.port}"
        token = _token(browser.get("/masuk").text)
        browser.post("/masuk", data={"email": who, "password": running.passwords[who], "csrf_token": token})
        yield browser


def act(running: Deployment, case: Case, what: str, **form: str) -> None:
    """The administrator's click at the case's service, on the page of active services."""
    mine = f"/{service_of(case)['id']}/{what}"
    with signed_in(running, ADMINISTRATOR) as browser:
        page = browser.get("/layanan-aktif").text
        (address,) = {part for part in _actions(page) if part.endswith(mine)}
        answer = browser.post(address, data={"csrf_token": _token(page), **form})
        assert answer.status_code == 303, answer.text


def _token(page: str) -> str:
    return page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]


def _actions(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('action="')[1:]]


def test_a_request_goes_from_letter_to_live_name_over_rest(walked: Walked, case: Case) -> None:
    assert (walked.state, walked.live, walked.problem) == ("done", True, "")
    assert [step["number"] for step in walked.steps] == ["1", "2", "3", "4", "5", "6"]
    assert "/HOST/DISKOMINFO/" in walked.number


def test_suspending_takes_the_name_away_and_the_site_answers_410_until_it_is_restored(
    running: Deployment, walked: Walked, case: Case
) -> None:
    assert (stands(running, case.name), served(running, case.name)) == (True, 200)
    act(running, case, "tangguhkan", reason="Tautan tersembunyi")
    wait_until(lambda: served(running, case.name) == 410, 60, "the site to be closed")
    assert not stands(running, case.name)
    with signed_in(running, case.applicant) as browser:
        assert "Ditangguhkan sejak" in browser.get("/").text
    act(running, case, "pulihkan")
    wait_until(lambda: stands(running, case.name), 60, "the name to be back")
    assert served(running, case.name) == 200


def test_who_decides_sees_a_term_that_ends_and_the_renewal_that_waits_in_the_inbox(
    running: Deployment, walked: Walked, case: Case
) -> None:
    service, soon = service_of(case)["id"], datetime.now(UTC).date() + timedelta(days=6)
    with psycopg.connect(running.stack.owner_url) as owner:
        owner.execute("update service set expires_on = %s where id = %s", (soon, service))
        owner.execute(
            "insert into expiry_reminder (tenant_id, service_id, expires_on, days) "
            "select tenant_id, id, expires_on, 7 from service where id = %s",
            (service,),
        )
    readers = (ADMINISTRATOR, running.one.admin())
    for who in readers:
        with signed_in(running, who) as browser:
            inbox = browser.get("/", follow_redirects=True)
        assert inbox.url.path == "/kotak-masuk"
        assert f"#layanan-{service}" in inbox.text
        assert "Segera berakhir" in inbox.text
    with signed_in(running, case.applicant) as browser:
        form = {"responsible_officer": "Kepala Dinas (contoh)", "still_used": "1"}
        token = _token(browser.get("/layanan-aktif").text)
        asked = browser.post(f"/layanan-aktif/{service}/daftar-ulang", data={"csrf_token": token, **form})
        assert asked.status_code == 303
        assert "Pendaftaran ulang menunggu keputusan." in browser.get("/").text
    for who in readers:
        with signed_in(running, who) as browser:
            assert "Pendaftaran ulang menunggu keputusan" in browser.get("/kotak-masuk").text
    act(running, case, "putuskan", approve="1")
    with signed_in(running, ADMINISTRATOR) as browser:
        assert f"#layanan-{service}" not in browser.get("/kotak-masuk").text


def test_the_logbook_of_a_real_request_opens_with_age(running: Deployment, walked: Walked, tmp_path: Path) -> None:
    key, sealed = running.stack.sealed_identities, tmp_path / "logbook.csv.age"
    arguments = ["logbook", "export", "--tenant", "kukar", "--identity", str(key), "--output", str(sealed)]
    done = CliRunner().invoke(tapak, arguments, env=running.stack.environment)
    assert done.exit_code == 0, done.output
    opened = subprocess.run(["age", "-d", "-i", key, sealed], capture_output=True, check=True).stdout.decode()
    assert walked.number in opened


def test_the_logbook_is_read_on_its_page_by_who_may(running: Deployment, walked: Walked) -> None:
    with signed_in(running, ADMINISTRATOR) as browser:
        assert "sftp-" in browser.get("/buku/kukar.logbook").text
        assert browser.get("/buku/kukar.logbook.csv").status_code == 404
    with signed_in(running, running.one.admin()) as browser:
        page = browser.get("/buku/kukar.logbook")
        assert page.status_code == 200
        assert "sftp-" not in page.text
        assert "hanya dapat dibaca pemegang jabatan yang ditunjuk" in page.text


def test_the_registry_is_imported_on_its_page_and_stands_beside_the_check(running: Deployment) -> None:
    good = "Nama sistem,Perangkat daerah,URL\nPenerimaan Peserta Didik Baru,Dinas Pendidikan dan Kebudayaan,lama.test\n"
    with signed_in(running, ADMINISTRATOR) as browser:
        page = browser.get("/buku/kukar.pse").text
        assert "Belum ada berkas yang diimpor." in page

        def send(content: str) -> httpx.Response:
            files = {"file": ("pse.csv", content.encode(), "text/csv")}
            return browser.post("/buku/kukar.pse/impor", data={"csrf_token": _token(page)}, files=files)

        refused = send("Nama sistem,Perangkat daerah\n,Dinas\n")
        assert refused.status_code == 422
        assert "Baris 2, kolom Nama sistem: Wajib diisi." in refused.text
        assert send(good).status_code == 303
        assert "dari pse.csv: 1 baris" in browser.get("/buku/kukar.pse").text
        task = running.case().to("check_pse")
        shown = browser.get(f"/tugas/{task['id']}").text
    assert "Perbandingan dengan data PSE" in shown
    assert "lama.test" in shown


def test_the_service_outside_the_sop_is_marked_so(running: Deployment) -> None:
    with running.browser() as browser:
        assert "di luar SOP" in browser.get("/layanan/kukar.dns_change").text
        assert "di luar SOP" in browser.get("/layanan").text


def test_what_a_change_of_records_does_stands_before_the_decision(running: Deployment) -> None:
    asked = running.case(running.one.at("kukar.dns_change"))
    task = asked.to("decide")
    with signed_in(running, asked.agency.who("decide")) as browser:
        page = browser.get(f"/tugas/{task['id']}").text
    assert 0 < page.index("tidak ada → TXT") < page.index('name="outcome"')
    assert page.count("tidak ada → TXT") == 1
