"""``tapak provider new`` and ``tapak procedure new``: small packages that an author fills in.

Below ``provider/`` and ``procedure/`` lie the files of each (:class:`string.Template`), with ``NAME`` in their paths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

import click

HERE = Path(__file__).parent
NAME = re.compile(r"[a-z][a-z0-9]{1,30}")
ENDING = ".tmpl"
DEPENDENCIES = {
    "provider": '"dnspython>=2.9,<3", "marshmallow>=4.4,<5", "tapak"',
    "procedure": '"tapak"',
}


def write_package(kind: str, name: str, title: str, folder: Path) -> list[Path]:
    """Write the package ``tapak-NAME`` of ``kind`` (provider or procedure) into ``folder``; the files made.

    Raises:
        ClickException: the name isn't one of a module, or ``folder`` holds something already.
    """
    if not NAME.fullmatch(name):
        raise click.ClickException(f"{name!r}: a name is 2 to 31 small letters and digits, and begins with a letter")
    if re.search(r'["\\\n$]', title):
        raise click.ClickException("a title has no quotes, backslashes or dollar signs")
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} holds something already; choose another with --folder")
    words = _words(kind, name, title)
    made = []
    for source in sorted((HERE / kind).rglob(f"*{ENDING}")):
        place = folder / str(source.relative_to(HERE / kind)).removesuffix(ENDING).replace("NAME", name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(Template(source.read_text()).substitute(words))
        made.append(place)
    return made


def _words(kind: str, name: str, title: str) -> Mapping[str, Any]:
    return {
        "name": name,
        "class_name": name.capitalize(),
        "upper": name.upper(),
        "title": title,
        "dependencies": DEPENDENCIES[kind],
        "year": datetime.now(UTC).year,
    }


def new_command(kind: str) -> Callable[..., None]:
    """The command ``new`` of a kind's group."""

    @click.argument("name")
    @click.option("--title", help="What people call it; the name with a capital unless told.")
    @click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where; tapak-NAME unless told.")
    def new(name: str, title: str | None, folder: Path | None) -> None:
        for file in write_package(kind, name, title or name.capitalize(), folder or Path(f"tapak-{name}")):
            click.echo(file)
        click.echo('then: pip install -e . && python -m pytest; what says "fill in" is yours to do')

    new.__doc__ = f"Write a small package for a new {kind}, with its entry point, module and contract tests."
    return new
