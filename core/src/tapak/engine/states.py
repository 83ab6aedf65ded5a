"""The states of requests and tasks, and the closed table of moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from tapak.sdk.errors import Conflict


class RequestState(StrEnum):
    """Where a request stands. A withdrawn request is cancelled; the reason says by whom."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_PROCESS = "in_process"
    RETURNED = "returned"
    REFUSED = "refused"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The state as it is shown on the screen."""
        return _REQUEST_LABELS[self]

    @property
    def ended(self) -> bool:
        """Whether nothing more happens unless somebody reopens it."""
        return self in (RequestState.REFUSED, RequestState.DONE, RequestState.CANCELLED)


class TaskState(StrEnum):
    """Where a task stands: it waits (open), is worked on (started), was finished, or is no longer needed."""

    OPEN = "open"
    STARTED = "started"
    FINISHED = "finished"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The state as it is shown on the screen."""
        return _TASK_LABELS[self]

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self in (TaskState.FINISHED, TaskState.CANCELLED)


_REQUEST_LABELS = {
    RequestState.DRAFT: "Draf",
    RequestState.SUBMITTED: "Diajukan",
    RequestState.IN_PROCESS: "Diproses",
    RequestState.RETURNED: "Dikembalikan",
    RequestState.REFUSED: "Ditolak",
    RequestState.DONE: "Selesai",
    RequestState.CANCELLED: "Dibatalkan",
}
_TASK_LABELS = {
    TaskState.OPEN: "Menunggu",
    TaskState.STARTED: "Dikerjakan",
    TaskState.FINISHED: "Selesai",
    TaskState.CANCELLED: "Dibatalkan",
}

REQUEST_MOVES: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.DRAFT: frozenset({RequestState.SUBMITTED, RequestState.CANCELLED}),
    RequestState.SUBMITTED: frozenset(
        {
            RequestState.IN_PROCESS,
            RequestState.RETURNED,
            RequestState.REFUSED,
            RequestState.DONE,
            RequestState.CANCELLED,
        }
    ),
    RequestState.IN_PROCESS: frozenset(
        {RequestState.RETURNED, RequestState.REFUSED, RequestState.DONE, RequestState.CANCELLED}
    ),
    RequestState.RETURNED: frozenset({RequestState.SUBMITTED, RequestState.CANCELLED}),
    RequestState.REFUSED: frozenset(),
    RequestState.DONE: frozenset(),
    RequestState.CANCELLED: frozenset(),
}
"""What the steps of a procedure, the applicant and the officer in charge may do."""

REOPENINGS: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.RETURNED: frozenset({RequestState.IN_PROCESS}),
    RequestState.REFUSED: frozenset({RequestState.IN_PROCESS}),
    RequestState.DONE: frozenset({RequestState.IN_PROCESS}),
    RequestState.CANCELLED: frozenset({RequestState.IN_PROCESS}),
}
"""What only the privileged, audited act of reopening or moving may do beside :data:`REQUEST_MOVES`."""

TASK_MOVES: Mapping[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.STARTED, TaskState.FINISHED, TaskState.CANCELLED}),
    TaskState.STARTED: frozenset({TaskState.FINISHED, TaskState.CANCELLED}),
    TaskState.FINISHED: frozenset(),
    TaskState.CANCELLED: frozenset(),
}

S = TypeVar("S", RequestState, TaskState)


class BadMove(Conflict):
    """The request or task is no longer in a state from which this can be done."""

    code = "bad_move"


def move_request(state: RequestState, to: RequestState, *, privileged: bool = False) -> RequestState:
    """``to``, if a request in ``state`` may go there.

    Raises:
        BadMove: it may not.
    """
    allowed = REQUEST_MOVES[state] | (REOPENINGS.get(state, frozenset()) if privileged else frozenset())
    return _checked("Permohonan", state, to, allowed)


def move_task(state: TaskState, to: TaskState) -> TaskState:
    """``to``, if a task in ``state`` may go there.

    Raises:
        BadMove: it may not.
    """
    return _checked("Tugas", state, to, TASK_MOVES[state])


def _checked(what: str, state: S, to: S, allowed: frozenset[S]) -> S:
    if to not in allowed:
        raise BadMove(
            f"{what} ini berstatus {state.label} dan tidak dapat menjadi {to.label}. "
            "Muat ulang halaman untuk melihat keadaan terakhir.",
            log=f"no move from {state} to {to}",
        )
    return to
