"""What an archive holds, entry by entry, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

CHUNK = 256 * 1024


class Broken(Exception):
    """The archive can't be read on; the text says why, in English. ``entry`` names where, if that is known.

    ``rule`` is what the structure check calls it: damaged, truncated, bomb or unsupported.
    """

    def __init__(self, log: str, *, rule: str = "damaged", entry: str = "") -> None:
        super().__init__(log)
        self.rule = rule
        self.entry = entry


@dataclass(frozen=True)
class Entry:
    """One entry. ``kind`` is file, folder, link, device or other.

    ``packed`` is 0 where the format doesn't tell it. ``target`` is where a link leads. ``faults`` are rules that the
    format's reader itself found broken (encrypted, non_utf8, unsupported).
    """

    name: str
    size: int
    kind: str = "file"
    packed: int = 0
    target: str = ""
    faults: tuple[str, ...] = ()


class Archive(Protocol):
    """An archive that is read from front to back; ``open`` goes for the entry that :meth:`entries` gave last."""

    def entries(self) -> Iterator[Entry]:
        """Every entry, in the archive's order.

        Raises:
            Broken: it can't be read to its end.
        """
        ...

    def open(self) -> BinaryIO:
        """The bytes of the current entry, as they are unpacked."""
        ...

    def faults(self) -> Iterator[tuple[str, str]]:
        """Rule and entry of what only the whole archive tells, once every entry was given."""
        ...


def printable(name: str) -> str:
    """``name`` as it can be stored and shown: control characters and half surrogates are written out."""
    return "".join(letter if letter.isprintable() else _spelled(ord(letter)) for letter in name)[:1000]


def _spelled(code: int) -> str:
    """A character that can't be shown; a byte that was no UTF-8 (surrogateescape) as that byte."""
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
