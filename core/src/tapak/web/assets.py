"""Static files under addresses that change with their content, and Bootstrap's icons drawn in the page."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import flask_bootstrap
from flask import Flask, redirect, url_for
from markupsafe import Markup
from werkzeug.utils import safe_join

SPRITE = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/icons/bootstrap-icons.svg"
VERSION = "v"
MARK = "mark.svg"


def install(app: Flask) -> None:
    """Put a hash of the content into every static address; give templates ``icon``, and browsers their own icon."""

    def versioned(endpoint: str, values: dict[str, Any]) -> None:
        holder = app.blueprints.get(endpoint.removesuffix(".static")) if endpoint.endswith(".static") else None
        if holder is not None and holder.static_folder and VERSION not in values:
            values[VERSION] = digest(holder.static_folder, values["filename"])

    app.url_defaults(versioned)
    app.jinja_env.globals["icon"] = icon
    # Browsers ask for it wherever a page names none: beside a PDF, or under an error that another door tells.
    app.add_url_rule("/favicon.ico", "favicon", lambda: redirect(url_for("web.static", filename=MARK), 302))


@cache
def digest(folder: str, filename: str) -> str | None:
    """The first letters of the file's SHA-256; None where there is no such file."""
    path = safe_join(folder, filename)
    if path is None or not Path(path).is_file():
        return None
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


@cache
def icon(name: str) -> Markup:
    """One of Bootstrap's icons as an inline, decorative ``<svg>``.

    Raises:
        KeyError: there is no such icon.
    """
    found = re.search(rf'<symbol[^>]*\bid="{re.escape(name)}"[^>]*>(.*?)</symbol>', SPRITE.read_text(), re.DOTALL)
    if found is None:
        raise KeyError(name)
    start = '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">'
    return Markup(start + found[1].strip() + "</svg>")  # noqa: S704 - drawn by Bootstrap, no input
