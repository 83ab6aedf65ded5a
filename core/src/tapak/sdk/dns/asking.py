"""Many questions at several servers at once: sent together, asked again where needed, never one after the other."""

from __future__ import annotations

import heapq
import itertools
import secrets
import select
import socket
import struct
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdataset
import dns.rdatatype

from tapak.sdk.dns.channels import Channel
from tapak.sdk.dns.servers import UDP_PAYLOAD, Server

NS = dns.rdatatype.NS
# Questions under way at one server at a time: what its socket buffer holds with ease.
WINDOW = 128
FIRST_PAUSE = 0.003
LONGEST_PAUSE = 0.1
# Questions a second, over all servers, once none of them is answered as it should be: many are asked less often.
RATE = 2000


@dataclass(frozen=True)
class Question:
    """One RRset. It is told apart by its canonical wire form, which is quicker to hash than a name."""

    name: dns.name.Name = field(compare=False)
    rdtype: dns.rdatatype.RdataType
    wire: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "wire", self.name.to_digestable())


@dataclass(frozen=True)
class Answer:
    """What a server said. ``rdataset`` holds the asked type; ``cname`` a CNAME that stands at the name instead.

    ``silent`` says in English why there was no answer at all. ``delegated`` marks a referral to other servers; a
    referral from the very name whose NS were asked for is what the zone itself holds there, and told with authority.
    """

    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    authoritative: bool = False
    delegated: bool = False
    rdataset: dns.rdataset.Rdataset | None = None
    cname: dns.rdataset.Rdataset | None = None
    silent: str = ""

    @property
    def known(self) -> bool:
        """Whether the server told with authority what stands there, be it nothing."""
        told = self.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        return not self.silent and self.authoritative and told


TIMEOUT = Answer(silent="no answer in time")


@dataclass(eq=False)
class Ask:
    """A question at a server, with the last answer to it."""

    server: Server
    question: Question
    answer: Answer = TIMEOUT
    kind: socket.SocketKind = socket.SOCK_DGRAM
    id: int = -1
    due: float = 0.0
    pause: float = FIRST_PAUSE
    done: bool = field(default=False)


