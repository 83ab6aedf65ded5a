"""``tapak scan``: what looks through applications, and the advisories that it knows."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from tapak.cli.output import as_json, show, told
from tapak.config import Config
from tapak.plugins import registry
from tapak.scanning.advisories import Stock, import_advisories, stock
from tapak.scanning.sandbox import place
from tapak.sdk.scanning import Equipment, ScannerProblem


@click.group()
def scan() -> None:
    """Scanners of applications."""


@scan.command("check")
@as_json
@told
def check(as_json: bool) -> None:
    """Try every scanner and the sandbox of this machine; exit status 1 where a scanner can't work."""
    config = Config.from_environment()
    rows: list[dict[str, Any]] = []
    for name, scanner in registry().scanners.items():
        try:
            equipment = scanner(config.scanning).prepare()
            rows.append({"name": name, "works": True, **asdict(equipment), "problem": ""})
        except ScannerProblem as problem:
            rows.append({"name": name, "works": False, **asdict(Equipment("")), "problem": str(problem)})
    isolation = place(os.geteuid() == 0).isolation.as_json()
    missing = [part for part, there in isolation.items() if not there]
    told = f"without {', '.join(missing)}" if missing else ""
    rows.append({"name": "sandbox", "works": not missing, **asdict(Equipment("")), "problem": told})
    show(rows, as_json)
    if not all(row["works"] for row in rows[:-1]):
        raise SystemExit(1)


@scan.group()
def advisories() -> None:
    """Known vulnerabilities of dependencies (OSV)."""


@advisories.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@told
def import_(file: Path, as_json: bool) -> None:
    """Add the advisories of FILE: OSV's zip of an ecosystem (PyPI, npm, Packagist), a JSON list, or one advisory."""
    done = import_advisories(file, Config.from_environment().scanning)
    row = {"kept": done.kept, "withdrawn": done.withdrawn, "others": done.others, **_row(done.stock)}
    show([row], as_json)


@advisories.command("show")
@as_json
@told
def show_(as_json: bool) -> None:
    """What was imported, and how old it is."""
    known = stock(Config.from_environment().scanning)
    show([_row(known)] if known else [], as_json)


def _row(known: Stock) -> dict[str, Any]:
    return {
        "advisories": known.advisories,
        "imported_at": known.imported_at.isoformat(timespec="seconds"),
        "newest": known.newest.isoformat(timespec="seconds") if known.newest else "",
        "age_days": known.age(datetime.now(UTC)),
    }
