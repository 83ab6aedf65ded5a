"""``tapak``: the groups of commands, and the processes of a deployment."""

from __future__ import annotations

import os
import sys

import click

from tapak import migrations
from tapak.cli.accounts import account
from tapak.cli.audit import audit
from tapak.cli.certificates import certificate
from tapak.cli.connections import connection
from tapak.cli.doctor import doctor
from tapak.cli.logbook import logbook
from tapak.cli.output import told
from tapak.cli.procedures import procedure
from tapak.cli.providers import provider
from tapak.cli.registers import register
from tapak.cli.reports import report
from tapak.cli.scans import scan
from tapak.cli.tenants import tenant
from tapak.cli.zones import zone
from tapak.config import Config
from tapak.jobs.relay import relay as make_relay
from tapak.jobs.supervisor import Supervisor


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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


@tapak.command()
@click.option("--processes", default=2, show_default=True, type=click.IntRange(0, 64), help="Worker processes.")
@click.option("--scans", default=1, show_default=True, type=click.IntRange(0, 64), help="Processes for scans alone.")
def work(processes: int, scans: int) -> None:
    """Run workers: provisioning, letters, figures, deadlines; and those that look through applications."""
    Supervisor(processes, slow=scans).run()


@tapak.command()
def relay() -> None:
    """Hand pending rows to workers as they fall due."""
    make_relay(Config.from_environment()).run()


@tapak.group()
def db() -> None:
    """The database."""


@db.command()
@told
def upgrade() -> None:
    """Bring the database to the newest revision (as its owner: TAPAK_OWNER_URL)."""
    click.echo(f"database is at revision {migrations.upgrade(Config.from_environment().needed('owner_url'))}")


for group in (
    tenant,
    account,
    procedure,
    register,
    report,
    logbook,
    provider,
    certificate,
    connection,
    zone,
    audit,
    scan,
    doctor,
):
    tapak.add_command(group)
