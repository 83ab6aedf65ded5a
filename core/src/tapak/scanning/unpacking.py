"""Bringing an archive's files to a folder of our own, under numbers instead of their names."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tapak.scanning.archives.entries import CHUNK, Archive, Broken, printable
from tapak.scanning.limits import Limits
from tapak.sdk.scanning import ScannedFile


def unpack(archive: Archive, folder: Path, skipped: Collection[int], limits: Limits) -> list[ScannedFile]:
    """Write every regular file of ``archive`` that isn't ``skipped`` below ``folder``; sizes are counted as they come.

    Raises:
        Broken: an entry isn't what its header says, or more comes out than the limits allow.
    """
    found: list[ScannedFile] = []
    left = limits.unpacked
    for number, entry in enumerate(archive.entries()):
        if entry.kind != "file" or number in skipped:
            continue
        place = folder / str(number)
        size = _write(archive, place, min(left, limits.entry), entry.name)
        left -= size
        found.append(ScannedFile(_plain(printable(entry.name)), size, place))
    return found


def _plain(name: str) -> str:
    """``name`` as hosts write it, where a part ``.`` says nothing: rules go by how a name ends."""
    return "/".join(part for part in name.split("/") if part != ".")


def _write(archive: Archive, place: Path, most: int, name: str) -> int:
    size = 0
    source = archive.open()
    with place.open("xb") as target:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise Broken(f"more than {most} bytes come out of an entry", rule="bomb", entry=name)
            target.write(chunk)
    source.close()
    return size
