"""The admin's connections in a browser: added, tested, shown at a desk's and a phone's width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tapak.testing.browser import DESK, PHONE, Visitor
from tapak.testing.deployment import Deployment

SECRET = "c2FsYWgtc2VrYWxpLXNhbGFo"


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_connection_is_added_and_tested(
    visit: Callable[..., Visitor], deployment: Deployment, picture: Callable[[Page, str], None], width: int
) -> None:
    admin = visit(deployment.one.admin(), width)
    pages = {"list": "/sambungan", "choose": "/sambungan/baru", "operators": "/sambungan/baru/apache"}
    for name, path in pages.items():
        admin.open(path)
        assert (admin.sideways(), admin.barriers()) == (0, []), path
        picture(admin.page, f"connections-{name}-{width}")
    page = admin.open("/sambungan/baru/bind")
    page.get_by_label("Nama sambungan").fill(f"DNS keliru {width}")
    page.get_by_label("Alamat server utama").fill("127.0.0.1")
    page.get_by_label("Zona", exact=True).fill("lain.example")
    page.get_by_label("Nama kunci TSIG").fill("tidak-dikenal")
    page.get_by_label("Rahasia kunci TSIG").fill("bukan base64")
    page.get_by_role("button", name="Simpan dan uji").click()
    expect(page.get_by_role("alert")).to_contain_text("base64")
    assert (admin.sideways(), admin.barriers()) == (0, [])
    picture(page, f"connections-refused-{width}")
    page.locator("#f-port").fill(str(deployment.stack.bind.port))
    page.get_by_label("Rahasia kunci TSIG").fill(SECRET)
    page.get_by_role("button", name="Simpan dan uji").click()
    expect(page.locator("#uji").get_by_role("status")).to_contain_text("bermasalah")
    assert SECRET not in page.content()
    assert (admin.sideways(), admin.barriers()) == (0, [])
    picture(page, f"connections-one-{width}")
    page.get_by_text("Nonaktifkan sambungan").click()
    page.get_by_role("button", name="Nonaktifkan", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Sambungan ini nonaktif")
