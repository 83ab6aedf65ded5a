"""The connection test: every right that is needed, tried without changing anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import dns.exception
import dns.name
import dns.rdatatype

from tapak.sdk.dns.asking import Ask, Question, Round
from tapak.sdk.dns.records import label
from tapak.sdk.dns.servers import Server
from tapak.sdk.errors import TapakError
from tapak.sdk.provider import Check
from tapak_bind.failures import from_answer, from_exception
from tapak_bind.listing import ZoneListing
from tapak_bind.updating import Updater

# A name that nobody gives out: deleting what isn't there tries the right and leaves the serial as it is.
_NOBODYS = "_tapak-check"


def run(
    zones: Sequence[dns.name.Name], updater: Updater, transfer: ZoneListing, servers: Sequence[Server], timeout: float
) -> list[Check]:
    """A line for each zone at each of ``servers`` (the primary first), and for each right at the primary."""
    asks = [Ask(server, Question(zone, dns.rdatatype.SOA)) for server in servers for zone in zones]
    Round(asks, lambda _: True, deadline=time.monotonic() + timeout, patience=timeout / 3).run()
    lines: list[Check] = []
    for ask in asks:
        zone, serial = ask.question.name, _serial(ask)
        primary = ask.server is servers[0]
        lines.append(_served(ask, serial, "Zona" if primary else "Server sekunder, zona"))
        if primary and serial is not None:
            lines += _rights(zone, serial, updater, transfer, ask.server)
    return lines


def _serial(ask: Ask) -> int | None:
    return ask.answer.rdataset[0].serial if ask.answer.known and ask.answer.rdataset else None


def _served(ask: Ask, serial: int | None, what: str) -> Check:
    name = label(ask.question.name)
    if serial is None:
        return Check(f"{what} {name}", False, from_answer(ask.server, ask.answer, name).message)
    return Check(f"{what} {name}", True, f"{ask.server} melayani zona {name} dengan serial {serial}.")


def _rights(zone: dns.name.Name, serial: int, updater: Updater, transfer: ZoneListing, server: Server) -> list[Check]:
    def key() -> object:
        return updater.absent(Question(zone, dns.rdatatype.CNAME), zone)

    def right() -> object:
        message = updater.message(zone)
        message.delete(dns.name.from_text(_NOBODYS, zone), dns.rdatatype.TXT)
        return updater.send(message)

    def readable() -> object:
        return transfer.changes_since(zone, serial)  # an IXFR of nothing: one record, the same right

    name = label(zone)
    return [
        _line(f"Kunci TSIG untuk {name}", "Kunci TSIG diterima server.", key, server),
        _line(f"Hak ubah {name}", "Kunci ini boleh mengubah zona.", right, server),
        _line(f"Transfer {name}", "Isi zona boleh dibaca (transfer).", readable, server),
    ]


def _line(name: str, good: str, act: Callable[[], object], server: Server) -> Check:
    try:
        act()
    except TapakError as error:
        return Check(name, False, error.message)
    except (dns.exception.DNSException, OSError) as error:
        return Check(name, False, from_exception(server, error).message)
    return Check(name, True, good)
