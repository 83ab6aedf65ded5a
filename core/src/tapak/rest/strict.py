"""The base of what REST takes."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields

from tapak.sdk.fields import REQUIRED
from tapak.sdk.forms import StepSchema


class Strict(Schema):
    """What is taken: an unknown field is refused, and what is wrong is told as of a step's input."""

    error_messages: dict[str, str] = StepSchema.error_messages

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        told = {"required": REQUIRED, "null": REQUIRED, "invalid": self.error_messages["type"]}
        field_obj.error_messages = {**field_obj.error_messages, **told}
