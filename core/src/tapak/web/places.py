"""Where a reader may be sent to."""

from __future__ import annotations

from urllib.parse import urlsplit

START = "/"


def inside(address: str) -> str:
    """``address`` if it is a path of this site, else the start page: nobody is led elsewhere by a link of ours."""
    parts = urlsplit(address.replace("\\", "/"))
    plain = address.isascii() and address.isprintable()
    own = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not address.startswith("//")
    return address if plain and own and "\\" not in address else START
