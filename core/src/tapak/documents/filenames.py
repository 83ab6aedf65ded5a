"""File names that are safe to show, to store on any disk and to put into a header."""

from __future__ import annotations

import re
import unicodedata

from tapak.documents.file_types import EXTENSIONS

LENGTH = 120
FALLBACK = "dokumen"
ALSO = {"jpg": ("jpeg",), "tar.gz": ("tgz", "gz")}
"""Other endings of the same type."""

_SPACES = re.compile(r"\s+")
_UNFIT = re.compile(r'[<>:"|?*;%]')


def tidy_filename(name: str, media_type: str) -> str:
    """``name`` without path, control and direction marks, at most 120 characters, ending as ``media_type`` does."""
    extension = EXTENSIONS[media_type]
    stem = _SPACES.sub(" ", unicodedata.normalize("NFC", name))
    stem = re.split(r"[/\\]", stem)[-1]
    stem = "".join(letter for letter in stem if not unicodedata.category(letter).startswith("C"))
    stem = _without_extension(_UNFIT.sub("_", stem), extension).strip(" .")
    return f"{stem[: LENGTH - len(extension) - 1].strip(' .') or FALLBACK}.{extension}"


def shown_filename(name: str) -> str:
    """``name`` as it may be shown: without path, control and direction marks, at most 120 characters."""
    stem = re.split(r"[/\\]", _SPACES.sub(" ", unicodedata.normalize("NFC", name)))[-1]
    stem = "".join(letter for letter in stem if not unicodedata.category(letter).startswith("C"))
    return _UNFIT.sub("_", stem).strip(" .")[:LENGTH] or FALLBACK


def _without_extension(stem: str, extension: str) -> str:
    for ending in (extension, *ALSO.get(extension, ())):
        if stem.lower().endswith(f".{ending}"):
            return stem[: -len(ending) - 1]
    return stem
