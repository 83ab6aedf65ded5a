"""Sites' files and databases are kept by plan, and what was kept is proved to come back."""

from __future__ import annotations

import errno
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tapak.backups.manifest import Manifest
from tapak.jobs.doctor import findings
from tapak.provisioning import service as declaring
from tapak.provisioning.models import Connection
from tapak.sdk.backups import BACK_UP, TEST_RESTORE, Backup
from tapak.tenants.models import Tenant

from .conftest import PLAN, Place

LIVE_SITE = (
    "insert into resource (tenant_id, service_id, connection_id, key, kind, identity, spec, applied, state)"
    " select s.tenant_id, s.id, c.id, 'site', 'site', :name, cast(:spec as jsonb), cast(:spec as jsonb), 'live'"
    " from service s join connection c on c.tenant_id = s.tenant_id and c.key = 'kept' where s.id = :service"
)


def keep(place: Place) -> None:
    place.work(BACK_UP)
    run = place.runs()[-1]
    assert (run.kind, run.outcome, run.problem) == (BACK_UP, "succeeded", "")


def test_a_run_keeps_files_and_both_databases_and_is_told_of(live: Place) -> None:
    keep(live)
    (run,) = live.runs()
    assert run.content["files"] == 2
    assert run.content["rows"] == {
        f"mariadb/cadangan_{live.service_id}": 3,
        f"postgresql/cadangan_{live.service_id}": 3,
    }
    assert len(run.snapshot) == 64
    assert run.size > 4096
    assert run.ended_at > run.began_at
    (line,) = live.book()
    assert (line["name"], line["kind"], line["outcome"]) == (PLAN, BACK_UP, "succeeded")
    assert line["snapshot"] == run.snapshot
    assert not Path(run.content["scratch"]).exists()


def test_the_first_run_is_made_at_once_and_the_next_by_the_plan(live: Place) -> None:
    keep(live)
    row = live.pending(BACK_UP)
    # 01:30 at Makassar (UTC+8); counted from two clocks, so some milliseconds off.
    planned = (row.next_at + timedelta(seconds=30)).astimezone(UTC)
    assert (planned.hour, planned.minute) == (17, 30)
    assert timedelta() < row.next_at - datetime.now(UTC) <= timedelta(days=1)
    live.work(BACK_UP)
    assert len(live.runs()) == 1
    live.age(timedelta(days=1))
    live.work(BACK_UP)
    assert len(live.runs()) == 2


def test_a_test_brings_all_of_it_back_and_leaves_nothing(live: Place) -> None:
    before = live.databases()
    live.work(TEST_RESTORE)
    assert live.runs() == []
    keep(live)
    live.ask("mariadb", "insert into warga values (4)")
    (live.site / "index.html").write_text("baru")
    live.work(TEST_RESTORE)
    run = live.runs()[-1]
    assert (run.kind, run.outcome, run.problem) == (TEST_RESTORE, "succeeded", "")
    assert run.content == {"files": 2, "tables": 2, "different": [], "more": 0}
    assert live.databases() == before
    assert live.book()[-1]["kind"] == TEST_RESTORE
    assert live.pending(TEST_RESTORE).next_at - datetime.now(UTC) > timedelta(days=29)


