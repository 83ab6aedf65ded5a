"""``tapak procedure``: what is installed, as the paper has it."""

from __future__ import annotations

import json

import click

from tapak.cli.output import as_json, show
from tapak.plugins import registry
from tapak.sdk.procedure import Procedure, snapshot, snapshot_hash


@click.group()
def procedure() -> None:
    """Installed procedures."""


@procedure.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List every installed version."""
    rows = [
        {
            "code": each.code,
            "service": each.service,
            "number": each.header.number,
            "effective_from": each.effective_from.isoformat(),
            "steps": len(each.steps),
            "hash": snapshot_hash(snapshot(each))[:12],
        }
        for each in registry().procedures.values()
    ]
    show(rows, as_json)


@procedure.command("show")
@click.argument("code")
@as_json
def show_(code: str, as_json: bool) -> None:
    """Show one procedure as its paper table; CODE is its key, or key/version."""
    installed = registry()
    found = installed.procedures.get(code) or next(iter(installed.versions(code)), None)
    if found is None:
        raise click.ClickException(f"no procedure {code!r}; see: tapak procedure list")
    if as_json:
        click.echo(json.dumps(snapshot(found), indent=2, ensure_ascii=False))
        return
    _print(found)


def _print(found: Procedure) -> None:
    click.echo(f"{found.header.title}\nNomor SOP {found.header.number} · {found.header.agency}\n")
    rows = [
        {
            "No": step.number,
            "Kegiatan": step.title if len(step.title) <= 60 else step.title[:59] + "…",
            "Pelaksana": found.actor(step.actor).title + ("*" if "actor" in step.inferred else ""),
            "Waktu": step.time_standard.printed,
            "Hasil": " · ".join(f"{outcome.label} → {outcome.to}" for outcome in step.outcomes),
        }
        for step in found.steps
    ]
    show(rows, as_json=False)
    click.echo("\n* inferred: unreadable in the document")
