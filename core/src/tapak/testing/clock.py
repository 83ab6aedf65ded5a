"""Another moment for a process, so that a test needn't wait for Friday (time-machine, from the process's start on)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Clock:
    """What processes that start from now on take for the present; those that run are to be started anew."""

    file: Path

    def turn(self, moment: datetime) -> None:
        """It is to be ``moment`` (aware), and to go on from there."""
        self.file.write_text(f"{(moment - datetime.now(UTC)).total_seconds()}")

    def back(self) -> None:
        """It is to be what it is."""
        self.file.unlink(missing_ok=True)

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """``inherited``, and what lets a process live at the moment."""
        if not self.file.exists():
            return dict(inherited)
        return {**inherited, "TAPAK_MOMENT_OFFSET": self.file.read_text()}
