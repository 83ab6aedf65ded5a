"""Pontianak on real servers: scanned in the sandbox, verified, given back, mended, and exactly that file deployed."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any

import dns.message
import dns.query
import httpx
import psycopg
import pytest

from tapak.demo.walk import Walked, WalkProblem
from tapak.testing.archives import EICAR
from tapak.testing.changing import Changing, service_of
from tapak.testing.deployment import Case, Deployment

VERIFIER = "kasi.pksi@diskominfo.pontianak.go.id"
HOSTER = "kasi.sptik@diskominfo.pontianak.go.id"
APPLICANT = "pemohon@disdukcapil.pontianak.go.id"
SHELL = "<?php\n\n@eval($_POST['x']);"
PLAIN = {"runtime": "static", "database": "none"}
UNMET = {
    "input_validation_answer": "unmet",
    "input_validation_severity": "high",
    "input_validation_finding": "Kueri pencarian disambung dengan teks dari pengguna.",
    "input_validation_evidence": "cari.php baris 12",
    "malicious_code_answer": "unmet",
    "malicious_code_severity": "critical",
    "malicious_code_finding": "Web shell dan virus.",
}
MENDED = {**dict.fromkeys(UNMET, ""), "input_validation_answer": "met", "malicious_code_answer": "met"}


def packed(**files: str | bytes) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, content in files.items():
            opened.writestr(name.replace("__", "."), content)
    return made.getvalue()


def digest(archive: bytes) -> str:
    return hashlib.sha256(archive).hexdigest()


@pytest.fixture(scope="module")
def running(pontianak: Deployment) -> Deployment:
    """A deployment of the agency."""
    return pontianak


def case(running: Deployment, archive: bytes) -> Case:
    """A request with ``archive`` as its application."""
    made = running.case()
    made.walker.script = replace(made.walker.script, archives={"application": archive})
    return made


def served(running: Deployment, name: str, path: str = "/") -> httpx.Response:
    return httpx.get(f"{running.stack.nginx.url}{path}", headers={"Host": name}, timeout=30)


def stands(running: Deployment, name: str) -> bool:
    bind = running.stack.bind
    answer = dns.query.udp(dns.message.make_query(name, "A"), bind.address, port=bind.port, timeout=5)
    return bool(answer.answer)


def call(made: Case, who: str, path: str) -> Any:
    return made.walker.call(who, "GET", path)


def papers(made: Case, kind: str) -> list[dict[str, Any]]:
    return [paper for paper in call(made, APPLICANT, f"/requests/{made.request_id}/documents") if paper["kind"] == kind]


def rows(running: Deployment, register: str, words: str) -> list[Mapping[str, Any]]:
    with running.caller(VERIFIER) as client:
        return [row["content"] for row in client.get(f"/registers/{register}", params={"q": words}).json()]


@pytest.fixture(scope="module")
def walked(running: Deployment) -> tuple[Case, Walked]:
    """The demo's own request, at its end."""
    made = running.case()
    done = made.walker.walk()
    made.request_id = done.request_id
    return made, done


def test_a_request_goes_from_letter_to_live_application_over_rest(
    running: Deployment, walked: tuple[Case, Walked]
) -> None:
    made, done = walked
    assert (done.state, done.live, done.problem) == ("done", True, "")
    assert [step["number"] for step in done.steps] == ["0", "1", "2", "3", "4", "5", "6"]
    assert "/HOST/TKPBET.DKI/" in done.number
    assert "Akta kelahiran: 08.00-12.00" in served(running, made.name).text
    assert {"database", "site", "release", "backup", "name"} <= set(made.resources())


def test_the_registers_name_the_application_and_its_verified_file(
    running: Deployment, walked: tuple[Case, Walked]
) -> None:
    made, _ = walked
    (listed,) = rows(running, "pontianak.applications", made.name)
    (verified,) = rows(running, "pontianak.verifications", listed["sha256"])
    assert listed["sha256"] == made.resources()["release"]["spec"]["sha256"]
    assert (listed["database"], listed["backup"]) == ("MariaDB", "Harian pukul 01.30 WIB")
    assert (verified["result"], verified["unmet"]) == ("Lolos verifikasi", "")
    made.wait(lambda: papers(made, "verification_report")[0]["state"] == "ready", "the report")
    report = httpx.get(
        f"{running.base_url}/api/v1/documents/{papers(made, 'verification_report')[0]['id']}/content",
        headers={"Host": running.one.host, **made.walker.bearer(APPLICANT)},
    )
    assert report.content.startswith(b"%PDF")


