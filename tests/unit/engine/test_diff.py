"""The diff of desired and observed: what is ours is changed, what isn't is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapak.engine.diff import Decision, Known, Verdict, decide, plan_order
from tapak.sdk.provider import Change
from tapak.sdk.resources import RecordSet, Site


def record(address: str) -> RecordSet:
    return RecordSet(zone="example.test", name="antrean.example.test", type="A", values=(address,))


OLD, NEW, BY_HAND = record("192.0.2.1"), record("192.0.2.2"), record("203.0.113.9")
NAME = OLD.identity
NOOP, FOREIGN = Decision(Verdict.NOOP), Decision(Verdict.FOREIGN)


def change(desired: RecordSet | None, observed: RecordSet | None, verdict: Verdict = Verdict.CHANGE) -> Decision:
    action = "delete" if desired is None else "create" if observed is None else "update"
    return Decision(verdict, Change(action, NAME, desired, observed))


def drifted(desired: RecordSet | None, observed: RecordSet) -> Decision:
    return change(desired, observed, Verdict.DRIFTED)


@pytest.mark.parametrize(
    ("known", "observed", "expected"),
    [
        (Known(NEW), None, change(NEW, None)),
        (Known(NEW, applied=NEW), None, change(NEW, None)),
        (Known(NEW, applied=OLD, intended=True), None, change(NEW, None)),
        (Known(NEW, applied=NEW), NEW, NOOP),
        (Known(NEW, applied=OLD), NEW, NOOP),
        (Known(NEW, intended=True), NEW, NOOP),
        (Known(NEW, intents=(NEW,)), NEW, NOOP),
        (Known(NEW), NEW, FOREIGN),
        (Known(NEW, intents=(OLD,)), NEW, FOREIGN),
        (Known(NEW, applied=OLD), OLD, change(NEW, OLD)),
        (Known(NEW, applied=OLD, intended=True), OLD, change(NEW, OLD)),
        (Known(NEW, intents=(OLD,)), OLD, change(NEW, OLD)),
        (Known(NEW, intended=True, intents=(OLD, NEW)), OLD, change(NEW, OLD)),
        (Known(NEW), BY_HAND, FOREIGN),
        (Known(NEW, intents=(OLD,)), BY_HAND, FOREIGN),
        (Known(NEW, applied=NEW), BY_HAND, drifted(NEW, BY_HAND)),
        (Known(NEW, applied=OLD), BY_HAND, drifted(NEW, BY_HAND)),
        (Known(NEW, intended=True), BY_HAND, drifted(NEW, BY_HAND)),
        (Known(NEW, applied=OLD, intended=True, intents=(NEW,)), BY_HAND, drifted(NEW, BY_HAND)),
    ],
)
def test_bringing_about(known: Known, observed: RecordSet | None, expected: Decision) -> None:
    assert decide(known, observed) == expected


@pytest.mark.parametrize(
    ("known", "observed", "expected"),
    [
        (Known(None), None, NOOP),
        (Known(None, applied=OLD, intended=True), None, NOOP),
        (Known(None, applied=OLD), OLD, change(None, OLD)),
        (Known(None, intended=True, intents=(OLD,)), OLD, change(None, OLD)),
        (Known(None, applied=OLD, intended=True, intents=(NEW,)), NEW, change(None, NEW)),
        (Known(None), OLD, FOREIGN),
        (Known(None, applied=OLD), BY_HAND, drifted(None, BY_HAND)),
        (Known(None, intended=True, intents=(OLD,)), BY_HAND, drifted(None, BY_HAND)),
    ],
)
def test_removing(known: Known, observed: RecordSet | None, expected: Decision) -> None:
    assert decide(known, observed) == expected


SPECS = st.sampled_from([OLD, NEW, BY_HAND])
KNOWN = st.builds(Known, st.none() | SPECS, st.none() | SPECS, st.booleans(), st.lists(SPECS, max_size=2).map(tuple))


@given(KNOWN, st.none() | SPECS)
def test_a_change_starts_at_what_was_seen_and_ends_at_what_is_desired(known: Known, observed: RecordSet | None) -> None:
    decision = decide(known, observed)
    assert (decision.change is not None) is (decision.verdict in (Verdict.CHANGE, Verdict.DRIFTED))
    if decision.change:
        assert (decision.change.observed, decision.change.desired) == (observed, known.desired)
        assert observed != known.desired


@given(KNOWN, SPECS)
def test_only_what_we_made_is_changed_without_asking(known: Known, observed: RecordSet) -> None:
    if decide(known, observed).verdict is Verdict.CHANGE:
        assert observed in (known.applied, *known.intents)


@given(KNOWN, st.none() | SPECS)
def test_a_change_that_went_well_leaves_nothing_to_do(known: Known, observed: RecordSet | None) -> None:
    decision = decide(known, observed)
    if decision.change:
        after = Known(known.desired, applied=known.desired or known.applied, intended=True)
        assert decide(after, known.desired) == NOOP


def test_sites_are_compared_whole() -> None:
    bare, titled = Site("antrean.example.test"), Site("antrean.example.test", title="Antrean")
    assert decide(Known(titled, applied=bare), bare).verdict is Verdict.CHANGE


def test_specs_of_different_resources_are_a_programming_error() -> None:
    with pytest.raises(ValueError, match="different resources"):
        decide(Known(NEW, applied=NEW), Site("antrean.example.test"))


def test_needs_come_first_and_are_removed_last() -> None:
    needs = {"name": ("site",), "mail": (), "site": ("database",), "database": ()}
    order = plan_order(needs)
    assert [order.index(key) for key in ("database", "site", "name")] == sorted(
        order.index(key) for key in ("database", "site", "name")
    )
    assert set(order) == set(needs)
    assert plan_order({}) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_every_graph_without_a_circle_has_an_order(pairs: list[tuple[int, int]]) -> None:
    needs: dict[str, list[str]] = {str(key): [] for key in range(10)}
    for low, high in pairs:
        if low != high:
            needs[str(max(low, high))].append(str(min(low, high)))
    order = plan_order(needs)
    assert sorted(order) == sorted(needs)
    assert all(order.index(wanted) < order.index(key) for key, all_wanted in needs.items() for wanted in all_wanted)


def test_a_circle_and_a_missing_need_are_named() -> None:
    with pytest.raises(ValueError, match=r"(?=.*site)(?=.*name).*→"):
        plan_order({"site": ("name",), "name": ("site",), "other": ()})
    with pytest.raises(ValueError, match="itself → itself"):
        plan_order({"itself": ("itself",)})
    with pytest.raises(ValueError, match="'site' needs 'database'"):
        plan_order({"site": ("database",)})
