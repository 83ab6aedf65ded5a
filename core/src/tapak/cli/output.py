"""How commands speak: a table or lines for people, JSON for programs; a refusal is a line or two and exit status 1.

A refusal is told as on the screen (Indonesian), and below it as in the logs (English).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, ParamSpec, TypeVar

import click
from sqlalchemy.exc import ArgumentError, OperationalError

from tapak.sdk.errors import TapakError

P = ParamSpec("P")
R = TypeVar("R")

COMMAND_LINE = "baris perintah (tapak)"
"""Who had a report made that the command line made."""
day = click.DateTime(["%Y-%m-%d"])
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Tell an error that somebody can act on in words, not as a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except TapakError as error:
            lines = [f"{name}: {'; '.join(lines)}" for name, lines in error.fields.items()]
            more = [error.log] if error.log != error.message else []
            raise click.ClickException("\n  ".join([f"{error.message} [{error.code}]", *more, *lines])) from error
        except OperationalError as error:
            why = str(error.orig).strip().partition("\n")[0]
            raise click.ClickException(f"the database doesn't answer: {why}") from error
        except ArgumentError as error:
            raise click.ClickException("set TAPAK_DATABASE_URL, and TAPAK_OWNER_URL for the owner's acts") from error

    return run


def show(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    """Rows as JSON, or as a table whose columns are the rows' keys; there a list is told with commas."""
    if as_json:
        click.echo(json.dumps(list(rows), indent=2, ensure_ascii=False, default=str))
        return
    if not rows:
        click.echo("nothing")
        return
    names = list(rows[0])
    cells = [[_cell(row.get(name, "")) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[place]) for line in cells)) for place, name in enumerate(names)]
    for line in [names, *cells]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def write(path: Path, blocks: Iterable[bytes]) -> int:
    """Write a file that only its owner may read, whole or not at all; gives its size in bytes."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:  # made anew, mode 600
        kept = Path(file.name)
        try:
            size = sum(file.write(block) for block in blocks)
            file.close()
            kept.replace(path)
        except BaseException:
            kept.unlink()
            raise
    return size


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(_cell(item) for item in value.values())
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else "-" if value is None else str(value)
