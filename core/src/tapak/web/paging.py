"""Where a list goes on, as the address of the next page carries it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import request

from tapak.http.cursors import Moment, read_cursor, read_id
from tapak.sdk.errors import NotFound

T = TypeVar("T")


def moment_cursor(name: str) -> Moment | None:
    """The (moment, id) of parameter ``name``; None where it isn't given.

    Raises:
        NotFound: it is none that :func:`tapak.http.cursors.cursor_text` wrote.
    """
    return read_parameter(name, read_cursor)


def id_cursor(name: str) -> int | None:
    """The id of parameter ``name``; None where it isn't given.

    Raises:
        NotFound: it is no id.
    """
    return read_parameter(name, read_id)


def read_parameter(name: str, reader: Callable[[str], T]) -> T | None:
    """Parameter ``name`` as ``reader`` reads it; None where it isn't given.

    Raises:
        NotFound: it reads no such text.
    """
    text = request.args.get(name)
    if not text:
        return None
    try:
        return reader(text)
    except ValueError as error:
        told = "Halaman daftar ini tidak dikenal. Mulai lagi dari awal daftar."
        raise NotFound(told, log="bad cursor") from error
