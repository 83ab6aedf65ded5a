"""``tapak account``: people's accounts."""

from __future__ import annotations

import click

from tapak.accounts.service import change_password, find_account
from tapak.audit.service import record
from tapak.cli.output import told
from tapak.cli.scope import each_tenant


@click.group()
def account() -> None:
    """People's accounts."""


@account.command()
@click.argument("email")
@click.option("--tenant", "slug", required=True, help="The tenant's slug.")
@click.password_option(help="The new password; asked for where it isn't given.")
@told
def password(email: str, slug: str, password: str) -> None:
    """Give the account of EMAIL a new password and end all its sessions."""
    for session, _ in each_tenant(slug):
        found = find_account(session, email.lower())
        if found is None:
            raise click.ClickException(f"{slug} has no account {email!r}")
        change_password(session, found, password)
        told_of = f"Kata sandi {found.email} diganti oleh operator"
        record(session, "account.password_changed", person=None, summary=told_of, shown=False)
        click.echo(f"{found.email} has a new password and is signed out everywhere")
