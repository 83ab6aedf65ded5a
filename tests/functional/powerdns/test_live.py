"""Tarakan's hosting on PowerDNS instead of BIND: a request from its letter to a live name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import pytest

from tapak.demo.servers.pdns import PdnsServer
from tapak.testing.deployment import DNS_TIMEOUT, Deployment, deployed, two_agencies


@pytest.fixture(scope="module")
def pdns(server_directory: Path) -> Iterator[PdnsServer]:
    zones = two_agencies("tarakan")[0].content["zones"]
    with PdnsServer(server_directory / "live-pdns", zones) as server:
        yield server


@pytest.fixture(scope="module")
def running(server_directory: Path, pdns: PdnsServer) -> Iterator[Deployment]:
    """A deployment of the agency with its zones on PowerDNS."""
    content = two_agencies("tarakan")[0].content
    dns_connection = {
        "key": "dns",
        "provider": "powerdns",
        "title": "Server DNS (PowerDNS)",
        "zones": content["zones"],
        "settings": {
            "url": pdns.url,
            "api_key": pdns.key,
            "zones": content["zones"],
            "address": pdns.address,
            "port": pdns.port,
            "timeout": DNS_TIMEOUT,
        },
    }
    others = [each for each in content["connections"] if each["key"] != "dns"]
    with deployed(server_directory / "powerdns", "tarakan", connections=[dns_connection, *others]) as made:
        yield made


def served(pdns: PdnsServer, name: str) -> list[str]:
    """The addresses that the name server tells."""
    answer = dns.query.udp(dns.message.make_query(name, "A"), pdns.address, port=pdns.port, timeout=5)
    return [rdata.to_text() for rrset in answer.answer for rdata in rrset]


def test_a_request_ends_in_a_live_name(running: Deployment, pdns: PdnsServer) -> None:
    case = running.case()
    done = case.to_end()
    assert done["state"] == "done"
    assert {row["state"] for row in case.resources().values()} == {"live"}
    assert served(pdns, case.name) == ["127.0.0.1"]
    zone = pdns.call("GET", f"/zones/{case.agency.zone}.").json()
    (rrset,) = [each for each in zone["rrsets"] if each["name"] == f"{case.name}."]
    assert [each["content"] for each in rrset["comments"]] == [f"Tapak: Permohonan {done['number']}"]
