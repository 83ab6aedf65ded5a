"""Whether this process has the code that requests run on: procedures and step kinds, each in the version pinned."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from tapak.db.session import Database
from tapak.plugins import PluginProblem, Registry

OPEN_CODES = text("select code, kinds from open_codes()")


def check_installed(database: Database, registry: Registry) -> None:
    """Refuse to start where a request of any tenant still runs on code that isn't installed.

    Raises:
        PluginProblem: a procedure or a step kind is missing; a line for each says what to install, and ``database`` is
            closed.
    """
    missing = sorted(set(_missing(database, registry)))
    if missing:
        database.close()
        raise PluginProblem("\n".join(missing))


def _missing(database: Database, registry: Registry) -> Iterator[str]:
    with database.begin() as session:
        running = session.execute(OPEN_CODES).all()
    for code, kinds in running:
        if code not in registry.procedures:
            yield f"procedure {code} is not installed, but requests run on it: install the plugin that has it"
        for kind in kinds:
            if kind not in registry.step_kinds:
                yield f"step kind {kind} is not installed, but {code} runs on it: install the plugin that has it"
