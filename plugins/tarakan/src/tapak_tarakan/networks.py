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
    problems = {"dns_servers": [NO_DNS.format(text=text)] for text in _texts(data["dns_servers"]) if not _is_ip(text)}
    try:
        interface = ip_interface(f"{address}/{data['netmask'].removeprefix('/')}")
    except ValueError:
        return {**problems, "netmask": [NO_NETWORK.format(address=address)]}
    if not _leads_out(data["gateway"], interface):
        problems["gateway"] = [NO_GATEWAY.format(network=interface.network)]
    return problems


def _texts(joined: str) -> list[str]:
    return [text.strip() for text in joined.split(",")]


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _leads_out(gateway: str, interface: IPv4Interface | IPv6Interface) -> bool:
    return _is_ip(gateway) and ip_address(gateway) in interface.network and ip_address(gateway) != interface.ip
