"""A procedure that declares everything an application runs on, on real servers: live in order, gone in reverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from tapak_kota import application

from tapak.db.session import Database as Connections
from tapak.plugins import build
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import Resource
from tapak.requests import flow
from tapak.sdk.backups import BACK_UP
from tapak.sdk.errors import Invalid, MissingInput
from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.procedure import Procedure
from tapak.sdk.resources import DesiredResource, Release

from .town import COUNTER, LABELS, Town, archive

ORDER = ["database", "site", "release", "account", "backup", "name"]


def test_everything_that_was_declared_goes_live_in_order_and_away_in_reverse(town: Town) -> None:
    label = next(LABELS)
    name = f"{label}.example.test"
    task_id = town.submit(label, archive(index=COUNTER))
    service_id = town.install(task_id)
    assert town.states(service_id) == dict.fromkeys(ORDER, "live"), town.troubles(service_id)
    assert [key for key in town.verified(service_id) if key in ("database", "site", "release", "name")] == [
        "database",
        "site",
        "release",
        "name",
    ]
    assert town.host.fetch(name).text == "Antrean berjalan"
    assert town.address_of(name) == ["198.51.100.1"]
    assert town.finish("kabid_aplikasi", task_id, note="")
    town.do(provisioning.withdraw, service_id)
    town.work(provisioning.WAKE, service_id)
    assert set(town.states(service_id).values()) == {"gone"}
    gone = town.verified(service_id)[len(ORDER) :]
    assert gone[0] == "name"
    assert gone[-2:] == ["site", "database"]
    assert set(gone) == set(ORDER)
    assert town.address_of(name) == []
    assert town.host.fetch(name).status == 404
    assert f"tapak_{label}" not in town.databases().split()


def test_the_backup_keeps_the_folder_that_the_web_host_told_and_the_database(town: Town) -> None:
    label = next(LABELS)
    service_id = town.install(town.submit(label, archive(index=COUNTER)))
    town.host.fetch(f"{label}.example.test")
    plan = town.resources(service_id)["backup"]
    assert plan.spec is not None
    assert plan.spec["folders"] == []
    town.work(BACK_UP, plan.id)
    with town.office.database.begin(town.office.tenant.id) as session:
        (content,) = session.scalars(text("select content from backup_run where kind = 'back_up'"))
        problem = session.scalar(text("select problem from backup_run"))
    rows = int(town.mariadb.execute(f"select count(*) from tapak_{label}.antrean").split()[-1])
    assert (problem, content["rows"]) == ("", {f"mariadb/{label}": rows})
    assert content["files"] == 2  # the page, and the mark of the release


def test_a_new_password_reaches_the_application_without_a_word_of_the_site(town: Town) -> None:
    label = next(LABELS)
    name = f"{label}.example.test"
    service_id = town.install(town.submit(label, archive(index=COUNTER)))
    before = town.resources(service_id)["site"].generation
    with town.office.database.begin(town.office.tenant.id) as session:
        row = session.scalars(select(Resource).where(Resource.key == "database")).one()
        row.spec, row.generation, row.state = {**(row.spec or {}), "rotation": 2}, row.generation + 1, "planned"
    town.do(provisioning.retry, service_id)
    town.work(provisioning.WAKE, service_id)
    assert town.troubles(service_id) == {}
    assert town.host.fetch(name).text == "Antrean berjalan"
    assert town.resources(service_id)["site"].generation == before


def test_a_release_that_fails_leaves_what_was_live_and_tells_the_unit_what_to_do(town: Town) -> None:
    label = next(LABELS)
    name = f"{label}.example.test"
    task_id = town.submit(label, archive(index="<?php http_response_code(503);"))
    service_id = town.install(task_id)
    states = town.states(service_id)
    assert (states["release"], states["site"], states["name"]) == ("failed", "live", "planned")
    reason = town.resources(service_id)["release"].reason
    assert "HTTP 503" in reason
    assert "kirim arsip baru" in reason
    assert town.host.fetch(name).status == 200
    with pytest.raises(MissingInput) as told:
        town.finish("kabid_aplikasi", task_id, note="")
    assert "HTTP 503" in told.value.message


def test_no_secret_is_told_anywhere(town: Town, owner_database: Connections, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    label = next(LABELS)
    town.install(town.submit(label, archive(index="<?php echo getenv('DB_PASSWORD');")))
    secret = town.host.fetch(f"{label}.example.test").text
    assert len(secret) == 32
    tables = ("resource", "journal_entry", "audit_event", "wake", "connection", "service", "register_row")
    with owner_database.begin() as session:
        stored = "".join(str(session.execute(text(f"select * from {table}")).all()) for table in tables)
    assert secret not in stored + caplog.text


class Stray:
    """The procedure with a release of somebody else's archive."""

    @hookimpl
    def procedures(self) -> Sequence[Procedure]:
        stray = DesiredResource("release", Release("lain.example.test", "0" * 64))
        return (replace(application.HOSTED, desired_resources=lambda view: (stray,)),)


def test_only_what_came_with_the_request_is_ever_put_online(town: Town) -> None:
    town.office.registry = build([Stray()], installed=True)
    task_id = town.submit(next(LABELS), archive(index="<?php echo 1;"))
    with pytest.raises(Invalid) as told, town.office.desk("kabid_aplikasi") as desk:
        flow.begin(desk, task_id)
    assert "tidak ada pada permohonan" in told.value.message
