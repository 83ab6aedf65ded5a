"""What is done for each kind of pending row.

A handler is given the session in the transaction that took the lease; it commits where it must and ends the lease in
its last transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from tapak.backups import acts, running
from tapak.certificates import watching
from tapak.connections import checking
from tapak.connections.service import CHECK
from tapak.db.crashpoint import DOCUMENT_RECORDED, DOCUMENT_RENDERED, crashpoint
from tapak.db.session import TENANT
from tapak.db.wake import Lease, end_lease, extend_lease
from tapak.documents import service as documents
from tapak.documents.library import installed_letters
from tapak.jobs import heartbeat, sweep
from tapak.jobs.alarm import HANGING, set_alarm
from tapak.jobs.tools import Tools
from tapak.monitoring import expiry, usage
from tapak.monitoring.drift import EVERY, Rows, look, serials
from tapak.monitoring.notes import note
from tapak.panel import switches, work
from tapak.panel.links import UNLOCK
from tapak.panel.service import LOOK
from tapak.panel.switches import SWITCHED
from tapak.provisioning import service as provisioning
from tapak.provisioning.connections import DRIFT, collect_facts, collect_standing, connections
from tapak.provisioning.models import Connection
from tapak.provisioning.outputs import kept_of
from tapak.provisioning.reconciler import LeaseLost, reconcile
from tapak.requests import deadlines
from tapak.requests import facts as task_facts
from tapak.requests.advance import CALENDAR, DEADLINE, EVENT, FACTS
from tapak.requests.announcing import announce
from tapak.requests.desk import Desk
from tapak.scanning import runs as scans
from tapak.scanning import service as scanning
from tapak.sdk.backups import BACK_UP, TEST_RESTORE
from tapak.settings import service as settings
from tapak.tenants.models import Tenant

Handler = Callable[[Tools, Session, Lease], None]
SETTINGS_AGAIN = 3600.0
"""Seconds after which a change of settings that something is in the way of is tried again."""


def done(session: Session, lease: Lease) -> None:
    """End the lease with the work's last transaction.

    Raises:
        LeaseLost: another worker has taken over; nothing was committed.
    """
    if not end_lease(session, lease):
        raise LeaseLost
    session.commit()


def provision(tools: Tools, session: Session, lease: Lease) -> None:
    """Bring a service's resources about."""
    reconcile(session, lease, tools.providers, tools.timing, lambda: _held(tools, session, lease))


def _held(tools: Tools, session: Session, lease: Lease) -> AbstractContextManager[None]:
    """Hold the lease while servers are asked, until the process is taken to hang: nobody asks them beside us."""
    seconds = tools.config.lease
    return heartbeat.held(tools.database, session.info[TENANT], lease, seconds, lambda: None, seconds * HANGING)


def document(tools: Tools, session: Session, lease: Lease) -> None:
    """Render a letter."""
    session.commit()
    documents.render(session, tools.documents, lease.row_id, installed_letters(tools.registry))
    crashpoint(DOCUMENT_RENDERED)
    done(session, lease)
    crashpoint(DOCUMENT_RECORDED)


def scan(tools: Tools, session: Session, lease: Lease) -> None:
    """Look through an application's files; the lease is extended for as long as the sandbox works."""
    session.commit()
    bench = scans.Bench(tools.config.scanning, tools.config.scan_user, tuple(tools.registry.scanners.values()))
    beat = Beat(tools, session, lease)
    scans.carry_out(session, lease.row_id, lease.attempts, tools.documents, bench, beat)
    done(session, lease)


class Beat:
    """Keeps a lease, and the process's alarm, while long work goes on: every third of the lease's time."""

    def __init__(self, tools: Tools, session: Session, lease: Lease) -> None:
        self._seconds = tools.timing.lease
        self._session, self._lease = session, lease
        self._next = 0.0

    def __call__(self) -> None:
        """Extend the lease where it is time.

        Raises:
            LeaseLost: another worker has taken over.
        """
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._seconds / 3
        set_alarm(self._seconds * HANGING)
        if not extend_lease(self._session, self._lease, self._seconds):
            raise LeaseLost
        self._session.commit()


def facts(tools: Tools, session: Session, lease: Lease) -> None:
    """Ask the servers for a task's figures."""
    desk = _desk(tools, session)
    asked, names = connections(session), task_facts.names_asked(desk, lease.row_id)
    records = task_facts.record_sets_asked(desk, lease.row_id)
    session.commit()
    with _held(tools, session, lease):
        told = (*collect_standing(asked, tools.providers, records), *collect_facts(asked, tools.providers, names))
    task_facts.store(_desk(tools, session), lease.row_id, told)
    done(session, lease)


def deadline(tools: Tools, session: Session, lease: Lease) -> None:
    """A task's deadline has come."""
    deadlines.passed(_desk(tools, session), lease.row_id)
    done(session, lease)


def calendar(tools: Tools, session: Session, lease: Lease) -> None:
    """The working calendar has changed."""
    deadlines.recompute(_desk(tools, session))
    done(session, lease)


def event(tools: Tools, session: Session, lease: Lease) -> None:
    """Tell plugins of a finished step."""
    announce(_desk(tools, session), lease.row_id)
    done(session, lease)


