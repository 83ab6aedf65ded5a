"""The processes of a deployment beside what serves pages: workers and the relay."""

from __future__ import annotations

import click

from tapak.config import Config
from tapak.jobs.relay import relay as make_relay
from tapak.jobs.supervisor import Supervisor


@click.command()
@click.option("--processes", default=2, show_default=True, type=click.IntRange(0, 64), help="Worker processes.")
@click.option("--scans", default=1, show_default=True, type=click.IntRange(0, 64), help="Processes for scans alone.")
def work(processes: int, scans: int) -> None:
    """Run workers: provisioning, letters, figures, deadlines; and those that look through applications."""
    Supervisor(processes, slow=scans).run()


@click.command()
def relay() -> None:
    """Hand pending rows to workers as they fall due."""
    make_relay(Config.from_environment()).run()
