"""Brings the servers to what a service's resources say: read, diff, plan, apply, verify, record.

A worker that is killed anywhere leaves either an intent in the journal (committed before the act) or nothing; the
next one reads the servers again and goes on. A failure that may pass is tried again after a growing while; any other
stands until somebody acts on it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from tapak.db.crashpoint import (
    PROVISION_APPLIED,
    PROVISION_INTENT,
    PROVISION_READ,
    PROVISION_RECORDED,
    PROVISION_VERIFIED,
    crashpoint,
)
from tapak.db.session import TENANT, lightly
from tapak.db.wake import Lease, backoff
from tapak.engine.diff import Decision, Verdict, decide
from tapak.provisioning import outputs
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.items import Item, load, ready
from tapak.provisioning.ledger import Ledger
from tapak.provisioning.models import DRIFTED_CODE
from tapak.provisioning.publishing import Publisher
from tapak.sdk.errors import ChangedMeanwhile, ForeignResource, ProviderError, TapakError
from tapak.sdk.provider import Change, Provider, Verification
from tapak.sdk.resources import RecordSet, Spec, spec_to_json
from tapak.sdk.wording import resource_name

AT_ONCE = 0.05
"""Seconds until the next look after somebody else's change came in between."""
PATIENCE = 5
"""How often that is tried at once."""

FOREIGN = (
    "{identity} sudah ada di server dan bukan buatan Tapak ({observed}). Tidak ada yang diubah. Hapus di server lalu "
    "coba lagi, atau ambil alih pada halaman permohonannya."
)
DRIFTED = (
    "{identity} telah diubah di luar Tapak ({observed}). Tidak ada yang diubah. Petugas dapat memperbaikinya "
    "pada halaman permohonannya."
)


class LeaseLost(RuntimeError):
    """Another worker has taken over; whatever this one still held back is not to be written."""


@dataclass(frozen=True)
class Timing:
    """Seconds: of a lease, of one ``apply``, of a whole ``verify``, and of a first look that needs no commit.

    An act that is waited for ends well before the lease, so that nobody takes over while it goes on.
    """

    lease: float = 30.0
    glance: float = 0.25

    @property
    def act(self) -> float:
        """The longest ``apply`` or ``verify``."""
        return self.lease / 3

    @property
    def fresh(self) -> float:
        """How long after a commit an act may begin without another one that holds the lease on."""
        return self.lease / 4


Hold = Callable[[], AbstractContextManager[None]]
"""Holds the lease for the length of a block, however long that takes."""


def reconcile(session: Session, lease: Lease, pool: ProviderPool, timing: Timing, hold: Hold = nullcontext) -> None:
    """Bring the service ``lease.row_id`` about. ``session`` is in the transaction that took the lease.

    That one needn't be on disk: before anything is done to a server an intent is, and the lease with it. ``hold`` is
    entered while servers are read, which takes as long as their own time limits let it.

    Raises:
        LeaseLost: another worker has taken over.
    """
    lightly(session)
    items = load(session, lease.row_id)
    session.commit()
    Reconciliation(session, lease, pool, timing, items, hold).run()


