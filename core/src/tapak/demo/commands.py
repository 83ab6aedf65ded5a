"""``tapak demo``: a whole deployment on this machine, and requests walked through it."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import click

from tapak import migrations
from tapak.cli.output import as_json
from tapak.cli.tenant_file import apply_tenant
from tapak.db.session import Database
from tapak.demo import scripts
from tapak.demo.servers.process import ServerProblem, reachable
from tapak.demo.stack import DATABASE, PortTaken, Stack, state
from tapak.demo.walk import Place, Script, Walked, Walker, WalkProblem, sample_letter
from tapak.plugins import registry
from tapak.sdk.addresses import is_reverse

T = TypeVar("T")
port_option = click.option("--port", type=int, help="Where pages are served.  [default: the last one, or 8000]")


@click.group()
def demo() -> None:
    """A whole deployment on this machine, under var/demo/, on loopback."""


@demo.command()
@port_option
@click.option("--walk/--no-walk", "walks", default=True, help="Take one request to a live name at the first start.")
def up(port: int | None, walks: bool) -> None:
    """Start everything, take a request from letter to live name, and leave it running."""
    stack = _stack(port)
    with _told():
        stack.check_port()
        _start(stack)
        (stack.home / "port").write_text(str(stack.port))
        if walks and not _walked_before(stack):
            for walked in _walk(stack, scripts.scripts()):
                _print_walk(walked)
            (stack.home / "walked").touch()
    _print_info(stack)


@demo.command()
@click.option("--label", help="The subdomain label to ask for; a tenant's further requests ask for LABEL-2, LABEL-3 …")
@as_json
@port_option
def walk(label: str | None, as_json: bool, port: int | None) -> None:
    """Take requests through REST and the real servers; exit status 0 only if all are live."""
    stack = _stack(port)
    with _told():
        done = list(_walk(stack, scripts.scripts(label), exactly=label is not None))
    if as_json:
        click.echo(json.dumps([walked.plain() for walked in done], indent=2, ensure_ascii=False))
    else:
        for walked in done:
            _print_walk(walked)
    if not all(walked.live for walked in done):
        raise SystemExit(1)


@demo.command()
@as_json
@port_option
def info(as_json: bool, port: int | None) -> None:
    """Where to look and with what log-in."""
    stack = _stack(port)
    if as_json:
        click.echo(json.dumps(_info(stack), indent=2, ensure_ascii=False))
    else:
        _print_info(stack)


@demo.command()
def env() -> None:
    """The environment of the demo's processes, for a shell: eval "$(tapak demo env)"."""
    stack = _stack(None)
    given = {**stack.environment, "TAPAK_OWNER_URL": stack.owner_url, "TAPAK_IDENTITIES": str(stack.identities)}
    for name, value in given.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@demo.command()
@port_option
def down(port: int | None) -> None:
    """End everything; what was stored stays, and `tapak demo up` goes on from there."""
    with _told():
        _stack(port).stop()
    click.echo("the demo is down")


def _stack(port: int | None) -> Stack:
    home = reachable(scripts.HOME)
    kept = home / "port"
    if port is None:
        port = int(kept.read_text()) if kept.exists() else 8000
    zones = tuple(zone for tenant in scripts.tenants() for zone in tenant["zones"])
    return Stack(home, port, zones, scripts.placeholders(scripts.tenants()))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (ServerProblem, PortTaken, WalkProblem) as problem:
        raise click.ClickException(str(problem)) from problem


def _start(stack: Stack) -> None:
    _timed("servers", stack.start_servers)
    stack.postgresql.create_database(DATABASE)
    revision = _timed("migrations", lambda: migrations.upgrade(stack.owner_url))
    owner = Database(stack.owner_url, pool_size=1)
    for path in scripts.tenant_files():
        _timed(
            f"tenant {path.stem.removesuffix('.tenant')}",
            lambda path=path: apply_tenant(  # type: ignore[misc]
                owner, path, registry(), placeholders=stack.placeholders, identities=stack.identities
            ),
        )
    owner.close()
    _timed("web, relay and workers", stack.start_processes)
    click.echo(f"ready: database at revision {revision}\n")


def _timed(what: str, act: Callable[[], T]) -> T:
    click.echo(f"{what:.<32}", nl=False)
    began = time.monotonic()
    done = act()
    click.echo(f" {time.monotonic() - began:6.1f} s")
    return done


def _walked_before(stack: Stack) -> bool:
    return (stack.home / "walked").exists()


def _walk(stack: Stack, wanted: Any, exactly: bool = False) -> Iterator[Walked]:
    letter = sample_letter(stack.home)
    places = {tenant["slug"]: _place(stack, tenant) for tenant in scripts.tenants()}
    done: dict[tuple[str, str], Walked] = {}
    for script in wanted:
        place = places[script.tenant]
        if script.follows:
            walked = _go_on(script, done.get((script.tenant, script.follows)), place, letter)
        else:
            walked = _walk_one(script, place, letter, exactly)
        done[script.tenant, script.service] = walked
        yield walked


