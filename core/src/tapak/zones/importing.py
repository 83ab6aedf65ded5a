"""Taking a zone into the inventory: from its server, from any other one, or from a file. The zone stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from tapak.audit.service import record
from tapak.plugins import Registry
from tapak.provisioning.intake import Intake, take_in
from tapak.requests.desk import Desk
from tapak.sdk.errors import Invalid, flat_messages
from tapak.sdk.resources import RecordSet
from tapak.zones.places import listing, record_types, serving


def import_zone(desk: Desk, zone: str, records: Iterable[RecordSet], source: str) -> Intake:
    """Take in what stands in ``zone``: every name becomes a service that belongs to no unit yet.

    ``source`` (for the audit chain) says where ``records`` come from. Doing it again takes in what came since.

    Raises:
        NotFound: no connection of the agency serves the zone.
        Conflict: a record became somebody's meanwhile; nothing was taken in.
        ProviderError, Invalid: the records couldn't be read.
    """
    connection = serving(desk.session, zone)
    done = take_in(desk.session, connection, zone, records, record_types(desk.registry, connection))
    if done.record_sets:
        record(
            desk.session,
            "zone.imported",
            person=desk.person,
            summary=f"Zona {zone} diimpor: {done.record_sets} rekaman pada {done.names} nama baru",
            content={"zone": zone, "source": source, "names": done.names, "record_sets": done.record_sets},
        )
    return done


@contextmanager
def elsewhere(plugins: Registry, zone: str, file: Path) -> Iterator[Iterator[RecordSet]]:
    """The records of ``zone`` at a server that isn't the agency's connection.

    ``file`` is JSON as a connection has it: ``provider`` and its ``settings``, secrets included.

    Raises:
        Invalid: the file is no such thing.
        ProviderError: the server didn't tell.
    """
    told = _settings(file)
    known = plugins.providers.get(str(told.get("provider")))
    if known is None:
        given = f"Penyedia {told.get('provider')!r} tidak terpasang."
        raise Invalid(given, log=f"{file}: no such provider", fields={"provider": [given]})
    try:
        settings = known.settings_schema().load({"zones": [zone], **told.get("settings", {})})
    except ValidationError as wrong:
        problems = flat_messages(wrong.normalized_messages())
        raise Invalid("Pengaturan server asal belum benar.", log=f"{file}: invalid settings", fields=problems) from None
    with known(settings) as provider:
        yield listing(provider, known.title).zone_records(zone)


def _settings(file: Path) -> Mapping[str, Any]:
    try:
        told = json.loads(file.read_text())
    except ValueError as problem:
        raise Invalid(f"Berkas {file.name} bukan JSON yang sah.", log=f"{file}: {problem}") from None
    if not isinstance(told, dict) or not isinstance(told.get("settings", {}), dict):
        raise Invalid(f"Berkas {file.name} memuat provider dan settings.", log=f"{file}: no connection")
    return told
