"""What a reconciliation writes: journal lines and the states of resources and of their service.

Everything is kept back until the next commit, so that one commit tells what was verified and what is set out for next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from tapak.audit.service import record
from tapak.db.wake import LATER, Lease, place
from tapak.inventory.models import Service
from tapak.inventory.service import release
from tapak.provisioning.items import Item
from tapak.provisioning.service import release_retired, rest
from tapak.provisioning.statements import ENDED, FAILED, FINISH, KEEP, LIVE, PUT_BACK, SUSPENDED
from tapak.sdk.provider import Probe
from tapak.sdk.resources import Spec, spec_to_json
from tapak.sdk.wording import resource_name, resource_words


class Ledger:
    """Lines and states that are to be written with the next commit of one lease."""

    def __init__(self, service_id: int, lease: Lease) -> None:
        self._service_id = service_id
        self._lease = lease
        self._lines: list[dict[str, Any]] = []
        self._changes: dict[int, dict[str, Any]] = {}
        self._told: list[tuple[str, str, dict[str, Any]]] = []

    def intend(self, item: Item) -> None:
        """About to bring ``item`` to what is desired."""
        if not item.intended:
            self._line(item, "intent")
        self._state(item, "applying" if item.desired is not None else "removing")

    def put_back(self, item: Item, state: str) -> None:
        """Set out for, but its turn didn't come: what it needs isn't live."""
        self._state(item, state)

    def verifying(self, item: Item, reason: str) -> None:
        """Applied, but not every server agrees yet."""
        if item.change is not None:
            self._line(item, "applied")
        item.change = None
        state = "verifying" if item.desired is not None else "removing"
        self._state(item, state, reason, "not_verified", probes=_probes(item.probes), **_outputs(item))

    def verified(self, item: Item) -> None:
        """Seen live (or gone) by every server that the public asks."""
        if item.change is not None:
            self._line(item, "applied")
        self._line(item, "verified")
        self._state(
            item,
            "gone" if item.desired is None else "live",
            verified=True,
            applied=_json(item.desired),
            probes=_probes(item.probes),
            given=dict(item.given),
            **_outputs(item),
        )

    def waiting(self, item: Item, reason: str, code: str) -> None:
        """An attempt failed and another one follows by itself."""
        self._state(item, item.state, reason, code, probes=_probes(item.probes))

    def failed(self, item: Item, reason: str, code: str, drift: dict[str, Any] | None = None) -> None:
        """Nothing more happens until somebody acts."""
        self._line(item, "failed", f"{code}: {reason}")
        self._state(item, "failed", reason, code, drift=drift)
        content = {"resource": item.id, "kind": item.kind, "identity": item.identity, "code": code}
        name = resource_name(item.identity)
        summary = reason if reason.startswith(name) else f"{name}: {reason}"
        self._told.append(("resource.failed", summary, content))

    def keep(self, session: Session, seconds: float) -> bool:
        """Write what was kept back and hold the lease on; False, with nothing written, where it was lost."""
        return self._write(session, KEEP, seconds=seconds)

    def finish(self, session: Session, again_in: float | None, problem: str) -> bool:
        """Write what was kept back and give the lease back, to be looked at ``again_in`` seconds or not at all.

        False, with nothing written, where it was lost.
        """
        if again_in is None and self._write(session, FINISH):
            return True
        session.info[LATER] = True
        return self._write(session, PUT_BACK, seconds=again_in or 0.0, told=problem)

    def _write(self, session: Session, statement: Executable, **more: Any) -> bool:
        written = {"changes": list(self._changes.values()), "lines": self._lines}
        held = session.execute(statement, {**place(self._lease), **written, **more}).one_or_none()
        if held is not None:
            self._lines, self._changes = [], {}
        return held is not None

    def settle(self, session: Session, items: Sequence[Item]) -> None:
        """Write what has become of the service as a whole; what was kept back was written before."""
        states = {item.state for item in items}
        if "failed" in states:
            session.execute(FAILED, self._mine)
        elif states == {"gone"}:
            self._ended(session, items)
        elif states and states <= {"live", "gone"}:
            self._live(session, items)
        if states and states <= {"live", "gone"}:
            self._suspended(session, items)
            if "gone" in states:
                release_retired(session, self._service_id)
        self._tell(session)

    def _suspended(self, session: Session, items: Sequence[Item]) -> None:
        row = session.execute(SUSPENDED, self._mine).one_or_none()
        if row is not None:
            summary = f"Ditangguhkan: {_words(items)}"
            record(session, "service.suspended", person=None, request_id=row.request_id, summary=summary)

    def _live(self, session: Session, items: Sequence[Item]) -> None:
        row = session.execute(LIVE, self._mine).one_or_none()
        if row is None:
            return
        living = [item for item in items if item.state == "live"]
        record(
            session,
            "service.live",
            person=None,
            request_id=row.request_id,
            summary=f"Aktif dan terverifikasi: {_words(living)}",
            content={"resources": [{"kind": item.kind, "identity": item.identity} for item in living]},
        )

    def _ended(self, session: Session, items: Sequence[Item]) -> None:
        row = session.execute(ENDED, self._mine).one_or_none()
        if row is not None:
            release(session, self._service_id, rest=rest(session, self._service_id))
            summary = f"Dilepas: {_words(items)}"
            record(session, "service.ended", person=None, request_id=row.request_id, summary=summary)

    def _tell(self, session: Session) -> None:
        if not self._told:
            return
        request_id = session.scalar(select(Service.request_id).where(Service.id == self._service_id))
        for kind, summary, content in self._told:
            record(session, kind, person=None, request_id=request_id, summary=summary, content=content, shown=False)

    @property
    def _mine(self) -> dict[str, Any]:
        return {"of_service": self._service_id}

    def _line(self, item: Item, phase: str, detail: str = "") -> None:
        self._lines.append(
            {
                "resource_id": item.id,
                "generation": item.generation,
                "fence": self._lease.fence,
                "phase": phase,
                "spec": _json(item.desired),
                "detail": detail,
            }
        )

    def _state(self, item: Item, state: str, reason: str = "", code: str = "", **seen: Any) -> None:
        item.state = state
        self._changes[item.id] = {
            "id": item.id,
            "generation": item.generation,
            "state": state,
            "reason": reason,
            "reason_code": code,
            **seen,
        }


def _outputs(item: Item) -> dict[str, Any]:
    """What is to be written of its outputs: those that came with this run, nothing of what is gone."""
    if item.desired is None:
        return {"outputs": {}, "sealed_outputs": None}
    if not item.fresh or item.outputs is None:
        return {}
    return {"outputs": dict(item.outputs.plain), "sealed_outputs": item.outputs.sealed}


def _words(items: Sequence[Item]) -> str:
    return resource_words((item.kind, item.identity) for item in items)


def _probes(probes: Sequence[Probe]) -> list[dict[str, Any]]:
    return [vars(probe) for probe in probes]


def _json(spec: Spec | None) -> dict[str, Any] | None:
    return None if spec is None else spec_to_json(spec)
