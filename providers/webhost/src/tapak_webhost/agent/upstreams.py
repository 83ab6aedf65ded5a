"""Which servers a site may be: those of networks that the host's operator names, and never a way back into the host."""

from __future__ import annotations

import ipaddress
import socket

from tapak_webhost.agent.config import Config
from tapak_webhost.agent.protocol import UNSUPPORTED, UPSTREAM_REFUSED, AgentError
from tapak_webhost.agent.spec import ProxySpec

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where clouds answer a machine with its own secrets, outside of the link-local networks.
METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")))


def check(config: Config, proxy: ProxySpec) -> None:
    """Whether ``proxy`` leads where the operator lets sites lead.

    What only this host reaches (its own addresses, its link, a cloud's metadata) must be named by itself, or by a
    network that is all of that kind: a wide network doesn't mean it.

    Raises:
        AgentError: it doesn't.
    """
    if config.proxy is None:
        raise AgentError(UNSUPPORTED, "this host lets no other server answer for a site", field="proxy")
    try:
        address = ipaddress.ip_address(proxy.host)
    except ValueError:
        raise _refused(proxy, "not an IP address") from None
    if str(address) != proxy.host or (isinstance(address, ipaddress.IPv6Address) and _is_dressed(address)):
        raise _refused(proxy, "not written as an address is")
    within = [network for network in config.proxy.networks if address in network]
    if not within:
        raise _refused(proxy, "in no network of [proxy]")
    if _is_near(address) and not any(_is_meant(network) for network in within):
        raise _refused(proxy, "what only the host itself reaches")


def _is_near(address: Address) -> bool:
    odd = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return odd or address in METADATA or _is_own(address)


def _is_meant(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return network.num_addresses == 1 or network.is_loopback or network.is_link_local


def _is_dressed(address: ipaddress.IPv6Address) -> bool:
    """An IPv4 address in IPv6's clothes, or one that is good on one link only."""
    return address.ipv4_mapped is not None or address.sixtofour is not None or address.scope_id is not None


def _is_own(address: Address) -> bool:
    """Whether it is one of this host's: only to such a one can a socket be bound."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


def _refused(proxy: ProxySpec, why: str) -> AgentError:
    at = f"{ascii(proxy.host)[1:-1][:80]}:{proxy.port}"
    return AgentError(UPSTREAM_REFUSED, f"no site may be {at}: {why}", field="proxy", upstream=at)
