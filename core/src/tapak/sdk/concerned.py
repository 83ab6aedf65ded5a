"""The existing service that a request for a change is about, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tapak.sdk.resources import Spec

CHANGE_KINDS: Mapping[str, str] = {
    "rename": "Ganti nama",
    "address": "Pindah alamat",
    "officer": "Ganti penanggung jawab",
    "data": "Pemutakhiran data",
    "deactivate": "Penonaktifan",
}
"""What may be asked of a service that runs, with its words on the screen."""


@dataclass(frozen=True)
class Held:
    """A resource that the service consists of, as it is wanted before the change.

    ``elsewhere``: a record at its name that another service of the same unit has taken over.
    """

    key: str
    spec: Spec
    needs: tuple[str, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True)
class Concerned:
    """The service before the change; ``answers`` are its own request's with every later change laid over them."""

    id: int
    title: str
    procedure: str
    change: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    resources: tuple[Held, ...] = ()
