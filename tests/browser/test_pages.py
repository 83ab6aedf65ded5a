"""Every page at a desk and on a phone: WCAG 2.2 AA by axe, nothing sideways, and a browser that doesn't complain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tapak.testing.browser import DESK, PHONE, Visitor
from tapak.testing.deployment import Case, Deployment

SERVICE = "tarakan.hosting"


@dataclass
class World:
    """Requests that stand where a page needs them; each is made when it is first asked for."""

    deployment: Deployment
    cases: dict[str, Case] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def at(self, step: str) -> Case:
        """A request whose open step is ``step``, its papers made."""
        if step not in self.cases:
            case = self.cases[step] = self.deployment.case()
            self.tasks[step] = case.to(step)
            if step != "submit":
                self._settle(case)
        return self.cases[step]

    def task(self, step: str) -> str:
        """The address of a task that waits at ``step``."""
        self.at(step)
        return f"/tugas/{self.tasks[step]['id']}"

    def request(self, step: str) -> str:
        """The address of the request that waits at ``step``."""
        return f"/permohonan/{self.at(step).request_id}"

    def first_task(self, step: str) -> str:
        """The address of the submission of the request that waits at ``step``."""
        return f"/tugas/{self.at(step).request()['tasks'][0]['id']}"

    def tracked(self, step: str) -> str:
        """The tracking page of the request that waits at ``step``."""
        request = self.at(step).request()
        return f"/lacak?nomor={request['number']}&kode={request['tracking_code']}"

    def done(self) -> str:
        """The address of a request that was taken to its end."""
        return f"/permohonan/{self._ended().request_id}"

    def done_task(self, at: int) -> str:
        """The address of the ended request's task number ``at``."""
        return f"/tugas/{self._ended().request()['tasks'][at]['id']}"

    def begun(self) -> str:
        """The address of a provision step that has brought everything to life."""
        if "begun" not in self.cases:
            case = self.cases["begun"] = self.deployment.case()
            self.tasks["begun"] = case.to("provision")
            case.begin()
            case.wait(lambda: {row["state"] for row in case.resources().values()} == {"live"}, "everything live")
        return self.task("begun")

    def returned(self) -> Case:
        """A request that came back to its applicant."""
        if "returned" not in self.cases:
            case = self.cases["returned"] = self.deployment.case()
            case.to("decide")
            case.take(
                "decide",
                outcome="return",
                reasons=["Lainnya"],
                explanation="Pakai nama layanannya, bukan nama kegiatan.",
                fields_concerned=["name_label", "request_letter"],
            )
            self.tasks["returned"] = case.task()
        return self.cases["returned"]

    def returned_request(self) -> str:
        """The address of that request."""
        return f"/permohonan/{self.returned().request_id}"

    def mending(self, page: str) -> str:
        """The address of a page of its form."""
        self.returned()
        return f"{self.task('returned')}/{page}"

    def withdrawn(self) -> str:
        """The address of a request that its unit took back."""
        if "withdrawn" not in self.cases:
            case = self.cases["withdrawn"] = self.deployment.case()
            case.to("dispose")
            path = f"/requests/{case.request_id}/withdraw"
            case.walker.call(case.applicant, "POST", path, {"reason": "Kebutuhan sudah berubah."})
        return f"/permohonan/{self.cases['withdrawn'].request_id}"

    def maintenance(self) -> str:
        """The address of maintenance that is planned for the web server."""
        if "maintenance" not in self.tasks:
            self.at("hand_over")
            given = {
                "register": "tarakan.hosting_maintenance",
                "kind": "routine",
                "work": "Memasang pembaruan keamanan sistem operasi server web, lalu memulai ulang server.",
                "place": "Server web bersama",
                "starts": "2099-01-01T22:00",
                "ends": "2099-01-02T00:30",
                "effect": "brief",
                "connections": ["web"],
            }
            case = self.at("hand_over")
            made = case.walker.call(case.agency.who("review"), "POST", "/maintenance", {"input": given})
            self.tasks["maintenance"] = made
        return f"/pemeliharaan/{self.tasks['maintenance']['id']}"

    def told(self, address: str) -> str:
        """``address``, once its reader has something to be told."""
        self.maintenance()
        return address

    def _ended(self) -> Case:
        if "done" not in self.cases:
            case = self.cases["done"] = self.deployment.case()
            case.to_end()
            self._settle(case)
        return self.cases["done"]

    def _settle(self, case: Case) -> None:
        def settled() -> bool:
            papers = case.walker.call(case.agency.who("review"), "GET", f"/requests/{case.request_id}/documents")
            return all(paper["state"] == "ready" for paper in papers)

        case.wait(settled, "every paper")


@dataclass(frozen=True)
class Sight:
    """A page that is to be looked at. ``who`` is the step whose actor reads it ("": nobody signed in)."""

    name: str
    who: str
    address: Callable[[World], str]
    status: int = 200


def fixed(path: str) -> Callable[[World], str]:
    return lambda world: path


