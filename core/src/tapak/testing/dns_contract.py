"""What every DNS provider promises, as a base class for a provider's tests, on a real server.

A provider subclasses :class:`DnsProviderContract` and :class:`tapak.testing.dns_faults.DnsFaultsContract` (killed
half-way, answers that break) and overrides their fixtures; one that can also tell what changed in a zone, or asks
several authoritative servers, subclasses the contracts of :mod:`tapak.testing.zone_contract` too::

    class TestBind(ZoneReaderContract, SecondaryContract, DnsFaultsContract, DnsProviderContract):
        @pytest.fixture
        def make_provider(self, bind): ...

``docs/providers.md`` leads an author through.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from tapak.sdk.errors import ChangedMeanwhile, ForeignResource, Invalid, ProviderDenied, ProviderUnavailable
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import RecordSet, Site
from tapak.testing.dns_cases import (
    ADDRESS,
    HOSTILE_LABELS,
    HOSTILE_VALUES,
    ODD_LABELS,
    OTHER_ADDRESS,
    ROUND_TRIPS,
    TIMEOUT,
    ByHand,
    DnsContract,
    create,
    delete,
    standing,
    update,
    verified,
)


class DnsProviderContract(DnsContract):
    """Reads, compare-and-swap, verification, hostile input and failures."""

    @pytest.fixture
    def down(self) -> Mapping[str, Any]:
        """Override: settings of a server that isn't there (refused connections)."""
        raise NotImplementedError

    @pytest.fixture
    def silent(self) -> Mapping[str, Any]:
        """Override: settings of a server that never answers, with the shortest time-out."""
        raise NotImplementedError

    @pytest.fixture
    def denied(self) -> Sequence[Mapping[str, Any]]:
        """Override: settings with wrong credentials, one for each way to be wrong."""
        raise NotImplementedError

    inexact: ClassVar[Collection[tuple[str, tuple[str, ...]]]] = ()
    """Override where a provider isn't ``exact``: those of ``ROUND_TRIPS`` (type and values) that it refuses."""

    def test_nothing_stands_at_a_new_name(self, provider: Provider, record: RecordSet) -> None:
        assert provider.read([record]) == {record.identity: None}

    @pytest.mark.parametrize(("kind", "values"), ROUND_TRIPS)
    def test_what_is_made_is_read_and_served(
        self, provider: Provider, record: RecordSet, kind: str, values: tuple[str, ...]
    ) -> None:
        wanted = replace(record, type=kind, values=values, ttl=77)
        if (kind, values) in self.inexact:
            self.refused_as_inexact(provider, wanted)
            return
        assert [applied.identity for applied in create(provider, wanted)] == [wanted.identity]
        assert standing(provider, wanted) == wanted
        assert verified(provider, wanted).live

    @staticmethod
    def refused_as_inexact(provider: Provider, wanted: RecordSet) -> None:
        """What a provider can't have as it is, it doesn't have at all."""
        assert not type(provider).capabilities.exact
        with pytest.raises(Invalid):
            create(provider, wanted)
        assert standing(provider, wanted) is None

    def test_every_record_type_is_served(self, provider: Provider) -> None:
        served = type(provider).capabilities.record_types
        assert served == {kind for kind, _ in ROUND_TRIPS}

    @pytest.mark.parametrize("label", ODD_LABELS)
    def test_odd_names_are_served(self, provider: Provider, record: RecordSet, label: str) -> None:
        wanted = replace(record, name=f"{label}.{record.name}", type="TXT", values=('"tapak"',))
        create(provider, wanted)
        assert standing(provider, wanted) == wanted
        assert verified(provider, wanted).live
        delete(provider, wanted)
        assert standing(provider, wanted) is None

    def test_the_server_s_own_spelling_is_read_where_values_differ(self, provider: Provider, record: RecordSet) -> None:
        wanted = replace(record, type="AAAA", values=("2001:DB8::1",))
        create(provider, wanted)
        asked = replace(wanted, values=("2001:db8::2",))
        assert standing(provider, asked) == replace(wanted, values=("2001:db8::1",))
        assert provider.read([asked, wanted]) == {wanted.identity: wanted}

    def test_update_and_delete(self, provider: Provider, record: RecordSet) -> None:
        create(provider, record)
        newer = replace(record, values=(ADDRESS, OTHER_ADDRESS), ttl=60)
        update(provider, record, newer)
        assert standing(provider, record) == newer
        delete(provider, newer)
        assert standing(provider, record) is None

    def test_a_ttl_is_part_of_what_stands(self, provider: Provider, record: RecordSet, by_hand: ByHand) -> None:
        create(provider, record)
        by_hand.put(replace(record, ttl=5))
        assert standing(provider, record) == replace(record, ttl=5)
        seen = verified(provider, record, timeout=0.2)
        assert not seen.live
        assert "300" in seen.probes[0].expected
        assert "5" in seen.probes[0].answer

    def test_applying_again_changes_nothing(self, provider: Provider, record: RecordSet) -> None:
        newer = replace(record, values=(OTHER_ADDRESS,))
        for _ in range(2):
            create(provider, record)
        for _ in range(2):
            update(provider, record, newer)
        assert standing(provider, record) == newer
        for _ in range(2):
            delete(provider, newer)
        assert standing(provider, record) is None

    def test_what_was_changed_by_hand_is_left_alone(
        self, provider: Provider, record: RecordSet, by_hand: ByHand
    ) -> None:
        newer, foreign = replace(record, values=(OTHER_ADDRESS,)), replace(record, values=("192.0.2.99",))
        by_hand.put(foreign)
        for act in (
            lambda: create(provider, record),
            lambda: update(provider, record, newer),
            lambda: delete(provider, record),
        ):
            with pytest.raises(ChangedMeanwhile):
                act()
            assert standing(provider, record) == foreign

    def test_what_was_removed_by_hand_is_not_updated(
        self, provider: Provider, record: RecordSet, by_hand: ByHand
    ) -> None:
        create(provider, record)
        by_hand.remove(record)
        with pytest.raises(ChangedMeanwhile):
            update(provider, record, replace(record, values=(OTHER_ADDRESS,)))
        assert standing(provider, record) is None

    def test_other_types_at_the_name_stay(self, provider: Provider, record: RecordSet, by_hand: ByHand) -> None:
        foreign = replace(record, type="TXT", values=('"milik orang lain"',))
        by_hand.put(foreign)
        create(provider, record)
        newer = replace(record, values=(OTHER_ADDRESS,))
        update(provider, record, newer)
        assert standing(provider, foreign) == foreign
        delete(provider, newer)
        assert standing(provider, foreign) == foreign

    def test_a_cname_and_an_address_exclude_each_other(
        self, provider: Provider, record: RecordSet, by_hand: ByHand
    ) -> None:
        cname = replace(record, type="CNAME", values=("sasaran.example.net.",))
        by_hand.put(cname)
        assert provider.read([record]) == {record.identity: None, cname.identity: cname}
        with pytest.raises(ChangedMeanwhile):
            create(provider, record)
        by_hand.remove(cname)
        by_hand.put(record)
        assert provider.read([cname]) == {record.identity: record, cname.identity: None}
        with pytest.raises(ChangedMeanwhile):
            create(provider, cname)
        assert standing(provider, record) == record

    def test_a_delegation_hides_nobody_s_records(self, provider: Provider, record: RecordSet, by_hand: ByHand) -> None:
        delegation = replace(record, type="NS", values=("ns1.example.net.",))
        by_hand.put(record)
        assert provider.read([delegation]) == {delegation.identity: None, record.identity: record}
        with pytest.raises(ChangedMeanwhile):
            create(provider, delegation)
        assert standing(provider, record) == record
        by_hand.remove(record)
        by_hand.put(delegation)
        for hidden in (record, replace(record, name=f"www.{record.name}")):
            for act in (lambda spec: provider.read([spec]), lambda spec: create(provider, spec)):
                with pytest.raises(ForeignResource):
                    act(hidden)
        assert standing(provider, delegation) == delegation

    def test_a_name_moves_from_address_to_cname_and_back(self, provider: Provider, record: RecordSet) -> None:
        cname = replace(record, type="CNAME", values=("sasaran.example.net.",))
        create(provider, record)
        for old, new in ((record, cname), (cname, record)):
            changes = [Change("create", new.identity, new, None), Change("delete", old.identity, None, old)]
            provider.apply(changes, fence=1, timeout=TIMEOUT)
            assert provider.read([old, new])[new.identity] == new
            assert provider.read([old, new])[old.identity] is None

    def test_a_batch_is_made_whole_or_not_at_all(self, provider: Provider, record: RecordSet, by_hand: ByHand) -> None:
        others = [replace(record, name=f"{letter}.{record.name}") for letter in "abc"]
        by_hand.put(replace(others[1], values=(OTHER_ADDRESS,)))
        with pytest.raises(ChangedMeanwhile):
            create(provider, *others)
        assert [standing(provider, other) is None for other in others] == [True, False, True]

    def test_a_full_batch(self, provider: Provider, record: RecordSet) -> None:
        many = [replace(record, name=f"n{number}.{record.name}") for number in range(provider.capabilities.batch)]
        assert len(create(provider, *many)) == len(many)
        assert provider.read(many) == {each.identity: each for each in many}
        assert all(verification.live for verification in provider.verify(many[-100:], timeout=TIMEOUT))
        delete(provider, *many)
        assert set(provider.read(many).values()) == {None}

    @pytest.mark.parametrize("label", HOSTILE_LABELS)
    def test_hostile_names_are_refused(self, provider: Provider, zone: str, label: str) -> None:
        self.refused(provider, RecordSet(zone, f"{label}.{zone}", "A", (ADDRESS,)))

    @pytest.mark.parametrize(("kind", "values"), HOSTILE_VALUES)
    def test_hostile_values_are_refused(
        self, provider: Provider, record: RecordSet, kind: str, values: tuple[Any, ...]
    ) -> None:
        self.refused(provider, replace(record, type=kind, values=values))

    @pytest.mark.parametrize("ttl", [-1, 2**31, True, "300", None, 1.5])
    def test_a_ttl_is_a_number_of_seconds(self, provider: Provider, record: RecordSet, ttl: Any) -> None:
        self.refused(provider, replace(record, ttl=ttl))

    def test_names_outside_the_zone_are_refused(self, provider: Provider, zone: str) -> None:
        self.refused(provider, RecordSet(zone, "www.example.org", "A", (ADDRESS,)))
        self.refused(provider, RecordSet(zone, f"bukan{zone}", "A", (ADDRESS,)))
        self.refused(provider, RecordSet("example.org", "www.example.org", "A", (ADDRESS,)))
        self.refused(provider, RecordSet(zone, zone, "CNAME", ("a.example.net.",)))
        self.refused(provider, RecordSet(zone, zone, "NS", ("a.example.net.",)))
        self.refused(provider, Site(f"www.{zone}"))

    @staticmethod
    def refused(provider: Provider, spec: Any) -> None:
        """The same spec is refused by every act."""
        with pytest.raises((Invalid, ValueError)):
            provider.read([spec])
        with pytest.raises((Invalid, ValueError)):
            provider.apply([Change("create", spec.identity, spec, None)], fence=1, timeout=TIMEOUT)
        with pytest.raises((Invalid, ValueError)):
            provider.verify([spec], timeout=TIMEOUT)

    def test_verify_waits_until_it_is_so(self, provider: Provider, record: RecordSet, by_hand: ByHand) -> None:
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(verified, provider, record)
            time.sleep(0.2)
            assert not waiting.done()
            by_hand.put(record)
            assert waiting.result(TIMEOUT).live

    def test_verify_tells_what_was_answered(self, provider: Provider, record: RecordSet, by_hand: ByHand) -> None:
        by_hand.put(replace(record, values=(OTHER_ADDRESS,)))
        began = time.monotonic()
        seen = verified(provider, record, timeout=0.3)
        assert 0.3 <= time.monotonic() - began < 3
        assert not seen.live
        assert (seen.probes[0].expected, seen.probes[0].answer) == (ADDRESS, OTHER_ADDRESS)
        assert seen.probes[0].server

    def test_verify_gone(self, provider: Provider, record: RecordSet, by_hand: ByHand) -> None:
        by_hand.put(record)
        (seen,) = provider.verify_gone([record], timeout=0.2)
        assert not seen.live
        assert seen.probes[0].answer == ADDRESS
        by_hand.remove(record)
        (seen,) = provider.verify_gone([record], timeout=TIMEOUT)
        assert seen.live

    def test_a_good_connection_passes_every_check(self, provider: Provider) -> None:
        lines = provider.check()
        assert lines
        assert [line for line in lines if not line.ok] == []

    def test_facts_tell_what_stands(self, provider: Provider, record: RecordSet) -> None:
        create(provider, record)
        free = f"bebas.{record.name}"
        facts = {fact.key: fact for fact in provider.facts([record.name, free, "luar.example.org", "a\nb"])}
        assert ADDRESS in (facts[f"name.{record.name}"].value or "")
        assert facts[f"name.{free}"].value == "belum ada"
        for unknown in ("name.luar.example.org", "name.a\nb"):
            assert facts[unknown].value is None
            assert facts[unknown].problem
        assert {fact.source for fact in facts.values()} == {"zone"}

    def test_a_server_that_is_down(
        self, make_provider: Callable[..., Provider], record: RecordSet, down: Mapping[str, Any]
    ) -> None:
        self.unreachable(make_provider(**down), record)

    def test_a_server_that_never_answers(
        self, make_provider: Callable[..., Provider], record: RecordSet, silent: Mapping[str, Any]
    ) -> None:
        self.unreachable(make_provider(**silent), record)

    @staticmethod
    def unreachable(provider: Provider, record: RecordSet) -> None:
        """Every act ends in time, in words, and none of them as if the server had spoken."""
        began = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            provider.read([record])
        with pytest.raises(ProviderUnavailable):
            provider.apply([Change("create", record.identity, record, None)], fence=1, timeout=0.5)
        assert not verified(provider, record, timeout=0.2).live
        assert not provider.verify_gone([record], timeout=0.2)[0].live
        assert [line for line in provider.check() if line.ok] == []
        assert all(fact.value is None and fact.problem for fact in provider.facts([record.name]))
        assert time.monotonic() - began < 10

    def test_wrong_credentials_are_told_and_never_shown(
        self,
        make_provider: Callable[..., Provider],
        provider: Provider,
        record: RecordSet,
        denied: Sequence[Mapping[str, Any]],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level("DEBUG")
        schema = type(provider).settings_schema()
        for settings in denied:
            stranger = make_provider(**settings)
            with pytest.raises(ProviderDenied) as refused:
                create(stranger, record)
            lines = stranger.check()
            assert [line for line in lines if not line.ok]
            told = f"{refused.value!r} {refused.value.message} {refused.value.log} {stranger!r} {lines} {caplog.text}"
            for name, field in schema.fields.items():
                if field.metadata.get("secret"):
                    assert stranger.settings[name] not in told
        assert standing(provider, record) is None
