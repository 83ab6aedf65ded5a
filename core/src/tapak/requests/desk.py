"""One tenant at work in one transaction: who acts, when, with which plugins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from tapak.accounts.policy import Person
from tapak.engine.working_time import WorkCalendar
from tapak.plugins import Registry
from tapak.sdk.errors import SignInNeeded
from tapak.sdk.procedure import Actor, Procedure, Step
from tapak.tenants.calendars import load_calendar
from tapak.tenants.models import Tenant
from tapak.tenants.positions import Seat, seats


@dataclass(frozen=True)
class Desk:
    """What every act on a request needs. ``person`` is None for a worker; ``now`` is aware."""

    session: Session
    tenant: Tenant
    registry: Registry
    person: Person | None
    now: datetime

    @classmethod
    def open(
        cls,
        session: Session,
        tenant: Tenant,
        registry: Registry,
        person: Person | None = None,
        known: Iterable[Seat] | None = None,
    ) -> Desk:
        """A desk at this moment; ``known`` are all of today's seats, where they have been read already."""
        opened = cls(session, tenant, registry, person, datetime.now(UTC))
        if known is not None:
            opened.__dict__["seats"] = {seat.key: seat for seat in known}
        return opened

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The tenant's working calendar."""
        return load_calendar(self.session, self.tenant)

    @cached_property
    def seats(self) -> Mapping[str, Seat]:
        """Every position with who acts for it today, by the position's key, in the tenant's order."""
        return {seat.key: seat for seat in seats(self.session, self.today)}

    def seat(self, position_id: int) -> Seat | None:
        """The position with that id."""
        return next((seat for seat in self.seats.values() if seat.position_id == position_id), None)

    def position_key(self, procedure: Procedure, actor: Actor) -> str:
        """The key of the position that acts for ``actor``: the one that the tenant chose, or the procedure's own."""
        chosen: str = self.tenant.settings.get("actors", {}).get(procedure.key, {}).get(actor.key, actor.position)
        return chosen

    def step_name(self, procedure: Procedure, step: Step) -> str:
        """What a step is called in short; its title is what the document prints."""
        return self.registry.step_kinds[step.kind].name_of(procedure, step)

    @property
    def today(self) -> date:
        """The tenant's date."""
        return self.now.astimezone(ZoneInfo(self.tenant.time_zone)).date()

    @property
    def somebody(self) -> Person:
        """Who acts.

        Raises:
            SignInNeeded: nobody is signed in.
        """
        if self.person is None:
            raise SignInNeeded("Silakan masuk terlebih dahulu.", log="an act without a person")
        return self.person
