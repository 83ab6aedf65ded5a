"""A process killed between two effects of numbering or of a letter: no gap, no double, one paper."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date

import pytest
from sqlalchemy import select

from tapak.db.crashpoint import DOCUMENT_RECORDED, DOCUMENT_RENDERED, NUMBER_TAKEN
from tapak.db.wake import Wake
from tapak.documents.models import Document
from tapak.requests import flow
from tapak.tenants.numbers import take_number

TAKE = """
import sys
from datetime import date
import tapak.migrations
from tapak.db.session import Database
from tapak.tenants.models import Tenant
from tapak.tenants.numbers import take_number
with Database(sys.argv[1]).begin(int(sys.argv[2])) as session:
    take_number(session, session.get_one(Tenant, int(sys.argv[2])), "agenda", date(2026, 11, 16), "{seq}", {})
"""
RENDER = """
import sys
from tapak.config import Config
from tapak.jobs.run import equip, run
from tapak.jobs.tools import Tools
equip(Tools.from_config(Config.from_environment()))
run(int(sys.argv[1]), "document", int(sys.argv[2]))
"""


def killed(script: str, *arguments: object, point: str = "", **environment: str) -> int:
    """The exit status of a process that runs ``script`` with a crash point set."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "TAPAK_CRASHPOINT": point, **environment},
        check=False,
        timeout=60,
    )
    return done.returncode


def test_a_number_taken_by_a_killed_process_is_given_again(office, postgresql_server, database_name):
    url = postgresql_server.dsn("tapak_app", database_name)
    assert killed(TAKE, url, office.tenant.id, point=NUMBER_TAKEN) == -signal.SIGKILL
    with office.desk(None) as desk:
        taken = take_number(desk.session, office.tenant, "agenda", date(2026, 11, 16), "{seq}", {})
    assert taken == (1, "1")


@pytest.mark.parametrize("point", [DOCUMENT_RENDERED, DOCUMENT_RECORDED])
def test_a_letter_whose_worker_is_killed_is_made_once(office, submission, postgresql_server, database_name, point):
    with office.desk("dinkes") as desk:
        task_id = flow.start_request(desk, "tarakan.hosting")
    office.upload("dinkes", task_id, "request_letter")
    with office.desk("dinkes") as desk:
        task_id = flow.finish(desk, task_id, submission()).next_task_id
    with office.desk("kasubbag_umum") as desk:
        view = flow.task_view(desk, task_id)
        flow.finish(desk, task_id, {**view.kind.initial(view), "archive_code": "000.8", "scan_confirmed": True})
        (letter_id,) = desk.session.scalars(select(Document.id).where(Document.state == "pending")).all()
    environment = {
        "TAPAK_DATABASE_URL": postgresql_server.dsn("tapak_app", database_name),
        "TAPAK_DOCUMENTS": str(office.store.folder),
        "TAPAK_LEASE": "5",
    }
    assert killed(RENDER, office.tenant.id, letter_id, point=point, **environment) == -signal.SIGKILL
    free(office, letter_id)
    assert killed(RENDER, office.tenant.id, letter_id, **environment) == 0
    with office.desk("kasubbag_umum") as desk:
        letter = desk.session.get_one(Document, (office.tenant.id, letter_id))
        assert letter.state == "ready"
        with office.store.open(office.tenant.id, letter.sha256) as made:
            assert made.read(5) == b"%PDF-"
        assert desk.session.scalars(select(Wake).where(Wake.kind == "document")).all() == []


def free(office, letter_id: int) -> None:
    """End the killed worker's lease, as time would."""
    with office.desk(None) as desk:
        row = desk.session.scalars(select(Wake).where(Wake.kind == "document", Wake.row_id == letter_id)).one_or_none()
        if row is not None:
            row.lease_until = None
