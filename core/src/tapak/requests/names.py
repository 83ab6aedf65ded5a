"""Whether a name can be given: the tenant's reserved names and what the inventory knows, asked in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from tapak.inventory import service as inventory
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.requests.snapshots import offered, settings_of
from tapak.tenants.settings import RESERVED

PATTERNS, DECREE = "naming_patterns", "naming_decree"


def name_problem(
    desk: Desk, label: str, zone: str, *, request: Request | None = None, settings: Mapping[str, Any] | None = None
) -> str:
    """Why ``label`` (in small letters) can't be given below ``zone`` (Indonesian), or nothing.

    ``request`` asks under the ``settings`` that it began with; without them those of every procedure on offer hold.
    """
    asking = request or desk.person
    rules = desk.tenant.settings if settings is None else settings
    reserved = set(_reserved(desk) if settings is None else settings.get(RESERVED, ()))
    works_on = request.works_on if request else None
    problem = inventory.name_problem(
        desk.session,
        label,
        zone,
        reserved=reserved,
        agency_id=asking.agency_id if asking else None,
        service_id=works_on,
    )
    own = works_on is not None and f"{label}.{zone}" in inventory.holdings(desk.session, works_on)[0]
    unfit = "" if problem or own else _unfit(label, rules.get(PATTERNS) or ())
    decree = rules.get(DECREE, "") if unfit or label in reserved else ""
    return f"{problem or unfit} Dasar: {decree}." if decree else problem or unfit


def _unfit(label: str, patterns: Sequence[str]) -> str:
    """Why a label that fits none of the agency's patterns can't be given, in Indonesian; empty where one fits."""
    if not patterns or any(fnmatchcase(label, pattern) for pattern in patterns):
        return ""
    return f"Nama “{label}” tidak sesuai pola penamaan instansi: {', '.join(patterns)}."


def _reserved(desk: Desk) -> Iterable[str]:
    return {name for procedure in offered(desk) for name in settings_of(desk, procedure).get(RESERVED, ())}