@pytest.mark.parametrize("what", ["file", "missing", "rows", "table"])
def test_a_test_finds_what_differs(live: Place, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """What the repository gives back is spoiled on its way, since restic itself would notice a spoiled repository."""
    keep(live)
    keeper = live.tools.providers.get(connection(live, "kept"))
    restore = keeper.restore
    mariadb = live.tools.providers.get(connection(live, "my"))
    count = mariadb.row_counts

    def spoil(spec: Backup, snapshot: str, into: Path, *, timeout: float) -> None:
        restore(spec, snapshot, into, timeout=timeout)
        file = into / str(live.site / "index.html").lstrip("/")
        if what == "file":
            file.write_text("slot gacor")
        elif what == "missing":
            file.unlink()

    def fewer(*args: object, **kwargs: object) -> dict[str, int]:
        found = dict(count(*args, **kwargs))
        return {"rows": {"warga": found["warga"] - 1}, "table": {}}.get(what, found)

    monkeypatch.setattr(keeper, "restore", spoil)
    monkeypatch.setattr(mariadb, "row_counts", fewer)
    live.work(TEST_RESTORE)
    run = live.runs()[-1]
    assert run.outcome == "failed"
    expected = "warga" if what in ("rows", "table") else "index.html"
    assert expected in run.problem
    assert len(run.content["different"]) == 1
    # Tried again sooner than in thirty days.
    assert live.pending(TEST_RESTORE).next_at - datetime.now(UTC) <= timedelta(hours=1)


def connection(live: Place, key: str) -> Connection:
    with live.database.begin(live.tenant.id) as session:
        return session.query(Connection).filter_by(key=key).one()


def test_a_spoiled_repository_is_found(live: Place) -> None:
    keep(live)
    for pack in (live.repository / "data").rglob("*"):
        if pack.is_file():
            pack.chmod(0o600)
            pack.write_bytes(bytes(pack.stat().st_size))
    live.work(TEST_RESTORE)
    run = live.runs()[-1]
    assert run.outcome == "failed"
    assert str(live.repository) in run.problem


def test_a_run_that_fails_says_why_and_is_tried_again_within_the_hour(live: Place) -> None:
    live.site.rename(live.site.with_name("lain"))
    live.work(BACK_UP)
    (run,) = live.runs()
    assert run.outcome == "failed"
    assert str(live.site) in run.problem
    assert live.book()[-1]["problem"] == run.problem
    assert live.pending(BACK_UP).next_at - datetime.now(UTC) <= timedelta(hours=1)
    with live.database.begin(live.tenant.id) as session:
        (told,) = [finding for finding in findings(session) if finding.kind == "backup"]
    assert str(live.site) in told.problem
    live.site.with_name("lain").rename(live.site)
    live.age(timedelta(days=1))
    keep(live)
    with live.database.begin(live.tenant.id) as session:
        assert [finding for finding in findings(session) if finding.kind == "backup"] == []


def test_a_site_that_never_told_its_folder_fails_the_run_and_is_asked(live: Place) -> None:
    """As after an upgrade: the site went live when web hosts told no folders yet."""
    name = "pendaftaran.contoh.example"
    with live.owner.begin() as session:
        site = {"service": live.service_id, "name": name, "spec": json.dumps({"name": name})}
        session.execute(text(LIVE_SITE), site)
        session.execute(text("update resource set needs = needs || cast('[\"site\"]' as jsonb) where kind = 'backup'"))
    before = live.pending(declaring.WAKE)
    live.work(BACK_UP)
    (run,) = live.runs()
    assert (run.outcome, run.snapshot) == ("failed", "")
    assert name in run.problem
    assert before is None
    assert live.pending(declaring.WAKE) is not None
    with live.owner.begin() as session:
        told = {"name": name, "outputs": json.dumps({"document_root": str(live.site)})}
        session.execute(text("update resource set outputs = cast(:outputs as jsonb) where identity = :name"), told)
    live.age(timedelta(days=1))
    keep(live)


def test_a_scratch_place_that_is_full_fails_the_run(live: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Manifest, "write", full)
    live.work(BACK_UP)
    (run,) = live.runs()
    assert run.outcome == "failed"
    assert "No space left" in run.problem


def test_a_worker_that_dies_is_noted_and_the_run_made_anew(live: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = live.tools.providers.get(connection(live, "kept"))

    def die(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(keeper, "keep", die)
        with pytest.raises(KeyboardInterrupt):
            live.work(BACK_UP)
    (dead,) = live.runs()
    assert dead.outcome == "running"
    with live.owner.begin() as session:
        session.execute(text("update wake set lease_until = null"))
    live.work(BACK_UP)
    assert [run.outcome for run in live.runs()] == ["interrupted", "succeeded"]


def test_a_long_run_holds_its_lease(live: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = live.tools.providers.get(connection(live, "kept"))
    original, held = keeper.keep, []

    def slow(*args: object, **kwargs: object) -> object:
        time.sleep(1.2)
        held.append(live.pending(BACK_UP).lease_until > datetime.now(UTC))
        return original(*args, **kwargs)

    monkeypatch.setattr(keeper, "keep", slow)
    object.__setattr__(live.tools, "config", type(live.tools.config)(lease=0.6))
    live.work(BACK_UP)
    assert held == [True]
    assert live.runs()[-1].outcome == "succeeded"


def test_a_plan_that_is_not_live_waits_and_one_that_is_gone_ends(place: Place) -> None:
    place.declare()
    place.work(BACK_UP)
    assert place.runs() == []
    assert place.pending(BACK_UP).next_at - datetime.now(UTC) <= timedelta(minutes=1)
    with place.database.begin(place.tenant.id) as session:
        declaring.withdraw(session, place.service_id)
    for kind in (BACK_UP, TEST_RESTORE):
        place.work(kind)
        assert place.pending(kind) is None


def test_another_agency_sees_no_run(live: Place, other_tenant: Tenant) -> None:
    keep(live)
    with live.database.begin(other_tenant.id) as session:
        assert session.execute(text("select count(*) from backup_run")).scalar() == 0
