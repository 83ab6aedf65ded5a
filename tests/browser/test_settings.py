"""The admin's settings in a browser: changed after a look at what it does, undone, at a desk's and a phone's width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tapak.demo.servers.process import wait_until
from tapak.testing.browser import DESK, PHONE, Visitor
from tapak.testing.deployment import Deployment

STEPS = "/pengaturan/ke/procedure.tarakan.hosting"


def service(admin: Visitor) -> str:
    return str(admin.open("/layanan/tarakan.hosting").locator("main").inner_text())


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_setting_is_changed_and_undone(
    visit: Callable[..., Visitor], deployment: Deployment, picture: Callable[[Page, str], None], width: int
) -> None:
    admin = visit(deployment.one.admin(), width)

    def fine(name: str) -> None:
        assert (admin.sideways(), admin.barriers()) == (0, []), name
        picture(admin.page, f"settings-{name}-{width}")

    page = admin.open("/pengaturan")
    fine("list")
    page = admin.open(STEPS)
    page.locator('details:has([id="f-register_letter:amount"]) summary').click()
    page.locator('[id="f-register_letter:amount"]').fill("nol")
    page.get_by_role("button", name="Lihat akibatnya").click()
    expect(page.get_by_role("alert")).to_contain_text("angka bulat")
    fine("refused")
    page.locator('[id="f-register_letter:amount"]').fill(str(width))
    page.locator('[id="f-register_letter:added"]').fill("Kartu kendali")
    page.locator("#f-note").fill("Menurut rapat")
    page.get_by_role("button", name="Lihat akibatnya").click()
    expect(page.locator("section[aria-labelledby=beda]")).to_contain_text(str(width))
    fine("preview")
    page.get_by_role("button", name="Ubah lagi").click()
    expect(page.locator('[id="f-register_letter:amount"]')).to_have_value(str(width))
    page.get_by_role("button", name="Lihat akibatnya").click()
    page.get_by_role("button", name="Simpan", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Menurut rapat")
    fine("history")
    if width == DESK:  # what a process remembers of a tenant is five seconds old at most
        wait_until(lambda: f"batas instansi {width}" in service(admin), 15, "the chart to tell the limit")
    else:
        case = deployment.case()
        task = case.to("register_letter")
        officer = visit(case.agency.who("register_letter"), width)
        asked = officer.open(f"/tugas/{task['id']}").get_by_label("Kartu kendali")
        expect(asked).to_be_visible()
        assert (officer.sideways(), officer.barriers()) == (0, [])
        picture(officer.page, f"settings-added-{width}")
    page = admin.open("/pengaturan/riwayat")
    page.get_by_role("link", name="Batalkan").first.click()
    fine("undo")
    page.get_by_role("button", name="Batalkan perubahan").click()
    expect(page.get_by_role("main")).to_contain_text("dibatalkan")
