"""Authoritative reads of single RRsets at the primary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import dns.name
import dns.rdataset
import dns.rdatatype

from tapak.sdk.dns.asking import Answer, Ask, Question, Round
from tapak.sdk.dns.records import ALONE, TYPES, alike, label, zone_wildcards
from tapak.sdk.dns.servers import Server
from tapak_bind import failures

CNAME = dns.rdatatype.CNAME
KINDS = tuple(dns.rdatatype.from_text(kind) for kind in TYPES)
STAND_ALONE = tuple(dns.rdatatype.from_text(kind) for kind in ALONE)
Standing = Mapping[Question, dns.rdataset.Rdataset | None]


class PrimaryReader:
    """Asks the primary what stands. ``absent`` tells by prerequisite whether an RRset truly isn't in the zone."""

    def __init__(self, server: Server, timeout: float, absent: Callable[[Question, dns.name.Name], bool]) -> None:
        self._server = server
        self._timeout = timeout
        self._absent = absent

    def serial(self, zone: dns.name.Name) -> int:
        """The SOA serial that the primary serves.

        Raises:
            ProviderError: it doesn't serve the zone with authority.
        """
        question = Question(zone, dns.rdatatype.SOA)
        answer = self.answers([question])[question]
        if answer.rdataset is None:
            raise failures.from_answer(self._server, answer, label(zone))
        serial: int = answer.rdataset[0].serial
        return serial

    def answers(self, questions: Iterable[Question], timeout: float | None = None) -> dict[Question, Answer]:
        """An authoritative answer to each question, as it would go to the public (wildcards included).

        Without ``timeout`` (in seconds) every thousand questions have the time of one.

        Raises:
            ProviderError: one of them has none.
        """
        asks = [Ask(self._server, question) for question in dict.fromkeys(questions)]
        limit = self._timeout * (1 + len(asks) // 1000) if timeout is None else timeout
        patience = min(limit, self._timeout) / 3
        for ask in Round(asks, lambda _: True, deadline=time.monotonic() + limit, patience=patience).run():
            if not ask.answer.known:
                raise failures.from_answer(self._server, ask.answer, label(ask.question.name))
        return {ask.question: ask.answer for ask in asks}

    def standing(
        self, wanted: Mapping[Question, dns.name.Name], timeout: float | None = None
    ) -> dict[Question, dns.rdataset.Rdataset | None]:
        """What the zone itself holds at each question (with its zone); None where nothing stands.

        A CNAME that stands at a name appears under its own question, and so does whatever stands where a CNAME or a
        delegation was asked for: either keeps the asked RRset from being made.
        """
        answers = self.answers(wanted, timeout)
        found: dict[Question, dns.rdataset.Rdataset | None] = {}
        zones = dict(wanted)
        for question, answer in answers.items():
            found[question] = answer.rdataset
            if answer.cname is not None:
                instead = Question(question.name, CNAME)
                found[instead], zones[instead] = answer.cname, wanted[question]
        found.update(self._beside_alone(answers, zones, timeout))
        return self._without_synthesised(found, zones, timeout)

    def _beside_alone(
        self, answers: Mapping[Question, Answer], zones: dict[Question, dns.name.Name], timeout: float | None
    ) -> Standing:
        """The RRsets at names that exist, where what stands alone was asked for and isn't there."""
        others: dict[Question, dns.name.Name] = {}
        for question, answer in answers.items():
            if question.rdtype in STAND_ALONE and answer.rdataset is None and answer.rcode == dns.rcode.NOERROR:
                kinds = (kind for kind in KINDS if kind != question.rdtype)
                others |= {Question(question.name, kind): zones[question] for kind in kinds}
        missing = [question for question in others if question not in answers]
        if not missing:
            return {}
        zones |= others
        more = self.answers(missing, timeout)
        return {question: answer.rdataset for question, answer in more.items() if answer.rdataset is not None}

    def _without_synthesised(
        self, found: Standing, zones: Mapping[Question, dns.name.Name], timeout: float | None
    ) -> dict[Question, dns.rdataset.Rdataset | None]:
        """``found`` without answers that a wildcard gave: those RRsets don't exist."""
        sources = {
            question: [Question(owner, question.rdtype) for owner in zone_wildcards(question.name, zones[question])]
            for question, rdataset in found.items()
            if rdataset is not None and not question.name.is_wild()
        }
        asked = [source for several in sources.values() for source in several]
        wild = self.answers(asked, timeout) if asked else {}
        result = dict(found)
        for question, several in sources.items():
            told = [given for source in several if (given := wild[source].rdataset) is not None]
            standing = found[question]
            suspect = standing is not None and any(alike(standing, given) for given in told)
            if suspect and self._absent(question, zones[question]):
                result[question] = None
        return result
