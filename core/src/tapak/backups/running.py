"""One run of a plan, and one test of what was kept: everything but the rows that tell of it.

Both work in a scratch folder that only we can read, and leave nothing there. The manifest goes into the snapshot, so
that it can be held against what was kept wherever it is brought back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tapak.backups.manifest import FILE, Manifest, differences, hashes, ranges, steady, told
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.models import Connection
from tapak.sdk.backups import Backup, BackupKeeper, Snapshot
from tapak.sdk.databases import Database, DatabaseKeeper
from tapak.sdk.errors import ProviderBroken
from tapak.sdk.provider import Change, Provider

LONGEST = 6 * 3600.0
"""Seconds that one act of a run may take."""
SCRATCH = "restore_test_"
UNSTEADY = 1000
"""Files that changed during a run of which the run tells the names."""


@dataclass(frozen=True)
class Source:
    """A database that a plan keeps, and where it is."""

    spec: Database
    connection: Connection


@dataclass(frozen=True)
class Kept:
    """What a run came to; ``content`` as in ``BackupRun``."""

    snapshot: Snapshot
    content: dict[str, Any]


class Runner:
    """Runs one plan, called ``resource_id`` in scratch names, with one worker's providers."""

    def __init__(self, pool: ProviderPool, connection: Connection, spec: Backup, resource_id: int) -> None:
        self._pool = pool
        self._connection = connection
        self._spec = spec
        self._resource_id = resource_id

    def back_up(self, sources: Sequence[Source]) -> Kept:
        """Keep the plan's folders and a dump of each of ``sources`` as one snapshot, then thin out older ones.

        Raises:
            ProviderError: a server didn't do what was asked; nothing older was forgotten then.
        """
        _check_folders(self._spec)
        with _scratch() as scratch:
            dumps = {source.spec.identity: f"{number}.dump" for number, source in enumerate(sources)}
            rows = {each.spec.identity: self._dump(each, scratch / dumps[each.spec.identity]) for each in sources}
            before = hashes(self._spec.folders)
            Manifest(before, rows, dumps).write(scratch / FILE)
            paths = [*map(Path, self._spec.folders), scratch]
            snapshot = self._keeper.keep(self._spec, paths, timeout=LONGEST)
            changed = sorted(before.keys() - steady(before, hashes(self._spec.folders)).keys())
        self._keeper.thin(self._spec, timeout=LONGEST)
        counted = {name: sum(most for _, most in tables.values()) for name, tables in rows.items()}
        content = {
            "files": len(before),
            "rows": counted,
            "unsteady": [told(file) for file in changed[:UNSTEADY]],
            "scratch": str(scratch),
        }
        return Kept(snapshot, content)

    def test_restore(self, snapshot: str, run: Mapping[str, Any], sources: Sequence[Source]) -> dict[str, Any]:
        """Bring ``snapshot`` back into a scratch place, dumps into scratch databases, and compare.

        ``run`` is the content of the run that made it; gives what :func:`differences` gives.

        Raises:
            ProviderError: it couldn't be brought back.
        """
        with _scratch() as scratch:
            self._keeper.restore(self._spec, snapshot, scratch, timeout=LONGEST)
            kept = scratch / str(run["scratch"]).lstrip("/")
            try:
                wanted = Manifest.read(kept / FILE)
            except (OSError, ValueError, TypeError):
                raise ProviderBroken(
                    f"Cadangan {self._spec.name} ({snapshot}) tidak memuat daftar isinya; buat cadangan baru.",
                    log=f"snapshot {snapshot} holds no manifest",
                ) from None
            known = {source.spec.identity: source for source in sources}
            rows = {
                identity: self._rows_of(known[identity], kept / dump, number)
                for number, (identity, dump) in enumerate(wanted.dumps.items())
                if identity in known
            }
            unsteady = set(run["unsteady"])
            files = {file: digest for file, digest in wanted.files.items() if told(file) not in unsteady}
            return differences(replace(wanted, files=files), scratch, rows)

    @property
    def _keeper(self) -> BackupKeeper:
        provider = self._pool.get(self._connection)
        if not isinstance(provider, BackupKeeper):
            raise _unable(self._connection)
        return provider

    def _dump(self, source: Source, into: Path) -> dict[str, list[int]]:
        keeper = self._database_keeper(source)
        before = keeper.row_counts(source.spec, timeout=LONGEST)
        keeper.dump(source.spec, into, timeout=LONGEST)
        return ranges(before, keeper.row_counts(source.spec, timeout=LONGEST))

    def _rows_of(self, source: Source, dump: Path, number: int) -> Mapping[str, int]:
        name = f"{SCRATCH}{self._resource_id}_{number}"
        scratch = Database(source.spec.engine, name, owner="Tapak", charset=source.spec.charset, keep_last_dump=False)
        keeper, provider = self._database_keeper(source), self._pool.get(source.connection)
        _remove(provider, scratch)
        try:
            provider.apply([Change("create", scratch.identity, scratch, None)], fence=0, timeout=LONGEST)
            keeper.load(scratch, dump, timeout=LONGEST)
            return keeper.row_counts(scratch, timeout=LONGEST)
        finally:
            _remove(provider, scratch)

    def _database_keeper(self, source: Source) -> DatabaseKeeper:
        provider = self._pool.get(source.connection)
        if not isinstance(provider, DatabaseKeeper):
            raise _unable(source.connection)
        return provider


def _remove(provider: Provider, scratch: Database) -> None:
    """Take away what a test left; what isn't ours stays, and making it fails."""
    found = provider.read([scratch])[scratch.identity]
    if isinstance(found, Database) and not found.keep_last_dump:
        provider.apply([Change("delete", scratch.identity, None, found)], fence=0, timeout=LONGEST)


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tapak-backup-") as name:  # mode 700
        yield Path(name)


def _check_folders(spec: Backup) -> None:
    for folder in spec.folders:
        if not Path(folder).is_dir():
            raise ProviderBroken(
                f"Folder {folder} tidak ada di mesin pekerja; cadangan {spec.name} tidak dibuat. Periksa jalurnya.",
                log=f"backup {spec.name}: no folder {folder}",
            )


def _unable(connection: Connection) -> ProviderBroken:
    return ProviderBroken(
        f"Sambungan {connection.title} tidak dapat dipakai untuk pencadangan. Periksa penyedianya.",
        log=f"connection {connection.key} keeps nothing",
    )
