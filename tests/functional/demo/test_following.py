"""A walk that goes on with what another one made: the change of DNS records of the site that was just walked."""

from __future__ import annotations

import json

import pytest

from tapak.testing.changing import answered
from tapak.testing.deployment import Deployment

from .conftest import Demo, demo_on

VALUE = '"v=spf1 -all"'


@pytest.fixture(scope="module")
def running(kukar: Deployment) -> Deployment:
    """A deployment of an agency whose procedures have such a walk."""
    return kukar


@pytest.fixture
def demo(running: Deployment, monkeypatch: pytest.MonkeyPatch) -> Demo:
    return demo_on(running, monkeypatch)


def test_the_change_of_dns_is_walked_for_the_site_that_was_made(running: Deployment, demo: Demo) -> None:
    done = demo("walk", "--json", "--label", "lanjut")
    assert done.exit_code == 0, done.stdout
    hosting, change = json.loads(done.stdout)
    assert (hosting["service"], change["service"]) == ("kukar.hosting", "kukar.dns_change")
    assert (hosting["label"], change["label"], change["state"], change["live"]) == ("lanjut", "lanjut", "done", True)
    assert [step["number"] for step in change["steps"]] == ["1", "2", "3", "4", "5", "6"]
    name, bind = f"lanjut.{running.one.zone}", running.stack.bind
    server = {"server": f"{bind.address}:{bind.port}", "answer": [VALUE], "ok": True}
    # The record has become a part of the site's service, and is told with its other name.
    assert {"name": name, "type": "TXT", "expected": [VALUE], "servers": [server]} in change["dns"]
    assert [each["type"] for each in change["dns"]] == ["A", "TXT"]
    assert (answered(running, name, "TXT"), answered(running, name)) == ([VALUE], ["127.0.0.1"])
    again = demo("walk", "--json", "--label", "lanjut")
    assert again.exit_code == 1
    taken, not_walked = json.loads(again.stdout)
    assert "lanjut." in taken["problem"]
    assert (not_walked["live"], not_walked["number"], not_walked["steps"]) == (False, "", [])
    assert "kukar.hosting" in not_walked["problem"]
    assert answered(running, name, "TXT") == [VALUE]


def test_a_walk_for_people_finds_free_names_and_keeps_its_columns(running: Deployment, demo: Demo) -> None:
    for label in ("ppdb", "ppdb-2"):
        done = demo("walk")
        assert done.exit_code == 0, done.stdout
        name = f"{label}.{running.one.zone}"
        place = f"({running.stack.bind.address}:{running.stack.bind.port})"
        assert f"  DNS   {name} TXT  expected {VALUE}  answered {VALUE}  {place}" in done.stdout
        lines = [line for line in done.stdout.splitlines() if "  waited " in line]
        assert len(lines) == 12
        assert len({line.index("  waited ") for line in lines}) == 1, done.stdout
        assert answered(running, name, "TXT") == [VALUE]