class Reconciliation:
    """One run over one service's resources under one lease."""

    def __init__(
        self, session: Session, lease: Lease, pool: ProviderPool, timing: Timing, items: Sequence[Item], hold: Hold
    ) -> None:
        self._session = session
        self._lease = lease
        self._pool = pool
        self._timing = timing
        self._items = items
        self._hold = hold
        self._ledger = Ledger(lease.row_id, lease)
        self._opened = outputs.Opener(session.info[TENANT], pool.identities)
        self._publisher = Publisher(session, pool, lease.fence, self._commit)
        self._by_place = {(item.kind, item.identity): item for item in items}
        self._observed: dict[int, Spec | None] = {}
        self._in_the_way: dict[str, Spec] = {}
        self._tried: set[int] = set()
        self._planned: dict[int, Item] = {}
        self._set_out: dict[int, str] = {}
        self._held_at = 0.0
        self._again_in: float | None = None
        self._problem = ""

    def run(self) -> None:
        """Go wave by wave until nothing more can be done now."""
        self._read([item for item in self._items if item.state not in ("live", "gone", "failed")])
        crashpoint(PROVISION_READ)
        self._planned = {item.id: item for item in self._items if self._is_seen(item) and self._plan(item)}
        while wave := self._wave():
            self._tried.update(item.id for item in wave)
            for group in _groups(wave):
                for batch in _batches(group, self._provider(group).capabilities.batch):
                    self._bring(batch)
        self._finish()

    def _wave(self) -> list[Item]:
        """What can be brought about now; what is live and needs one whose outputs have changed comes along."""
        self._read(outputs.renewed(self._items))
        return [item for item in ready(self._items) if item.id not in self._tried]

    def _read(self, items: Sequence[Item]) -> None:
        if items:
            with self._hold():
                self._read_groups(_groups(items))

    def _read_groups(self, groups: Iterable[Sequence[Item]]) -> None:
        for group in groups:
            specs = [spec for item in group for spec in item.specs]
            try:
                found = self._provider(group).read(specs) if specs else {}
            except TapakError as problem:
                self._put_off(group, problem)
                self._tried.update(item.id for item in group)
                continue
            self._observed.update({item.id: found.get(item.identity) for item in group})
            asked = {spec.identity for spec in specs}
            self._in_the_way.update({at: spec for at, spec in found.items() if spec is not None and at not in asked})

    def _is_seen(self, item: Item) -> bool:
        """Whether it is to be made and its server was read; what is to be removed is planned when its turn comes."""
        return item.desired is not None and item.id in self._observed and item.id not in self._tried

    def _bring(self, items: Sequence[Item]) -> None:
        planned = [item for item in items if item.id in self._planned or self._plan(item)]
        changed = [item for item in planned if item.change is not None]
        applied = self._apply_all(changed) if changed else []
        self._verify([item for item in planned if item.change is None] + applied)

    def _plan(self, item: Item) -> bool:
        observed = self._observed[item.id]
        if item.target is None:
            self._ledger.verified(item)
            return False
        obstacle = self._obstacle(item) if observed is None else None
        if obstacle is not None:
            self._refuse(item, obstacle, foreign=True)
            return False
        decision = decide(item.known, observed)
        foreign = _is_foreign(item, decision)
        if foreign and item.desired is None:
            self._ledger.verified(item)
            return False
        if decision.verdict in (Verdict.FOREIGN, Verdict.DRIFTED):
            allowed = item.override or (item.intended and not foreign)
            if not allowed:
                self._refuse(item, observed, foreign=foreign)
                return False
        item.change = _change(item, decision, observed) or outputs.again(item, observed)
        return True

    def _obstacle(self, item: Item) -> Spec | None:
        """What stands at the same name and keeps a record set from being made: a CNAME beside anything else."""
        if not isinstance(item.desired, RecordSet):
            return None
        standing = (spec for spec in self._in_the_way.values() if isinstance(spec, RecordSet))
        return next((spec for spec in standing if spec.name == item.desired.name), None)

    def _refuse(self, item: Item, observed: Spec | None, *, foreign: bool) -> None:
        told = FOREIGN if foreign else DRIFTED
        reason = told.format(identity=resource_name(item.identity), observed=_told(observed))
        seen = spec_to_json(observed) if observed is not None else None
        code = ForeignResource.code if foreign else DRIFTED_CODE
        self._ledger.failed(item, reason, code, drift=None if foreign else {"observed": seen})

    def _apply_all(self, items: Sequence[Item]) -> list[Item]:
        self._intend(items)
        crashpoint(PROVISION_INTENT)
        applied = self._apply(items)
        crashpoint(PROVISION_APPLIED)
        return applied

    def _intend(self, items: Sequence[Item]) -> None:
        """Commit what is set out for: ``items`` and, with the first of them, all that follow them."""
        wanted = [*items, *self._planned.values()]
        new = {item.id: item for item in wanted if item.change is not None and item.id not in self._set_out}
        if not new and time.monotonic() < self._held_at + self._timing.fresh:
            return
        for item in new.values():
            self._set_out[item.id] = item.state
            self._ledger.intend(item)
        self._commit()

    def _apply(self, items: Sequence[Item]) -> list[Item]:
        changes = [(item, item.change) for item in items if item.change is not None]
        try:
            provider = self._provider(items)
            provider.published = self._publisher.of(items[0])
            handed = outputs.hand_over(changes, self._items, self._opened)
            answers = provider.apply(handed, fence=self._lease.fence, timeout=self._timing.act)
            outputs.take(self._session, items, answers)
        except TapakError as problem:
            if len(items) > 1 and not _passes(problem):
                return self._apply_singly(items)
            self._put_off(items, problem)
            return []
        return list(items)

    def _apply_singly(self, items: Sequence[Item]) -> list[Item]:
        applied = []
        for item in items:
            self._commit()
            applied += self._apply([item])
        return applied

    def _verify(self, items: Sequence[Item]) -> None:
        waiting = self._look(items, self._timing.glance)
        if waiting:
            for item in waiting:
                self._ledger.verifying(item, _disagreement(item))
            self._commit()
            waiting = self._look(waiting, self._timing.act)
        for item in waiting:
            self._ledger.waiting(item, _disagreement(item), "not_verified")
            self._later(backoff(self._lease.attempts), f"{item.identity} is not verified")

    def _look(self, items: Sequence[Item], timeout: float) -> list[Item]:
        waiting: list[Item] = []
        for group in _groups(items):
            try:
                seen = _ask(self._provider(group), group, timeout)
            except TapakError as problem:
                self._put_off(group, problem)
                continue
            crashpoint(PROVISION_VERIFIED)
            for item in group:
                item.probes = seen[item.identity].probes
                if seen[item.identity].live:
                    self._ledger.verified(item)
                else:
                    waiting.append(item)
        return waiting

    def _provider(self, items: Sequence[Item]) -> Provider:
        provider = self._pool.get(items[0].connection)
        provider.kept = self._kept
        return provider

    def _kept(self, spec: Spec) -> Mapping[str, Any]:
        return self._opened(self._by_place[spec.kind, spec.identity])

    def _put_off(self, items: Sequence[Item], problem: TapakError) -> None:
        self._pool.discard(items[0].connection)
        note = self._ledger.waiting if _passes(problem) else self._ledger.failed
        for item in items:
            note(item, problem.message, problem.code)
        if _passes(problem):
            soon = isinstance(problem, ChangedMeanwhile) and self._lease.attempts < PATIENCE
            self._later(AT_ONCE if soon else backoff(self._lease.attempts), f"{problem.code}: {problem.log}")

    def _later(self, seconds: float, problem: str) -> None:
        self._again_in = seconds if self._again_in is None else min(seconds, self._again_in)
        self._problem = problem

    def _commit(self) -> None:
        if not self._ledger.keep(self._session, self._timing.lease):
            raise LeaseLost
        self._session.commit()
        self._held_at = time.monotonic()

    def _finish(self) -> None:
        for item in self._planned.values():
            if item.id in self._set_out and item.id not in self._tried:
                self._ledger.put_back(item, self._set_out[item.id])
        if not self._ledger.finish(self._session, self._again_in, self._problem):
            raise LeaseLost
        self._ledger.settle(self._session, self._items)
        self._session.commit()
        crashpoint(PROVISION_RECORDED)


