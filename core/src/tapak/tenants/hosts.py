"""Which tenant a host name means. Runs before anything else, outside every tenant's scope."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tapak.db.session import Database
from tapak.tenants.models import Tenant, TenantHost

# RFC 9110, section 7.2: Host = uri-host [ ":" port ]; of a uri-host only names of LDH labels can be a tenant's.
HOST = re.compile(r"(?P<name>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)\.?(?::[0-9]{0,5})?", re.ASCII | re.IGNORECASE)
LONGEST_NAME = 253
LIFE_SECONDS = 5.0
MOST_UNKNOWN = 1024


def host_name(header: str | None) -> str | None:
    """The name in a Host header, in lower case without port and final dot; None where it can't be a tenant's."""
    match = HOST.fullmatch(header or "")
    return match["name"].lower() if match and len(match["name"]) <= LONGEST_NAME else None


class TenantHosts:
    """Tenants by host, remembered for five seconds by one process.

    Hosts that mean nobody are remembered too, the newest 1024 of them, so that whoever sends random names neither
    fills the memory nor pushes a tenant out.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[str, tuple[float, Tenant]] = {}
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def find(self, header: str | None) -> Tenant | None:
        """The active tenant that a Host header means, detached; None where no tenant has that host."""
        name = host_name(header)
        if name is None:
            return None
        now = self._clock()
        with self._lock:
            until, tenant = self._known.get(name, (0.0, None))
            if now < until:
                return tenant
            if now < self._unknown.get(name, 0.0):
                return None
        return self._remember(name, self._look_up(name), now + LIFE_SECONDS)

    def forget(self) -> None:
        """Look every host up anew."""
        with self._lock:
            self._known.clear()
            self._unknown.clear()

    def _look_up(self, name: str) -> Tenant | None:
        query = select(TenantHost).where(TenantHost.host == name).options(joinedload(TenantHost.tenant))
        with self._database.begin() as session:
            row = session.scalar(query)
            return row.tenant if row and row.tenant.active else None

    def _remember(self, name: str, tenant: Tenant | None, until: float) -> Tenant | None:
        with self._lock:
            if tenant is not None:
                self._unknown.pop(name, None)
                self._known[name] = (until, tenant)
                return tenant
            self._known.pop(name, None)
            self._unknown[name] = until
            self._unknown.move_to_end(name)
            while len(self._unknown) > MOST_UNKNOWN:
                self._unknown.popitem(last=False)
            return None
