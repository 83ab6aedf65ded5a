"""``tapak procedure``: what is installed, as the paper has it, and what runs on which version."""

from __future__ import annotations

import json
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.accounts.policy import Person, person_of
from tapak.accounts.service import find_account
from tapak.cli.output import as_json, show, told
from tapak.cli.packages import new_command
from tapak.cli.scope import each_tenant
from tapak.plugins import registry
from tapak.requests import version_moves
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.requests.versions import Version, all_versions
from tapak.sdk.errors import NotFound
from tapak.sdk.procedure import Procedure, snapshot, snapshot_hash

of_agency = click.option("--tenant", "slug", required=True, help="The agency's slug.")


@click.group()
def procedure() -> None:
    """Installed procedures, and what runs on them."""


procedure.command("new")(new_command("procedure"))


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


@procedure.command()
@of_agency
@as_json
@told
def versions(slug: str, as_json: bool) -> None:
    """List the versions of the agency's procedures, from which day each takes requests, and what runs on which."""
    for session, tenant in each_tenant(slug):
        found = all_versions(Desk.open(session, tenant, registry()))
        show([_version(each, whole=as_json) for each in found], as_json)


@procedure.command()
@click.argument("number")
@click.option("--to", type=click.IntRange(1), required=True, help="The version to go on with.")
@click.option("--reason", required=True, help="Why; both parties read it.")
@click.option("--as", "email", required=True, help="The agency's admin who does it, by e-mail address.")
@of_agency
@as_json
@told
def move(number: str, to: int, reason: str, email: str, slug: str, as_json: bool) -> None:
    """Have the running request NUMBER go on by another version of its procedure from its present step (audited)."""
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        acting = Desk.open(session, tenant, registry(), _admin(session, email, desk))
        found = session.scalars(select(Request).where(Request.number == number, Request.number != "")).one_or_none()
        if found is None:
            raise NotFound("Permohonan ini tidak ditemukan.", log=f"no request numbered {number!r}")
        version_moves.move(acting, found.id, to, reason)
        show([{"number": number, "procedure": found.procedure, "version": to, "step": found.step}], as_json)


def _admin(session: Session, email: str, desk: Desk) -> Person:
    account = find_account(session, email.lower())
    if account is None or not account.active:
        raise NotFound("Akun ini tidak ditemukan.", log=f"no account {email!r}")
    return person_of(session, account, desk.today)


def _version(each: Version, *, whole: bool) -> dict[str, Any]:
    """A row; ``whole`` with everything of the requests, else with how many there are at which steps."""
    requests = [vars(row) for row in each.running]
    at = [f"{row.number or 'draft'} at {row.step_number}" for row in each.running]
    return {
        "code": each.procedure.code,
        "number": each.procedure.header.number,
        "effective_from": each.procedure.effective_from.isoformat(),
        "standing": each.standing,
        "steps": len(each.procedure.steps),
        "running": requests if whole else at,
    }


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
