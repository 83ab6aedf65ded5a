"""The connection test: every right that is needed, told by Cloudflare itself; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tapak.sdk.dns.records import owner
from tapak.sdk.errors import ProviderUnavailable, TapakError
from tapak.sdk.provider import Check
from tapak_cloudflare.verifying import NameServers

if TYPE_CHECKING:
    from tapak_cloudflare.client import CloudflareClient

EDIT = "#dns_records:edit"
ACTIVE = "active"


def run(zones: Sequence[str], client: CloudflareClient, servers: NameServers) -> list[Check]:
    """Lines for each of ``zones``; where nothing answers one is enough."""
    lines: list[Check] = []
    for zone in zones:
        try:
            lines += _zone(zone, client, servers)
        except ProviderUnavailable as problem:
            return [*lines, Check(f"Zona {zone}", False, problem.message)]
        except TapakError as problem:
            lines.append(Check(f"Zona {zone}", False, problem.message))
    return lines


def _zone(zone: str, client: CloudflareClient, servers: NameServers) -> Iterator[Check]:
    found = client.zone(zone)
    count = client.count(found["id"])
    yield Check(f"Zona {zone}", True, f"Zona terbaca: {count} rekaman.")
    yield _right(zone, found)
    yield _delegation(zone, found)
    told: Sequence[str] = found.get("name_servers") or ()
    reached = servers.verifier(owner(zone), lambda: told) is not None
    how = (
        "Server nama Cloudflare menjawab dari sini; perubahan diperiksa di sana."
        if reached
        else "Server nama Cloudflare tidak terjangkau dari sini; perubahan diperiksa lewat API."
    )
    yield Check(f"Pemeriksaan {zone}", True, how)


def _right(zone: str, found: Mapping[str, Any]) -> Check:
    """Zones tell what their token may; one that tells nothing is left to the first change."""
    rights = found.get("permissions")
    allowed = not rights or EDIT in rights
    told = (
        "Token boleh mengubah rekaman." if allowed else "Token hanya boleh membaca: beri hak DNS: Edit di Cloudflare."
    )
    return Check(f"Hak atas {zone}", allowed, told)


def _delegation(zone: str, found: Mapping[str, Any]) -> Check:
    if found.get("status") == ACTIVE:
        return Check(f"Delegasi {zone}", True, "Zona aktif di Cloudflare.")
    servers = ", ".join(found.get("name_servers") or ()) or "yang disebut Cloudflare"
    told = f"Zona belum aktif: arahkan server nama domain ini ke {servers} di pengelola domain."
    return Check(f"Delegasi {zone}", False, told)
