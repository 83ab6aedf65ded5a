"""Who is signed in, and in which words a page speaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tapak.testing.browser import DESK, Visitor
from tapak.testing.deployment import Deployment

INBOX = "/kotak-masuk"


@pytest.fixture
def staff(visit: Callable[..., Visitor], deployment: Deployment) -> Visitor:
    """Staff who signed in by the form, with a session of their own."""
    email = deployment.one.who("dispose")
    visitor = visit()
    visitor.sign_in(email, deployment.passwords[email])
    return visitor


def sign_out(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Keluar").click()
    expect(visitor.page.get_by_role("link", name="Masuk", exact=True)).to_be_visible()


def asks_to_sign_in(page: Page) -> None:
    expect(page.get_by_role("heading", name="Masuk")).to_be_visible()
    expect(page.get_by_role("heading", name="Kotak masuk")).to_have_count(0)


def test_after_sign_out_the_back_button_shows_the_sign_in_page(staff: Visitor) -> None:
    staff.open(INBOX)
    sign_out(staff)
    staff.page.go_back()
    asks_to_sign_in(staff.page)


def test_a_copied_cookie_is_worth_nothing_after_sign_out(staff: Visitor, visit: Callable[..., Visitor]) -> None:
    copied: Any = staff.context.storage_state()
    thief = visit(storage_state=copied)
    expect(thief.open(INBOX).get_by_role("heading", name="Kotak masuk")).to_be_visible()
    sign_out(staff)
    asks_to_sign_in(thief.open(INBOX))


def test_a_form_that_outlives_its_session_goes_on_after_sign_in(staff: Visitor, deployment: Deployment) -> None:
    case = deployment.case()
    task = case.to("dispose")
    page = staff.open(f"/tugas/{task['id']}")
    page.get_by_label("Catatan").fill("Segera ditindaklanjuti.")
    expect(page.get_by_text("sedang dibuat")).to_have_count(0)
    staff.context.clear_cookies()
    page.get_by_role("button", name="Disposisikan").click()
    expect(page.get_by_role("alert")).to_contain_text("Isian Anda belum hilang")
    page.get_by_label("Surel").fill(deployment.one.who("dispose"))
    page.get_by_label("Kata sandi").fill(deployment.passwords[deployment.one.who("dispose")])
    page.get_by_role("main").get_by_role("button", name="Masuk").click()
    page.get_by_role("button", name="Kirim isian ini").click()
    expect(page.get_by_role("heading", name="Sudah didisposisikan")).to_be_visible()
    expect(page.get_by_text("Segera ditindaklanjuti.")).to_be_visible()


def test_the_language_switch_shows_english_and_stays(visit: Callable[..., Visitor]) -> None:
    visitor = visit(width=DESK)
    page = visitor.open("/masuk")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(visitor.open("/lacak").get_by_role("heading", name="Track")).to_be_visible()
    page.get_by_role("button", name="Bahasa Indonesia").click()
    expect(page.get_by_role("heading", name="Lacak permohonan")).to_be_visible()
