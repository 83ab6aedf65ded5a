"""Records that stand for a moment only, through the tenant's own DNS connections: an authority's challenges.

What is put is written to the journal first, so that a later worker knows which values a killed one left; values of
others at the same name stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tapak.provisioning.connections import ProviderPool, connections
from tapak.provisioning.items import Item
from tapak.provisioning.models import Connection, JournalEntry
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderError, ProviderUnavailable
from tapak.sdk.provider import Action, Change, Provider
from tapak.sdk.resources import RecordSet, spec_from_json, spec_to_json

PUT, TAKEN = "challenge", "challenge_ended"
"""Phases of the journal."""
TRIES = 5
"""How often somebody else's change at the same name may come in between."""
LEAST = 2.0
"""Seconds that taking away may have, even where the time for all is up."""


class Publisher:
    """Publishes for the resources of one reconciliation; ``commit`` writes and holds the lease on."""

    def __init__(self, session: Session, pool: ProviderPool, fence: int, commit: Callable[[], None]) -> None:
        self._session = session
        self._pool = pool
        self._fence = fence
        self._commit = commit

    def of(self, item: Item) -> Callable[[Sequence[RecordSet], float], AbstractContextManager[None]]:
        """What ``Provider.published`` is for a provider that is at ``item``."""

        @contextmanager
        def published(records: Sequence[RecordSet], timeout: float) -> Iterator[None]:
            deadline = time.monotonic() + timeout
            placed = [self._placed(record) for record in records]
            for _, left in self._left_behind(item):
                self._take(item, left)
            self._note(item, PUT, [record for _, record in placed])
            try:
                for connection, record in placed:
                    self._stand(connection, record, deadline)
                yield
            finally:
                for _, record in placed:
                    self._take(item, record)

        return published

    def _placed(self, record: RecordSet) -> tuple[Connection, RecordSet]:
        """The connection whose zone the name lies in most closely, and the record in that zone.

        Raises:
            Invalid: the tenant has none.
        """
        at = [(zone, each) for each in connections(self._session) for zone in each.zones if _within(record.name, zone)]
        if not at:
            raise Invalid(
                f"Belum ada sambungan DNS untuk {record.name}. Minta pengelola menambahkannya pada berkas instansi.",
                log=f"no connection serves {record.name}",
            )
        zone, connection = max(at, key=lambda each: len(each[0]))
        return connection, replace(record, zone=zone)

    def _stand(self, connection: Connection, record: RecordSet, deadline: float) -> None:
        provider = self._pool.get(connection)
        wanted = self._change(provider, record, deadline, lambda values: values | set(record.values))
        if wanted is None:
            return
        (seen,) = provider.verify([wanted], timeout=max(0.1, deadline - time.monotonic()))
        if not seen.live:
            raise ProviderUnavailable(
                f"Rekaman {record.name} belum terlihat di semua server DNS; dicoba lagi.",
                log=f"{record.name}: {[probe.answer for probe in seen.probes if not probe.ok]}",
            )

    def _take(self, item: Item, record: RecordSet) -> None:
        """Take our values away; where that fails the journal still knows them."""
        with suppress(ProviderError):
            connection, placed = self._placed(record)
            provider = self._pool.get(connection)
            self._change(provider, placed, time.monotonic() + LEAST, lambda values: values - set(record.values))
            self._note(item, TAKEN, [record])

    def _change(
        self, provider: Provider, record: RecordSet, deadline: float, change: Callable[[set[str]], set[str]]
    ) -> RecordSet | None:
        """Bring the values at the record's place to what ``change`` makes of them; gives what stands then."""
        for last in (*[False] * (TRIES - 1), True):
            found = provider.read([record])[record.identity]
            stands = found if isinstance(found, RecordSet) and found.identity == record.identity else None
            values = tuple(change(set(stands.values) if stands else set()))
            base = stands or record
            wanted = replace(base, values=values) if values else None
            if wanted == stands:
                return wanted
            action: Action = "delete" if wanted is None else "update" if stands else "create"
            made = Change(action, record.identity, wanted, stands)
            try:
                provider.apply([made], fence=self._fence, timeout=max(0.1, deadline - time.monotonic()))
            except ChangedMeanwhile:
                if last:
                    raise
                continue
            return wanted
        raise AssertionError("the last try returned or raised")

    def _left_behind(self, item: Item) -> list[tuple[int, RecordSet]]:
        """What was put for the resource and never taken away."""
        mine = JournalEntry.resource_id == item.id
        query = select(JournalEntry.id, JournalEntry.spec).where(mine, JournalEntry.phase == PUT)
        ended = select(JournalEntry.spec).where(mine, JournalEntry.phase == TAKEN)
        since = func.now() - func.make_interval(0, 0, 0, 30)
        gone = list(self._session.scalars(ended.where(JournalEntry.at > since)))
        rows = self._session.execute(query.where(JournalEntry.at > since).order_by(JournalEntry.id)).all()
        found = [(row.id, row.spec) for row in rows if row.spec is not None and row.spec not in gone]
        specs = [(at, spec_from_json(RecordSet.kind, spec)) for at, spec in found]
        return [(at, spec) for at, spec in specs if isinstance(spec, RecordSet)]

    def _note(self, item: Item, phase: str, records: Sequence[RecordSet]) -> None:
        for record in records:
            entry = JournalEntry(
                resource_id=item.id,
                generation=item.generation,
                fence=self._fence,
                phase=phase,
                spec=spec_to_json(record),
            )
            self._session.add(entry)
        self._commit()


def _within(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")