def _go_on(script: Script, before: Walked | None, place: Place, letter: bytes) -> Walked:
    if before is None or not before.live:
        return Walked(script.tenant, script.service, problem=f"not walked: {script.follows} isn't live")
    return _walk_one(replace(script, label=before.label), place, letter, exactly=True)


def _place(stack: Stack, tenant: dict[str, Any]) -> Place:
    web = stack.web_for(scripts.placeholders([tenant]))
    return Place(
        port=stack.port,
        dns=((stack.bind.address, stack.bind.port),),
        web=("127.0.0.1", web.port),
        passwords=_passwords(),
    )


def _walk_one(script: Script, place: Place, letter: bytes, exactly: bool) -> Walked:
    walker = Walker(script, place, letter)
    try:
        return walker.walk() if exactly else walker.walk_free()
    except WalkProblem as problem:
        return walker.give_up(str(problem))
    finally:
        walker.close()


def _passwords() -> dict[str, str]:
    return {account["email"]: account["password"] for tenant in scripts.tenants() for account in tenant["accounts"]}


def _info(stack: Stack) -> dict[str, Any]:
    found = [
        {
            "tenant": tenant["slug"],
            "base_url": f"http://{tenant['hosts'][0]}:{stack.port}",
            "api_url": f"http://{tenant['hosts'][0]}:{stack.port}/api/v1",
            "zones": tenant["zones"],
            "web": stack.web_for(scripts.placeholders([tenant])).url,
            "accounts": _accounts(tenant),
        }
        for tenant in scripts.tenants()
    ]
    return {"tenants": found, **state(stack)}


def _accounts(tenant: dict[str, Any]) -> list[dict[str, str]]:
    roles: dict[str, list[str]] = {}
    titles = {position["key"]: position["title"] for position in tenant["positions"]}
    for holder in tenant["holders"]:
        roles.setdefault(holder["account"], []).append(titles[holder["position"]])
    agencies = {agency["key"]: agency["name"] for agency in tenant["agencies"]}
    return [
        {
            "email": account["email"],
            "password": account["password"],
            "name": account["name"],
            "role": ", ".join(roles.get(account["email"], []))
            or agencies.get(account.get("agency", ""), "")
            or ("Admin" if account.get("admin") else ""),
        }
        for account in tenant["accounts"]
    ]


def _print_info(stack: Stack) -> None:
    told = _info(stack)
    for tenant in told["tenants"]:
        click.echo(f"{tenant['base_url']}\n")
        widest = max(len(account["email"]) for account in tenant["accounts"])
        for account in tenant["accounts"]:
            click.echo(f"  {_cell(account['role'], 44)} {account['email']:<{widest}} {account['password']}")
        click.echo("")
    dns = told["dns"]
    zones = ", ".join(f"MAP *.{zone} 127.0.0.1" for zone in stack.zones if not is_reverse(zone))
    for tenant in told["tenants"]:
        zone, port = tenant["zones"][0], tenant["web"].rpartition(":")[2]
        click.echo(f"DNS   dig @{dns['address']} -p {dns['port']} NAME.{zone}")
        click.echo(f"Web   curl --resolve NAME.{zone}:{port}:127.0.0.1 http://NAME.{zone}:{port}/")
    click.echo(f'Links to sites open in: chromium --host-resolver-rules="{zones}"')
    if not all(told["running"].values()):
        stopped = ", ".join(name for name, alive in told["running"].items() if not alive)
        click.echo(f"\nnot running: {stopped}; start with: make demo")
    else:
        click.echo("End   .venv/bin/tapak demo down")


def _print_walk(walked: Walked) -> None:
    click.echo(f"{walked.service} · {walked.number} · {walked.state}")
    for step in walked.steps:
        times = f"waited {step['waiting_seconds']} s, worked {step['working_seconds']} s"
        cells = (_cell(step["title"], 56), _cell(step["actor"], 40), _cell(step["outcome"], 10), times)
        click.echo(f"  {step['number']:>2}  {'  '.join(cells)}")
    for look in walked.dns:
        for server in look["servers"]:
            told = f"expected {', '.join(look['expected'])}  answered {', '.join(server['answer']) or 'nothing'}"
            click.echo(f"  DNS   {look['name']} {look['type']}  {told}  ({server['server']})")
    for site in walked.http:
        click.echo(f"  HTTP  {site['url']} {site['status']}")
    if walked.problem:
        click.echo(f"  {walked.problem}")
    click.echo("  live\n" if walked.live else "  NOT live\n")


def _cell(text: str, width: int) -> str:
    """``text`` in exactly ``width`` characters."""
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)
