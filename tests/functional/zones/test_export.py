"""A zone is carried away as a zone file and as octoDNS's YAML: read back, each is the same zone."""

from __future__ import annotations

from pathlib import Path

import pytest
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone

from tapak.sdk.resources import RecordSet
from tapak.zones import exporting, zonefile

from .conftest import Town

ZONE = "kota.example"


def record(label: str, kind: str, *values: str, ttl: int = 300) -> RecordSet:
    return RecordSet(ZONE, f"{label}.{ZONE}" if label else ZONE, kind, values, ttl)


RECORDS = [
    record("", "NS", f"ns1.{ZONE}.", f"ns2.{ZONE}."),
    record("", "MX", f"10 surat.{ZONE}.", f"20 surat2.{ZONE}."),
    record("", "CAA", '0 issue "ca.example; policy=ev"'),
    record("surat", "A", "192.0.2.25", "192.0.2.26", ttl=60),
    record("surat", "AAAA", "2001:db8::25"),
    record("alias", "CNAME", f"surat.{ZONE}."),
    record("web2", "A", "192.0.2.2"),
    record("web10", "A", "192.0.2.10"),
    record("*.aplikasi", "A", "192.0.2.3"),
    record("_sip._tcp", "SRV", f"0 5 5060 surat.{ZONE}."),
    record("s1._domainkey", "TXT", f'"v=DKIM1; k=rsa; p={"A" * 200}" "{"B" * 100}"', r'"kutip \"a\""'),
    record("_443._tcp", "TLSA", f"3 1 1 {'ab' * 32}"),
    record("mesin", "SSHFP", f"4 2 {'12' * 32}"),
]


def written(form: str, folder: Path) -> Path:
    file = folder / (f"{ZONE}.yaml" if form == "octodns" else f"{ZONE}.zone")
    file.write_bytes(b"".join(exporting.blocks(form, ZONE, RECORDS)))
    return file


def test_a_zone_file_read_back_is_the_same_zone(tmp_path: Path) -> None:
    found = {each.identity: each for each in zonefile.read(ZONE, written("zonefile", tmp_path))}
    assert found == {each.identity: each for each in RECORDS}


def test_octodns_loads_the_yaml_as_the_same_zone(tmp_path: Path) -> None:
    written("octodns", tmp_path)
    zone = Zone(f"{ZONE}.", [])
    YamlProvider("tapak", str(tmp_path), escaped_semicolons=True).populate(zone)
    found = {}
    for each in zone.records:
        name = f"{each.name}.{ZONE}" if each.name else ZONE
        rrset = each.to_rrset()
        found[f"{name}/{each._type}"] = (rrset.ttl, {text.replace('" "', "") for text in map(str, rrset.rdatas)})
    expected = {each.identity: (each.ttl, {value.replace('" "', "") for value in each.values}) for each in RECORDS}
    assert found == expected


def test_octodns_is_told_what_it_has_no_form_for() -> None:
    odd = record("aneh", "TYPE65280", "\\# 1 00")
    told = "".join(exporting.FORMATS["octodns"](ZONE, [odd]))
    assert told == f"---\n# aneh.{ZONE}/TYPE65280: octoDNS knows no such type\n"


@pytest.mark.parametrize(("options", "known"), [((), False), (("--known",), True)])
def test_the_whole_zone_or_what_is_known_of_it(
    town: Town, tmp_path: Path, options: tuple[str, ...], known: bool
) -> None:
    town.put(town.record("ppdb", "A", "192.0.2.10"))
    town.told("import", town.zone)
    town.put(town.record("slot", "A", "198.51.100.7"))
    file = tmp_path / "zona.db"
    town.told("export", town.zone, "--output", str(file), *options)
    found = {each.identity for each in zonefile.read(town.zone, file)}
    assert f"ppdb.{town.zone}/A" in found
    assert (f"slot.{town.zone}/A" in found, f"{town.zone}/NS" in found) == (not known, not known)
