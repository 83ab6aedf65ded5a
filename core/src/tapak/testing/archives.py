"""Archives to try scanners on: what an agency may send, and what it shouldn't."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

EICAR = "".join(("X5O!P%@AP[4\\PZX54(P^)", "7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*")).encode()
"""The test file that every scanner of malware knows, in parts so that this file isn't one."""


def zip_of(place: Path, files: Mapping[str, bytes]) -> Path:
    """A zip of ``files`` by name."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return place


def tar_of(place: Path, files: Mapping[str, bytes]) -> Path:
    """A tar of ``files`` by name, in gzip where ``place`` ends so."""
    with tarfile.open(place, "w:gz" if place.name.endswith("gz") else "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return place
