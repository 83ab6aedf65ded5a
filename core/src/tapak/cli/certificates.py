"""``tapak certificate``: the agency's own certificates."""

from __future__ import annotations

from pathlib import Path

import click

from tapak.certificates import service as certificates
from tapak.certificates.service import Uploaded
from tapak.cli.output import as_json, show, told
from tapak.cli.scope import each_tenant
from tapak.plugins import registry
from tapak.requests.desk import Desk

file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def certificate() -> None:
    """Certificates that an agency has uploaded itself."""


@certificate.command("list")
@click.option("--tenant", "slug", help="One tenant only.")
@as_json
@told
def list_(slug: str | None, as_json: bool) -> None:
    """List own certificates; private keys are never shown."""
    rows = []
    for session, tenant in each_tenant(slug):
        desk = Desk.open(session, tenant, registry())
        rows += [{"tenant": tenant.slug, **_row(each)} for each in certificates.uploaded(desk)]
    show(rows, as_json)


@certificate.command("upload")
@click.argument("chain", type=file)
@click.argument("key", type=file)
@click.option("--tenant", "slug", required=True, help="The agency's slug.")
@click.option("--roots", type=file, help="The root (PEM), where the issuer is the agency's own.")
@as_json
@told
def upload(chain: Path, key: Path, slug: str, roots: Path | None, as_json: bool) -> None:
    """Use the certificate in CHAIN (PEM, with those that issued it) with its private KEY (PEM) from now on."""
    given = {
        name: place.read_text(errors="replace") if place else ""
        for name, place in (("chain", chain), ("key", key), ("roots", roots))
    }
    for session, tenant in each_tenant(slug):
        show([_row(certificates.upload(Desk.open(session, tenant, registry()), given))], as_json)


def _row(each: Uploaded) -> dict[str, object]:
    facts = each.facts
    return {
        "key": each.key,
        "names": list(facts.names),
        "issuer": facts.issuer,
        "not_after": facts.not_after.isoformat(),
        "fingerprint": facts.fingerprint,
        "sites": each.sites,
        "ends_soon": each.ends_soon,
    }
