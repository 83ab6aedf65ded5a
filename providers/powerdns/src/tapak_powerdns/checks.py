"""The connection test: the API, its key, each zone and each server that the public asks; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.dns.checking import name_servers
from tapak.sdk.dns.servers import Server
from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Check
from tapak_powerdns.client import Client
from tapak_powerdns.zones import Zones, follows


def run(zones: Sequence[str], client: Client, api: Zones, servers: Sequence[Server], timeout: float) -> list[Check]:
    """A line for the API, for each zone in it, and for each zone at each of ``servers``."""
    lines = [_api(client)]
    if lines[0].ok:
        lines += [_zone(zone, api) for zone in zones]
    served = [zone for zone in zones if not (lines[0].ok and _is_to_be_made(zone, api))]
    return lines + name_servers(served, servers, timeout)


def _api(client: Client) -> Check:
    name = "API PowerDNS"
    try:
        found = client.get()
        with client.understood():
            found = None if found is None else {**found}
    except ProviderError as problem:
        return Check(name, False, problem.message)
    if found is None:
        return Check(name, False, f"{client.url} tidak mengenal nama server pada pengaturan; biasanya localhost.")
    if found.get("daemon_type") != "authoritative":
        return Check(name, False, f"{client.url} bukan PowerDNS Authoritative Server; isi alamat API server zona.")
    return Check(name, True, f"{client.url} menerima kunci; PowerDNS versi {found.get('version', '?')}.")


def _zone(zone: str, api: Zones) -> Check:
    name = f"Zona {zone} di API"
    try:
        found = api.described(zone)
    except ProviderError as problem:
        return Check(name, False, problem.message)
    if found is None:
        told = f"Zona {zone} belum ada dan dibuat saat perubahan pertama."
        return Check(name, True, told) if api.makes_zones else Check(name, False, api.missing(zone).message)
    if follows(found):
        told = f"Zona {zone} mengikuti server lain ({found['kind']}); sambungkan server utamanya."
        return Check(name, False, told)
    if found.get("soa_edit_api") in ("", None, "OFF"):
        told = f"Serial zona {zone} tidak naik sendiri, sehingga server sekunder tidak ikut; isi SOA-EDIT-API: DEFAULT."
        return Check(name, False, told)
    return Check(name, True, f"Zona {zone} ada dengan serial {found.get('serial')}.")


def _is_to_be_made(zone: str, api: Zones) -> bool:
    try:
        return api.makes_zones and api.described(zone) is None
    except ProviderError:
        return False
