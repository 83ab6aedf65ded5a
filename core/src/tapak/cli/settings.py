"""``tapak settings``: an agency's settings, as its admin keeps them on pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from tapak.cli.output import as_json, day, show, told
from tapak.cli.scope import each_tenant
from tapak.plugins import registry
from tapak.requests.desk import Desk
from tapak.settings import service

of_agency = click.option("--tenant", "slug", required=True, help="The agency's slug.")
from_day = click.option("--from", "since", type=day, help="From which day (YYYY-MM-DD); today.")


@click.group()
def settings() -> None:
    """An agency's settings, and those of its procedures' steps."""


@settings.command("list")
@of_agency
@as_json
@told
def list_(slug: str, as_json: bool) -> None:
    """List the sections."""
    for session, tenant in each_tenant(slug):
        looks = service.listed(Desk.open(session, tenant, registry()), as_operator=True)
        show(
            [{"key": each.section.key, "title": each.section.title, "set": len(each.values)} for each in looks], as_json
        )


@settings.command("show")
@click.argument("section")
@of_agency
@click.option("--on", type=day, help="As it was, is or will be on that day.")
@told
def show_(section: str, slug: str, on: datetime | None) -> None:
    """Print what is set in SECTION as JSON."""
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        values = service.in_force(desk, section, on.date() if on else desk.today, as_operator=True)
        click.echo(json.dumps(values, indent=2, ensure_ascii=False))


@settings.command("set")
@click.argument("section")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@of_agency
@from_day
@click.option("--note", default="", help="Why.")
@click.option("--preview", is_flag=True, help="Only tell what would change, and for which requests.")
@as_json
@told
def set_(
    section: str, values: Sequence[str], slug: str, since: datetime | None, note: str, preview: bool, as_json: bool
) -> None:
    """Change settings of SECTION. A VALUE is JSON, else text; NAME= gives it its default; the others stay."""
    given = _given(values)
    from_ = since.date() if since else None
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        whole = {**service.find(desk, section, as_operator=True).values, **given}
        planned = service.preview(desk, section, whole, from_, as_operator=True)
        if preview:
            show([dict(_planned(planned))], as_json)
            continue
        made = service.save(desk, section, whole, note=note, version=None, effective_from=from_, as_operator=True)
        show([_row(made)], as_json)


@settings.command("history")
@of_agency
@click.option("--section", default="", help="Of one section only.")
@as_json
@told
def history(slug: str, section: str, as_json: bool) -> None:
    """List who changed what, the newest first."""
    for session, tenant in each_tenant(slug):
        made = service.history(Desk.open(session, tenant, registry()), section, as_operator=True)
        show([_row(each) for each in made], as_json)


@settings.command("undo")
@click.argument("change", type=int)
@of_agency
@click.option("--note", default="", help="Why.")
@as_json
@told
def undo(change: int, slug: str, note: str, as_json: bool) -> None:
    """Write the earlier values of CHANGE again; one that waits for its day is called off."""
    for session, tenant in each_tenant(slug):
        made = service.undo(Desk.open(session, tenant, registry()), change, note=note, as_operator=True)
        show([_row(made)], as_json)


def _given(values: Sequence[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for each in values:
        name, equals, text = each.partition("=")
        if not equals:
            raise click.ClickException(f"{each!r} is no NAME=VALUE")
        try:
            given[name] = json.loads(text)
        except ValueError:
            given[name] = text
    return given


def _planned(planned: service.Preview) -> Mapping[str, Any]:
    return {
        "from": planned.effective_from,
        "before": planned.before,
        "after": planned.after,
        "keeping": [each.number for each in planned.keeping],
        "touched": [each.number for each in planned.touched],
        "stranded": [f"{each.request.number}: {each.reason}" for each in planned.stranded],
    }


def _row(change: service.Change) -> dict[str, Any]:
    row = change.row
    return {
        "id": row.id,
        "section": row.section,
        "from": row.effective_from,
        "state": change.state,
        "by": row.made_by,
        "note": row.note,
        "before": row.before,
        "after": row.after,
    }
