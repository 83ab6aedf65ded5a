"""A zone as a file for others: a zone file, or the YAML that octoDNS reads. Nobody is locked in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.provisioning.models import Resource
from tapak.sdk.resources import RecordSet, spec_from_json
from tapak.zones import octodns, zonefile
from tapak.zones.places import serving

AT_ONCE = 65_536
Lines = Callable[[str, Iterable[RecordSet]], Iterator[str]]


def _zone_file(zone: str, records: Iterable[RecordSet]) -> Iterator[str]:
    return zonefile.lines(zone, records, int(time.time()))


FORMATS: Mapping[str, Lines] = {"zonefile": _zone_file, "octodns": octodns.lines}


def known(session: Session, zone: str) -> Iterator[RecordSet]:
    """What Tapak knows to stand in ``zone``, as it was last verified or taken in.

    Raises:
        NotFound: no connection serves the zone.
    """
    connection = serving(session, zone)
    query = select(Resource.applied).where(
        Resource.connection_id == connection.id,
        Resource.kind == RecordSet.kind,
        Resource.state != "gone",
        Resource.applied["zone"].as_string() == zone,
    )
    for applied in session.scalars(query.execution_options(yield_per=2000)):
        spec = spec_from_json(RecordSet.kind, applied or {})
        if isinstance(spec, RecordSet):
            yield spec


def blocks(form: str, zone: str, records: Iterable[RecordSet]) -> Iterator[bytes]:
    """The file in pieces; ``form`` is one of :data:`FORMATS`."""
    held: list[str] = []
    size = 0
    for line in FORMATS[form](zone, records):
        held.append(line)
        size += len(line)
        if size >= AT_ONCE:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()
