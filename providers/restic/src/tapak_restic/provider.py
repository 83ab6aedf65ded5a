"""Backups in a restic repository: the plan is kept in it beside what it keeps."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import time as day_time
from pathlib import Path, PurePosixPath
from typing import Any

from tapak.sdk.backups import Backup, Snapshot
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderError
from tapak.sdk.provider import Applied, Capabilities, Change, Check, Probe, Provider, Verification
from tapak.sdk.resources import Fact, Spec, spec_from_json, spec_to_json
from tapak_restic.client import Incomplete, NoRepository, Restic, last_line
from tapak_restic.settings import ResticSettings

NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
PLAN, RUN = "tapak-plan", "tapak-run"
FILE = "plan.json"
INTERVAL = 0.5
MOST = 1000


@dataclass(frozen=True)
class _Plan:
    """A snapshot that holds a plan, and the plan's digest."""

    id: str
    digest: str


class ResticProvider(Provider):
    """One repository (restic 0.14 or newer).

    A plan is a small snapshot of its own (``plan.json``), so that the repository alone tells what is in it and how it
    was to be kept. Taking a plan away leaves what was kept: that is forgotten by hand, or by a later plan of its name.
    """

    name = "restic"
    title = "restic"
    capabilities = Capabilities(kinds=frozenset({Backup.kind}))
    settings_schema = ResticSettings

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._restic = Restic(settings["repository"], settings["password"])
        self._timeout: float = settings["timeout"]

    def check(self) -> Sequence[Check]:
        where = f"Repositori {self._restic.repository}"
        try:
            self._restic.run("list", "locks", timeout=self._timeout)  # takes one itself, and so tries to write
        except NoRepository:
            return (_makeable(self._restic.repository, where),)
        except ProviderError as problem:
            return (Check("Repositori", False, problem.message),)
        return (Check("Repositori", True, f"{where} terbuka dengan kata sandi ini dan dapat ditulis."),)

    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        """What stands. A plan that is as asked is known by its digest, so that many cost one question."""
        plans = [_checked(spec) for spec in specs]
        if not plans:
            return {}
        return self._standing(plans, time.monotonic() + self._timeout)

    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        """Write or take away one plan. ``fence`` isn't needed: a plan that was changed meanwhile is told."""
        if len(changes) > self.capabilities.batch:
            raise Invalid("Satu rencana setiap kali.", log=f"{len(changes)} changes in one batch")
        deadline = time.monotonic() + timeout
        return [self._apply(change, deadline) for change in changes]

    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        deadline = time.monotonic() + timeout
        return [self._polled(plan, plan, deadline) for plan in map(_checked, specs)]

    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        deadline = time.monotonic() + timeout
        return [self._polled(plan, None, deadline) for plan in map(_checked, specs)]

    def facts(self, names: Sequence[str] = ()) -> Sequence[Fact]:
        """When the plans called ``names`` were last run, and how much that kept."""
        asked = [name.rstrip(".").lower() for name in names]
        return [fact for name in asked if NAME.fullmatch(name) for fact in self._facts(name)]

    def keep(self, spec: Backup, paths: Sequence[Path], *, timeout: float) -> Snapshot:
        """Keep ``paths`` as one snapshot; where a part can't be read, none stands."""
        tags = _tags(RUN, _checked(spec).name)
        try:
            told = self._restic.json("backup", "--host=tapak", *tags, "--", *map(str, paths), timeout=timeout)
        except Incomplete as problem:
            partly = last_line(problem.out)
            if partly and "snapshot_id" in partly:
                self._restic.run("forget", partly["snapshot_id"], timeout=self._timeout)
            raise
        (snapshot,) = [each for each in self.snapshots(spec) if each.id.startswith(told["snapshot_id"])]
        return Snapshot(snapshot.id, snapshot.at, told["total_bytes_processed"], told["data_added"])

    def snapshots(self, spec: Backup) -> Sequence[Snapshot]:
        return self._list(RUN, _checked(spec).name, time.monotonic() + self._timeout)

    def restore(self, spec: Backup, snapshot: str, into: Path, *, timeout: float) -> None:
        """Bring a snapshot of the plan back; another plan's is refused."""
        _checked(spec)
        if not re.fullmatch(r"[0-9a-f]{8,64}", snapshot):
            raise Invalid("Nomor snapshot tidak sah.", log="invalid snapshot id")
        if not any(each.id.startswith(snapshot) for each in self.snapshots(spec)):
            raise Invalid(f"Snapshot {snapshot} bukan milik {spec.name}.", log="a snapshot of another plan")
        self._restic.run("restore", snapshot, f"--target={into}", "--verify", timeout=timeout)

    def thin(self, spec: Backup, *, timeout: float) -> None:
        plan = _checked(spec)
        kept = {"daily": plan.keep_daily, "weekly": plan.keep_weekly, "monthly": plan.keep_monthly}
        rules = [f"--keep-{every}={number}" for every, number in kept.items() if number]
        # Paths change with every run (its scratch folder), so that runs are told by their tags alone.
        self._restic.run(
            "forget", f"--tag={RUN},name:{plan.name}", "--group-by=tags", *rules, "--prune", timeout=timeout
        )

    def _apply(self, change: Change, deadline: float) -> Applied:
        desired, observed = (None if spec is None else _checked(spec) for spec in (change.desired, change.observed))
        name = _checked(change.spec).name
        if {each.identity for each in (desired, observed) if each} != {change.identity}:
            raise Invalid("Perubahan tidak menyebut rencana yang sama.", log="a change of different identities")
        older = self._opened(name, deadline)
        standing = self._held(older, desired or _checked(change.spec), deadline)
        if standing not in (observed, desired):
            told = f"Rencana cadangan {name} baru saja berubah. Akan dicoba lagi."
            raise ChangedMeanwhile(told, log=f"plan {name} changed meanwhile")
        if desired is not None and standing != desired:
            how = ["--stdin", f"--stdin-filename={FILE}", "--host=tapak", *_tags(PLAN, name), f"--tag={_tag(desired)}"]
            self._restic.run("backup", *how, timeout=_left(deadline), text=_text(desired))
        if older and standing != desired:
            self._restic.run("forget", *(each.id for each in older), timeout=_left(deadline))
        return Applied(change.identity)

    def _standing(self, plans: Sequence[Backup], deadline: float) -> dict[str, Backup | None]:
        try:
            known = self._plans(plans[0].name if len(plans) == 1 else None, deadline)
        except NoRepository:
            return dict.fromkeys(plan.identity for plan in plans)
        found: dict[str, Backup | None] = {}
        for plan in plans:
            if plan.identity not in found:
                found[plan.identity] = self._held(known.get(plan.name, ()), plan, deadline)
        return found

    def _opened(self, name: str, deadline: float) -> Sequence[_Plan]:
        """The plan's snapshots, in a repository that is made where there is none."""
        try:
            return self._plans(name, deadline).get(name, ())
        except NoRepository:
            self._restic.run("init", timeout=_left(deadline))
            return ()

    def _plans(self, name: str | None, deadline: float) -> dict[str, list[_Plan]]:
        """Snapshots of the plan ``name`` (None: of every plan), oldest first, by name."""
        tags = f"{PLAN},name:{name}" if name else PLAN
        told = self._restic.json("snapshots", f"--tag={tags}", timeout=_left(deadline)) or ()
        found: dict[str, list[_Plan]] = {}
        for each in sorted(told, key=lambda each: _moment(each["time"])):
            marks = dict(tag.split(":", 1) for tag in each["tags"] if ":" in tag)
            found.setdefault(marks.get("name", ""), []).append(_Plan(each["id"], marks.get("sha256", "")))
        return found

    def _held(self, kept: Sequence[_Plan], asked: Backup, deadline: float) -> Backup | None:
        """What the newest snapshot of a plan holds: ``asked`` where the digest says so, else it is read."""
        if not kept:
            return None
        if kept[-1].digest == _digest(asked):
            return asked
        told = json.loads(self._restic.run("dump", kept[-1].id, FILE, timeout=_left(deadline)))
        spec = spec_from_json(Backup.kind, told)
        return spec if isinstance(spec, Backup) else None

    def _list(self, what: str, name: str, deadline: float) -> list[Snapshot]:
        told = self._restic.json("snapshots", f"--tag={what},name:{name}", timeout=_left(deadline))
        found = [Snapshot(each["id"], _moment(each["time"]), 0) for each in told or ()]
        return sorted(found, key=lambda each: each.at)

    def _polled(self, plan: Backup, wanted: Backup | None, deadline: float) -> Verification:
        while True:
            probe = self._probe(plan, wanted, _left(deadline))
            if probe.ok or time.monotonic() + INTERVAL > deadline:
                return Verification(plan.identity, (probe,))
            time.sleep(INTERVAL)

    def _probe(self, plan: Backup, wanted: Backup | None, timeout: float) -> Probe:
        expected = f"rencana {plan.name}" if wanted else ""
        try:
            standing = self._standing([plan], time.monotonic() + timeout)[plan.identity]
        except ProviderError as problem:
            return Probe(self._restic.repository, expected, problem.message, False)
        answer = "" if standing is None else f"rencana {plan.name}" + ("" if standing == plan else " yang lain")
        return Probe(self._restic.repository, expected, answer, standing == wanted)

    def _facts(self, name: str) -> Sequence[Fact]:
        key, label = f"backup.{name}.last", f"Cadangan terakhir {name}"
        try:
            runs = self._list(RUN, name, time.monotonic() + self._timeout)
        except NoRepository:  # it is made with the first plan
            runs = []
        except ProviderError as problem:
            return (Fact(key, label, None, "backup", problem=problem.message),)
        value = runs[-1].at.isoformat(timespec="minutes") if runs else "belum ada"
        return (Fact(key, label, value, "backup", details={"snapshots": len(runs)}),)


