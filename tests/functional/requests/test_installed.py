"""A process that lacks the code of a running request refuses to start."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from tapak.config import Config
from tapak.jobs.tools import Tools
from tapak.plugins import PluginProblem, registry
from tapak.requests import ends, flow, reading
from tapak.requests.models import Task
from tapak.sdk.errors import NotFound


@pytest.fixture
def start(office, tmp_path):
    """Make a worker's tools with what ``plugins`` has."""
    url = office.database.engine.url.render_as_string(hide_password=False)
    config = Config(database_url=url, documents=tmp_path)

    def run(**missing):
        known = registry()
        kept = {
            part: {name: thing for name, thing in getattr(known, part).items() if name not in gone}
            for part, gone in missing.items()
        }
        Tools.from_config(config, replace(known, **kept)).close()

    return run


def test_missing_code_of_a_running_request_stops_the_start(office, start):
    start(procedures={"tarakan.hosting/1"})
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
    start()
    with pytest.raises(PluginProblem, match=r"procedure tarakan\.hosting/1 is not installed"):
        start(procedures={"tarakan.hosting/1"})
    with pytest.raises(PluginProblem, match=r"step kind tapak\.review/1 is not installed"):
        start(step_kinds={"tapak.review/1"})
    with office.desk("dinkes") as desk:
        request_id = desk.session.scalars(select(Task.request_id).where(Task.id == task_id)).one()
        ends.withdraw(desk, request_id, "Tidak jadi")
    start(procedures={"tarakan.hosting/1"})


def test_an_ended_request_of_a_procedure_that_is_gone_is_told_in_words(office):
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
        request_id = desk.session.scalars(select(Task.request_id).where(Task.id == task_id)).one()
        ends.withdraw(desk, request_id, "Tidak jadi")
    known = registry()
    later = replace(known.procedures["tarakan.hosting/1"], version=2, effective_from=date(2099, 1, 1))
    others = {code: each for code, each in known.procedures.items() if each.key != "tarakan.hosting"}
    office.registry = replace(known, procedures={**others, later.code: later})
    with office.desk("dinkes") as desk:
        assert reading.look(desk, request_id).request.state == "cancelled"
    office.registry = replace(known, procedures=others)
    with office.desk("dinkes") as desk, pytest.raises(NotFound, match=r"tarakan\.hosting/1 is installed"):
        reading.look(desk, request_id)
