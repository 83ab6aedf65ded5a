"""The agent's figures as facts that an officer reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapak.sdk.resources import Fact

CAPACITY = "server_capacity"
BANDWIDTH = "bandwidth"
USAGE = "site_usage"

_UNITS = ("B", "kB", "MB", "GB", "TB")


def facts(told: Mapping[str, Any], names: Sequence[str]) -> Sequence[Fact]:
    """What ``facts`` of the agent gave, in words; all numbers are in ``details``."""
    return (_capacity(told), _bandwidth(told), *(_usage(told, name) for name in names))


def unreachable(names: Sequence[str], problem: str) -> Sequence[Fact]:
    """The same facts without values, where the agent can't be asked."""
    return (
        Fact(CAPACITY, "Kapasitas server web", None, "agent", problem=problem),
        Fact(BANDWIDTH, "Pemakaian bandwidth", None, "logs", problem=problem),
        *(Fact(f"{USAGE}:{name}", f"Pemakaian {name}", None, "agent", problem=problem) for name in names),
    )


def _capacity(told: Mapping[str, Any]) -> Fact:
    disk, memory, load = told["disk"], told["memory"], told["load"]
    value = (
        f"{_size(disk['free'])} bebas dari {_size(disk['total'])}, "
        f"memori {_size(memory['available'])} bebas dari {_size(memory['total'])}, "
        f"beban {_number(load[0], 2)} pada {told['processors']} prosesor, {told['sites']} situs"
    )
    details = {
        "disk_free": disk["free"],
        "disk_total": disk["total"],
        "memory_available": memory["available"],
        "memory_total": memory["total"],
        "load": tuple(load),
        "processors": told["processors"],
        "sites": told["sites"],
    }
    return Fact(CAPACITY, "Kapasitas server web", value, "agent", details=details)


def _bandwidth(told: Mapping[str, Any]) -> Fact:
    traffic = told["traffic"]
    value = (
        f"{_size(traffic['bytes'])} dalam {traffic['days']} hari, {_number(traffic['requests'])} permintaan, "
        f"jam tersibuk {_number(traffic['busiest_hour'] * 8 / 3600 / 1e6, 2)} Mbit/s"
    )
    return Fact(BANDWIDTH, "Pemakaian bandwidth", value, "logs", details=dict(traffic))


def _usage(told: Mapping[str, Any], name: str) -> Fact:
    usage = told["usage"][name]
    key, label = f"{USAGE}:{name}", f"Pemakaian {name}"
    details = {**usage, "days": told["traffic"]["days"]}
    if usage["disk"] is None and not usage["requests"]:
        return Fact(key, label, "belum ada situs", "agent", details=details)
    disk = "belum ada berkas" if usage["disk"] is None else f"{_size(usage['disk'])} ruang penyimpanan"
    value = f"{disk}, {_number(usage['requests'])} permintaan dan {_size(usage['bytes'])} dalam {details['days']} hari"
    return Fact(key, label, value, "logs", details=details)


def _size(amount: float) -> str:
    """Decimal units, as disks and lines are sold."""
    for unit in _UNITS:
        if amount < 1000 or unit == _UNITS[-1]:
            break
        amount /= 1000
    return f"{_number(amount, 0 if unit == 'B' else 1)} {unit}"


def _number(value: float, decimals: int = 0) -> str:
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))