def _checked(spec: object) -> Backup:
    """``spec``, where it is a plan that can be kept.

    Raises:
        Invalid: it isn't; the message names what is wrong.
    """
    if not isinstance(spec, Backup):
        raise Invalid("Repositori ini hanya melayani rencana cadangan.", log="not a backup")
    counts = (spec.keep_daily, spec.keep_weekly, spec.keep_monthly)
    wrong = {
        "nama": not NAME.fullmatch(spec.name),
        "folder": not all(_whole(folder) for folder in spec.folders),
        "jam": not spec.at or not all(_time(at) for at in spec.at),
        "lama simpan": not all(_count(each, 0) for each in counts) or not any(counts),
        "jarak uji": not _count(spec.test_days, 1),
    }
    for field, bad in wrong.items():
        if bad:
            raise Invalid(f"Rencana cadangan tidak sah: periksa {field}.", log=f"invalid backup: {field}")
    return spec


def _whole(folder: str) -> bool:
    path = PurePosixPath(folder)
    return path.is_absolute() and ".." not in path.parts and len(path.parts) > 1 and folder.isprintable()


def _time(text: str) -> bool:
    try:
        return re.fullmatch(r"\d\d:\d\d", text, re.ASCII) is not None and bool(day_time.fromisoformat(text) or True)
    except ValueError:
        return False


def _count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= MOST


def _text(plan: Backup) -> str:
    return json.dumps(spec_to_json(plan), sort_keys=True)


def _digest(plan: Backup) -> str:
    return hashlib.sha256(_text(plan).encode()).hexdigest()


def _tag(plan: Backup) -> str:
    return f"sha256:{_digest(plan)}"


def _tags(what: str, name: str) -> list[str]:
    return [f"--tag={what}", f"--tag=name:{name}"]


def _moment(text: str) -> datetime:
    """restic tells nanoseconds; Python takes microseconds."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00"))


def _left(deadline: float) -> float:
    return max(0.1, deadline - time.monotonic())


def _makeable(repository: str, where: str) -> Check:
    """A repository that isn't there is made with the first plan."""
    if not repository.startswith("/"):
        return Check("Repositori", True, f"{where} belum ada; dibuat bersama rencana pertama.")
    nearest = next(place for place in (Path(repository), *Path(repository).parents) if place.exists())
    try:
        probe = nearest / ".tapak-check"
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return Check("Repositori", False, f"Pekerja tidak dapat menulis di {nearest}; beri hak tulis.")
    return Check("Repositori", True, f"{where} belum ada; dibuat bersama rencana pertama.")
