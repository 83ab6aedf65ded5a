"""The measure for a step: plain mapped classes on plain tables, a request, a task and an event in one transaction."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from rounds import serve
from sqlalchemy import BigInteger, DateTime, ForeignKey, Text, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

ANSWERS = {f"answer_{number}": "Nomor antrean bagi warga" for number in range(16)}
INPUT = {"forwarded_to": ["kabid_aplikasi"], "instructions": ["Proses lebih lanjut"], "note": ""}
CONTENT = {"task": 1, "step": "dispose", "outcome": "done", "revision": 1}


class Base(DeclarativeBase):
    type_annotation_map = {
        int: BigInteger,
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
    }


class BareRequest(Base):
    __tablename__ = "bare_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    procedure: Mapped[str]
    number: Mapped[str]
    subject: Mapped[str]
    state: Mapped[str]
    step: Mapped[str]
    answers: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expected_end: Mapped[datetime]


class BareTask(Base):
    __tablename__ = "bare_task"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("bare_request.id"), index=True)
    step: Mapped[str]
    state: Mapped[str]
    actor: Mapped[str]
    input: Mapped[dict[str, Any]]
    arrived_at: Mapped[datetime]
    due_at: Mapped[datetime]
    request: Mapped[BareRequest] = relationship()


class BareEvent(Base):
    __tablename__ = "bare_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("bare_request.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    summary: Mapped[str]
    content: Mapped[dict[str, Any]]
    request: Mapped[BareRequest] = relationship()


def worker(url: str) -> Callable[[], object]:
    """One transaction a call."""
    engine = create_engine(url, pool_size=1)
    with Session(engine) as session:
        session.connection().exec_driver_sql("select pg_advisory_xact_lock(1)")
        Base.metadata.create_all(session.connection())
        session.commit()

    def write_one() -> None:
        now = datetime.now(UTC)
        due = now + timedelta(days=1)
        with Session(engine) as session, session.begin():
            request = BareRequest(
                procedure="contoh",
                number="001/HOST/DKISP/XI/2026",
                subject="Permohonan hosting",
                state="in_process",
                step="dispose",
                answers=ANSWERS,
                created_at=now,
                expected_end=due,
            )
            task = BareTask(
                request=request, step="dispose", state="open", actor="Nama", input=INPUT, arrived_at=now, due_at=due
            )
            event = BareEvent(
                request=request, kind="step.finished", at=now, actor="Nama", summary="Didisposisikan", content=CONTENT
            )
            session.add_all([request, task, event])

    return write_one


if __name__ == "__main__":
    serve(worker(sys.argv[1]))
