"""What a service consists of after a change: the new before the old goes, DNS before sites.

Core removes only once everything wanted is live, and names before the sites that they lead to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address

from tapak.sdk.addresses import address_record, pointer_record
from tapak.sdk.backups import Backup
from tapak.sdk.concerned import Concerned, Held
from tapak.sdk.databases import Database
from tapak.sdk.names import NameWish
from tapak.sdk.request_view import chosen_address
from tapak.sdk.resources import Account, Certificate, DesiredResource, RecordSet, Redirect, Release, Site, Spec
from tapak.sdk.view import View

ADDRESSES = ("A", "AAAA")
REDIRECT_DAYS = "rename_redirect_days"
KEEP_DAYS = "deactivated_keep_days"
KEPT = 30
"""Days for which the site of an ended service answers 410 unless the agency says otherwise."""


def desired_resources(view: View) -> Sequence[DesiredResource]:
    """What the service is to consist of; nothing while an address for it is still to be chosen."""
    concerned = view.concerned
    if concerned is None:
        return ()
    make = {"rename": _renamed, "address": _moved, "deactivate": _closed}.get(concerned.change)
    if make is None:
        return [_as_is(held) for held in concerned.resources if not held.elsewhere]
    taken = {held.spec.identity: held.spec for held in concerned.resources if held.elsewhere}
    return [_taken(each, taken) for each in make(view, concerned)]


def _taken(wanted: DesiredResource, taken: Mapping[str, Spec]) -> DesiredResource:
    """``wanted``, taken back where it is elsewhere: what bears the service's name goes where the service goes."""
    seen = taken.get(wanted.spec.identity)
    return replace(wanted, takes_over=seen) if isinstance(seen, RecordSet) else wanted


def _as_is(held: Held) -> DesiredResource:
    return DesiredResource(held.key, held.spec, held.needs)


def _gone(held: Held) -> DesiredResource:
    return DesiredResource(held.key, held.spec, gone=True)


def _beside(view: View, held: Held) -> Held:
    """``held`` under a key that no resource of the service has: its own goes to what takes its place."""
    return Held(f"{held.key}~{view.request.id}", held.spec)


def _renamed(view: View, concerned: Concerned) -> list[DesiredResource]:
    """The new names live first; then the old ones go, or lead to the new for as long as the agency says."""
    names = _new_names(view, concerned)
    made = [DesiredResource(held.key, _under(held.spec, names), held.needs) for held in concerned.resources]
    stays = {each.spec.identity for each in made}
    old = [_beside(view, held) for held in concerned.resources if held.spec.identity not in stays]
    records = tuple(each.key for each in made if isinstance(each.spec, RecordSet) and each.spec.type in ADDRESSES)
    days = int(view.settings.get(REDIRECT_DAYS) or 0)
    leads_on = days > 0 and any(isinstance(held.spec, Site) for held in old)
    left = [_left(view, held, names, records, days) if leads_on else _gone(held) for held in old]
    return [*made, *left]


def _left(view: View, held: Held, names: Mapping[str, NameWish], new: tuple[str, ...], days: int) -> DesiredResource:
    """What stays of a name for some days: its site leads to the new name, which is live by then."""
    spec = held.spec
    if isinstance(spec, Site):
        leading = Redirect("/", view.site_url(replace(spec, name=names[spec.name].fqdn)))
        site = Site(spec.name, title=spec.title, owner=spec.owner, redirects=(leading,))
        return DesiredResource(held.key, site, new, for_days=days)
    if isinstance(spec, RecordSet) and spec.type in (*ADDRESSES, "CNAME"):
        return DesiredResource(held.key, spec, for_days=days)
    return _gone(held)


def _new_names(view: View, concerned: Concerned) -> dict[str, NameWish]:
    """The new name of each old one."""
    now = view.procedure.wished_names(concerned.answers)
    then = view.procedure.wished_names({**concerned.answers, **view.answers})
    return {old.fqdn: new for old, new in zip(now, then, strict=False)}


def _under(spec: Spec, names: Mapping[str, NameWish]) -> Spec:
    """``spec`` with every old name in it replaced by its new one."""
    if isinstance(spec, RecordSet):
        values = tuple(_name(value.rstrip("."), names) + "." if value.endswith(".") else value for value in spec.values)
        old = _old(spec.name, names)
        zone = names[old].zone if old else spec.zone
        return replace(spec, zone=zone, name=_name(spec.name, names), values=values)
    if isinstance(spec, Site):
        return replace(spec, name=_name(spec.name, names))
    if isinstance(spec, Certificate):
        others = tuple(_name(name, names) for name in spec.others)
        return replace(spec, name=_name(spec.name, names), others=others)
    if isinstance(spec, (Release, Account, Database)):
        return replace(spec, site=_name(spec.site, names))
    if isinstance(spec, Backup):
        folders = tuple("/".join(_name(part, names) for part in folder.split("/")) for folder in spec.folders)
        return replace(spec, folders=folders)
    return spec


def _old(name: str, names: Mapping[str, NameWish]) -> str:
    return next((old for old in names if name == old or name.endswith(f".{old}")), "")


def _name(name: str, names: Mapping[str, NameWish]) -> str:
    old = _old(name, names)
    return name[: len(name) - len(old)] + names[old].fqdn if old else name


def _moved(view: View, concerned: Concerned) -> list[DesiredResource]:
    """The names at the chosen address; pointers go with the address."""
    chosen = chosen_address(view)
    if not chosen:
        return []
    own = {wish.fqdn for wish in view.procedure.wished_names(concerned.answers)}
    at = [held for held in concerned.resources if isinstance(held.spec, RecordSet) and held.spec.name in own]
    kind = "A" if ip_address(chosen).version == 4 else "AAAA"
    same = {held.spec.name for held in at if isinstance(held.spec, RecordSet) and held.spec.type == kind}
    return [each for held in concerned.resources for each in _at(view, held, own, same, chosen, kind)]


def _at(view: View, held: Held, own: set[str], same: set[str], chosen: str, kind: str) -> list[DesiredResource]:
    spec = held.spec
    if not isinstance(spec, RecordSet):
        return [_as_is(held)]
    if spec.type == "PTR":
        name = spec.values[0].rstrip(".")
        pointer = pointer_record(view.reverse_zones, chosen, name, spec.ttl) if name in own else spec
        if pointer == spec:
            return [_as_is(held)]
        new = [DesiredResource(held.key, pointer, held.needs)] if pointer else []
        return [*new, _gone(_beside(view, held))]
    if spec.name not in own or spec.type not in ADDRESSES or (spec.type != kind and spec.name in same):
        return [_as_is(held)]
    record = address_record(spec.zone, spec.name, chosen, spec.ttl)
    there = DesiredResource(held.key, record, held.needs)
    return [there] if record.type == spec.type else [there, _gone(_beside(view, held))]


def _closed(view: View, concerned: Concerned) -> list[DesiredResource]:
    """DNS goes first, the site answers 410, and all of it is removed after the agency's days."""
    days = int(view.settings.get(KEEP_DAYS, KEPT))
    stays = days > 0 and any(isinstance(held.spec, Site) for held in concerned.resources)
    return [_kept(held, days) if stays else _gone(held) for held in concerned.resources]


def _kept(held: Held, days: int) -> DesiredResource:
    if isinstance(held.spec, RecordSet):
        return _gone(held)
    spec = replace(held.spec, suspended=True) if isinstance(held.spec, Site) else held.spec
    return DesiredResource(held.key, spec, held.needs, for_days=days)
