"""Whether a name can be given: the tenant's reserved names and what the inventory knows, asked in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tapak.inventory import service as inventory
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.requests.snapshots import offered, settings_of
from tapak.tenants.settings import RESERVED


def name_problem(
    desk: Desk, label: str, zone: str, *, request: Request | None = None, settings: Mapping[str, Any] | None = None
) -> str:
    """Why ``label`` (in small letters) can't be given below ``zone`` (Indonesian), or nothing.

    ``request`` asks under the ``settings`` that it began with; without them those of every procedure on offer hold.
    """
    asking = request or desk.person
    agency_id = asking.agency_id if asking else None
    return inventory.name_problem(
        desk.session,
        label,
        zone,
        reserved=_reserved(desk) if settings is None else settings.get(RESERVED, ()),
        agency_id=agency_id,
        service_id=request.works_on if request else None,
    )


def _reserved(desk: Desk) -> Iterable[str]:
    return {name for procedure in offered(desk) for name in settings_of(desk, procedure).get(RESERVED, ())}
