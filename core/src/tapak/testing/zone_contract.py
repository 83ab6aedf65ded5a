"""What DNS providers promise that read zones cheaply or ask several authoritative servers.

Both are base classes beside :class:`tapak.testing.dns_contract.DnsProviderContract` and share its fixtures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tapak.sdk.errors import Invalid
from tapak.sdk.provider import Provider, ZoneReader
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
        serial = reader.serial(zone)
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
        assert not changes.full
        assert changes.serial != serial
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
