"""Records between names and addresses."""

import pytest

from tapak.sdk.addresses import address_record, is_reverse, listed, pointer_record
from tapak.sdk.resources import RecordSet

NAME = "simrs.example.test"
V6_ZONE = "8.b.d.0.1.0.0.2.ip6.arpa"


@pytest.mark.parametrize(("address", "kind"), [("192.0.2.3", "A"), ("2001:db8::3", "AAAA")])
def test_a_name_leads_to_its_address(address, kind):
    assert address_record("example.test", NAME, address, 60) == RecordSet("example.test", NAME, kind, (address,), 60)


@pytest.mark.parametrize(
    ("zones", "address", "zone", "owner"),
    [
        (["2.0.192.in-addr.arpa"], "192.0.2.3", "2.0.192.in-addr.arpa", "3.2.0.192.in-addr.arpa"),
        (["0.192.in-addr.arpa", "2.0.192.in-addr.arpa"], "192.0.2.3", "2.0.192.in-addr.arpa", "3.2.0.192.in-addr.arpa"),
        (["0-7.2.0.192.in-addr.arpa"], "192.0.2.3", "0-7.2.0.192.in-addr.arpa", "3.0-7.2.0.192.in-addr.arpa"),
        ([V6_ZONE], "2001:db8::3", V6_ZONE, f"3.{'0.' * 23}{V6_ZONE}"),
    ],
)
def test_an_address_leads_back_where_its_zone_is_ours(zones, address, zone, owner):
    assert pointer_record(zones, address, NAME, 60) == RecordSet(zone, owner, "PTR", (f"{NAME}.",), 60)


@pytest.mark.parametrize(
    ("zones", "address"),
    [
        ([], "192.0.2.3"),
        (["113.0.203.in-addr.arpa", V6_ZONE], "192.0.2.3"),
        (["8-15.2.0.192.in-addr.arpa"], "192.0.2.3"),
        (["0-7.113.0.203.in-addr.arpa"], "192.0.2.3"),
        (["0-7.8.b.d.0.1.0.0.2.ip6.arpa"], "2001:db8::a"),
        (["xx2.0.192.in-addr.arpa"], "192.0.2.3"),
    ],
)
def test_no_zone_of_ours_no_pointer(zones, address):
    assert pointer_record(zones, address, NAME) is None


def test_zones_of_addresses_are_told_from_others():
    told = [zone for zone in ("example.test", "2.0.192.in-addr.arpa", V6_ZONE, "in-addr.arpa.test") if is_reverse(zone)]
    assert told == ["2.0.192.in-addr.arpa", V6_ZONE]


def test_addresses_are_listed_by_version():
    assert listed([]) == ""
    many = [f"192.0.2.{last}" for last in range(1, 7)]
    assert listed([*many, "2001:db8::1"]) == (
        "IPv4: 6 (192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, …); IPv6: 1 (2001:db8::1)"
    )
