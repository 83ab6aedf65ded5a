"""The closed tables of moves."""

from __future__ import annotations

import pytest

from tapak.engine.states import (
    REOPENINGS,
    REQUEST_MOVES,
    TASK_MOVES,
    BadMove,
    RequestState,
    TaskState,
    move_request,
    move_task,
)
from tapak.sdk.errors import Conflict

REQUEST_PAIRS = [(state, to) for state in RequestState for to in RequestState]


def test_every_state_has_its_row_and_its_label() -> None:
    assert set(REQUEST_MOVES) == set(RequestState)
    assert set(TASK_MOVES) == set(TaskState)
    assert len({state.label for state in RequestState}) == len(RequestState)
    assert len({state.label for state in TaskState}) == len(TaskState)


def test_the_way_of_a_request_with_a_return() -> None:
    way = ["draft", "submitted", "in_process", "returned", "submitted", "in_process", "done"]
    state = RequestState(way[0])
    for to in way[1:]:
        state = move_request(state, RequestState(to))
    assert state.ended


@pytest.mark.parametrize(("state", "to"), REQUEST_PAIRS)
def test_a_move_is_made_only_where_the_table_has_it(state: RequestState, to: RequestState) -> None:
    if to in REQUEST_MOVES[state]:
        assert move_request(state, to) is to
        return
    with pytest.raises(BadMove) as told:
        move_request(state, to)
    assert state.label in told.value.message
    assert isinstance(told.value, Conflict)


@pytest.mark.parametrize("state", [state for state in RequestState if state.ended])
def test_what_has_ended_is_reopened_by_privilege_only(state: RequestState) -> None:
    with pytest.raises(BadMove):
        move_request(state, RequestState.IN_PROCESS)
    assert move_request(state, RequestState.IN_PROCESS, privileged=True) is RequestState.IN_PROCESS


def test_privilege_opens_only_the_reopenings() -> None:
    for state, to in REQUEST_PAIRS:
        if to not in REQUEST_MOVES[state] | REOPENINGS.get(state, frozenset()):
            with pytest.raises(BadMove):
                move_request(state, to, privileged=True)


@pytest.mark.parametrize(("state", "to"), [(state, to) for state in TaskState for to in TaskState])
def test_a_task_never_leaves_its_end(state: TaskState, to: TaskState) -> None:
    if not state.ended and to in TASK_MOVES[state]:
        assert move_task(state, to) is to
    else:
        with pytest.raises(BadMove):
            move_task(state, to)


def test_states_are_their_stored_words() -> None:
    assert [str(state) for state in RequestState] == [
        "draft",
        "submitted",
        "in_process",
        "returned",
        "refused",
        "done",
        "cancelled",
    ]
    assert [str(state) for state in TaskState] == ["open", "started", "finished", "cancelled"]
