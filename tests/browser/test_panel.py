"""The unit's page of its service in a browser: what it shows, and a password seen once, at a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tapak.testing.browser import DESK, PHONE, Visitor
from tapak.testing.deployment import Case, Deployment

Visit = Callable[..., Visitor]
Picture = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def website(deployment: Deployment) -> Case:
    """A website with all that it runs on, live."""
    case = deployment.case(deployment.one.at("tarakan.website"))
    case.to("report")
    return case


def opened(visitor: Visitor, case: Case) -> Page:
    """The service's page, from the list of services."""
    page = visitor.open("/layanan-aktif")
    address = page.locator(f'a[href="/permohonan/{case.request_id}"]')
    page.get_by_role("listitem").filter(has=address).get_by_role("heading").get_by_role("link").click()
    return page


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_page_tells_all_of_the_service(website: Case, visit: Visit, picture: Picture, width: int) -> None:
    visitor = visit(website.applicant, width)
    page = opened(visitor, website)
    page.get_by_text("ruang penyimpanan").wait_for()
    for heading in ("Keadaan", "Pemakaian", "Rilis aplikasi", "Basis data", "Log"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    page.get_by_text(f"Log akses {website.name}").wait_for()
    assert visitor.barriers() == []
    assert visitor.sideways() == 0
    picture(page, f"panel-{width}")


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_password_is_shown_once_and_the_receipt_after(
    website: Case, visit: Visit, picture: Picture, width: int
) -> None:
    visitor = visit(website.applicant, width)
    page = opened(visitor, website)
    page.get_by_role("button", name="Lihat kata sandi basis data").click()
    page.get_by_role("button", name="Tampilkan kata sandi").wait_for()
    link = page.url
    assert visitor.barriers() == []
    picture(page, f"link-{width}")
    page.get_by_role("button", name="Tampilkan kata sandi").click()
    shown = page.locator("#kata-sandi").inner_text()
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", shown)
    assert (visitor.barriers(), visitor.sideways()) == ([], 0)
    picture(page, f"opened-{width}")
    page = visitor.open(link.removeprefix(link[: link.index("/layanan")]))
    page.get_by_text("sudah dibuka oleh").wait_for()
    expect(page.get_by_role("button", name="Ganti kata sandi")).to_be_visible()
    assert shown not in page.content()
    picture(page, f"receipt-{width}")
    page.get_by_role("link", name="Kembali ke layanan").click()
    page.get_by_text("Kata sandi dibuka oleh").first.wait_for()


def test_an_officer_sees_the_page_without_a_way_to_passwords(website: Case, visit: Visit) -> None:
    visitor = visit(website.agency.who("decide"))
    page = opened(visitor, website)
    page.get_by_text("hanya dapat dilihat oleh unit").first.wait_for()
    assert page.get_by_role("button", name="Lihat kata sandi basis data").count() == 0
