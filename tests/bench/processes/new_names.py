"""Brings a zone to a zone file through a provider: reads it, plans, and applies in batches.

Arguments: the provider's name, a file of its settings (JSON), the zone, and the zone file.
"""

import json
import sys
from pathlib import Path

from tapak.plugins import providers_alone
from tapak.sdk.provider import Change
from tapak.zones import zonefile

name, settings, zone, file = sys.argv[1:]
kind = providers_alone().providers[name]
with kind(kind.settings_schema().load(json.loads(Path(settings).read_text()))) as provider:
    standing = {each.identity: each for each in provider.zone_records(zone)}  # type: ignore[attr-defined]
    wanted = [each for each in zonefile.read(zone, Path(file)) if each.identity not in standing]
    for start in range(0, len(wanted), kind.capabilities.batch):
        some = wanted[start : start + kind.capabilities.batch]
        provider.apply([Change("create", each.identity, each, None) for each in some], fence=1, timeout=60)
    print(len(wanted))
