"""Backups of what a service holds: the plan as a resource, and what a provider of backups can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

BACK_UP = "back_up"
TEST_RESTORE = "test_restore"
"""Wake kinds (row: the resource) of a run and of a test that what was kept can be brought back."""


@dataclass(frozen=True)
class Backup:
    """What is kept, when, and for how long.

    ``folders`` are absolute paths as the worker sees them, beside the document roots of the sites that the resource
    ``needs``, which the web host tells; the databases that it needs are kept as dumps. ``at`` are local times of the
    day (``01:30``) at which a run begins. Of the runs, the last ``keep_daily`` days, ``keep_weekly`` weeks and
    ``keep_monthly`` months are kept; every ``test_days`` days the last one is restored into a scratch place and
    compared.
    """

    kind: ClassVar[str] = "backup"
    has_outputs: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()
    recurring: ClassVar[tuple[str, ...]] = (BACK_UP, TEST_RESTORE)

    name: str
    folders: tuple[str, ...] = ()
    at: tuple[str, ...] = ("01:30",)
    keep_daily: int = 7
    keep_weekly: int = 4
    keep_monthly: int = 12
    test_days: int = 30

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.rstrip(".").lower())
        object.__setattr__(self, "folders", tuple(sorted(self.folders)))
        object.__setattr__(self, "at", tuple(sorted(self.at)))

    @property
    def identity(self) -> str:
        """What can exist once: the plan's name, mostly the site's."""
        return self.name


@dataclass(frozen=True)
class Snapshot:
    """What one run kept. ``size`` is bytes of what was read; ``added`` bytes that the repository grew by."""

    id: str
    at: datetime
    size: int
    added: int = 0


@runtime_checkable
class BackupKeeper(Protocol):
    """What a provider of backups can do besides keeping plans; every act raises ProviderError.

    ``timeout`` is in seconds. An act that was killed leaves nothing that a later one stumbles over.
    """

    def keep(self, spec: Backup, paths: Sequence[Path], *, timeout: float) -> Snapshot:
        """Keep ``paths`` (folders and files) as one snapshot of the plan."""
        ...

    def snapshots(self, spec: Backup) -> Sequence[Snapshot]:
        """Every snapshot of the plan, oldest first."""
        ...

    def restore(self, spec: Backup, snapshot: str, into: Path, *, timeout: float) -> None:
        """Bring a snapshot back below the empty folder ``into``, under the absolute paths it was made of."""
        ...

    def thin(self, spec: Backup, *, timeout: float) -> None:
        """Forget what the plan needn't keep any more, and give its space back."""
        ...
