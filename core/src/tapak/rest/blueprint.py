"""The blueprint of every room of the API: what is sent is read strictly, and what can't be stored is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import flask_smorest
from flask import Request
from marshmallow import Schema
from webargs.flaskparser import FlaskParser

from tapak.sdk.errors import Invalid

UNSTORABLE = "Ada karakter yang tidak dapat disimpan; ketik ulang isian ini."


class Parser(FlaskParser):
    """Reads JSON that is too deep, or whose numbers are too long, as JSON that isn't valid."""

    def _raw_load_json(self, req: Request) -> Any:
        try:
            return super()._raw_load_json(req)
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise
        except (RecursionError, ValueError) as error:
            raise json.JSONDecodeError(type(error).__name__, "a document", 0) from None

    def pre_load(self, location_data: Any, *, schema: Schema, req: Request, location: str) -> Any:
        """Refuse texts that PostgreSQL can't store: with NUL, or with half of a surrogate pair.

        Raises:
            Invalid: ``fields`` names each.
        """
        names = set(_unstorable(location_data, location))
        if names:
            raise Invalid(
                "Ada isian yang perlu diperbaiki.",
                log=f"unstorable characters in {location}",
                fields={name: [UNSTORABLE] for name in sorted(names)},
            )
        return location_data


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose arguments :class:`Parser` reads."""

    ARGUMENTS_PARSER = Parser()


def _unstorable(value: Any, name: str) -> Iterator[str]:
    """The names of the fields below ``value`` that hold such a text; a bad name counts for what it lies in."""
    if isinstance(value, str):
        if not storable(value):
            yield name
    elif isinstance(value, Mapping):
        for key, item in value.items():
            known = storable(str(key))
            yield from _unstorable(item, str(key)) if known else (name,)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _unstorable(item, name)


def storable(text: str) -> bool:
    """Whether PostgreSQL takes ``text``."""
    return "\0" not in text and not any("\ud800" <= mark <= "\udfff" for mark in text)
