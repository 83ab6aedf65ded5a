"""The part of a connection test that asks name servers for zones."""

from __future__ import annotations

import time
from collections.abc import Sequence

import dns.rdatatype

from tapak.sdk.dns.asking import Ask, Question, Round
from tapak.sdk.dns.records import label, owner
from tapak.sdk.dns.servers import Server
from tapak.sdk.provider import Check


def name_servers(zones: Sequence[str], servers: Sequence[Server], timeout: float) -> list[Check]:
    """A line for each of ``zones`` at each of ``servers``, all asked at once within ``timeout`` seconds."""
    asks = [Ask(server, Question(owner(zone), dns.rdatatype.SOA)) for server in servers for zone in zones]
    if asks:
        Round(asks, lambda _: True, deadline=time.monotonic() + timeout, patience=timeout / 3).run()
    return [_answers(ask) for ask in asks]


def _answers(ask: Ask) -> Check:
    zone = label(ask.question.name)
    name = f"Server nama {ask.server}, zona {zone}"
    if ask.answer.silent:
        return Check(name, False, f"Server DNS {ask.server} tidak menjawab; periksa alamat, port dan firewall.")
    if not ask.answer.known or not ask.answer.rdataset:
        return Check(name, False, f"Server DNS {ask.server} tidak berwenang atas zona {zone}; periksa zonanya.")
    return Check(name, True, f"{ask.server} melayani zona {zone} dengan serial {ask.answer.rdataset[0].serial}.")
