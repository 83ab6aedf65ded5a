"""Changes and endings of Kutai Kartanegara's hosted subdomains, on the document's steps and the real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapak.testing.changing import Changing, answered, served, service_of
from tapak.testing.deployment import Case, Deployment, deployed

WHY = "Penataan layanan."


@pytest.fixture(scope="module")
def running(server_directory: Path) -> Iterator[Deployment]:
    """A deployment of the agency."""
    with deployed(server_directory / "kukar-changes", "kukar") as made:
        yield made


@pytest.fixture
def live(running: Deployment) -> Case:
    """A hosted site that went live."""
    made = running.case()
    made.walker.walk()
    made.request_id = made.walker.done.request_id
    return made


def test_every_change_runs_on_the_documents_steps(running: Deployment, live: Case) -> None:
    address = answered(running, live.name)
    renamed = Changing.begin(live, "rename")
    decision = renamed.to("decide", name_label=f"{live.label}-baru", change_reason=WHY)
    assert (live.label, f"{live.label}-baru") in [(each["before"], each["after"]) for each in decision["compared"]]
    request = renamed.to_end()
    assert (request["state"], [task["step_number"] for task in request["tasks"]]) == ("done", ["1", "2", "3", "5", "6"])
    new = f"{live.label}-baru.{live.agency.zone}"
    assert (answered(running, live.name), answered(running, new)) == ([], address)
    officer = Changing.begin(live, "officer")
    assert officer.to_end(responsible_officer_name="Pejabat Pengganti", change_reason=WHY)["state"] == "done"
    data = Changing.begin(live, "data")
    assert data.to_end(system_name="Pendaftaran Siswa", change_reason=WHY)["state"] == "done"
    assert "Pendaftaran Siswa" in service_of(live)["title"]
    ended = Changing.begin(live, "deactivate")
    assert ended.to_end(change_reason=WHY)["state"] == "done"
    assert (answered(running, new), served(running, new).status_code) == ([], 410)


def test_a_move_to_a_public_address_of_its_own(running: Deployment, live: Case) -> None:
    shared = answered(running, live.name)
    made = Changing.begin(live, "address")
    receipt = made.to("receive", change_reason=WHY)
    field = next(each for each in receipt["form"] if each["name"] == "address")
    chosen = next(value for value, _ in field["choices"] if value and [value] != shared)
    made.take(address=chosen)
    assert made.to_end()["state"] == "done"
    assert answered(running, live.name) == [chosen]