def _passes(problem: TapakError) -> bool:
    """Whether the same may go through later without anybody acting. Input that a provider refuses does not."""
    return isinstance(problem, ProviderError) and problem.retryable


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _groups(items: Iterable[Item]) -> list[list[Item]]:
    """Items of one connection that are all to be made or all to be removed."""
    groups: dict[tuple[int, bool], list[Item]] = defaultdict(list)
    for item in items:
        groups[item.connection.id, item.desired is None].append(item)
    return list(groups.values())


def _is_foreign(item: Item, decision: Decision) -> bool:
    """Whether somebody else's stands there: also where we only ever set out to make ours and something else came."""
    return decision.verdict is Verdict.FOREIGN or (decision.verdict is Verdict.DRIFTED and item.applied is None)


def _change(item: Item, decision: Decision, observed: Spec | None) -> Change | None:
    if decision.verdict is Verdict.FOREIGN:
        return decide(replace(item.known, applied=observed), observed).change
    return decision.change


def _ask(provider: Provider, items: Sequence[Item], timeout: float) -> Mapping[str, Verification]:
    specs = [item.target for item in items if item.target is not None]
    look = provider.verify if items[0].desired is not None else provider.verify_gone
    return {seen.identity: seen for seen in look(specs, timeout=timeout)}


def _disagreement(item: Item) -> str:
    probe = next((probe for probe in item.probes if not probe.ok), None)
    if probe is None:
        return f"{resource_name(item.identity)}: belum ada server yang menjawab."
    return (
        f"{resource_name(item.identity)}: {probe.server} menjawab {probe.answer or 'kosong'}, "
        f"seharusnya {probe.expected or 'kosong'}."
    )


def _told(observed: Spec | None) -> str:
    if observed is None:
        return "tidak ada"
    return " ".join(observed.values) if isinstance(observed, RecordSet) else observed.identity
