"""``tapak``: its commands, each imported when it is named."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

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
    "zone": "tapak.cli.zones:zone",
    "audit": "tapak.cli.audit:audit",
    "scan": "tapak.cli.scans:scan",
    "doctor": "tapak.cli.doctor:doctor",
    "demo": "tapak.demo.commands:demo",
}
"""Where a command lies: a module and its name there."""


class Commands(click.Group):
    """Imports a command's module when it is named: most of the time that a command takes would go to the others'."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted({*super().list_commands(ctx), *ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name in ELSEWHERE and cmd_name not in self.commands:
            module, _, name = ELSEWHERE[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), name), cmd_name)
        return super().get_command(ctx, cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
            "--access-logfile=-",
            "tapak.wsgi:from_environment()",
        ],
    )
