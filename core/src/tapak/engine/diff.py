"""What must change so that a server holds what is desired, and what must be left alone.

Ours is only what was verified live before, or what the journal says that we set out to make. Everything else that
stands there is foreign and never part of a change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from tapak.sdk.provider import Action, Change
from tapak.sdk.resources import Spec


class Verdict(StrEnum):
    """What is to be done about one resource."""

    NOOP = "noop"
    CHANGE = "change"
    FOREIGN = "foreign"
    DRIFTED = "drifted"


@dataclass(frozen=True)
class Known:
    """What we know about one resource before looking at the server.

    ``desired`` is None for a removal. ``applied`` is what was last verified as live (None: never). ``intended`` says
    that the journal has an intent for this generation; ``intents`` are the specs that the journal set out to make since
    ``applied``, in any generation: a worker that died may have made one of them without anybody noting it.
    """

    desired: Spec | None
    applied: Spec | None = None
    intended: bool = False
    intents: tuple[Spec, ...] = ()

    @property
    def ours(self) -> bool:
        """Whether we made the resource, or set out to in this generation."""
        return self.intended or self.applied is not None

    def made(self, observed: Spec) -> bool:
        """Whether ``observed`` is as we made it or set out to make it."""
        return observed == self.applied or observed in self.intents


@dataclass(frozen=True)
class Decision:
    """A verdict with the change to make; for DRIFTED the change that would repair it, if an officer wants that."""

    verdict: Verdict
    change: Change | None = None


def decide(known: Known, observed: Spec | None) -> Decision:
    """What to do about one resource that stands at the server as ``observed`` (None: nothing does).

    Raises:
        ValueError: the specs don't speak of the same resource.
    """
    _check_identity(known, observed)
    if observed is None:
        return _decision(Verdict.CHANGE, known.desired, None) if known.desired else Decision(Verdict.NOOP)
    if not known.ours and not known.made(observed):
        return Decision(Verdict.FOREIGN)
    if observed == known.desired:
        return Decision(Verdict.NOOP)
    if known.made(observed):
        return _decision(Verdict.CHANGE, known.desired, observed)
    return _decision(Verdict.DRIFTED, known.desired, observed)


def plan_order(needs: Mapping[str, Collection[str]]) -> list[str]:
    """The keys of ``needs``, each after those that it needs; otherwise in the given order.

    Raises:
        ValueError: a key needs one that isn't there, or keys need each other in a circle, which is named.
    """
    for key, wanted in needs.items():
        missing = [name for name in wanted if name not in needs]
        if missing:
            raise ValueError(f"{key!r} needs {missing[0]!r}, which is not there")
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as cycle:
        raise ValueError(f"resources need each other: {' → '.join(reversed(cycle.args[1]))}") from cycle


def _decision(verdict: Verdict, desired: Spec | None, observed: Spec | None) -> Decision:
    spec = desired or observed
    if spec is None:
        raise ValueError("nothing to change from or to")
    action: Action = "delete" if desired is None else "create" if observed is None else "update"
    return Decision(verdict, Change(action, spec.identity, desired, observed))


def _check_identity(known: Known, observed: Spec | None) -> None:
    specs = (known.desired, known.applied, *known.intents, observed)
    identities = {(spec.kind, spec.identity) for spec in specs if spec is not None}
    if len(identities) > 1:
        raise ValueError(f"specs of different resources: {sorted(identities)}")
