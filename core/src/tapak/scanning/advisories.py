"""Known vulnerabilities of dependencies: OSV advisories in one file of ours, imported by an operator.

The file is SQLite, replaced as a whole and read without a server, so that it can be handed into the sandbox. The format
is OSV's (https://ossf.github.io/osv-schema/): the zip of an ecosystem, a JSON list, or one advisory.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError
from packaging.utils import canonicalize_name

from tapak.sdk.errors import Invalid

FILE = "advisories.sqlite"
ECOSYSTEMS = frozenset({"PyPI", "npm", "Packagist"})
LARGEST = 32 * 1024**2
"""Bytes of one advisory; a list may be larger."""
LARGEST_LIST = 1024**3
CALCULATORS = {"CVSS_V2": CVSS2, "CVSS_V3": CVSS3, "CVSS_V4": CVSS4}
NAMED = {"low": "low", "moderate": "medium", "medium": "medium", "high": "high", "critical": "critical"}
SCHEMA = """
create table if not exists advisory (
    ecosystem text not null, package text not null, id text not null, severity text not null, summary text not null,
    aliases text not null, affected text not null, primary key (ecosystem, package, id)
) without rowid;
create table if not exists told (key text primary key, value text not null);
"""


class BadAdvisories(Invalid):
    """A file that holds no advisories as OSV writes them."""

    code = "bad_advisories"


@dataclass(frozen=True)
class Advisory:
    """One advisory for one package. ``affected`` are OSV's ``versions`` and ``ranges`` of it."""

    id: str
    severity: str
    summary: str
    aliases: tuple[str, ...]
    affected: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Stock:
    """What was imported: how many advisories, when, and when the newest of them was changed by its authors."""

    advisories: int
    imported_at: datetime
    newest: datetime | None

    def age(self, now: datetime) -> int:
        """Whole days since the newest advisory was written, else since the import."""
        return max(0, (now - (self.newest or self.imported_at)).days)


@dataclass(frozen=True)
class Imported:
    """What an import did: advisories kept, withdrawn ones taken away, and those of other ecosystems left out."""

    kept: int
    withdrawn: int
    others: int
    stock: Stock


def import_advisories(source: Path, folder: Path) -> Imported:
    """Add the advisories of ``source`` (zip or JSON) to those below ``folder``; newer ones take an older one's place.

    Raises:
        BadAdvisories: the file can't be read or holds none; nothing was changed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place, draft = folder / FILE, folder / f"{FILE}.{os.getpid()}"
    try:
        if place.exists():
            shutil.copyfile(place, draft)
        with closing(sqlite3.connect(draft)) as database, database:
            database.executescript(SCHEMA)
            counts = [_take(database, advisory) for advisory in _read(source)]
            if not any(counts) and not counts.count("withdrawn"):
                raise _bad(source, "it holds no advisory")
            _tell(database)
        draft.chmod(0o644)
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
    known = stock(folder)
    assert known is not None
    return Imported(counts.count("kept"), counts.count("withdrawn"), counts.count("other"), known)


def stock(folder: Path) -> Stock | None:
    """What lies below ``folder``; None where nothing was imported."""
    if not (folder / FILE).exists():
        return None
    with closing(open_stock(folder)) as database:
        told = dict(database.execute("select key, value from told"))
        (count,) = database.execute("select count(distinct id) from advisory").fetchone()
    newest = datetime.fromisoformat(told["newest"]) if told.get("newest") else None
    return Stock(count, datetime.fromisoformat(told["imported_at"]), newest)


def open_stock(folder: Path) -> sqlite3.Connection:
    """The file, for reading alone."""
    return sqlite3.connect(f"file:{(folder / FILE).resolve()}?mode=ro&immutable=1", uri=True)


def advisories_of(database: sqlite3.Connection, ecosystem: str, package: str) -> Iterator[Advisory]:
    """What is known of a package."""
    query = (
        "select id, severity, summary, aliases, affected from advisory where ecosystem = ? and package = ? order by id"
    )
    for key, severity, summary, aliases, affected in database.execute(query, (ecosystem, normal(ecosystem, package))):
        yield Advisory(key, severity, summary, tuple(json.loads(aliases)), tuple(json.loads(affected)))


def normal(ecosystem: str, package: str) -> str:
    """A package's name as its ecosystem compares it."""
    if ecosystem == "PyPI":
        return str(canonicalize_name(package))
    return package.lower() if ecosystem == "Packagist" else package


