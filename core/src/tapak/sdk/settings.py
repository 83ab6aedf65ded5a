"""Settings of plugins and providers: one strict marshmallow schema each.

An unknown key is refused. A field with ``metadata={"secret": True}`` is write-only: it is sealed when stored, never
shown again, and a blank value keeps the old one. ``metadata["label"]`` and ``metadata["help"]`` tell people what it is.
"""

from __future__ import annotations

from marshmallow import RAISE, Schema


class SettingsSchema(Schema):
    """The base of every settings schema."""

    class Meta:
        unknown = RAISE


def secret_fields(schema: type[Schema]) -> frozenset[str]:
    """Names of the fields of ``schema`` that are write-only."""
    return frozenset(name for name, field in schema().fields.items() if field.metadata.get("secret"))
