"""``tapak``: its commands, each imported when it is named."""

from __future__ import annotations

import os
import sys

import click

from tapak.cli.lazy import LazyGroup

ELSEWHERE = {
    **{name: f"tapak.cli.processes:{name}" for name in ("work", "relay")},
    "db": "tapak.cli.database:db",
    "tenant": "tapak.cli.tenants:tenant",
    "account": "tapak.cli.accounts:account",
    "procedure": "tapak.cli.procedures:procedure",
    "register": "tapak.cli.registers:register",
    "report": "tapak.cli.reports:report",
    "logbook": "tapak.cli.logbook:logbook",
    "provider": "tapak.cli.providers:provider",
    "certificate": "tapak.cli.certificates:certificate",
    "connection": "tapak.cli.connections:connection",
    "settings": "tapak.cli.settings:settings",
    "zone": "tapak.cli.zones:zone",
    "audit": "tapak.cli.audit:audit",
    "scan": "tapak.cli.scans:scan",
    "doctor": "tapak.cli.doctor:doctor",
    "demo": "tapak.demo.commands:demo",
}
"""Where a command lies: a module and its name there."""


@click.group(cls=LazyGroup, places=ELSEWHERE, context_settings={"help_option_names": ["-h", "--help"]})
def tapak() -> None:
    """Tapak runs service procedures, from the letter to a live name."""


@tapak.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address and port.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Threads in each.")
def serve(bind: str, workers: int, threads: int) -> None:
    """Serve pages and REST (gunicorn)."""
    os.execv(  # noqa: S606 (our own interpreter, a fixed list of arguments)
        sys.executable,
        [
            sys.executable,
            "-m",
            "gunicorn",
            f"--bind={bind}",
            f"--workers={workers}",
            f"--threads={threads}",
            "--worker-class=gthread",
            "--preload",  # what can't start says so once, and the processes share what they have loaded
            "--keep-alive=75",  # longer than a proxy in front keeps its own: who closes first breaks no request
            "--access-logfile=-",
            "tapak.wsgi:from_environment()",
        ],
    )
