"""How many services a unit may have, where its agency sets that."""

from __future__ import annotations

from sqlalchemy import func, select

from tapak.inventory.models import Service
from tapak.requests.desk import Desk
from tapak.requests.models import Request
from tapak.sdk.errors import Conflict
from tapak.sdk.procedure import Procedure
from tapak.tenants.models import Agency


def check_quota(desk: Desk, procedure: Procedure, agency_id: int) -> None:
    """Refuse a request for one more service than the unit may have; a change of a service is no new one.

    Raises:
        Conflict: the unit has as many services, with those that it has asked for, as it may have.
    """
    settings = desk.tenant.settings
    if procedure.changes is not None or not ("services_per_unit" in settings or settings.get("unit_services")):
        return
    key, name = desk.session.execute(select(Agency.key, Agency.name).where(Agency.id == agency_id)).one()
    most = settings.get("unit_services", {}).get(key, settings.get("services_per_unit"))
    if most is None:
        return
    have, asked = _have(desk, agency_id), _asked(desk, agency_id)
    if have + asked >= most:
        raise Conflict(
            f"{name} sudah memiliki {have} layanan dan mengajukan {asked}; kuotanya {most} layanan. "
            "Nonaktifkan layanan yang tidak dipakai, atau minta instansi penyedia menambah kuota.",
            log=f"agency {agency_id}: quota of {most} services is used up",
        )


def _have(desk: Desk, agency_id: int) -> int:
    query = select(func.count()).where(Service.agency_id == agency_id, Service.state != "ended")
    return desk.session.scalars(query).one()


def _asked(desk: Desk, agency_id: int) -> int:
    """Requests under way whose service isn't there yet."""
    query = select(func.count()).where(
        Request.agency_id == agency_id,
        Request.ended_at.is_(None),
        Request.number != "",
        Request.service_id.is_(None),
        Request.concerns_id.is_(None),
    )
    return desk.session.scalars(query).one()
