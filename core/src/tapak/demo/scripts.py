"""What ``deploy/demo`` holds: tenants, and the requests that a walk takes through them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tapak
from tapak.demo.walk import Script

CHECKOUT = Path(tapak.__file__).resolve().parents[3]
FOLDER = CHECKOUT / "deploy" / "demo"
HOME = CHECKOUT / "var" / "demo"
TENANTS = "*.tenant.toml"
WALKS = "*.walk.toml"


def tenant_files() -> list[Path]:
    """A file per tenant of the demo."""
    return sorted(FOLDER.glob(TENANTS))


def tenants() -> list[dict[str, Any]]:
    """The tenants' files, read."""
    return [tomllib.loads(path.read_text()) for path in tenant_files()]


def scripts(label: str | None = None) -> Sequence[Script]:
    """The requests to walk; ``label`` takes the place of each one's own."""
    found = [_script(path) for path in sorted(FOLDER.glob(WALKS))]
    return [replace(script, label=label) for script in found] if label else found


def _script(path: Path) -> Script:
    content = tomllib.loads(path.read_text())
    steps = tuple(content.pop("steps"))
    return Script(**content, steps=steps)
