"""What DNS providers promise that read zones cheaply or ask several authoritative servers.

Both are base classes beside :class:`tapak.testing.dns_contract.DnsProviderContract` and share its fixtures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tapak.sdk.errors import Invalid
from tapak.sdk.provider import Provider, ZoneLister, ZoneReader
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_cases import ADDRESS, OTHER_ADDRESS, TIMEOUT, ByHand, DnsContract, create, delete, verified


class ZoneReaderContract(DnsContract):
    """Serial, the changes since one, and the whole zone."""

    @pytest.fixture
    def reader(self, provider: Any, zone: str, by_hand: ByHand) -> ZoneReader:
        """A provider whose zone is large enough for the server to send differences rather than the whole."""
        for number in range(20):
            by_hand.put(RecordSet(zone, f"isi{number}.{zone}", "A", (ADDRESS,)))
        reader: ZoneReader = provider
        return reader

    def test_nothing_changed(self, reader: ZoneReader, zone: str) -> None:
        """Known without reading the zone again, once it was read."""
        serial = reader.zone_changes(zone, None).serial
        changes = reader.zone_changes(zone, serial)
        assert (changes.serial, changes.full, dict(changes.present)) == (serial, False, {})

    def test_the_whole_zone(self, reader: ZoneReader, zone: str, record: RecordSet, by_hand: ByHand) -> None:
        by_hand.put(record)
        changes = reader.zone_changes(zone, None)
        assert changes.full
        assert changes.serial == reader.serial(zone)
        assert changes.present[record.identity] == record
        assert f"{zone}/SOA" not in changes.present

    def test_what_was_changed_by_hand_is_seen(
        self, reader: ZoneReader, zone: str, record: RecordSet, by_hand: ByHand
    ) -> None:
        removed, fleeting = replace(record, name=f"a.{record.name}"), replace(record, name=f"b.{record.name}")
        by_hand.put(record)
        by_hand.put(removed)
        serial = reader.serial(zone)
        newer = replace(record, values=(ADDRESS, OTHER_ADDRESS))
        by_hand.put(newer)
        by_hand.put(fleeting)
        by_hand.remove(fleeting)
        by_hand.remove(removed)
        changes = reader.zone_changes(zone, serial)
        assert changes.serial != serial
        if changes.full:
            found = {each.identity: changes.present.get(each.identity) for each in (newer, removed, fleeting)}
            assert found == {newer.identity: newer, removed.identity: None, fleeting.identity: None}
        else:
            assert dict(changes.present) == {record.identity: newer, removed.identity: None}

    @pytest.mark.parametrize("off", [-(2**20), 2**20])
    def test_a_serial_that_the_server_does_not_know(self, reader: ZoneReader, zone: str, off: int) -> None:
        changes = reader.zone_changes(zone, (reader.serial(zone) + off) % 2**32)
        assert changes.full
        assert changes.serial == reader.serial(zone)

    def test_a_zone_that_is_not_ours(self, reader: ZoneReader) -> None:
        with pytest.raises((Invalid, ValueError)):
            reader.serial("example.org")
        with pytest.raises((Invalid, ValueError)):
            reader.zone_changes("example.org", None)


class ZoneListerContract(DnsContract):
    """The whole zone, RRset by RRset."""

    @pytest.fixture
    def lister(self, provider: Any) -> ZoneLister:
        """The provider as one that lists."""
        assert isinstance(provider, ZoneLister)
        return provider

    def test_every_rrset_is_listed_once_as_it_is_read(
        self, lister: Any, zone: str, record: RecordSet, by_hand: ByHand
    ) -> None:
        odd = (r'"v=spf1 \"a\" -all" "dua"',) if lister.capabilities.exact else ()
        below, host = record.name, f"kantor.{record.name}."
        put = [
            RecordSet(zone, host.rstrip("."), "A", (ADDRESS,)),
            replace(record, values=(ADDRESS, OTHER_ADDRESS), ttl=60),
            RecordSet(zone, f"enam.{below}", "AAAA", ("2001:db8::1",)),
            RecordSet(zone, f"alias.{below}", "CNAME", (host,)),
            RecordSet(zone, f"surat.{below}", "MX", (f"10 {host}", f"20 {host}")),
            RecordSet(zone, f"_sip._tcp.{below}", "SRV", (f"0 5 5060 {host}",)),
            RecordSet(zone, f"kata.{below}", "TXT", (*odd, f'"{"x" * 255}" "y"')),
            RecordSet(zone, f"*.{below}", "A", (ADDRESS,)),
        ]
        for each in put:
            by_hand.put(each)
        listed = list(lister.zone_records(zone))
        found = {each.identity: each for each in listed}
        assert len(found) == len(listed)
        assert {each.zone for each in listed} == {zone}
        assert [found[each.identity] for each in put] == put
        assert f"{zone}/SOA" not in found
        assert lister.read(put) == {each.identity: each for each in put}

    def test_listing_leaves_the_zone_as_it_is(
        self, lister: ZoneLister, zone: str, record: RecordSet, by_hand: ByHand
    ) -> None:
        by_hand.put(record)
        first, second = ({each.identity: each for each in lister.zone_records(zone)} for _ in range(2))
        assert first == second

    def test_a_foreign_zone_is_refused_before_anything_is_asked(self, lister: ZoneLister) -> None:
        with pytest.raises((Invalid, ValueError)):
            next(lister.zone_records("example.org"))


class SecondaryContract(DnsContract):
    """Verification asks the primary and every secondary, and tells them apart."""

    @pytest.fixture
    def lagging(self) -> Mapping[str, Any]:
        """Override: settings with a secondary, the last one asked, that doesn't follow by itself."""
        raise NotImplementedError

    @pytest.fixture
    def catch_up(self) -> Callable[[], None]:
        """Override: lets that secondary follow."""
        raise NotImplementedError

    def test_a_secondary_that_lags_is_waited_for(
        self,
        make_provider: Callable[..., Provider],
        record: RecordSet,
        lagging: Mapping[str, Any],
        catch_up: Callable[[], None],
    ) -> None:
        provider = make_provider(**lagging)
        create(provider, record)
        seen = verified(provider, record, timeout=0.3)
        assert (seen.probes[0].ok, seen.probes[-1].ok, seen.live) == (True, False, False)
        assert seen.probes[0].answer == ADDRESS
        assert seen.probes[-1].answer.startswith("tidak ada")
        catch_up()
        assert verified(provider, record).live
        delete(provider, record)
        (seen,) = provider.verify_gone([record], timeout=0.3)
        assert (seen.probes[0].ok, seen.probes[-1].ok) == (True, False)
        catch_up()
        assert provider.verify_gone([record], timeout=TIMEOUT)[0].live