def _read(source: Path) -> Iterator[Mapping[str, Any]]:
    try:
        if zipfile.is_zipfile(source):
            yield from _of_zip(source)
        else:
            if source.stat().st_size > LARGEST_LIST:
                raise _bad(source, "it is too large for one JSON document; use OSV's zip")
            content = json.loads(source.read_bytes())
            yield from content if isinstance(content, list) else [content]
    except (OSError, ValueError, RecursionError, zipfile.BadZipFile, RuntimeError) as problem:
        raise _bad(source, f"{type(problem).__name__}: {problem}") from problem


def _of_zip(source: Path) -> Iterator[Mapping[str, Any]]:
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if info.filename.endswith(".json"):
                if info.file_size > LARGEST:
                    raise _bad(source, f"{info.filename} is too large")
                content = json.loads(archive.read(info))
                yield from content if isinstance(content, list) else [content]


def _take(database: sqlite3.Connection, advisory: Mapping[str, Any]) -> str:
    """Keep one advisory: gives kept, withdrawn, other (no package of ours) or nothing at all."""
    if not isinstance(advisory, dict) or not isinstance(advisory.get("id"), str) or "affected" not in advisory:
        return ""
    key = advisory["id"]
    database.execute("delete from advisory where id = ?", (key,))
    if advisory.get("withdrawn"):
        return "withdrawn"
    packages = _packages(advisory)
    for (ecosystem, package), affected in packages.items():
        values = (
            ecosystem,
            package,
            key,
            _severity(advisory),
            str(advisory.get("summary") or advisory.get("details") or "")[:300],
            json.dumps([str(alias) for alias in advisory.get("aliases", [])][:10]),
            json.dumps(affected),
        )
        database.execute("insert into advisory values (?, ?, ?, ?, ?, ?, ?)", values)
    _remember_newest(database, str(advisory.get("modified", "")))
    return "kept" if packages else "other"


def _packages(advisory: Mapping[str, Any]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for affected in advisory["affected"]:
        package = affected.get("package", {})
        ecosystem = str(package.get("ecosystem", "")).partition(":")[0]
        if ecosystem in ECOSYSTEMS:
            ranges = [each for each in affected.get("ranges", []) if each.get("type") in ("SEMVER", "ECOSYSTEM")]
            known = {"versions": affected.get("versions", []), "ranges": ranges}
            found.setdefault((ecosystem, normal(ecosystem, str(package.get("name", "")))), []).append(known)
    return found


def _severity(advisory: Mapping[str, Any]) -> str:
    """By the database's own word, else by its CVSS vector; malicious packages are critical, the unrated medium."""
    if str(advisory["id"]).startswith("MAL-"):
        return "critical"
    word = str((advisory.get("database_specific") or {}).get("severity", "")).lower()
    if word in NAMED:
        return NAMED[word]
    for rated in advisory.get("severity", []):
        with suppress(CVSSError, KeyError):
            told = str(CALCULATORS[rated["type"]](rated["score"]).severities()[0]).lower()
            return NAMED.get(told, "info")
    return "medium"


def _remember_newest(database: sqlite3.Connection, modified: str) -> None:
    with suppress(ValueError):
        told = datetime.fromisoformat(modified.replace("Z", "+00:00")).astimezone(UTC).isoformat()
        database.execute(
            "insert into told values ('newest', ?) on conflict (key) do update set value = max(value, excluded.value)",
            (told,),
        )


def _tell(database: sqlite3.Connection) -> None:
    now = datetime.now(UTC).isoformat()
    database.execute("insert or replace into told values ('imported_at', ?)", (now,))


def _bad(source: Path, why: str) -> BadAdvisories:
    return BadAdvisories(
        f"Berkas {source.name} bukan berkas advisori OSV yang dapat dibaca.", log=f"{source.name}: {why}"
    )
