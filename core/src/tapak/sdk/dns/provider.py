"""What providers of DNS have in common: which zones they serve, whole record sets changed in batches, and figures."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tapak.sdk.dns import facts
from tapak.sdk.dns.asking import Question
from tapak.sdk.dns.records import Parsed, check, closest_zone, shown
from tapak.sdk.errors import Invalid, ProviderError, ProviderUnavailable
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import Fact, RecordSet, Spec


@dataclass(frozen=True)
class Swap:
    """One RRset from ``old`` to ``new``; None stands for nothing. ``note`` names the request by which it came."""

    old: Parsed | None
    new: Parsed | None
    note: str = ""

    @property
    def target(self) -> Parsed:
        """What names the RRset."""
        parsed = self.new or self.old
        if parsed is None:
            raise ValueError("a change needs a desired or an observed spec")
        return parsed

    @property
    def key(self) -> tuple[str, str]:
        """Name and type."""
        return self.target.spec.name, self.target.spec.type

    @property
    def question(self) -> Question:
        """What asks for it."""
        return Question(self.target.name, self.target.rdtype)

    @property
    def undo(self) -> Swap:
        """The way back."""
        return Swap(self.new, self.old, self.note)


class DnsProvider(Provider):
    """A provider whose settings have ``zones``, each an absolute name without the final dot."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self.zones: tuple[str, ...] = tuple(settings["zones"])

    @abstractmethod
    def reach(self) -> None:
        """Ask the server for anything.

        Raises:
            ProviderError: it doesn't answer, or refuses.
        """

    @abstractmethod
    def at(self, zone: str, name: str) -> Sequence[RecordSet]:
        """What stands at ``name`` in ``zone``, of every type that can be declared.

        Raises:
            Invalid: it is no domain name.
            ProviderError: the server doesn't answer, or refuses.
        """

    def figures(self) -> Sequence[Fact]:
        """Figures of the zones, each with its problem where it can't be told."""
        return ()

    def facts(self, names: Sequence[str] = ()) -> Sequence[Fact]:
        """Figures of the zones, and what stands at each of ``names``."""
        try:
            self.reach()
        except ProviderUnavailable as error:  # one time-out is enough
            return facts.unknown(self.zones, names, error.message)
        except ProviderError:
            pass  # a zone's own trouble, which its rows tell
        return [*self.figures(), *(facts.name(name, partial(self._at, name)) for name in names)]

    def served(self, zone: str) -> str:
        """``zone``, which is one of ours.

        Raises:
            Invalid: it isn't.
        """
        if zone not in self.zones:
            raise Invalid(f"Zona {shown(zone)} tidak ada di pengaturan server ini.", log=f"unknown zone {shown(zone)}")
        return zone

    def parsed(self, specs: Sequence[Spec]) -> list[Parsed]:
        """Each of ``specs`` as dnspython has it.

        Raises:
            Invalid: one can't be parsed, or lies outside the zones.
        """
        return [check(spec, self.zones) for spec in specs]

    def swaps(self, changes: Sequence[Change]) -> list[Swap]:
        """One batch, parsed.

        Raises:
            Invalid: it is too large, names an RRset twice, or one of its changes isn't of one RRset in our zones.
        """
        most = self.capabilities.batch
        if len(changes) > most:
            raise Invalid(f"Paling banyak {most} perubahan sekaligus.", log=f"{len(changes)} changes in one batch")
        swaps = [self._swap(change) for change in changes]
        if len({swap.key for swap in swaps}) < len(swaps):
            raise Invalid("Satu rekaman diubah dua kali sekaligus.", log="two changes of one RRset in a batch")
        return swaps

    def _swap(self, change: Change) -> Swap:
        old, new = (None if spec is None else check(spec, self.zones) for spec in (change.observed, change.desired))
        if {parsed.spec.identity for parsed in (old, new) if parsed} != {change.identity}:
            raise Invalid("Perubahan tidak menyebut rekaman yang sama.", log="a change of different identities")
        return Swap(old, new, change.note)

    def _at(self, name: str) -> Sequence[RecordSet]:
        name = name.rstrip(".").lower()
        zone = closest_zone(name, self.zones)
        if zone is None:
            raise Invalid(f"Nama {shown(name)} di luar zona server ini.", log="name outside the served zones")
        return self.at(zone, name)
