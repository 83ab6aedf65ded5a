import re

import pytest
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

from tapak.audit.models import AuditEvent
from tapak.documents.models import Document
from tapak.requests import ends, flow
from tapak.requests.models import Request, Task


def row(site, request_id: int) -> Request:
    with site.kit.database.begin(site.tenant.id) as session:
        return session.scalars(select(Request).where(Request.id == request_id)).one()


def open_task(site, request_id: int) -> int:
    with site.kit.database.begin(site.tenant.id) as session:
        query = select(Task.id).where(Task.request_id == request_id, Task.state.in_(["open", "started"]))
        return session.scalars(query).one()


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_the_request_page_says_where_it_stands_and_who_has_it(site) -> None:
    request_id = site.submitted()
    found = row(site, request_id)
    told = words(site.browser("dinkes").get(f"/permohonan/{request_id}"))
    assert found.number in told
    assert "Langkah 2: Agenda surat masuk" in told
    assert "Langkah 2: Scanning Surat, Mengagendakan Surat, Melengkapi lembar disposisi" in told
    assert "Kepala Subbagian Umum dan Kepegawaian (Kepala Subbagian Umum (contoh))" in told
    assert found.tracking_code in told
    assert "Perkiraan selesai" in told
    page = site.browser("dinkes").get(f"/permohonan/{request_id}").text
    assert page.count('aria-current="step"') == 2
    assert re.search(r'<tr class="is-current" aria-current="step">\s*<td>2</td>', page)


def test_whose_turn_it_is_gets_the_way_to_the_step(site) -> None:
    request_id = site.submitted()
    link = f'href="/tugas/{open_task(site, request_id)}"'
    assert link in site.browser("kasubbag").get(f"/permohonan/{request_id}").text
    assert link not in site.browser("dinkes").get(f"/permohonan/{request_id}").text
    assert link not in site.browser("admin").get(f"/permohonan/{request_id}").text


def test_another_unit_does_not_even_learn_that_it_exists(site) -> None:
    request_id = site.submitted("dinkes")
    other = site.browser("dishub")
    for path in ("", "/tarik", "/batalkan", "/pindahkan"):
        assert other.get(f"/permohonan/{request_id}{path}").status_code == 404
    for path in ("/ulangi", "/tarik", "/batalkan", "/pindahkan"):
        assert other.send(f"/permohonan/{request_id}{path}", {"reason": "Bukan milik saya"}).status_code == 404
    assert row(site, request_id).state == "submitted"
    assert f'"/permohonan/{request_id}"' not in other.get("/permohonan").text


def test_strangers_are_asked_to_sign_in(site) -> None:
    request_id = site.submitted()
    for address in ("/permohonan", f"/permohonan/{request_id}", f"/permohonan/{request_id}/tarik"):
        answer = site.visitor().get(address)
        assert (answer.status_code, answer.location) == (303, f"/masuk?next={address}")


@pytest.mark.parametrize(("who", "acts"), [("dinkes", {"tarik"}), ("kadis", {"batalkan"}), ("admin", {"pindahkan"})])
def test_everybody_sees_only_the_acts_that_are_theirs(site, who: str, acts: set[str]) -> None:
    request_id = site.submitted()
    browser = site.browser(who)
    page = browser.get(f"/permohonan/{request_id}").text
    assert set(re.findall(rf'href="/permohonan/{request_id}/(\w+)"', page)) == acts
    for name in {"tarik", "batalkan", "pindahkan"} - acts:
        assert browser.get(f"/permohonan/{request_id}/{name}").status_code == 404


def test_an_act_needs_a_reason_and_keeps_what_was_typed(site) -> None:
    request_id = site.submitted()
    browser = site.browser("admin")
    refused = browser.send(f"/permohonan/{request_id}/pindahkan", {"reason": "x", "step": "review"})
    assert refused.status_code == 422
    assert "Tuliskan alasan" in refused.text
    assert re.search(r'value="review" selected', refused.text)
    assert (
        browser.send(f"/permohonan/{request_id}/pindahkan", {"reason": "Salah langkah", "step": "lain"}).status_code
        == 422
    )
    done = browser.send(f"/permohonan/{request_id}/pindahkan", {"reason": "Salah langkah", "step": "review"})
    assert done.status_code == 303
    assert row(site, request_id).step == "review"
    assert "Salah langkah" in words(browser.get(f"/permohonan/{request_id}"))


