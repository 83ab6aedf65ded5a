"""Numbers of letters and requests, written after a pattern of tokens.

``{seq}`` is the running number and ``{seq:03}`` the same with leading zeros, ``{year}`` has four digits, ``{month}``
two and ``{roman_month}`` is I to XII; any other token is a value that the caller gives (``{unit}``,
``{archive_code}``, ``{secrecy}``). ``{archive_code}/{seq}/{unit}/{year}`` gives ``300.2.10/265/SETDA/2026``.
When the running number begins again is the caller's affair.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from tapak.sdk.errors import Invalid

OWN_TOKENS = ("seq", "year", "month", "roman_month")
PATTERN_LENGTH = 100
ROMAN_MONTHS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")

_PIECE = re.compile(r"\{(?P<name>[a-z][a-z0-9_]*)(?::0(?P<width>[1-9]))?\}|(?P<text>[^{}]+)")


class BadPattern(Invalid):
    """A number's pattern that can't be used as it stands."""

    code = "bad_pattern"


@dataclass(frozen=True)
class Token:
    """A piece of a pattern: a named token (``width`` digits at least) or, without a name, literal ``text``."""

    name: str = ""
    width: int = 0
    text: str = ""


def parse(pattern: str) -> tuple[Token, ...]:
    """The pieces of ``pattern``, in order; names aren't looked up.

    Raises:
        BadPattern: it is too long, has a stray or nested brace, an unprintable character or no running number.
    """
    _check_text(pattern)
    pieces, at = [], 0
    while at < len(pattern):
        match = _PIECE.match(pattern, at)
        if match is None:
            raise BadPattern(
                f"Pola nomor salah mulai “{pattern[at : at + 20]}”. "
                "Token ditulis seperti {seq}, {seq:03} atau {year}.",
                log=f"number pattern {pattern!r} can't be read at {at}",
            )
        pieces.append(Token(match["name"] or "", int(match["width"] or 0), match["text"] or ""))
        at = match.end()
    _check_tokens(pattern, pieces)
    return tuple(pieces)


def pattern_problem(pattern: str, known: Collection[str]) -> str | None:
    """What is wrong with ``pattern``, in Indonesian, where ``known`` are the values that will be given; else None."""
    try:
        pieces = parse(pattern)
    except BadPattern as problem:
        return problem.message
    for piece in pieces:
        if piece.name and piece.name not in OWN_TOKENS and piece.name not in known:
            usable = ", ".join(f"{{{name}}}" for name in (*OWN_TOKENS, *sorted(known)))
            return f"Token {{{piece.name}}} tidak dikenal. Yang dapat dipakai: {usable}."
    return None


def render(pattern: str, *, number: int, on: date, values: Mapping[str, str]) -> str:
    """The number ``number`` of day ``on``. Values are put in as they are: a brace in one is just a brace.

    Raises:
        BadPattern: the pattern can't be read or names a value that isn't given.
        ValueError: ``number`` is below 1.
    """
    if number < 1:
        raise ValueError(f"a running number starts at 1, not {number}")
    month = ROMAN_MONTHS[on.month - 1]
    known = {**values, "year": f"{on.year:04}", "month": f"{on.month:02}", "roman_month": month}
    return "".join(piece.text or _written(piece, number, known) for piece in parse(pattern))


def _written(piece: Token, number: int, known: Mapping[str, str]) -> str:
    if piece.name == "seq":
        return f"{number:0{piece.width}}" if piece.width else str(number)
    try:
        return known[piece.name]
    except KeyError:
        raise BadPattern(
            f"Pola nomor memakai {{{piece.name}}}, tetapi nilainya tidak ada. Lengkapi atau hapus token itu.",
            log=f"no value for the token {piece.name!r} of a number pattern",
        ) from None


def _check_text(pattern: str) -> None:
    if len(pattern) > PATTERN_LENGTH:
        raise BadPattern(
            f"Pola nomor terlalu panjang. Pakai paling banyak {PATTERN_LENGTH} karakter.",
            log=f"number pattern of {len(pattern)} characters",
        )
    if not pattern.isprintable():
        raise BadPattern(
            "Pola nomor memuat karakter tak terlihat atau ganti baris. Ketik ulang polanya.",
            log=f"number pattern {pattern!r} has an unprintable character",
        )


def _check_tokens(pattern: str, pieces: Collection[Token]) -> None:
    names = [piece.name for piece in pieces]
    if names.count("seq") != 1:
        raise BadPattern(
            "Pola nomor harus memuat {seq} (nomor urut) tepat satu kali.",
            log=f"number pattern {pattern!r} needs the token seq once",
        )
    odd = [piece.name for piece in pieces if piece.width and piece.name != "seq"]
    if odd:
        raise BadPattern(
            f"Lebar hanya untuk nomor urut, seperti {{seq:03}}. Tulis {{{odd[0]}}} tanpa lebar.",
            log=f"number pattern {pattern!r} gives a width to {odd[0]!r}",
        )
