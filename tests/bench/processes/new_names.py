"""Brings a zone to what is wanted of it through a provider: reads it, plans, and applies in batches.

Arguments: the provider's name, a file of its settings (JSON), the zone, and a file of what is
wanted there (JSON, as rows keep it).
"""

import json
import sys
from pathlib import Path

from tapak.plugins import providers_alone
from tapak.sdk.provider import Change
from tapak.sdk.resources import RecordSet, spec_from_json

name, settings, zone, file = sys.argv[1:]
kind = providers_alone().providers[name]
with kind(kind.settings_schema().load(json.loads(Path(settings).read_text()))) as provider:
    standing = {each.identity: each for each in provider.zone_records(zone)}  # type: ignore[attr-defined]
    specs = (spec_from_json(RecordSet.kind, each) for each in json.loads(Path(file).read_text()))
    wanted = [each for each in specs if each.identity not in standing]
    for start in range(0, len(wanted), kind.capabilities.batch):
        some = wanted[start : start + kind.capabilities.batch]
        provider.apply([Change("create", each.identity, each, None) for each in some], fence=1, timeout=60)
    print(len(wanted))