APPLICANT, KASUBBAG, KADIS, KABID = "submit", "register_letter", "dispose", "review"
SIGHTS = (
    Sight("home-public", "", fixed("/")),
    Sight("services", "", fixed("/layanan")),
    Sight("service", "", fixed(f"/layanan/{SERVICE}")),
    Sight("sign-in", "", fixed("/masuk")),
    Sight("tracking", "", fixed("/lacak")),
    Sight("tracking-unknown", "", fixed("/lacak?nomor=001&kode=SALAH"), 404),
    Sight("tracking-found", "", partial(World.tracked, step="review")),
    Sight("home-unit", APPLICANT, fixed("/")),
    Sight("prepare", APPLICANT, fixed(f"/permohonan/baru/{SERVICE}")),
    Sight("wizard-letter", APPLICANT, lambda world: f"{world.task('submit')}/isi/letter"),
    Sight("wizard-letter-refused", APPLICANT, lambda world: f"{world.task('submit')}/isi/letter?periksa=1"),
    Sight("wizard-system", APPLICANT, lambda world: f"{world.task('submit')}/isi/system"),
    Sight("wizard-system-refused", APPLICANT, lambda world: f"{world.task('submit')}/isi/system?periksa=1"),
    Sight("wizard-name", APPLICANT, lambda world: f"{world.task('submit')}/isi/name"),
    Sight("wizard-people", APPLICANT, lambda world: f"{world.task('submit')}/isi/people"),
    Sight("wizard-check-empty", APPLICANT, lambda world: f"{world.task('submit')}/periksa?periksa=1"),
    Sight("wizard-returned", APPLICANT, partial(World.mending, page="isi/name")),
    Sight("wizard-check-returned", APPLICANT, partial(World.mending, page="periksa")),
    Sight("wizard-sent", APPLICANT, lambda world: f"{world.first_task('review')}/terkirim"),
    Sight("draft-delete", APPLICANT, lambda world: f"{world.request('submit')}/hapus"),
    Sight("request-draft", APPLICANT, partial(World.request, step="submit")),
    Sight("request-review", APPLICANT, partial(World.request, step="review")),
    Sight("request-review-staff", KABID, partial(World.request, step="review")),
    Sight("request-returned", APPLICANT, World.returned_request),
    Sight("request-withdrawn", APPLICANT, World.withdrawn),
    Sight("request-done", APPLICANT, World.done),
    Sight("request-done-staff", KABID, World.done),
    Sight("request-withdraw", APPLICANT, lambda world: f"{world.request('review')}/tarik"),
    Sight("requests-unit", APPLICANT, fixed("/permohonan")),
    Sight("requests-staff", KABID, fixed("/permohonan")),
    Sight("requests-none", KABID, fixed("/permohonan?cari=tidakada")),
    Sight("inbox", KABID, fixed("/kotak-masuk")),
    Sight("inbox-late", KABID, fixed("/kotak-masuk?hanya=late")),
    Sight("task-register-letter", KASUBBAG, partial(World.task, step="register_letter")),
    Sight("task-dispose", KADIS, partial(World.task, step="dispose")),
    Sight("task-review", KABID, partial(World.task, step="review")),
    Sight("task-decide", KABID, partial(World.task, step="decide")),
    Sight("task-provision", KABID, partial(World.task, step="provision")),
    Sight("task-provision-live", KABID, World.begun),
    Sight("task-hand-over", KABID, partial(World.task, step="hand_over")),
    Sight("task-report", KABID, partial(World.task, step="report")),
    Sight("task-close", APPLICANT, partial(World.task, step="close")),
    Sight("task-somebody-elses", KADIS, partial(World.task, step="review")),
    Sight("done-register-letter", KASUBBAG, partial(World.done_task, at=1)),
    Sight("done-dispose", KADIS, partial(World.done_task, at=2)),
    Sight("done-review", KABID, partial(World.done_task, at=3)),
    Sight("done-decide", KABID, partial(World.done_task, at=4)),
    Sight("done-provision", KABID, partial(World.done_task, at=5)),
    Sight("done-close", APPLICANT, partial(World.done_task, at=8)),
    Sight("agenda", KASUBBAG, fixed("/buku-agenda")),
    Sight("register-dispositions", KASUBBAG, fixed("/buku/tapak.disposition")),
    Sight("registers", KASUBBAG, fixed("/buku")),
    Sight("reports", KASUBBAG, fixed("/laporan")),
    Sight("report-subdomains", KABID, fixed("/laporan/subdomain")),
    Sight("report-names", KABID, fixed("/laporan/ip")),
    Sight("report-applications", KABID, fixed("/laporan/aplikasi")),
    Sight("maintenance-plan", KABID, fixed("/pemeliharaan/rencana")),
    Sight("maintenance-one", KABID, World.maintenance),
    Sight("maintenance-list", KABID, lambda world: world.told("/pemeliharaan")),
    Sight("maintenance-owner", APPLICANT, World.maintenance),
    Sight("maintenance-home-unit", APPLICANT, lambda world: world.told("/")),
    Sight("maintenance-request", APPLICANT, lambda world: world.told(world.request("hand_over"))),
    Sight("refused-403", APPLICANT, fixed("/buku-agenda"), 403),
    Sight("refused-404", APPLICANT, fixed("/tidak-ada"), 404),
    Sight("refused-409", APPLICANT, lambda world: f"{world.first_task('review')}/periksa", 409),
)


