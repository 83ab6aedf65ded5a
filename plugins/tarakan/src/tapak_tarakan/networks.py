"""Whether the network settings of a server fit its address."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface
from typing import Any

NO_NETWORK = "Bukan netmask atau panjang prefiks yang sah untuk alamat {address}."
NO_GATEWAY = "Gateway harus alamat IP lain di jaringan {network}."
NO_DNS = "{text} bukan alamat IP."


def network_problems(address: str, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Problems of ``gateway``, ``netmask`` and ``dns_servers`` for a server at ``address``, by field."""
    wrong = [text.strip() for text in data["dns_servers"].split(",") if not _is_ip(text.strip())]
    problems = {"dns_servers": [NO_DNS.format(text=text) for text in wrong]} if wrong else {}
    try:
        interface = ip_interface(f"{address}/{data['netmask'].removeprefix('/')}")
    except ValueError:
        return {**problems, "netmask": [NO_NETWORK.format(address=address)]}
    if not _leads_out(data["gateway"], interface):
        problems["gateway"] = [NO_GATEWAY.format(network=interface.network)]
    return problems


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _leads_out(gateway: str, interface: IPv4Interface | IPv6Interface) -> bool:
    return _is_ip(gateway) and ip_address(gateway) in interface.network and ip_address(gateway) != interface.ip