@pytest.fixture
def failing(running: Deployment) -> Case:
    """A request whose file, with a web shell, a virus and another page, waits for its verification."""
    archive = packed(index__html="<h1>lama</h1>", x__php=SHELL, eicar__com=EICAR)
    made = case(running, archive)
    made.start()
    made.take("submit", **PLAIN)
    made.to("verify")
    return made


def test_what_fails_goes_back_with_its_findings_and_only_the_mended_file_goes_live(
    running: Deployment, failing: Case
) -> None:
    with pytest.raises(WalkProblem, match="tinggi atau kritis"):
        failing.take("verify")
    failing.take("verify", outcome="return", **UNMET)
    request = failing.request()
    assert (request["state"], request["step"]) == ("returned", "submit")
    told = call(failing, VERIFIER, f"/requests/{failing.request_id}")["tasks"]
    assert [task["outcome"] for task in told if task["step"] == "verify"] == ["return"]
    (notice,) = papers(failing, "notice_letter")
    assert "dikembalikan" in notice["title"]
    assert not stands(running, failing.name)

    good = packed(index__html="<h1>baru</h1>")
    failing.walker.script = replace(failing.walker.script, archives={"application": good})
    step = {**failing.step("submit"), "files": ["request_letter", "application"]}
    step["input"] = {**step["input"], **PLAIN, "letter_number": "470/119/DISDUKCAPIL/2026"}
    failing.walker.take(step, failing.walker.open_task(step, failing.request_id))
    failing.take("dispose")
    failing.take("coordinate", asked="complete")
    form = {field["name"]: field["value"] for field in failing.to("verify")["form"]}
    assert form["sha256"] == digest(good)
    assert (form["access_control_answer"], form["input_validation_answer"]) == ("met", None)
    failing.turns["coordinate"] = 0
    failing.take("verify", **MENDED)
    failing.to("name")
    assert failing.resources()["release"]["spec"]["sha256"] == digest(good)
    assert served(running, failing.name).text == "<h1>baru</h1>"
    assert served(running, failing.name, "/x.php").status_code == 404
    assert not stands(running, failing.name)
    assert failing.to_end()["state"] == "done"
    assert stands(running, failing.name)
    results = [row["result"] for row in rows(running, "pontianak.verifications", request["subject"].split(" · ")[0])]
    assert {"Tidak lolos", "Lolos verifikasi"} <= set(results)


def test_the_verification_pages_of_both_files(running: Deployment, failing: Case) -> None:
    task = failing.task()
    with signed_in(running, VERIFIER) as browser:
        page = browser.get(f"/tugas/{task['id']}").text
        assert "Menjalankan kode yang dikirim pengunjung (web shell)." in page
        assert "x.php:3" in page
        assert "Perubahan terhadap file" not in page
    failing.take("verify", outcome="return", **UNMET)
    assert failing.request()["state"] == "returned"
    with signed_in(running, APPLICANT) as browser:
        page = browser.get(f"/tugas/{failing.task()['id']}/isi/application").text
        assert "Kueri pencarian disambung" in page
    good = packed(index__html="<h1>baru</h1>", i__php="<?php phpinfo();")
    failing.walker.script = replace(failing.walker.script, archives={"application": good})
    step = {**failing.step("submit"), "files": ["request_letter", "application"]}
    step["input"] = {**step["input"], **PLAIN, "letter_number": "470/120/DISDUKCAPIL/2026"}
    failing.walker.take(step, failing.walker.open_task(step, failing.request_id))
    failing.take("dispose")
    failing.take("coordinate", asked="complete")
    with signed_in(running, VERIFIER) as browser:
        page = browser.get(f"/tugas/{failing.task()['id']}").text
    assert "Perubahan terhadap file yang diverifikasi sebelumnya" in page
    assert "Tetap seperti verifikasi sebelumnya" in page
    assert "Verifikasi sebelumnya" in page
    assert "Kueri pencarian disambung" in page


