import json
import re
from dataclasses import replace
from urllib.parse import urljoin

import pytest
from structlog.testing import capture_logs

from tapak.db.session import Database
from tapak.wsgi import make_app

ORIGIN = "http://tarakan.localhost"
STRANGE = ("http://jahat.example", "null", "http://tarakan.localhost.jahat.example", "https://tarakan.localhost", "")


def test_pages_carry_a_strict_policy_and_are_not_kept(site) -> None:
    first, second = site.visitor().get("/"), site.visitor().get("/")
    policy = first.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert policy != second.headers["Content-Security-Policy"]
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("address", ["/", "/masuk", "/layanan", "/layanan/tarakan.hosting", "/lacak"])
def test_public_pages_hold_no_inline_style_or_script_and_load_nothing_from_elsewhere(site, address: str) -> None:
    answer = site.visitor().get(address)
    assert answer.status_code == 200
    nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])[1]
    assert all(f'nonce="{nonce}"' in tag for tag in re.findall(r"<script[^>]*>", answer.text))
    assert not re.search(r"<style|\sstyle=|\son\w+=|(?:src|href)=\"(?:https?:)?//", answer.text)


def test_static_files_are_kept_long_under_an_address_of_their_content(site) -> None:
    page = site.visitor().get("/").text
    for address in re.findall(r'href="(/[^"]*static/[^"]+)"', page):
        answer = site.visitor().get(address)
        assert answer.status_code == 200
        assert re.search(r"\?v=[0-9a-f]{12}$", address)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("origin", STRANGE)
def test_a_form_of_another_site_does_nothing(site, origin: str) -> None:
    request_id = site.submitted()
    browser = site.browser("dinkes")
    given = {"reason": "Tidak jadi dipakai", "csrf_token": browser.token()}
    answer = browser.post(f"/permohonan/{request_id}/tarik", given, origin=origin or None)
    assert answer.status_code == 403
    assert "Diajukan" in browser.get(f"/permohonan/{request_id}").text


@pytest.mark.parametrize("origin", STRANGE)
def test_the_api_with_the_cookie_is_for_our_own_pages(site, origin: str) -> None:
    request_id = site.submitted()
    browser = site.browser("dinkes")
    headers = {"X-CSRFToken": browser.token(), **({"Origin": origin} if origin else {})}
    answer = browser.client.post(
        f"/api/v1/requests/{request_id}/withdraw",
        base_url="http://tarakan.localhost",
        json={"reason": "Tidak jadi dipakai"},
        headers=headers,
    )
    assert answer.status_code == 403
    assert answer.mimetype == "application/problem+json"


def test_the_api_with_the_cookie_wants_the_token_too(site) -> None:
    request_id = site.submitted()
    browser = site.browser("dinkes")

    def withdraw(**headers: str) -> int:
        return browser.client.post(
            f"/api/v1/requests/{request_id}/withdraw",
            base_url="http://tarakan.localhost",
            json={"reason": "Tidak jadi dipakai"},
            headers={"Origin": "http://tarakan.localhost", **headers},
        ).status_code

    assert withdraw() == 400
    assert withdraw(**{"X-CSRFToken": browser.token()}) == 200


def test_the_api_with_a_bearer_token_needs_neither(site) -> None:
    client = site.app.test_client()
    account = {"email": "pemohon@dinkes.tarakankota.go.id", "password": "demo-dinkes-2026"}
    opened = client.post("/api/v1/session", base_url="http://tarakan.localhost", json=account)
    assert opened.status_code == 201
    bearer = {"Authorization": f"Bearer {opened.json['token']}"}
    begun = client.post(
        "/api/v1/requests", base_url="http://tarakan.localhost", json={"service": "tarakan.hosting"}, headers=bearer
    )
    assert begun.status_code == 201


def test_a_form_without_its_token_is_offered_again(site) -> None:
    request_id = site.submitted()
    browser = site.browser("dinkes")
    answer = browser.post(f"/permohonan/{request_id}/tarik", {"reason": "Tidak <jadi> dipakai"})
    assert answer.status_code == 400
    assert 'name="reason" value="Tidak &lt;jadi&gt; dipakai"' in answer.text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', answer.text)[-1]
    again = {"reason": "Tidak <jadi> dipakai", "csrf_token": token}
    assert browser.post(f"/permohonan/{request_id}/tarik", again).status_code == 303
    assert "Dibatalkan" in browser.get(f"/permohonan/{request_id}").text


