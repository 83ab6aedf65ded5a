"""One provider of octoDNS: its class, whole zones read by it, and changes of some record sets made by it."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from octodns.provider.base import BaseProvider
from octodns.provider.plan import Plan
from octodns.record import Create, Delete, Update

from tapak.sdk.dns.provider import Swap
from tapak.sdk.dns.records import ALONE, Parsed, owner, record_set, same
from tapak.sdk.errors import ForeignResource, ProviderBroken, ProviderDenied
from tapak.sdk.resources import RecordSet
from tapak_octodns.failures import told, unsupported
from tapak_octodns.records import empty_zone, is_type, rdataset_of, record_of

# octoDNS tells every record that breaks a rule of its own; ours are judged before, others' are none of our business.
logging.getLogger("Record").setLevel(logging.ERROR)

Key = tuple[str, str]


def provider_class(path: str) -> Any:
    """The class at ``path``.

    Raises:
        ProviderBroken: it isn't installed, or is no provider of octoDNS.
    """
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as problem:
        shown = f"Penyedia octoDNS {path} tidak terpasang; minta pengelola server memasang paketnya."
        raise ProviderBroken(shown, log=f"{path}: {type(problem).__name__}") from problem
    if not (isinstance(found, type) and issubclass(found, BaseProvider)):
        raise ProviderBroken(f"{path} bukan penyedia octoDNS; periksa nama kelasnya.", log=f"{path}: no provider")
    return found


class WholeZone:
    """One reading of a zone: what octoDNS found, and its record sets by name (absolute, without final dot)."""

    def __init__(self, name: str, content: Any) -> None:
        self.name = name
        self.content = content

    def record(self, key: Key) -> Any:
        """octoDNS's record at a name and type; None where there is none."""
        name, kind = key
        return self.content.get_type(name.removesuffix(self.name).rstrip("."), kind)

    def at(self, name: str) -> dict[str, RecordSet]:
        """What stands at ``name``, by type."""
        found = self.content.get(name.removesuffix(self.name).rstrip("."))
        return {record._type: self._spec(record) for record in found if is_type(record._type)}

    def __iter__(self) -> Iterator[RecordSet]:
        return (self._spec(record) for record in self.content.records if is_type(record._type))

    def __len__(self) -> int:
        return len(self.content.records)

    def stands(self, parsed: Parsed) -> bool:
        """Whether exactly ``parsed`` stands."""
        record = self.record((parsed.spec.name, parsed.spec.type))
        return record is not None and same(rdataset_of(record), parsed.rdataset)

    def in_the_way(self, parsed: Parsed) -> list[RecordSet]:
        """What else stands at the name and keeps ``parsed`` from being made: it or the other one stands alone."""
        name, kind = parsed.spec.name, parsed.spec.type
        if name == self.name:
            return []
        others = [each for each in self.at(name).values() if each.type != kind]
        return [each for each in others if kind in ALONE or each.type in ALONE]

    def refuse_hidden(self, parsed: Parsed) -> None:
        """Refuse what lies at or below a delegation.

        Raises:
            ForeignResource: it does.
        """
        name = parsed.spec.name if parsed.spec.type != "NS" else parsed.spec.name.partition(".")[2]
        while name != self.name and len(name) > len(self.name):
            if self.record((name, "NS")) is not None:
                hidden = parsed.spec.name
                shown = f"{hidden} berada di bawah zona yang didelegasikan ke server lain; ubah di server itu."
                raise ForeignResource(shown, log=f"{hidden} is delegated")
            name = name.partition(".")[2]

    def _spec(self, record: Any) -> RecordSet:
        name = record.fqdn.rstrip(".").lower()
        made = record_set(owner(self.name), owner(self.name), rdataset_of(record))
        return RecordSet(self.name, name, made.type, made.values, made.ttl)


class Wrapped:
    """A provider of octoDNS, made from the class at ``path`` and its ``parameters``."""

    def __init__(self, path: str, parameters: Mapping[str, Any]) -> None:
        self.path = path
        made = provider_class(path)
        with told(path):
            try:
                self._provider = made("tapak", **parameters)
            except (TypeError, ValueError) as problem:
                shown = f"Parameter penyedia octoDNS {path} tidak cocok; periksa nama dan nilainya."
                raise ProviderBroken(shown, log=f"{path}: {type(problem).__name__}") from problem
        self._provider.root_ns_warnings = False

    def read(self, zone: str) -> WholeZone:
        """What stands in ``zone`` now.

        Raises:
            ProviderError: the server didn't tell, or has no such zone, or the provider only writes files.
        """
        found = empty_zone(zone)
        with told(self.path):
            exists = self._provider.populate(found, target=True, lenient=True)
        if exists is False:
            shown = (
                f"Penyedia octoDNS {self.path} tidak membaca zona {zone} yang sudah ada: buat zonanya di server, dan "
                "jangan pakai penyedia yang menulis berkas."
            )
            raise ProviderDenied(shown, log=f"{self.path}: no zone {zone} to read")
        return WholeZone(zone, found)

    def write(self, seen: WholeZone, swaps: Sequence[Swap]) -> None:
        """Bring ``swaps``, none of which stands as it is to be, about on top of what was ``seen``.

        Raises:
            Invalid: the wrapped provider can't have it exactly so.
            ProviderError: the server didn't do it, or didn't tell.
        """
        desired, changes = seen.content.copy(), []
        made = self._supported(seen.name, [swap.new for swap in swaps if swap.new is not None])
        for swap in swaps:
            existing, new = seen.record(swap.key), made.get(swap.key)
            if existing is not None:
                desired.remove_record(existing)
            if new is not None:
                changes.append(Create(new) if existing is None else Update(existing, new))
            elif existing is not None:
                changes.append(Delete(existing))
        for new in made.values():
            desired.add_record(new, lenient=True)
        with told(self.path):
            self._provider.apply(Plan(seen.content, desired, changes, True))

    def _supported(self, zone: str, wanted: Sequence[Parsed]) -> Mapping[Key, Any]:
        """octoDNS's records of ``wanted``, each as the provider would have it, which is as it was wanted."""
        ours = empty_zone(zone)
        for parsed in wanted:
            ours.add_record(record_of(ours, parsed), lenient=True)
        with told(self.path):
            processed = self._provider._process_desired_zone(ours.copy())
        found = WholeZone(zone, processed)
        if not all(found.stands(parsed) for parsed in wanted):
            raise unsupported(self.path)
        keys = [(parsed.spec.name, parsed.spec.type) for parsed in wanted]
        return {key: found.record(key) for key in keys}


def knows(path: str, kind: str) -> bool:
    """Whether the provider at ``path`` knows records of ``kind``; one that can't be loaded is told of elsewhere."""
    try:
        return kind in provider_class(path).SUPPORTS
    except ProviderBroken:
        return True
