"""Asking every authoritative server until all of them say the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import dns.rcode
import dns.rdataset

from tapak.sdk.dns.asking import Answer, Ask, Question, Round
from tapak.sdk.dns.records import Parsed, alike, same, zone_wildcards
from tapak.sdk.dns.servers import Server
from tapak.sdk.provider import Probe, Verification

# A question that stays unanswered is sent again after this long: a datagram may get lost.
PATIENCE = 0.5
# However short the time: every server is given this long for one answer.
ONE_LOOK = 0.1
GONE = "tidak ada"


class Verifier:
    """Polls ``servers``, the primary and every secondary, all at once."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._servers = servers

    def present(self, wanted: Sequence[Parsed], timeout: float) -> list[Verification]:
        """Wait until every server serves exactly ``wanted``, TTL included."""
        by_question = {_question(parsed): parsed.rdataset for parsed in wanted}

        def ok(ask: Ask) -> bool:
            found = ask.answer.rdataset
            return ask.answer.authoritative and found is not None and same(found, by_question[ask.question])

        asks = self._poll(by_question, ok, timeout)
        return [_verification(parsed, asks[_question(parsed)], ok, parsed.rdataset) for parsed in wanted]

    def gone(self, unwanted: Sequence[Parsed], timeout: float) -> list[Verification]:
        """Wait until no server serves the RRsets of ``unwanted``; a wildcard's answer counts as gone."""
        sources = {
            _question(parsed): [Question(owner, parsed.rdtype) for owner in zone_wildcards(parsed.name, parsed.zone)]
            for parsed in unwanted
        }
        wild: dict[tuple[Server, Question], dns.rdataset.Rdataset | None] = {}

        def ok(ask: Ask) -> bool:
            if ask.question not in sources:
                wild[ask.server, ask.question] = ask.answer.rdataset
                return ask.answer.known
            found = ask.answer.rdataset
            told = [wild[ask.server, source] for source in sources[ask.question] if (ask.server, source) in wild]
            return ask.answer.known and (
                found is None or any(alike(found, given) for given in told if given is not None)
            )

        wildcards = [source for several in sources.values() for source in several if source not in sources]
        asks = self._poll([*wildcards, *sources], ok, timeout)
        return [_verification(parsed, asks[_question(parsed)], ok, None) for parsed in unwanted]

    def _poll(
        self, questions: Iterable[Question], ok: Callable[[Ask], bool], timeout: float
    ) -> dict[Question, list[Ask]]:
        """The asks of each question, one for each server."""
        asks = {question: [Ask(server, question) for server in self._servers] for question in questions}
        flat = [ask for several in asks.values() for ask in several]
        Round(flat, ok, deadline=time.monotonic() + max(timeout, ONE_LOOK), patience=PATIENCE).run()
        return asks


def _question(parsed: Parsed) -> Question:
    return Question(parsed.name, parsed.rdtype)


def _verification(
    parsed: Parsed, asks: Sequence[Ask], ok: Callable[[Ask], bool], wanted: dns.rdataset.Rdataset | None
) -> Verification:
    return Verification(parsed.spec.identity, tuple(_probe(ask, ok(ask), wanted) for ask in asks))


def _probe(ask: Ask, ok: bool, wanted: dns.rdataset.Rdataset | None) -> Probe:
    found = ask.answer.rdataset
    only_ttl = wanted is not None and found is not None and alike(found, wanted) and found.ttl != wanted.ttl
    expected = GONE if wanted is None else _text(wanted, only_ttl)
    return Probe(str(ask.server), expected, _told(ask.answer, only_ttl), ok)


def _text(rdataset: dns.rdataset.Rdataset, with_ttl: bool) -> str:
    values = ", ".join(sorted(rdata.to_text() for rdata in rdataset))
    return f"{values} (TTL {rdataset.ttl})" if with_ttl else values


def _told(answer: Answer, with_ttl: bool) -> str:
    """What a server said, for people: rdata, or why there is none."""
    if answer.silent:
        return "tidak menjawab"
    if answer.rdataset is not None:
        text = _text(answer.rdataset, with_ttl)
        return text if answer.authoritative else f"{text} (bukan server berwenang)"
    if answer.cname is not None:
        return f"CNAME {_text(answer.cname, with_ttl)}"
    if not answer.known:
        return dns.rcode.to_text(answer.rcode) if answer.rcode else "bukan server berwenang"
    return f"{GONE} ({dns.rcode.to_text(answer.rcode)})" if answer.rcode else GONE
