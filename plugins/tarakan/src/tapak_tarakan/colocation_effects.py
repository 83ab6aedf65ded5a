"""What a placed server ends in: its name in both directions, a row of the register, and the two papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.addresses import address_record, pointer_record
from tapak.sdk.contexts import Context, common, line_items
from tapak.sdk.forms import Lines, lines
from tapak.sdk.procedure import configuration_lines
from tapak.sdk.registers import Record
from tapak.sdk.request_view import chosen_address, named
from tapak.sdk.resources import DesiredResource
from tapak.sdk.step_kinds import Letter, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import day_words, moment_words, ticks
from tapak_tarakan.colocation_forms import InstallationChecks, NetworkPart
from tapak_tarakan.registers import PLACED_SERVERS
from tapak_tarakan.settings import DEFAULT_TTL


def desired_resources(view: View) -> Sequence[DesiredResource]:
    """The name's A or AAAA record, then its PTR where the reverse zone is the tenant's; no site."""
    address = chosen_address(view)
    if not address:
        return ()
    ttl, name = view.settings.get("ttl", DEFAULT_TTL), named(view)
    forward = DesiredResource("name", address_record(view.answers["name_zone"], name, address, ttl))
    reverse = pointer_record(view.reverse_zones, address, name, ttl)
    return (forward, DesiredResource("pointer", reverse, needs=("name",))) if reverse else (forward,)


def configuration(view: View) -> Lines:
    """Names and records, then how the server is set up in the network and where it stands."""
    network = lines(NetworkPart(), view.results.get("provision", {}), leave_out={"note"})
    address = chosen_address(view)
    return [*configuration_lines(view), *([("Alamat IP", address)] if address else []), *network]


def notified(view: View, data: Mapping[str, Any]) -> StepResult:
    """Surat pemberitahuan instalasi server."""
    appointment = moment_words(data["appointment"])
    context = {
        **_server(view),
        "appointment": appointment,
        "venue": data["place"],
        "officer": data["officer"],
        "bring": [line.strip() for line in data["bring"].splitlines() if line.strip()],
        "team": [f"{member['name']} ({member['role']})" for member in view.answers["team"]],
    }
    subject = f"Pemberitahuan instalasi server {named(view)}"
    letter = Letter("installation_notice", "tarakan/installation_notice", subject, context, series="outgoing")
    return StepResult(letters=(letter,), summary=f"Instalasi dijadwalkan {appointment} di {data['place']}")


def installed(view: View, data: Mapping[str, Any]) -> StepResult:
    """Data konfigurasi layanan colocation server, and the berita acara serah terima."""
    subject = f"Berita acara serah terima server {named(view)}"
    letter = Letter(
        "handover_record", "tarakan/handover_record", subject, _handed_over(view, data), series="handover_record"
    )
    places = ", ".join(f"{unit['rack']} U{unit['unit']}" for unit in data["units"])
    return StepResult(records=_rows(view, data), letters=(letter,), summary=f"Server terpasang: {places}")


def _server(view: View) -> Context:
    return {
        **common(view),
        "name": named(view),
        "address": chosen_address(view),
        "configuration": line_items(configuration(view)),
    }


def _handed_over(view: View, data: Mapping[str, Any]) -> Context:
    boxes = {name: item.metadata["label"] for name, item in InstallationChecks().fields.items()}
    return {
        **_server(view),
        "installed_on": day_words(data["installed_on"]),
        "units": [dict(unit) for unit in data["units"]],
        "checks": ticks(boxes, [name for name in boxes if data[name]]),
        "receiver": {part: data[f"receiver_{part}"] for part in ("name", "role", "nip")},
        "note": data["note"],
    }


def _rows(view: View, data: Mapping[str, Any]) -> tuple[Record, ...]:
    shared = {
        "placed_on": data["installed_on"].isoformat(),
        "name": named(view),
        "address": chosen_address(view),
        "agency": view.request.agency,
        "server_name": view.answers["server_name"],
        "team": list(view.answers["team"]),
        "configuration": line_items(configuration(view)),
    }
    return tuple(Record(PLACED_SERVERS.key, {**shared, **unit}) for unit in data["units"])