@pytest.fixture(scope="module")
def world(deployment: Deployment) -> World:
    return World(deployment)


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
def test_a_page_has_no_barriers(
    sight: Sight, world: World, visit: Callable[..., Visitor], picture: Callable[[Page, str], None]
) -> None:
    visitor = visit(world.deployment.one.who(sight.who) if sight.who else None)
    visitor.open(sight.address(world), sight.status)
    expect(visitor.page.get_by_role("heading", level=1)).to_have_count(1)
    for width in (DESK, PHONE):
        visitor.resize(width)
        picture(visitor.page, f"{sight.name}-{width}")
        assert visitor.barriers() == [], width
        assert visitor.sideways() <= 0, width


def test_a_phone_has_its_menu_in_one_row_and_the_steps_before_the_chart(
    world: World, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(world.deployment.one.who(KASUBBAG))
    page = visitor.open("/buku-agenda")
    visitor.resize(PHONE)
    boxes = [link.bounding_box() for link in page.locator(".menu a:visible, .menu summary").all()]
    assert len({box["y"] for box in boxes}) == 1
    assert len(boxes) == 4
    assert max(box["x"] + box["width"] for box in boxes) <= PHONE
    assert page.locator(".menu a:visible").first.inner_text().strip() == "Kotak masuk"
    for address in (world.request("review"), f"/layanan/{SERVICE}", world.tracked("review")):
        visitor.resize(PHONE)
        page = visitor.open(address)
        expect(page.locator(".step-list")).to_be_visible()
        expect(page.locator("table.chart")).to_be_hidden()
        page.get_by_text("Bagan alir SOP", exact=True).click()
        expect(page.locator("table.chart")).to_be_visible()
        visitor.resize(DESK)
        expect(page.locator("table.chart")).to_be_visible()
        expect(page.locator(".step-list")).to_be_hidden()


def test_every_entry_of_the_menu_is_reachable_at_both_widths_by_keyboard(
    world: World, visit: Callable[..., Visitor], picture: Callable[[Page, str], None]
) -> None:
    visitor = visit(world.deployment.one.who(KASUBBAG))
    page = visitor.open("/buku-agenda")
    visitor.resize(DESK)
    page.locator(".menu summary").click()
    wide = [link.inner_text().strip() for link in page.locator(".menu a:visible").all()]
    assert {"Kotak masuk", "Register", "Laporan", "Pemeliharaan", "Layanan aktif", "Layanan"} <= set(wide)
    assert len(wide) == len(set(wide))
    picture(page, "menu-open-desk")
    page.locator(".menu summary").click()
    visitor.resize(PHONE)
    page.locator(".menu summary").focus()
    page.keyboard.press("Enter")
    assert {link.inner_text().strip() for link in page.locator(".menu a:visible").all()} == set(wide)
    assert visitor.barriers() == []
    assert visitor.sideways() <= 0
    picture(page, "menu-open-phone")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/layanan-aktif")


@pytest.mark.parametrize("width", [DESK, 1200, 1199, 768, PHONE])
def test_the_fullest_menu_stands_in_one_row(world: World, visit: Callable[..., Visitor], width: int) -> None:
    visitor = visit(world.deployment.one.admin())
    page = visitor.open("/buku")
    page.set_viewport_size({"width": width, "height": 900})
    boxes = [link.bounding_box() for link in page.locator(".menu a:visible, .menu summary:visible").all()]
    assert len({box["y"] for box in boxes}) == 1
    assert visitor.sideways() <= 0


def test_a_day_in_the_agenda_stands_in_one_line(world: World, visit: Callable[..., Visitor]) -> None:
    world.at("dispose")
    visitor = visit(world.deployment.one.who(KASUBBAG))
    visitor.resize(DESK)
    page = visitor.open("/buku-agenda")
    day = page.locator("tbody td[data-label='Diterima']").first
    lines = (
        "cell => { const r = document.createRange(); r.selectNodeContents(cell); return r.getClientRects().length; }"
    )
    assert day.evaluate(lines) == 1


def test_a_name_without_a_place_to_break_stays_on_a_phones_page(world: World, visit: Callable[..., Visitor]) -> None:
    visitor = visit(world.deployment.one.who(KABID))
    visitor.resize(PHONE)
    page = visitor.open(world.done())
    reverse = ".".join("200100000db8011300000000000000000002")[:72] + ".ip6.arpa"
    page.locator(".made code").first.evaluate("(element, name) => element.replaceChildren(name)", reverse)
    assert visitor.sideways() <= 0
