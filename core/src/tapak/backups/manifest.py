"""What a backup is held against: hashes of files and row counts of tables, kept within the snapshot itself."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = "manifest.json"
TOLD = 20
"""Differences that are named; the rest is counted."""


@dataclass(frozen=True)
class Manifest:
    """``files`` maps a regular file's absolute path to its SHA-256; ``rows`` a database to ``{table: [least, most]}``.

    The rows are counted before and after the dump: a table that nobody wrote meanwhile has one number only.
    ``dumps`` maps a database to the name of its dump.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    dumps: Mapping[str, str] = field(default_factory=dict)

    def write(self, place: Path) -> None:
        """Write it as JSON."""
        place.write_text(json.dumps(vars(self), sort_keys=True))

    @classmethod
    def read(cls, place: Path) -> Manifest:
        """What :meth:`write` wrote."""
        return cls(**json.loads(place.read_text()))


def hashes(folders: Sequence[str]) -> dict[str, str]:
    """The regular files below ``folders``, by their absolute path. What vanishes meanwhile is left out."""
    found = {}
    for folder in folders:
        for file in _files(folder):
            digest = _digest(file)
            if digest:
                found[file] = digest
    return found


def told(file: str) -> str:
    """A file's name as a database takes it: a byte that is no UTF-8 is written out."""
    return file.encode("utf-8", "backslashreplace").decode()


def steady(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The files that were the same before and after the run: of the others nobody can say what was kept."""
    return {file: digest for file, digest in before.items() if after.get(file) == digest}


def ranges(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, list[int]]:
    """Least and most rows of each table that was there before and after the dump."""
    return {table: sorted((rows, after[table])) for table, rows in before.items() if table in after}


def differences(wanted: Manifest, restored: Path, rows: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """What was compared, and what isn't as it was: ``{files, tables, different: [...], more}``."""
    found = [*_files_that_differ(wanted, restored), *_tables_that_differ(wanted, rows)]
    tables = sum(len(each) for each in wanted.rows.values())
    return {
        "files": len(wanted.files),
        "tables": tables,
        "different": found[:TOLD],
        "more": max(0, len(found) - TOLD),
    }


def _files_that_differ(wanted: Manifest, restored: Path) -> Iterator[str]:
    for file, digest in wanted.files.items():
        place = restored / file.lstrip("/")
        if not place.is_file():
            yield f"{told(file)}: tidak ada"
            continue
        with place.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                yield f"{told(file)}: isinya lain"


def _tables_that_differ(wanted: Manifest, rows: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    for database, tables in wanted.rows.items():
        for table, (least, most) in tables.items():
            count = rows.get(database, {}).get(table)
            if count is None or not least <= count <= most:
                yield f"{database}, tabel {table}: {count if count is not None else 'tidak ada'}, seharusnya {least}"


def _files(folder: str) -> Iterator[str]:
    """The regular files below, however deep they lie; links are followed nowhere."""
    left = [folder]
    while left:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(left.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield entry.path


def _digest(file: str) -> str:
    """Empty for what is no regular file any more: its owner may put a link or a pipe there at any time."""
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        if problem.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO):
            return ""
        raise
    with os.fdopen(fd, "rb") as stream:
        regular = stat.S_ISREG(os.fstat(fd).st_mode)
        return hashlib.file_digest(stream, "sha256").hexdigest() if regular else ""
