"""What is told of a connection beside its provider's settings."""

from __future__ import annotations

import re

from marshmallow import RAISE, Schema

from tapak.sdk.fields import Choices, Line
from tapak.sdk.settings import texts

KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class ConnectionInput(Schema):
    """``zones`` are names of DNS zones; ``kinds`` what goes to it, all that the provider serves where it is empty."""

    class Meta:
        unknown = RAISE

    title = Line("Nama sambungan", 80, help="Seperti yang dikenal petugas, misalnya Server DNS utama.")
    zones = texts("Zona", (), 253, help="Zona yang dilayani sambungan ini, satu per baris.")
    kinds = Choices("Dipakai untuk", optional=True, help="Tanpa pilihan berarti semua yang dilayani penyedia ini.")
