"""restic on a real repository in a local folder: plans, runs, retention and what is brought back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tapak.demo.servers.process import account, unprivileged
from tapak.sdk.backups import Backup
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderBroken, ProviderDenied, ProviderUnavailable
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import Site
from tapak.testing.repositories import Repositories
from tapak_restic.client import Restic
from tapak_restic.provider import ResticProvider

PASSWORD = "kata sandi repositori yang panjang"
TIMEOUT = 60.0
Make = Callable[..., ResticProvider]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def provider(**settings: Any) -> ResticProvider:
        given = {"repository": str(tmp_path / "repository"), "password": PASSWORD, **settings}
        return ResticProvider(ResticProvider.settings_schema().load(given))

    return provider


@pytest.fixture
def first(make: Make) -> Iterator[ResticProvider]:
    """One without a repository yet."""
    with make() as provider:
        yield provider


@pytest.fixture
def provider(make: Make, repositories: Repositories, tmp_path: Path) -> Iterator[ResticProvider]:
    with make(repository=str(repositories.make(tmp_path / "ready", PASSWORD))) as provider:
        yield provider


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "situs"
    (folder / "gambar").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>Antrean</h1>")
    (folder / "gambar" / "é 😀.bin").write_bytes(os.urandom(5000))
    return folder


@pytest.fixture
def plan(site: Path) -> Backup:
    return Backup("antrean.contoh.example", folders=(str(site),))


def apply(provider: Provider, desired: Backup | None, observed: Backup | None = None) -> None:
    spec = desired or observed
    assert spec is not None
    action = "delete" if desired is None else "update" if observed else "create"
    provider.apply([Change(action, spec.identity, desired, observed)], fence=1, timeout=TIMEOUT)


def standing(provider: Provider, plan: Backup) -> object:
    return provider.read([plan])[plan.identity]


def test_a_plan_is_kept_in_a_repository_that_is_made_with_it(first: ResticProvider, plan: Backup) -> None:
    assert standing(first, plan) is None
    assert not first.verify([plan], timeout=0.1)[0].live
    assert first.verify_gone([plan], timeout=TIMEOUT)[0].live
    apply(first, plan)
    apply(first, plan)
    assert standing(first, plan) == plan
    assert first.verify([plan], timeout=TIMEOUT)[0].live
    assert not first.verify_gone([plan], timeout=0.1)[0].live


def test_a_plan_is_changed_and_taken_away(provider: ResticProvider, plan: Backup) -> None:
    newer = replace(plan, at=("03:00", "15:00"), keep_daily=3)
    apply(provider, plan)
    with pytest.raises(ChangedMeanwhile):
        apply(provider, newer, replace(plan, keep_weekly=9))
    apply(provider, newer, plan)
    assert standing(provider, newer) == newer
    for _ in range(2):
        apply(provider, None, newer)
    assert standing(provider, newer) is None
    assert provider.verify_gone([newer], timeout=TIMEOUT)[0].live


def test_many_plans_cost_one_question(provider: ResticProvider, plan: Backup, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = [replace(plan, name=f"situs{number}.example") for number in range(3)]
    for each in plans:
        apply(provider, each)
    asked: list[str] = []
    run = Restic.run

    def counted(restic: Restic, *arguments: str, **how: Any) -> str:
        asked.append(arguments[0])
        return run(restic, *arguments, **how)

    monkeypatch.setattr(Restic, "run", counted)
    changed = replace(plans[2], keep_daily=1)
    found = provider.read([plans[0], plans[1], changed, replace(plan, name="bukan.example")])
    assert found == {**{each.name: each for each in plans}, "bukan.example": None}
    assert asked == ["--json", "dump"]


def test_plans_do_not_touch_each_other(provider: ResticProvider, plan: Backup) -> None:
    other = replace(plan, name="lain.contoh.example")
    apply(provider, plan)
    apply(provider, other)
    kept = provider.keep(other, [Path(plan.folders[0])], timeout=TIMEOUT)
    apply(provider, None, plan)
    assert standing(provider, other) == other
    assert [each.id for each in provider.snapshots(other)] == [kept.id]
    assert provider.snapshots(plan) == []


def test_before_the_first_plan_nothing_was_kept(first: ResticProvider) -> None:
    (fact,) = first.facts(["antrean.example"])
    assert (fact.value, fact.problem) == ("belum ada", "")


def test_what_is_kept_comes_back_as_it_was(provider: ResticProvider, plan: Backup, site: Path, tmp_path: Path) -> None:
    apply(provider, plan)
    kept = provider.keep(plan, [site], timeout=TIMEOUT)
    assert kept.size >= 5000
    before = {file.relative_to(site): file.read_bytes() for file in site.rglob("*") if file.is_file()}
    (site / "index.html").write_text("slot gacor")
    provider.restore(plan, kept.id, tmp_path / "back", timeout=TIMEOUT)
    back = tmp_path / "back" / str(site).lstrip("/")
    assert {file.relative_to(back): file.read_bytes() for file in back.rglob("*") if file.is_file()} == before
    facts = provider.facts([plan.name, "lain.example"])
    assert datetime.fromisoformat(facts[0].value or "").tzinfo is not None
    assert facts[0].details == {"snapshots": 1}
    assert facts[1].value == "belum ada"


def test_a_snapshot_of_another_plan_is_not_brought_back(
    provider: ResticProvider, plan: Backup, site: Path, tmp_path: Path
) -> None:
    apply(provider, plan)
    kept = provider.keep(replace(plan, name="lain.example"), [site], timeout=TIMEOUT)
    for wrong in (kept.id, "latest", "--help", "0" * 64):
        with pytest.raises(Invalid):
            provider.restore(plan, wrong, tmp_path / "back", timeout=TIMEOUT)


def test_only_what_the_plan_keeps_stays(provider: ResticProvider, plan: Backup, site: Path) -> None:
    apply(provider, plan)
    restic = Restic(provider.settings["repository"], PASSWORD)
    tags = ["--tag=tapak-run", f"--tag=name:{plan.name}", "--host=tapak"]
    for day in range(1, 21):
        (site / "index.html").write_text(f"hari {day}")
        restic.run("backup", *tags, f"--time=2026-06-{day:02} 01:30:00", str(site), timeout=TIMEOUT)
    provider.thin(replace(plan, keep_daily=3, keep_weekly=2, keep_monthly=1), timeout=TIMEOUT)
    days = [each.at.day for each in provider.snapshots(plan)]
    assert days[-3:] == [18, 19, 20]
    assert len(days) == 4
    assert standing(provider, plan) == plan
    restic.run("check", "--read-data", timeout=TIMEOUT)


def test_what_cannot_be_read_is_told_and_no_half_snapshot_stands(server_directory: Path) -> None:
    """As an ordinary user, since root reads everything; nothing of pytest's own folders is open to others."""
    nobody = account("nobody")
    place = server_directory / "restic"
    site = place / "situs"
    site.mkdir(parents=True)
    (site / "index.html").write_text("<h1>Antrean</h1>")
    (site / "rahasia").touch(mode=0o000)
    (place / "run.py").write_text(RUN_AS)
    shutil.chown(place, nobody)
    done = subprocess.run(
        [*unprivileged(nobody), sys.executable, str(place / "run.py"), str(place / "repository"), str(site)],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.split() == ["Incomplete", "0"], done.stderr


RUN_AS = """
import sys
from pathlib import Path
from tapak.sdk.backups import Backup
from tapak.sdk.provider import Change
from tapak_restic.client import Incomplete
from tapak_restic.provider import ResticProvider
repository, site = sys.argv[1:]
provider = ResticProvider({"repository": repository, "password": "x" * 20, "timeout": 60})
plan = Backup("antrean.example", folders=(site,))
provider.apply([Change("create", plan.identity, plan, None)], fence=1, timeout=60)
try:
    provider.keep(plan, [Path(site)], timeout=60)
except Incomplete:
    print("Incomplete", len(provider.snapshots(plan)))
"""


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a,b"},
        {"name": "-x"},
        {"name": ""},
        {"name": "a\nb"},
        {"folders": ("relatif",)},
        {"folders": ("/",)},
        {"folders": ("/srv/../etc",)},
        {"folders": ("/srv/a\nb",)},
        {"at": ()},
        {"at": ("25:00",)},
        {"at": ("1:30",)},
        {"keep_daily": 0, "keep_weekly": 0, "keep_monthly": 0},
        {"keep_daily": -1},
        {"test_days": 0},
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused(provider: ResticProvider, plan: Backup, wrong: dict[str, Any]) -> None:
    for spec in (replace(plan, **wrong), Site("www.example.test")):
        for act in (
            lambda s: provider.read([s]),
            lambda s: apply(provider, s),
            lambda s: provider.verify([s], timeout=1),
        ):
            with pytest.raises(Invalid):
                act(spec)


def test_a_good_repository_passes_the_check(first: ResticProvider, plan: Backup) -> None:
    assert all(line.ok for line in first.check())
    apply(first, plan)
    assert all(line.ok for line in first.check())


def test_a_wrong_password_is_told_and_never_shown(
    make: Make, provider: ResticProvider, plan: Backup, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    apply(provider, plan)
    wrong = "bukan kata sandi repositori ini"
    with make(repository=provider.settings["repository"], password=wrong) as stranger:
        with pytest.raises(ProviderDenied) as told:
            apply(stranger, plan)
        (line,) = stranger.check()
    assert not line.ok
    assert "kata sandi salah" in line.message
    assert wrong not in f"{told.value!r} {told.value.message} {told.value.log} {line} {stranger!r} {caplog.text}"


def test_a_place_that_cannot_be_written_is_told(make: Make, plan: Backup, tmp_path: Path) -> None:
    (tmp_path / "berkas").touch()
    with make(repository=str(tmp_path / "berkas" / "repository")) as provider:
        with pytest.raises(ProviderBroken):
            apply(provider, plan)
        assert not provider.check()[0].ok


def test_an_act_that_takes_too_long_is_ended_and_leaves_no_lock(
    first: ResticProvider, plan: Backup, site: Path
) -> None:
    apply(first, plan)
    (site / "besar").write_bytes(os.urandom(150 * 2**20))
    with pytest.raises(ProviderUnavailable):
        first.keep(plan, [site], timeout=0.9)
    assert first.snapshots(plan) == []
    (site / "besar").unlink()
    assert first.keep(plan, [site], timeout=TIMEOUT).id


def test_the_lock_of_a_dead_process_does_not_stand_in_the_way(
    provider: ResticProvider, plan: Backup, site: Path, tmp_path: Path
) -> None:
    apply(provider, plan)
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    command = ["restic", f"--repo={provider.settings['repository']}", f"--password-file={secret}", "backup", "--stdin"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as dying:
        locks = Path(provider.settings["repository"]) / "locks"
        while not any(locks.iterdir()):
            pass
        dying.kill()
    provider.keep(plan, [site], timeout=TIMEOUT)
    provider.thin(plan, timeout=TIMEOUT)
