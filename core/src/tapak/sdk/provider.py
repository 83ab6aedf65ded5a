"""The contract between core and the servers: core decides what must change, a provider knows how.

Core owns desired state, diff, plan, journal, leases and retries. A provider owns six acts on one server (or one group
that is run as one): ``check``, ``read``, ``apply``, ``verify``, ``verify_gone`` and ``facts``. It keeps nothing between
calls but connections, and it is always called from one thread.

What every provider promises (``tapak.testing`` holds the suite that tries it):

* ``read`` tells what the server serves now, not what was asked of it.
* ``apply`` is safe to call again after a kill at any point, and changes nothing that it was not given.
* ``apply`` compares before it writes: where the server no longer holds ``change.observed`` it raises
  :class:`~tapak.sdk.errors.ChangedMeanwhile` and leaves everything as it was.
* ``verify`` asks the servers that the public asks (every authoritative server, the web server by name) and polls
  until they agree or the deadline passes; it never sleeps a fixed time.
* A failure is a :class:`~tapak.sdk.errors.ProviderError` whose message tells an officer what happened, on what, and
  what to do; no secret is in it.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, ClassVar, Literal, Protocol, runtime_checkable

from tapak.sdk.errors import ProviderDenied, ProviderUnavailable
from tapak.sdk.resources import Fact, RecordSet, Site, Spec
from tapak.sdk.settings import SettingsSchema


@dataclass(frozen=True)
class Capabilities:
    """What a kind of server can do, stated as class data and checked by core before a plan is made.

    ``atomic`` says that a change is compared and written in one act; ``fenced`` that the server itself refuses a
    lower fence; ``batch`` is the greatest number of changes in one ``apply``; ``engines`` are those of the databases
    that it serves. Where it isn't ``exact``, some values of record sets that others take can't be had as they are:
    ``apply`` refuses them as :class:`~tapak.sdk.errors.Invalid` and never makes others of them.
    """

    kinds: frozenset[str]
    record_types: frozenset[str] = frozenset()
    engines: frozenset[str] = frozenset()
    atomic: bool = False
    fenced: bool = False
    exact: bool = True
    batch: int = 1


Action = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class Change:
    """One step from ``observed`` (None: must not exist) to ``desired`` (None: must be gone).

    The two may be the same: then what stands there is made sure of, and its outputs are given again. ``given`` are the
    outputs, secret ones included, of the resources that this one needs and whose kind its spec ``uses``, by their keys
    in the order of declaration: never to be logged or told. ``note`` names the request by which the resource came, for
    whoever looks at the server itself (``Permohonan 005/12/2026``; empty where there is none).
    """

    action: Action
    identity: str
    desired: Spec | None
    observed: Spec | None
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False, compare=False)
    note: str = field(default="", compare=False)

    @property
    def spec(self) -> Spec:
        """The spec that names the target: the desired one, or for a removal the observed one."""
        spec = self.desired or self.observed
        if spec is None:
            raise ValueError("a change needs a desired or an observed spec")
        return spec


@dataclass(frozen=True)
class Applied:
    """What ``apply`` did for one change.

    ``outputs`` are plain JSON values that other resources may use; ``secrets`` are such values that core seals to the
    tenant as soon as ``apply`` returns, and opens only for a resource that needs this one. The same spec gives the
    same outputs.
    """

    identity: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Probe:
    """One look at one server during ``verify``.

    ``server`` is an address or URL; ``expected`` and ``answer`` are shown to people (rdata, an HTTP status).
    """

    server: str
    expected: str
    answer: str
    ok: bool


@dataclass(frozen=True)
class Verification:
    """What ``verify`` saw for one spec: live only if every probe is ok and there is at least one."""

    identity: str
    probes: tuple[Probe, ...]

    @property
    def live(self) -> bool:
        """Whether every server that was asked gave the expected answer."""
        return bool(self.probes) and all(probe.ok for probe in self.probes)


@dataclass(frozen=True)
class Check:
    """One line of a connection test: what was tried, whether it went well, and in words an officer can act on."""

    name: str
    ok: bool
    message: str


def no_archives(sha256: str) -> BinaryIO:
    """Where nobody keeps archives.

    Raises:
        ProviderDenied: always.
    """
    raise ProviderDenied("Arsip aplikasi ini tidak tersimpan di sini.", log=f"no archive {sha256} here")


Alone = Callable[[str, float], AbstractContextManager[None]]
_HERE: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


@contextmanager
def alone_here(name: str, seconds: float) -> Iterator[None]:
    """Alone among the threads of this process.

    Raises:
        ProviderUnavailable: somebody else was at it for all of ``seconds``.
    """
    if not _HERE[name].acquire(timeout=max(seconds, 0)):
        raise not_alone(name)
    try:
        yield
    finally:
        _HERE[name].release()


def not_alone(name: str) -> ProviderUnavailable:
    """The error for a lock that others hold."""
    return ProviderUnavailable("Server sedang dikerjakan oleh pekerja lain; dicoba lagi.", log=f"{name}: locked")


def nothing_kept(spec: Spec) -> Mapping[str, Any]:
    """Where nobody keeps what was given."""
    return {}


def nowhere_published(records: Sequence[RecordSet], timeout: float) -> AbstractContextManager[None]:
    """Where nobody publishes records.

    Raises:
        ProviderDenied: always.
    """
    raise ProviderDenied("Rekaman DNS tidak dapat ditulis dari sini.", log="no DNS connection here")


class Provider(ABC):
    """A connection to one server, made from validated settings.

    ``settings`` are what ``settings_schema`` loaded, secrets opened. ``close`` ends connections; a provider is also a
    context manager. Core sets what a provider may use besides:

    * ``open_archive`` gives the bytes of a release's archive, by its SHA-256 in hexadecimal; the caller closes it;
    * ``alone(name, seconds)`` holds a lock against every worker that asks for it by the same name, for servers that
      can't compare and write in one act;
    * ``kept`` gives the outputs, secret ones included, that ``apply`` last gave for a resource; empty where none are;
    * ``published`` has the values of record sets (``zone`` may be left empty) stand at every authoritative server of
      their zone, through whichever connection the tenant has for it, for as long as its block lasts; what else stands
      there stays. Where it can't within ``timeout`` seconds, it raises a :class:`~tapak.sdk.errors.ProviderError`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    settings_schema: ClassVar[type[SettingsSchema]]

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = dict(settings)
        self.open_archive: Callable[[str], BinaryIO] = no_archives
        self.alone: Alone = alone_here
        self.kept: Callable[[Spec], Mapping[str, Any]] = nothing_kept
        self.published: Callable[[Sequence[RecordSet], float], AbstractContextManager[None]] = nowhere_published

    @classmethod
    def takes(cls, settings: Mapping[str, Any], spec: Spec) -> bool:
        """Whether a connection with these settings (stored ones, without the secret) is one for ``spec``."""
        return True

    @classmethod
    def public_url(cls, settings: Mapping[str, Any], site: Site) -> str:
        """Where the public opens ``site``, with the final slash; without a port where it is the scheme's own.

        ``settings`` are what the schema loaded, without the secret ones: it is asked where pages are made.
        """
        return f"http://{site.name}/"

    @abstractmethod
    def check(self) -> Sequence[Check]:
        """Try the connection and every right that is needed, changing nothing that stays. Never raises."""

    @abstractmethod
    def read(self, specs: Sequence[Spec]) -> Mapping[str, Spec | None]:
        """What stands now at the identities of ``specs``; None where nothing does."""

    @abstractmethod
    def apply(self, changes: Sequence[Change], *, fence: int, timeout: float) -> Sequence[Applied]:
        """Make ``changes`` (at most ``capabilities.batch``), all or none, within ``timeout`` seconds.

        Raises:
            ChangedMeanwhile: the server no longer holds what a change observed.
            StaleFence: a higher fence was seen at this target.
            ProviderError: anything else; nothing of the batch was left half done.
        """

    @abstractmethod
    def verify(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        """Ask every public-facing server until it agrees with ``specs`` or ``timeout`` seconds have passed."""

    @abstractmethod
    def verify_gone(self, specs: Sequence[Spec], *, timeout: float) -> Sequence[Verification]:
        """Like ``verify``, for specs that must no longer be served."""

    def facts(self, names: Sequence[str] = ()) -> Sequence[Fact]:
        """Figures for the reviewer and the usage report; ``names`` are the host names asked about."""
        return ()

    def close(self) -> None:
        """End connections and child processes."""

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@dataclass(frozen=True)
class ZoneChanges:
    """What changed in a zone since a serial.

    ``serial`` is the one to ask from next time. ``present`` maps an RRset's identity to what stands there now, or to
    None where it was removed; values are in canonical presentation format (absolute targets with the final dot). With
    ``full`` it is the whole zone: what is missing from it doesn't exist. The SOA and what DNSSEC signing adds are left
    out.
    """

    zone: str
    serial: int
    full: bool
    present: Mapping[str, RecordSet | None]


@runtime_checkable
class ZoneReader(Protocol):
    """What a DNS provider can also do where its server tells changes cheaply (SOA serial, RFC 1995, RFC 5936)."""

    def serial(self, zone: str) -> int:
        """The SOA serial that the primary serves now.

        Raises:
            ProviderError: the server didn't tell.
        """
        ...

    def zone_changes(self, zone: str, since: int | None) -> ZoneChanges:
        """What changed after serial ``since``; the whole zone where that is None or too old for the server.

        Raises:
            ProviderError: the server didn't tell.
        """
        ...


@runtime_checkable
class ZoneLister(Protocol):
    """What a DNS provider can also do where a whole zone can be read: to take it in, compare it, carry it away."""

    def zone_records(self, zone: str) -> Iterator[RecordSet]:
        """Every RRset of ``zone`` as it stands now, each once, in no order and of whatever type; nothing is changed.

        Values are in canonical presentation format (absolute targets with the final dot). The SOA and what the server
        makes by itself (DNSSEC signing) are left out. It is read before the first one is given: what is given is
        one state of the zone where the server can tell one. A zone may have 100,000 records: don't keep more of them
        than must be.

        Raises:
            Invalid: the zone isn't one of the connection's.
            ProviderError: the server didn't tell all of it.
        """
        ...
