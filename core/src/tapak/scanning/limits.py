"""How much of an application a run looks at before it calls a halt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

MEGABYTE = 1024**2
GIGABYTE = 1024**3


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds.

    ``ratio`` is unpacked to packed, over the whole archive and over each entry of 10 MB and more; ``memory`` bounds the
    address space of the sandbox's process; ``findings`` are those of one rule of one scanner that are told one by one.
    """

    entries: int = 200_000
    unpacked: int = 6 * GIGABYTE
    entry: int = GIGABYTE
    ratio: int = 120
    seconds: int = 3600
    memory: int = 3 * GIGABYTE
    findings: int = 500

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Limits:
        """What a tenant set, the rest by default."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: int(value) for name, value in settings.items() if name in known})

    def as_json(self) -> dict[str, int]:
        """The limits as plain values."""
        return asdict(self)
