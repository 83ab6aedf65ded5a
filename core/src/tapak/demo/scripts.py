"""What ``deploy/demo`` holds: tenants, and the requests that a walk takes through them."""

from __future__ import annotations

import json
import tomllib
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import tapak
from tapak.cli.tenant_schema import PLACEHOLDER
from tapak.demo.walk import Script

CHECKOUT = Path(tapak.__file__).resolve().parents[3]
FOLDER = CHECKOUT / "deploy" / "demo"
HOME = CHECKOUT / "var" / "demo"
TENANTS = "*.tenant.toml"
WALKS = "*.walk.toml"
APPLICATIONS = FOLDER / "applications"


def tenant_files() -> list[Path]:
    """A file per tenant of the demo."""
    return sorted(FOLDER.glob(TENANTS))


def tenants() -> list[dict[str, Any]]:
    """The tenants' files, read."""
    return [tomllib.loads(path.read_text()) for path in tenant_files()]


def placeholders(tenants: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The names that ``tenants`` leave to be filled in."""
    return frozenset(PLACEHOLDER.findall(json.dumps(tenants, default=str)))


def scripts(label: str | None = None) -> Sequence[Script]:
    """The requests to walk, tenant by tenant in the order of its services.

    ``label`` takes the place of the labels: a tenant's first request asks for it, the second for ``LABEL-2``. What
    follows another request has none.
    """
    offered = {tenant["slug"]: tenant["settings"]["procedures"] for tenant in tenants()}
    found = [_script(path) for path in sorted(FOLDER.glob(WALKS))]
    found.sort(key=lambda script: (list(offered).index(script.tenant), offered[script.tenant].index(script.service)))
    return _labelled(found, label) if label else found


def _labelled(found: Sequence[Script], label: str) -> list[Script]:
    met: Counter[str] = Counter()
    labelled = []
    for script in found:
        if script.follows:
            labelled.append(script)
            continue
        met[script.tenant] += 1
        number = met[script.tenant]
        labelled.append(replace(script, label=label if number == 1 else f"{label}-{number}"))
    return labelled


def _script(path: Path) -> Script:
    content = tomllib.loads(path.read_text())
    steps = tuple(content.pop("steps"))
    archives = {kind: archive(APPLICATIONS / folder) for kind, folder in content.pop("archives", {}).items()}
    return Script(**content, steps=steps, archives=archives)


def archive(folder: Path) -> bytes:
    """What lies in ``folder`` as a zip archive, its files at the top."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            opened.write(file, file.relative_to(folder).as_posix())
    return made.getvalue()
