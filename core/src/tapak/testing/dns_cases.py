"""What the contracts of DNS providers share: the fixtures to override, a provider's acts, and hostile input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Protocol

import pytest

from tapak.sdk.provider import Applied, Change, Provider, Verification
from tapak.sdk.resources import RecordSet

TIMEOUT = 20.0
ADDRESS, OTHER_ADDRESS = "192.0.2.10", "192.0.2.20"

_NUMBERS = count(1)

ROUND_TRIPS = (
    ("A", ("192.0.2.1", "192.0.2.2")),
    ("AAAA", ("2001:db8::1", "2001:0DB8:0:0:0:0:0:2")),
    ("CNAME", ("Sasaran.example.net.",)),
    ("CNAME", ("sasaran.example.net",)),
    ("MX", ("10 mail.example.net.", "20 mail2.example.net.")),
    ("PTR", ("server.example.net.",)),
    ("PTR", ("server.example.net.", "server2.example.net.")),
    ("TXT", ('"v=spf1 -all"',)),
    ("TXT", ('"kata \\"dalam\\" kutip; dan \\\\ miring"',)),
    ("TXT", (f'"{"a" * 255}" "{"b" * 255}" "c"', '"kedua"')),
    ("TXT", ('""',)),
    ("TXT", ('"huruf antré ꦠꦥꦏ᭄"',)),
    ("TXT", ('"a\\195\\169 \\000 \\255 \\009"',)),
    ("TXT", ('" di tepi "', '"" "a" ""', '"v=DMARC1\\; p=none"', '"(kurung) @ $TTL * \\# 4"')),
    ("TXT", (" ".join(f'"{digit * 255}"' for digit in "0123456789"),)),
    ("CNAME", ("xn--antr-epa.example.net.",)),
    ("CNAME", ("_acme-challenge.sasaran.example.net.",)),
    ("MX", ("0 .",)),
    ("NS", ("ns1.example.net.", "NS2.example.net")),
    ("SRV", ("10 60 5060 sip.example.net.",)),
    ("SRV", ("0 0 0 .", "65535 65535 65535 xn--sip-cja.example.net.")),
    ("CAA", ('0 issue "ca.example.net"', '128 iodef "mailto:keamanan@example.net"')),
    ("CAA", ('0 issue ";"', '0 issuewild "ca.example.net; account=\\"1\\"; policy=ev"')),
    ("SSHFP", (f"4 2 {'ab' * 32}", f"1 1 {'CD' * 20}")),
    ("SSHFP", (f"4 2 {'ab' * 16} {'cd' * 16}",)),
    ("TLSA", (f"3 1 1 {'0f' * 32}", f"2 0 2 {'F0' * 64}", f"3 0 0 {'a5' * 300}")),
    ("HTTPS", ("1 .",)),
    ("HTTPS", ("0 sasaran.example.net.",)),
    (
        "HTTPS",
        ('1 . alpn="h3,h2" ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:DB8::1', "2 lain.example.net. port=8443"),
    ),
    ("HTTPS", ('1 sasaran.example.net mandatory=alpn,port alpn=h2 no-default-alpn port="443"',)),
)
ODD_LABELS = ("xn--antr-epa", "_443._tcp", "_dmarc", "a_b", "7", "*", "*.dalam", "x" * 63, ".".join("x" * 20))
HOSTILE_LABELS = (
    "www\n",
    "www\0",
    "a b",
    "a..b",
    "-a",
    "a-",
    "",
    ".",
    "a\\.b",
    "a\\000b",
    "a/b",
    "a;b",
    'a"b',
    "antré",
    "аntrean",
    "x" * 64,
    ".".join(["x" * 60] * 5),
    "a.*",
    "$ORIGIN",
    "@",
)
HOSTILE_VALUES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("A", ()),
    ("A", ("192.0.2.300",)),
    ("A", ("192.0.2.1\n",)),
    ("A", ("192.0.2.1 192.0.2.2",)),
    ("A", ("192.0.2.1 ; komentar",)),
    ("A", ("\\# 4 C0000201",)),
    ("A", ("",)),
    ("A", (3221225985,)),
    ("AAAA", ("192.0.2.1",)),
    ("CNAME", ("a.example.net.", "b.example.net.")),
    ("CNAME", ("a b",)),
    ("CNAME", ("@",)),
    ("CNAME", ("a..b.",)),
    ("CNAME", ("antré.example.net.",)),
    ("MX", ("mail.example.net.",)),
    ("MX", ("70000 mail.example.net.",)),
    ("PTR", ("192.0.2.1 a",)),
    ("PTR", ("a..b.",)),
    ("TXT", ('"tidak ditutup',)),
    ("TXT", ("v=DKIM1; k=rsa",)),
    ("TXT", ('"a\nb"',)),
    ("TXT", ('"a\x07b"',)),
    ("TXT", ('"a\ud800"',)),
    ("TXT", (f'"{"a" * 256}"',)),
    ("TXT", ("(",)),
    ("NS", ("a b",)),
    ("NS", ("a..b.",)),
    ("NS", ("antré.example.net.",)),
    ("SRV", ("1 2 3",)),
    ("SRV", ("1 2 70000 sip.example.net.",)),
    ("CAA", ("0 issue",)),
    ("CAA", ('256 issue "ca.example.net"',)),
    ("SSHFP", ("4 2 abcd",)),
    ("SSHFP", (f"4 2 {'zz' * 32}",)),
    ("SSHFP", (f"300 2 {'ab' * 32}",)),
    ("TLSA", ("3 1 1 abcd",)),
    ("TLSA", ("3 1 1",)),
    ("TLSA", (f"3 1 1 {'ab' * 32} ; komentar",)),
    ("HTTPS", ("70000 .",)),
    ("HTTPS", ("1",)),
    ("HTTPS", ("1 @",)),
    ("HTTPS", ("0 sasaran.example.net. alpn=h2",)),
    ("HTTPS", ("1 . ipv4hint=auto",)),
    ("HTTPS", ("1 . ipv4hint=2001:db8::1",)),
    ("HTTPS", ("1 . alpn=h2 alpn=h3",)),
    ("HTTPS", ('1 . alpn="h2',)),
    ("HTTPS", ("\\# 3 000100",)),
    ("SOA", ("ns1. admin. 1 1 1 1 1",)),
    ("ANY", ("192.0.2.1",)),
    ("A\n", ("192.0.2.1",)),
)


class ByHand(Protocol):
    """What an operator does at the server, past the provider."""

    def put(self, record: RecordSet) -> None:
        """Make ``record`` what stands at its name and type."""

    def remove(self, record: RecordSet) -> None:
        """Remove what stands at the name and type of ``record``."""


def create(provider: Provider, *records: RecordSet) -> Sequence[Applied]:
    """Create every one of ``records`` in one batch."""
    changes = [Change("create", record.identity, record, None) for record in records]
    return provider.apply(changes, fence=1, timeout=TIMEOUT)


def update(provider: Provider, old: RecordSet, new: RecordSet) -> Sequence[Applied]:
    """Bring ``old`` to ``new``."""
    return provider.apply([Change("update", new.identity, new, old)], fence=1, timeout=TIMEOUT)


def delete(provider: Provider, *records: RecordSet) -> Sequence[Applied]:
    """Delete every one of ``records`` in one batch."""
    changes = [Change("delete", record.identity, None, record) for record in records]
    return provider.apply(changes, fence=1, timeout=TIMEOUT)


def standing(provider: Provider, record: RecordSet) -> RecordSet | None:
    """What the provider reads at the identity of ``record``."""
    found = provider.read([record])[record.identity]
    assert found is None or isinstance(found, RecordSet)
    return found


def verified(provider: Provider, record: RecordSet, timeout: float = TIMEOUT) -> Verification:
    """The verification of one record."""
    (verification,) = provider.verify([record], timeout=timeout)
    return verification


class DnsContract:
    """Fixtures that every contract here builds on."""

    @pytest.fixture
    def make_provider(self) -> Callable[..., Provider]:
        """Override: makes a connected provider; keywords replace settings. The fixture closes what it made."""
        raise NotImplementedError

    @pytest.fixture
    def zone(self) -> str:
        """Override: a zone that the provider may change, without the final dot."""
        raise NotImplementedError

    @pytest.fixture
    def by_hand(self) -> ByHand:
        """Override: an operator at the server."""
        raise NotImplementedError

    @pytest.fixture
    def provider(self, make_provider: Callable[..., Provider]) -> Provider:
        """A provider with its right settings."""
        return make_provider()

    @pytest.fixture
    def record(self, zone: str) -> RecordSet:
        """An address record under a name that no other test uses."""
        return RecordSet(zone, f"t{next(_NUMBERS)}.{zone}", "A", (ADDRESS,))