def test_a_form_sent_after_the_session_ended_survives_signing_in(site) -> None:
    request_id = site.submitted()
    browser = site.browser("dinkes")
    given = {"reason": "Tidak jadi dipakai", "csrf_token": browser.token()}
    assert browser.post("/keluar", {"csrf_token": browser.token()}).status_code == 302
    refused = browser.post(f"/permohonan/{request_id}/tarik", given)
    assert refused.status_code == 401
    kept = re.search(r'name="kept" value="([^"]+)"', refused.text)[1].replace("&#34;", '"')
    wrong = browser.sign_in("pemohon@dinkes.tarakankota.go.id", "bukan-kata-sandinya", kept=kept)
    assert "Surel atau kata sandi salah." in wrong.text
    assert 'name="kept"' in wrong.text
    assert browser.sign_in("pemohon@dinkes.tarakankota.go.id", "demo-dinkes-2026", kept=kept).status_code == 302
    offered = browser.get("/lanjutkan").text
    assert f'action="/permohonan/{request_id}/tarik"' in offered
    assert 'value="Tidak jadi dipakai"' in offered
    done = {**given, "csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', offered)[-1]}
    assert browser.post(f"/permohonan/{request_id}/tarik", done).status_code == 303


@pytest.mark.parametrize(
    "kept",
    ["", "x", "[]", "[1]", '["/a", 3]', '["/a", [["x"]]]', json.dumps(["//jahat.example", []]), "[" * 50_000],
)
def test_a_forged_kept_form_leads_nowhere(site, kept: str) -> None:
    browser = site.visitor()
    assert browser.sign_in("pemohon@dinkes.tarakankota.go.id", "demo-dinkes-2026", kept=kept).status_code == 302
    assert "jahat.example" not in browser.get("/lanjutkan", follow_redirects=True).text


def test_signing_in_leads_to_where_one_wanted_to_go(site) -> None:
    browser = site.visitor()
    asked = browser.get("/permohonan?cari=antrean")
    assert asked.status_code == 303
    given = {
        "email": "admin@dkisp.tarakankota.go.id",
        "password": "demo-admin-2026",
        "csrf_token": browser.token("/masuk"),
    }
    answer = browser.post(asked.location, given)
    assert answer.location.endswith("/permohonan?cari=antrean")


@pytest.mark.parametrize(
    "place", ["https://jahat.example/", "//jahat.example", "/\\jahat.example", "/\t/jahat.example"]
)
def test_nobody_is_led_to_another_site(site, place: str) -> None:
    browser = site.visitor()
    assert browser.post("/bahasa", {"language": "en", "back": place}).location == "/"
    given = {
        "email": "admin@dkisp.tarakankota.go.id",
        "password": "demo-admin-2026",
        "csrf_token": browser.token("/masuk"),
    }
    answer = browser.post("/masuk", given, query_string={"next": place})
    assert urljoin("http://tarakan.localhost/masuk", answer.location or "").startswith("http://tarakan.localhost/")


def test_a_database_that_is_away_is_told_without_asking_it(site, monkeypatch) -> None:
    browser = site.browser("dinkes")
    assert browser.get("/").status_code == 200
    away = Database("postgresql+psycopg://tapak_app@127.0.0.1:9/none")
    monkeypatch.setattr(site.kit.database, "session", away.session)
    monkeypatch.setattr(site.kit.database, "begin", away.begin)
    for address in ("/", "/layanan", "/masuk"):
        answer = browser.get(address)
        assert answer.status_code == 503
        assert "Basis data sedang tidak dapat dihubungi" in answer.text
    problem = browser.get("/api/v1/services")
    assert problem.status_code == 503
    assert problem.json["code"] == "unavailable"


def test_an_upload_over_the_limit_is_told(site) -> None:
    browser = site.browser("dinkes")
    answer = browser.send("/permohonan/1/tarik", {"reason": "x" * 300_000})
    assert answer.status_code == 413
    assert "terlalu besar" in answer.text


def test_flask_security_brings_no_page_of_its_own(site) -> None:
    rules = {str(rule) for rule in site.app.url_map.iter_rules() if rule.endpoint.startswith("security.")}
    assert rules == {"/masuk", "/keluar", "/fs-static/<path:filename>"}
    assert site.browser("dinkes").get("/keluar").status_code == 405


@pytest.mark.parametrize(("proxies", "told"), [(0, 1), (1, 0)])
def test_a_proxy_that_nobody_declared_is_told_of_once(site, proxies: int, told: int) -> None:
    app = make_app(replace(site.kit, config=replace(site.kit.config, proxies=proxies)))
    with capture_logs() as logs:
        for _ in range(3):
            answer = app.test_client().get("/masuk", base_url=ORIGIN, headers={"X-Forwarded-For": "192.0.2.1"})
            assert answer.status_code == 200
    warned = [line for line in logs if line["event"] == "undeclared proxy"]
    assert len(warned) == told
    assert all(line["log_level"] == "warning" and "TAPAK_PROXIES" in line["mend"] for line in warned)


def test_no_warning_without_a_proxy(site) -> None:
    with capture_logs() as logs:
        make_app(site.kit).test_client().get("/masuk", base_url=ORIGIN)
    assert not [line for line in logs if line["event"] == "undeclared proxy"]


def test_browsers_find_the_icon_where_no_page_names_it(site) -> None:
    answer = site.visitor().get("/favicon.ico", follow_redirects=True)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