class Round:
    """Puts every ask to its server until ``enough(ask)``, or until ``deadline`` (on the monotonic clock).

    A question without an answer is sent again every ``patience`` seconds; one whose answer isn't enough after a
    pause that grows from 3 to 100 ms. A server that is silent keeps nobody from being heard at the others.
    """

    def __init__(self, asks: Iterable[Ask], enough: Callable[[Ask], bool], *, deadline: float, patience: float) -> None:
        self._asks = list(asks)
        self._enough = enough
        self._deadline = deadline
        self._patience = patience
        self._open = len(self._asks)
        self._queue: list[tuple[float, int, Ask]] = []
        self._count = itertools.count()
        self._load: Counter[Server] = Counter()
        self._waiting: defaultdict[Server, deque[Ask]] = defaultdict(deque)
        self._longest = max(LONGEST_PAUSE, len(self._asks) / RATE)
        self._under_way: dict[tuple[Channel, int], Ask] = {}

    def run(self) -> list[Ask]:
        """The asks, each with its last answer."""
        now = time.monotonic()
        for server in {ask.server for ask in self._asks}:
            server.drop(socket.SOCK_STREAM)  # the other side may have closed an idle one
        for ask in self._asks:
            ask.kind = ask.server.kind
            self._at(ask, now)
        while self._open:
            self._send_due(time.monotonic())
            left = self._deadline - time.monotonic()
            if left <= 0 or not self._open:
                break
            self._receive(min(left, self._until_next()))
        return self._asks

    def _at(self, ask: Ask, moment: float) -> None:
        ask.due = moment
        heapq.heappush(self._queue, (moment, next(self._count), ask))

    def _until_next(self) -> float:
        return max(self._queue[0][0] - time.monotonic(), 0) if self._queue else self._patience

    def _send_due(self, now: float) -> None:
        while self._queue and self._queue[0][0] <= now:
            due, _, ask = heapq.heappop(self._queue)
            if ask.done or ask.due != due:
                continue
            if ask.id < 0 and self._load[ask.server] >= WINDOW:
                self._waiting[ask.server].append(ask)
            else:
                self._send(ask, now)

    def _send(self, ask: Ask, now: float) -> None:
        if ask.id >= 0:
            ask.answer = TIMEOUT
        try:
            channel = ask.server.channel(ask.kind)
            while ask.id < 0:
                number = secrets.randbits(16)
                if self._under_way.setdefault((channel, number), ask) is ask:
                    ask.id = number
                    self._load[ask.server] += 1
            channel.send(struct.pack("!H", ask.id) + _wire(ask.question))
        except OSError as error:
            self._failed(ask.server, ask.kind, error)
            return
        self._at(ask, now + self._patience)

    def _receive(self, wait: float) -> None:
        channels = {channel.fileno(): (channel, ask) for (channel, _), ask in self._under_way.items()}
        poll = select.poll()
        for number, (channel, _) in channels.items():
            poll.register(number, select.POLLIN | (select.POLLOUT if channel.writing else 0))
        for number, _ in poll.poll(wait * 1000):
            channel, ask = channels[number]
            try:
                channel.flush()
                arrived = channel.receive()
            except OSError as error:
                self._failed(ask.server, ask.kind, error)
                continue
            for wire in arrived:
                self._take(channel, wire)

    def _take(self, channel: Channel, wire: bytes) -> None:
        ask = self._under_way.get((channel, int.from_bytes(wire[:2], "big")))
        if ask is None:
            return
        try:
            answer = _read(wire, ask.question)
        except dns.message.Truncated:
            self._land(ask, channel)
            ask.kind = socket.SOCK_STREAM
            self._at(ask, time.monotonic())
            return
        except dns.exception.DNSException:
            return  # not ours, or garbage: the real answer may still come
        self._land(ask, channel)
        self._settle(ask, answer)

    def _land(self, ask: Ask, channel: Channel) -> None:
        self._under_way.pop((channel, ask.id), None)
        ask.id = -1
        self._load[ask.server] -= 1
        if self._waiting[ask.server]:
            self._at(self._waiting[ask.server].popleft(), time.monotonic())

    def _failed(self, server: Server, kind: socket.SocketKind, error: OSError) -> None:
        """The channel is gone, and with it everything that was under way on it."""
        lost = [ask for ask in self._asks if ask.server is server and ask.kind == kind and not ask.done]
        self._under_way = {
            key: ask for key, ask in self._under_way.items() if ask.server is not server or ask.kind != kind
        }
        self._load[server] -= sum(ask.id >= 0 for ask in lost)
        for ask in self._waiting.pop(server, ()):
            if ask.kind != kind:
                self._at(ask, time.monotonic())
        server.drop(kind)
        for ask in lost:
            ask.id = -1
            self._settle(ask, Answer(silent=error.strerror or type(error).__name__))

    def _settle(self, ask: Ask, answer: Answer) -> None:
        ask.answer = answer
        if self._enough(ask):
            ask.done = True
            self._open -= 1
            return
        self._at(ask, time.monotonic() + ask.pause)
        ask.pause = min(ask.pause * 1.5, self._longest)


@lru_cache(maxsize=4096)
def _wire(question: Question) -> bytes:
    """A query without recursion, after its id, with EDNS (RFC 6891)."""
    head = struct.pack("!5H", 0, 1, 0, 0, 1)
    body = question.wire + struct.pack("!2H", question.rdtype, dns.rdataclass.IN)
    return head + body + struct.pack("!BHHIH", 0, dns.rdatatype.OPT, UDP_PAYLOAD, 0, 0)


def _read(wire: bytes, question: Question) -> Answer:
    message = dns.message.from_wire(wire, raise_on_truncation=True)
    asked = message.question[0] if message.question else None
    if not message.flags & dns.flags.QR or asked is None or asked.name != question.name:
        raise dns.exception.FormError("not an answer to what was asked")  # type: ignore[no-untyped-call]
    if asked.rdtype != question.rdtype:
        raise dns.exception.FormError("not an answer to what was asked")  # type: ignore[no-untyped-call]
    found = {rrset.rdtype: rrset for rrset in message.answer if rrset.name == question.name}
    authoritative = bool(message.flags & dns.flags.AA)
    referral = [] if authoritative or found else [rrset for rrset in message.authority if rrset.rdtype == NS]
    if referral and question == Question(referral[0].name, NS):
        found, referral, authoritative = {NS: referral[0]}, [], True
    return Answer(
        rcode=message.rcode(),
        authoritative=authoritative,
        delegated=bool(referral),
        rdataset=found.get(question.rdtype),
        cname=None if question.rdtype == dns.rdatatype.CNAME else found.get(dns.rdatatype.CNAME),
    )