def test_an_act_on_what_has_changed_meanwhile_tells_who_did_what(site) -> None:
    request_id = site.submitted()
    seen = row(site, request_id).version
    with site.desk("kasubbag") as desk:
        flow.begin(desk, open_task(site, request_id))
    given = {"reason": "Tidak jadi dipakai", "version": str(seen)}
    answer = site.browser("dinkes").send(f"/permohonan/{request_id}/tarik", given)
    assert answer.status_code == 409
    assert "Langkah 2 mulai dikerjakan" in answer.text
    assert "Kepala Subbagian Umum dan Kepegawaian" in answer.text
    assert f'href="/permohonan/{request_id}"' in answer.text
    assert row(site, request_id).state == "submitted"


def test_a_withdrawn_request_stands_stopped_with_its_reason(site) -> None:
    request_id = site.submitted()
    with site.desk("dinkes") as desk:
        ends.withdraw(desk, request_id, "Sistem digabung dengan yang lain")
    answer = site.browser("dinkes").get(f"/permohonan/{request_id}")
    assert "Sistem digabung dengan yang lain" in words(answer)
    assert '<tr class="is-stopped">' in answer.text
    assert f"/permohonan/{request_id}/tarik" not in answer.text


def test_hostile_words_stay_words(site) -> None:
    request_id = site.submitted()
    with site.desk("dinkes") as desk:
        ends.withdraw(desk, request_id, '<script>alert(1)</script>"><img src=x onerror=alert(1)>')
    page = site.browser("dinkes").get(f"/permohonan/{request_id}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_hidden_events_are_for_staff(site) -> None:
    request_id = site.submitted()
    with site.kit.database.begin(site.tenant.id) as session:
        session.add(AuditEvent(kind="x", request_id=request_id, summary="Catatan intern", shown=False))
    assert "Catatan intern" not in site.browser("dinkes").get(f"/permohonan/{request_id}").text
    assert "Catatan intern" in site.browser("kadis").get(f"/permohonan/{request_id}").text


def test_the_list_is_searched_and_filtered(site) -> None:
    request_id = site.submitted()
    link = f'href="/permohonan/{request_id}"'
    browser = site.browser("kadis")
    number = row(site, request_id).number
    assert link in browser.get("/permohonan", query_string={"cari": number}).text
    assert link in browser.get("/permohonan", query_string={"status": "submitted"}).text
    assert link not in browser.get("/permohonan", query_string={"status": "done"}).text
    assert link not in browser.get("/permohonan", query_string={"cari": "%"}).text
    assert "Tidak ada permohonan yang cocok" in browser.get("/permohonan", query_string={"cari": "tidakada"}).text


@pytest.mark.parametrize("asked", ["status=lain", "sebelum=x", "sebelum=-1", "sebelum=99999999999999999999"])
def test_a_list_that_does_not_exist_is_not_found(site, asked: str) -> None:
    assert site.browser("kadis").get(f"/permohonan?{asked}").status_code == 404


def test_the_start_page_is_the_units_or_the_way_to_the_inbox(site) -> None:
    request_id = site.submitted()
    assert f'href="/permohonan/{request_id}"' in site.browser("dinkes").get("/").text
    assert site.browser("kadis").get("/").location == "/kotak-masuk"
    assert site.browser("admin").get("/").location == "/kotak-masuk"
    assert "Lacak permohonan" in site.visitor().get("/").text


def test_tracking_needs_both_and_tells_nothing_of_people(site) -> None:
    request_id = site.submitted()
    found = row(site, request_id)
    visitor = site.visitor()
    good = visitor.get("/lacak", query_string={"nomor": f" {found.number} ", "kode": found.tracking_code.lower()})
    assert good.status_code == 200
    told = words(good)
    assert "Langkah 2: Agenda surat masuk" in told
    assert "Perkiraan selesai" in told
    answers = [value for name, value in found.answers.items() if name != "name_zone" and len(str(value)) > 8]
    assert answers
    assert [each for each in [*map(str, answers), "(contoh)", "Dinas Kesehatan", found.subject] if each in told] == []
    for number, code in ((found.number, "AAAAAAAA"), ("lain", found.tracking_code), (found.number, "é"), ("", "")):
        assert found.number not in words(visitor.get("/lacak", query_string={"nomor": number, "kode": code}))


def test_tracking_is_not_for_guessing(site) -> None:
    visitor = site.visitor()
    asked = {"nomor": "001", "kode": "AAAAAAAA"}
    guesses = [visitor.get("/lacak", query_string=asked, environ_base={"REMOTE_ADDR": "192.0.2.77"}) for _ in range(31)]
    assert [answer.status_code for answer in guesses[:30]] == [404] * 30
    assert guesses[30].status_code == 429
    assert "Terlalu banyak permintaan" in guesses[30].text
    told = visitor.get(
        "/api/v1/tracking", query_string={"number": "001", "code": "x"}, environ_base={"REMOTE_ADDR": "192.0.2.77"}
    )
    assert (told.status_code, told.mimetype, told.json["code"]) == (429, "application/problem+json", "too_many")


def test_the_language_is_remembered_with_the_account(site) -> None:
    browser = site.browser("dishub")
    assert '<html lang="id">' in browser.get("/layanan").text
    assert browser.post("/bahasa", {"language": "en", "back": "/layanan"}).location == "/layanan"
    assert '<html lang="en">' in browser.get("/layanan").text
    assert '<html lang="en">' in site.browser("dishub").get("/layanan").text
    assert browser.post("/bahasa", {"language": "xx"}).status_code == 404
    browser.post("/bahasa", {"language": "id"})


def test_what_does_not_exist_is_told_in_a_page(site) -> None:
    for address in ("/tidak-ada", "/layanan/lain", "/permohonan/9999999999999999999"):
        answer = site.browser("admin").get(address)
        assert answer.status_code == 404
        assert "tidak" in words(answer)
        assert answer.mimetype == "text/html"


def test_signing_out_ends_the_session_on_the_server(site) -> None:
    browser = site.browser("dinkes")
    cookie = browser.client.get_cookie("tapak", domain="tarakan.localhost")
    assert not isinstance(site.app.session_interface, SecureCookieSessionInterface)
    assert browser.post("/keluar", {"csrf_token": browser.token()}).status_code == 302
    thief = site.visitor()
    thief.client.set_cookie("tapak", cookie.value, domain="tarakan.localhost")
    assert thief.get("/permohonan").status_code == 303


def failed_letter(site, request_id: int) -> int:
    """The id of a letter of the request that could not be made."""
    with site.kit.database.begin(site.tenant.id) as session:
        paper = session.scalars(select(Document).where(Document.request_id == request_id)).one()
        paper.state, paper.problem, paper.template = "failed", "Surat tidak dapat dicetak.", "tapak/notice"
        return paper.id


def test_staff_have_a_letter_that_failed_made_again(site) -> None:
    request_id = site.submitted()
    again = f"/dokumen/{failed_letter(site, request_id)}/ulangi"
    applicant, staff = site.browser("dinkes"), site.browser("kasubbag")
    page = f"/permohonan/{request_id}"
    assert "Surat tidak dapat dicetak." in words(applicant.get(page))
    assert again not in applicant.get(page).text
    assert applicant.send(again, {}).status_code == 403
    assert again in staff.get(page).text
    assert staff.send(again, {}).status_code == 303
    assert "sedang dibuat" in words(staff.get(page))
    assert staff.send(again, {}).status_code == 409


def test_asking_the_api_for_a_letter_twice_with_one_key_asks_once(site) -> None:
    letter = failed_letter(site, site.submitted())
    staff = site.browser("kasubbag")
    headers = {"Origin": "http://tarakan.localhost", "X-CSRFToken": staff.token(), "Idempotency-Key": f"surat-{letter}"}

    def ask(**more: str) -> object:
        address = f"/api/v1/documents/{letter}/render"
        return staff.client.post(address, base_url="http://tarakan.localhost", headers={**headers, **more})

    first, again = ask(), ask()
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json == again.json
    assert (first.json["id"], first.json["state"]) == (letter, "pending")
    assert ask(**{"Idempotency-Key": f"lain-{letter}"}).status_code == 409


def test_a_size_is_told_as_its_limit_is(site) -> None:
    request_id = site.submitted()
    with site.kit.database.begin(site.tenant.id) as session:
        session.scalars(select(Document).where(Document.request_id == request_id)).one().size = 3 * 1024**2 // 2
    assert "1,5 MB" in words(site.browser("dinkes").get(f"/permohonan/{request_id}"))
