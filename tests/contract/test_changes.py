"""Every agency's procedures of changes, for every kind of change, and what a service consists of afterwards."""

from collections.abc import Mapping
from typing import Any

import pytest

from tapak.plugins import registry
from tapak.sdk.changes import compared
from tapak.sdk.concerned import Concerned, Held
from tapak.sdk.procedure import Procedure
from tapak.sdk.registers import Register
from tapak.sdk.resources import RecordSet, Site
from tapak.testing.procedure_contract import ProcedureContract, concerned
from tapak.testing.view import MemoryView
from tapak_tarakan.changes import COLOCATION_CHANGE, HOSTING_CHANGE

ALL = [each for each in registry().procedures.values() if each.changes is not None]
CASES = [(each, kind) for each in ALL for kind in each.changes.kinds]
ZONE = "example.test"
ASKED = {
    "rename": {"name_label": "baru"},
    "officer": {"responsible_officer_name": "Pejabat Pengganti"},
    "data": {"system_name": "Antrean Baru", "server_name": "Server Baru"},
}


class TestChanges(ProcedureContract):
    @pytest.fixture(params=CASES, ids=[f"{each.key}-{kind}" for each, kind in CASES])
    def case(self, request: pytest.FixtureRequest) -> tuple[Procedure, str]:
        found: tuple[Procedure, str] = request.param
        return found

    @pytest.fixture
    def procedure(self, case: tuple[Procedure, str]) -> Procedure:
        return case[0]

    @pytest.fixture
    def change(self, case: tuple[Procedure, str]) -> str:
        return case[1]

    @pytest.fixture
    def kinds(self) -> Mapping[str, Any]:
        return registry().step_kinds

    @pytest.fixture
    def registers(self) -> Mapping[str, Register]:
        return registry().registers

    @pytest.fixture
    def settings(self, procedure: Procedure) -> Mapping[str, Any]:
        return dict(registry().settings[procedure.key.partition(".")[0]]().load({}))

    @pytest.fixture
    def inputs(self, change: str) -> Mapping[str, Mapping[str, Any]]:
        return {"submit": ASKED.get(change, {})}


def test_there_are_changes_of_every_agency() -> None:
    assert {each.key.partition(".")[0] for each in ALL} == {"tarakan", "kukar", "pontianak"}


def view(procedure: Procedure, change: str, **given: Any) -> MemoryView:
    return MemoryView.of(procedure, "decide", concerned=concerned(procedure, change), **given)


def told(at: MemoryView) -> dict[str, tuple[Any, bool, int | None]]:
    wanted = at.procedure.desired_resources(at)
    return {each.spec.identity: (each.spec, each.gone, each.for_days) for each in wanted}


def test_a_rename_goes_at_once_or_leads_on_for_some_days() -> None:
    answers = {"name_label": "baru", "name_zone": ZONE}
    at_once = told(view(HOSTING_CHANGE, "rename", answers=answers))
    assert {name: gone for name, (_, gone, _) in at_once.items()} == {
        "baru.example.test": False,
        "baru.example.test/A": False,
        "antrean.example.test": True,
        "antrean.example.test/A": True,
    }
    later = told(view(HOSTING_CHANGE, "rename", answers=answers, settings={"rename_redirect_days": 30}))
    old, gone, days = later["antrean.example.test"]
    assert (old.redirects[0].target, gone, days) == ("http://baru.example.test/", False, 30)
    assert later["antrean.example.test/A"][1:] == (False, 30)


def test_an_ending_keeps_the_closed_site_for_the_agencys_days() -> None:
    kept = told(view(HOSTING_CHANGE, "deactivate", settings={"deactivated_keep_days": 7}))
    assert (kept["antrean.example.test"][0].suspended, kept["antrean.example.test"][2]) == (True, 7)
    assert kept["antrean.example.test/A"][1] is True
    none = told(view(HOSTING_CHANGE, "deactivate", settings={"deactivated_keep_days": 0}))
    assert [gone for _, gone, _ in none.values()] == [True, True]


def test_a_server_moves_with_its_pointer_also_to_ipv6() -> None:
    pointed = RecordSet("2.0.192.in-addr.arpa", "21.2.0.192.in-addr.arpa", "PTR", ("simrs.example.test.",))
    held = (
        Held("name", RecordSet(ZONE, "simrs.example.test", "A", ("192.0.2.21",))),
        Held("pointer", pointed, ("name",)),
    )
    service = Concerned(1, "Server", "tarakan.colocation", "address", {"name_label": "simrs", "name_zone": ZONE}, held)
    for chosen, record, pointer in (
        ("192.0.2.22", "simrs.example.test/A", "22.2.0.192.in-addr.arpa/PTR"),
        ("2001:db8::9", "simrs.example.test/AAAA", ""),
    ):
        at = MemoryView.of(COLOCATION_CHANGE, "decide", concerned=service, results={"review": {"address": chosen}})
        wanted = told(at)
        spec, gone, _ = wanted[record]
        assert (spec.values, gone) == ((chosen,), False)
        assert wanted["21.2.0.192.in-addr.arpa/PTR"][1] is True
        assert (pointer in wanted) is bool(pointer)
        assert any(chosen in each.after for each in compared(at))


def test_nothing_is_wanted_before_an_address_is_chosen() -> None:
    assert told(view(HOSTING_CHANGE, "address")) == {}


def test_what_else_a_site_has_follows_its_name() -> None:
    base = concerned(HOSTING_CHANGE, "rename")
    assert base is not None
    site = Site("antrean.example.test")
    more = (*base.resources, Held("dmarc", RecordSet(ZONE, "_dmarc.antrean.example.test", "TXT", ('"v=DMARC1"',))))
    at = MemoryView.of(
        HOSTING_CHANGE,
        "decide",
        concerned=Concerned(1, "", base.procedure, "rename", base.answers, more),
        answers={"name_label": "baru", "name_zone": ZONE},
    )
    assert told(at)["_dmarc.baru.example.test/TXT"][1] is False
    assert told(at)["_dmarc.antrean.example.test/TXT"][1] is True
    assert told(at)[site.identity][1] is True
