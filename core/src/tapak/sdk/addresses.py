"""Records between names and IP addresses, forward and reverse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address

from tapak.sdk.resources import RecordSet

REVERSE_TREES = (".in-addr.arpa", ".ip6.arpa")
CLASSLESS = re.compile(r"([0-9]{1,3})-([0-9]{1,3})")
VERSIONS = {4: "IPv4", 6: "IPv6"}
SHOWN = 4
"""Addresses of one version that a line lists."""


def is_reverse(zone: str) -> bool:
    """Whether ``zone`` holds the names of addresses (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
    return zone.endswith(REVERSE_TREES)


def listed(addresses: Sequence[str]) -> str:
    """How many addresses of each version there are, and the first of them; empty where there are none."""
    told = []
    for version, title in VERSIONS.items():
        some = [address for address in addresses if ip_address(address).version == version]
        first = ", ".join(some[:SHOWN]) + (", …" if len(some) > SHOWN else "")
        told += [f"{title}: {len(some)} ({first})"] if some else []
    return "; ".join(told)


def address_record(zone: str, name: str, address: str, ttl: int = 300) -> RecordSet:
    """The A or AAAA record that leads from ``name`` to ``address``; ``ttl`` is in seconds."""
    return RecordSet(zone, name, "A" if ip_address(address).version == 4 else "AAAA", (address,), ttl)


def pointer_record(zones: Sequence[str], address: str, name: str, ttl: int = 300) -> RecordSet | None:
    """The PTR record that leads from ``address`` back to ``name``; None where no zone of ``zones`` holds it.

    A part of an IPv4 network is known as RFC 2317 has it: its first and last host (``0-7``) before the network's name.
    """
    pointer = ip_address(address).reverse_pointer
    host, _, network = pointer.partition(".")
    owners = {zone: pointer for zone in zones if pointer.endswith(f".{zone}")}
    owners |= {zone: f"{host}.{zone}" for zone in zones if _is_part(zone, host, network)}
    zone = max(owners, key=len, default="")
    return RecordSet(zone, owners[zone], "PTR", (f"{name}.",), ttl) if zone else None


def _is_part(zone: str, host: str, network: str) -> bool:
    first, _, rest = zone.partition(".")
    part = CLASSLESS.fullmatch(first)
    return part is not None and rest == network and int(part[1]) <= int(host) <= int(part[2])