def drift(tools: Tools, session: Session, lease: Lease) -> None:
    """Look at a connection for what was changed by hand, and again some minutes later."""
    connection = session.get(Connection, (session.info[TENANT], lease.row_id))
    if connection is None or not connection.active:
        done(session, lease)
        return
    since, kept = serials(session, connection), kept_of(session, connection, tools.providers.identities)
    session.commit()
    with _held(tools, session, lease):
        provider = tools.providers.get(connection)
        provider.kept = kept
        seen = look(provider, connection.zones, Rows(session, connection), since)
    if not extend_lease(session, lease, tools.timing.lease):
        raise LeaseLost
    note(session, connection, seen)
    end_lease(session, lease, again_in=EVERY)
    session.commit()


def check_connection(tools: Tools, session: Session, lease: Lease) -> None:
    """Test a connection for its admin; one that doesn't answer may take longer than a lease."""
    connection = checking.find(session, lease.row_id)
    if connection is not None:

        def alive() -> None:
            set_alarm(tools.config.lease * HANGING)

        whose, seconds = session.info[TENANT], tools.config.lease
        with heartbeat.held(tools.database, whose, lease, seconds, alive, longest=checking.LONGEST):
            checking.carry_out(session, connection, tools.registry, tools.providers.identities)
    done(session, lease)


def clear_away(tools: Tools, session: Session, lease: Lease) -> None:
    """Sweep the tenant, and again tomorrow."""
    desk = _desk(tools, session)
    expiry.look(session, desk.tenant, desk.now)
    usage.begin_counting(desk)
    watching.renew_due(session, tools.registry, desk.now)
    sweep.sweep(session, tools.documents)
    scans.sweep(tools.config.scanning)
    if not end_lease(session, lease, again_in=sweep.EVERY):
        raise LeaseLost
    session.commit()


def count_usage(tools: Tools, session: Session, lease: Lease) -> None:
    """Count what sites were used up to yesterday, and again tomorrow; a server that is away is asked again sooner."""
    desk = _desk(tools, session)
    asked, zone, seconds = usage.due(desk), desk.tenant.time_zone, tools.config.lease
    session.commit()

    def alive() -> None:
        set_alarm(seconds * HANGING)

    with heartbeat.held(tools.database, session.info[TENANT], lease, seconds, alive, longest=running.LONGEST):
        told = [(asking, usage.ask(asking, tools.providers, zone)) for asking in asked]
    desk = _desk(tools, session)
    for asking, found in told:
        usage.store(desk, asking, found or ())
    usage.write_months(desk)
    away = ", ".join(asking.connection.key for asking, found in told if found is None)
    again_in = usage.AFTER_FAILURE if away else usage.until_tomorrow(desk)
    if not end_lease(session, lease, again_in=again_in, problem=f"not asked: {away}" if away else ""):
        raise LeaseLost
    session.commit()


def _desk(tools: Tools, session: Session) -> Desk:
    return Desk.open(session, session.get_one(Tenant, session.info[TENANT]), tools.registry)


def backup(tools: Tools, session: Session, lease: Lease) -> None:
    """Run a plan of backups, or test what it kept, where that is due."""

    def alive() -> None:
        set_alarm(tools.config.lease * HANGING)

    def held() -> AbstractContextManager[None]:
        tenant, seconds = session.info[TENANT], tools.config.lease
        return heartbeat.held(tools.database, tenant, lease, seconds, alive, longest=running.LONGEST)

    following = acts.look(session, tools.providers, tools.registry, lease.row_id, lease.kind, held)
    if following is None:
        done(session, lease)
        return
    again_in = max(0.0, (following - datetime.now(UTC)).total_seconds())
    if not end_lease(session, lease, again_in=again_in):
        raise LeaseLost
    session.commit()


def unlock(tools: Tools, session: Session, lease: Lease) -> None:
    """Seal a password to the one-time link that its unit asked for."""
    again_in = work.fill(session, lease.row_id, tools.providers.identities)
    if not end_lease(session, lease, again_in=again_in):
        raise LeaseLost
    session.commit()


def switched(tools: Tools, session: Session, lease: Lease) -> None:
    """See whether a release that was asked for is live, and write that into its register."""
    again_in = switches.tell(_desk(tools, session), lease.row_id)
    if not end_lease(session, lease, again_in=again_in):
        raise LeaseLost
    session.commit()


def glimpse(tools: Tools, session: Session, lease: Lease) -> None:
    """Look at a service's servers for its unit's page."""
    whom = work.asked(session, lease.row_id)
    session.commit()
    with _held(tools, session, lease):
        figures, sites = work.look(whom, tools.providers)
    work.keep(session, lease.row_id, figures, sites)
    done(session, lease)


def setting_change(tools: Tools, session: Session, lease: Lease) -> None:
    """A change of settings has its day; where something is in the way it is tried again, and doctor tells of it."""
    problem = settings.take_effect(_desk(tools, session), lease.row_id)
    if not end_lease(session, lease, again_in=SETTINGS_AGAIN if problem else None, problem=problem):
        raise LeaseLost
    session.commit()


HANDLERS: Mapping[str, Handler] = {
    provisioning.WAKE: provision,
    documents.WAKE_KIND: document,
    scanning.WAKE_KIND: scan,
    FACTS: facts,
    DRIFT: drift,
    DEADLINE: deadline,
    CALENDAR: calendar,
    EVENT: event,
    sweep.SWEEP: clear_away,
    usage.WAKE: count_usage,
    BACK_UP: backup,
    TEST_RESTORE: backup,
    CHECK: check_connection,
    settings.DUE: setting_change,
    UNLOCK: unlock,
    LOOK: glimpse,
    SWITCHED: switched,
}