def test_nothing_passes_while_its_scan_is_under_way_or_for_another_file(running: Deployment) -> None:
    made = case(running, packed(index__html="<h1>tenang</h1>"))
    made.start()
    made.take("submit", **PLAIN)
    made.to("verify")
    with pytest.raises(WalkProblem, match="bukan lagi yang diperiksa"):
        made.take("verify", sha256="0" * 64)
    with psycopg.connect(running.stack.owner_url, autocommit=True) as owner:
        change = "update scan_run set state = %s where request_id = %s"
        owner.execute(change, ("running", made.request_id))
        with pytest.raises(WalkProblem, match="masih memeriksa"):
            made.take("verify")
        owner.execute(change, ("done", made.request_id))
    made.take("verify")
    assert made.task()["step"] == "host"


def test_a_file_that_changes_after_its_verification_never_goes_live(running: Deployment) -> None:
    verified = packed(index__html="<h1>terverifikasi</h1>")
    other = packed(index__html="<h1>diganti</h1>")
    made = case(running, verified)
    made.start()
    made.take("submit", **PLAIN)
    asked = made.to("coordinate")
    made.take("coordinate")
    with running.caller(APPLICANT) as client:
        announced = {"kind": "application", "filename": "ganti.zip", "size": len(other), "mark": "ganti"}
        begun = client.post(f"/tasks/{asked['id']}/uploads", json=announced)
        assert begun.status_code == 201, begun.text
        made.take("coordinate")
        made.take("verify")
        late = client.patch(
            begun.headers["Location"].removeprefix("/api/v1"),
            content=other,
            headers={"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"},
        )
        assert late.status_code == 409
        answers = {
            task["step"]: client.post(
                f"/tasks/{task['id']}/documents",
                data={"kind": "application"},
                files={"file": ("ganti.zip", other, "application/zip")},
            ).status_code
            for task in made.request()["tasks"]
        }
        assert answers == {"submit": 409, "dispose": 404, "coordinate": 409, "verify": 404, "host": 404}
    with running.caller(HOSTER) as client:
        task = made.task()
        answer = client.post(
            f"/tasks/{task['id']}/documents",
            data={"kind": "application"},
            files={"file": ("ganti.zip", other, "application/zip")},
        )
        assert answer.status_code == 422
        with psycopg.connect(running.stack.owner_url, autocommit=True) as owner:
            change = "update document set sha256 = %s where request_id = %s and kind = 'application'"
            owner.execute(change, (digest(other), made.request_id))
            refused = client.post(f"/tasks/{task['id']}/begin", json={"version": task["version"]})
            assert (refused.status_code, "berubah setelah diverifikasi" in refused.text) == (409, True)
            owner.execute(change, (digest(verified), made.request_id))
    made.take("host")
    assert made.resources()["release"]["spec"]["sha256"] == digest(verified)
    assert served(running, made.name).text == "<h1>terverifikasi</h1>"


def test_a_hosted_application_is_renamed_by_a_request_of_its_own(running: Deployment) -> None:
    made = case(running, packed(index__html="<h1>tetap</h1>"))
    made.start()
    made.take("submit", **PLAIN)
    made.to_end()
    new = f"baru-{made.name}"
    change = Changing.begin(made, "rename")
    done = change.to_end(name_label=f"baru-{made.label}", change_reason="Penataan nama.")
    assert (done["state"], done["service"]) == ("done", "Perubahan Layanan Hosting")
    assert (stands(running, made.name), stands(running, new)) == (False, True)
    assert served(running, new).text == "<h1>tetap</h1>"
    after = service_of(made)
    assert (after["state"], new in after["title"]) == ("live", True)


@contextmanager
def signed_in(running: Deployment, who: str) -> Iterator[httpx.Client]:
    """``who``'s browser."""
    with running.browser() as browser:
        browser.headers["Origin"] = f"http://{running.one.host}:{running.stack.port}"
        token = browser.get("/masuk").text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        browser.post("/masuk", data={"email": who, "password": running.passwords[who], "csrf_token": token})
        yield browser
