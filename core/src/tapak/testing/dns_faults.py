"""What a DNS provider does when it is killed, or when what lies between it and its server breaks; beside its contract.

Whatever happens, a record set stands as it was or as it was to become, the same change made again ends in what was
wanted, and nothing else in the zone has changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from tapak.sdk.errors import ChangedMeanwhile, ForeignResource, ProviderError, ProviderUnavailable
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_cases import OTHER_ADDRESS, TIMEOUT, ByHand, DnsContract, create, delete, standing, verified
from tapak.testing.faults import DONE, FaultyPath, Killed, dying

MANY = 60
"""More calls than any act takes."""
SHORT = 0.5
FOREVER = 1_000_000


class DnsFaultsContract(DnsContract):
    """Override ``calls`` and ``path`` beside the fixtures of :class:`tapak.testing.dns_cases.DnsContract`."""

    @pytest.fixture
    def calls(self) -> Sequence[tuple[type, str]]:
        """Override: the methods through which every message of the provider goes out."""
        raise NotImplementedError

    @pytest.fixture
    def path(self) -> FaultyPath:
        """Override: a way to the real server that breaks, closed by the fixture; its time-out is 0.3 s at most."""
        raise NotImplementedError

    @pytest.fixture
    def neighbours(self, record: RecordSet, by_hand: ByHand) -> Sequence[RecordSet]:
        """What others have beside, above and below the name, and at it."""
        others = (
            replace(record, type="TXT", values=('"milik orang lain"',)),
            replace(record, name=f"bawah.{record.name}", values=(OTHER_ADDRESS,)),
            replace(record, name=f"sisi-{record.name}", values=(OTHER_ADDRESS,), ttl=61),
            replace(record, name=f"*.{record.name}", type="MX", values=("10 mail.example.net.",)),
        )
        for other in others:
            by_hand.put(other)
        return others

    def test_nothing_beside_changes(self, provider: Provider, record: RecordSet, neighbours: Sequence[Any]) -> None:
        newer = replace(record, values=(OTHER_ADDRESS,))
        for old, new in ((None, record), (record, newer), (newer, None)):
            provider.apply([_change(old, new)], fence=1, timeout=TIMEOUT)
            assert provider.read(neighbours) == {each.identity: each for each in neighbours}

    @pytest.mark.parametrize("act", ["create", "update", "delete"])
    def test_it_may_be_killed_between_any_two_calls(
        self,
        make_provider: Callable[..., Provider],
        provider: Provider,
        record: RecordSet,
        neighbours: Sequence[RecordSet],
        calls: Sequence[tuple[type, str]],
        act: str,
    ) -> None:
        old, new = _act(act, record)
        for number in range(MANY):
            _reset(provider, record, old)
            with dying(calls, number):
                try:
                    make_provider().apply([_change(old, new)], fence=1, timeout=TIMEOUT)
                except Killed:
                    pass
                else:
                    break
            assert standing(provider, record) in (old, new), number
            _finish(provider, record, old, new)
        assert 1 <= number < MANY
        assert provider.read(neighbours) == {each.identity: each for each in neighbours}

    @pytest.mark.parametrize("act", ["create", "update", "delete"])
    def test_one_request_goes_wrong(
        self,
        make_provider: Callable[..., Provider],
        provider: Provider,
        record: RecordSet,
        neighbours: Sequence[RecordSet],
        path: FaultyPath,
        act: str,
    ) -> None:
        old, new = _act(act, record)
        over = make_provider(**path.settings)
        for fault in path.faults:
            for reads in (False, True):
                _reset(provider, record, old)
                path.fail(fault, reads=reads)
                problem = _problem(over, [_change(old, new)], TIMEOUT)
                path.heal()
                assert problem is None or problem.retryable, (fault, problem)
                left = standing(provider, record)
                assert left == new if problem is None else left in (old, new), (fault, problem)
                _finish(over, record, old, new)
                assert provider.read(neighbours) == {each.identity: each for each in neighbours}

    def test_every_request_goes_wrong(
        self, make_provider: Callable[..., Provider], provider: Provider, record: RecordSet, path: FaultyPath
    ) -> None:
        """The act ends in time, and says that it may go through later."""
        over = make_provider(**path.settings)
        for fault in path.faults:
            _reset(provider, record, None)
            path.fail(fault, times=FOREVER)
            began = time.monotonic()
            problem = _problem(over, [_change(None, record)], SHORT)
            assert time.monotonic() - began < SHORT + 3
            path.heal()
            if problem is not None:
                assert isinstance(problem, ProviderUnavailable), fault
                assert problem.message != problem.log
            assert standing(provider, record) in ((None, record) if fault in DONE else (None,)), fault
            _finish(over, record, None, record)

    def test_a_fault_hides_no_conflict(
        self,
        make_provider: Callable[..., Provider],
        provider: Provider,
        record: RecordSet,
        by_hand: ByHand,
        path: FaultyPath,
    ) -> None:
        foreign = replace(record, values=("192.0.2.99",))
        by_hand.put(foreign)
        over = make_provider(**path.settings)
        for fault in path.faults:
            for reads in (False, True):
                path.fail(fault, reads=reads)
                with pytest.raises((ChangedMeanwhile, ForeignResource, ProviderUnavailable)):
                    create(over, record)
                path.heal()
                assert standing(provider, record) == foreign, fault

    def test_a_reading_that_goes_wrong_tells_nothing(
        self, make_provider: Callable[..., Provider], provider: Provider, record: RecordSet, path: FaultyPath
    ) -> None:
        """A server that fails never looks like one where nothing stands."""
        create(provider, record)
        over = make_provider(**path.settings)
        for fault in path.faults:
            path.fail(fault, times=FOREVER, reads=True)
            with pytest.raises(ProviderUnavailable):
                over.read([record])
            assert all(fact.value is None and fact.problem for fact in over.facts([record.name]))
            path.fail(fault, reads=True)
            with suppress(ProviderUnavailable):
                assert over.read([record]) == {record.identity: record}
            path.heal()
            assert standing(over, record) == record

    def test_a_batch_goes_wrong(
        self, make_provider: Callable[..., Provider], provider: Provider, record: RecordSet, path: FaultyPath
    ) -> None:
        if provider.capabilities.batch < 3:
            return
        many = [replace(record, name=f"{letter}.{record.name}") for letter in "abc"]
        over = make_provider(**path.settings)
        for fault in path.faults:
            path.fail(fault)
            _problem(over, [_change(None, each) for each in many], TIMEOUT)
            path.heal()
            found = [standing(provider, each) for each in many]
            assert all(stands in (None, each) for stands, each in zip(found, many, strict=True)), fault
            assert len({stands is None for stands in found}) == 1 or not provider.capabilities.atomic, fault
            changes = [_change(None, each) for each in many]
            over.apply(changes, fence=1, timeout=TIMEOUT)
            assert provider.read(many) == {each.identity: each for each in many}
            delete(over, *many)

    def test_no_secret_is_in_any_log(
        self,
        make_provider: Callable[..., Provider],
        record: RecordSet,
        path: FaultyPath,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        caplog.set_level("DEBUG")
        told = ""
        for provider in (make_provider(), make_provider(**path.settings)):
            for fault in path.faults:
                path.fail(fault)
                problem = _problem(provider, [_change(None, record)], TIMEOUT)
                path.heal()
                told += repr(problem) + (f"{problem.message} {problem.log}" if problem else "")
                _finish(provider, record, None, record)
                delete(provider, record)
            told += repr(provider) + repr(provider.check()) + repr(provider.facts([record.name]))
        told += caplog.text + "".join(capfd.readouterr())
        for name, field in type(provider).settings_schema().fields.items():
            if field.metadata.get("secret"):
                assert provider.settings[name] not in told


def _change(old: RecordSet | None, new: RecordSet | None) -> Change:
    spec = new or old
    assert spec is not None
    return Change("delete" if new is None else "create" if old is None else "update", spec.identity, new, old)


def _act(act: str, record: RecordSet) -> tuple[RecordSet | None, RecordSet | None]:
    """What stands before and after."""
    newer = replace(record, values=(OTHER_ADDRESS,), ttl=60)
    return {"create": (None, record), "update": (record, newer), "delete": (record, None)}[act]


def _reset(provider: Provider, record: RecordSet, wanted: RecordSet | None) -> None:
    """Bring what stands at the identity of ``record`` to ``wanted``."""
    found = standing(provider, record)
    if found != wanted:
        provider.apply([_change(found, wanted)], fence=1, timeout=TIMEOUT)
    assert standing(provider, record) == wanted


def _problem(provider: Provider, changes: Sequence[Change], timeout: float) -> ProviderError | None:
    try:
        provider.apply(changes, fence=1, timeout=timeout)
    except ProviderError as problem:
        return problem
    return None


def _finish(provider: Provider, record: RecordSet, old: RecordSet | None, new: RecordSet | None) -> None:
    """The same change once more: it ends in what was wanted, whether or not it had been made."""
    provider.apply([_change(old, new)], fence=1, timeout=TIMEOUT)
    assert standing(provider, record) == new
    if new is not None:
        assert verified(provider, new).live
    else:
        assert provider.verify_gone([record], timeout=TIMEOUT)[0].live
