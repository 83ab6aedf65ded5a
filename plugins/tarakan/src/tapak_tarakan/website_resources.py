"""What a website request ends in: database, site (with its certificate, where sites answer HTTPS), release, name,
account and backup, over what stands already."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tapak.sdk import parts
from tapak.sdk.addresses import address_record
from tapak.sdk.backups import Backup
from tapak.sdk.databases import NO_DATABASE, Database
from tapak.sdk.request_view import delivered
from tapak.sdk.resources import Account, DesiredResource, Php, Release, Site
from tapak.sdk.secured import KEY as CERTIFICATE
from tapak.sdk.secured import secured
from tapak.sdk.view import ServiceRef, View
from tapak_tarakan.settings import DEFAULT_TTL
from tapak_tarakan.website_forms import APPLICATION, PHP, barrier, chosen_site, websites

LONGEST_NAME = 48
"""Characters of a database's name (``tapak.sdk.databases``)."""
Standing = Mapping[str, DesiredResource]


def continues(view: View) -> int | None:
    """The service of the website that is updated."""
    service = _updated(view)
    return service.id if service else None


def built(view: View) -> Mapping[str, Any]:
    """How it runs: as it was made at row 8, else as row 6 has it."""
    return view.results.get("make") or view.results.get("exists") or {}


def website_name(view: View) -> str:
    """The full name of the website; empty where none is asked for."""
    wished = (wish.fqdn for wish in parts.wished_names(view.answers))
    return chosen_site(view) or next(wished, "")


def desired_resources(view: View) -> Sequence[DesiredResource]:
    """What stands already, and from row 6 on what this request brings; of a new website the name, once reviewed."""
    name, service = website_name(view), _updated(view)
    if not name or "review" not in view.results or (chosen_site(view) and service is None):
        return ()
    standing = {each.key: each for each in service.resources} if service else _reserved(view, name)
    wanted = _installed(view, name, standing) if "exists" in view.results else standing
    return secured(view, wanted.values())


def database_name(name: str) -> str:
    """What a website's database is called: its name in letters, digits and underscores."""
    told = re.sub(r"[^a-z0-9]+", "_", name)
    told = told if told[0].isalpha() else f"w_{told}"
    if len(told) <= LONGEST_NAME:
        return told
    return f"{told[: LONGEST_NAME - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _updated(view: View) -> ServiceRef | None:
    return websites(view).get(chosen_site(view))


def _reserved(view: View, name: str) -> Standing:
    """A new website's name at the shared web server."""
    address, ttl = view.shared_address(), view.settings.get("ttl", DEFAULT_TTL)
    record = address_record(view.answers["name_zone"], name, address, ttl) if address else None
    return {"name": DesiredResource("name", record)} if record else {}


def _installed(view: View, name: str, standing: Standing) -> Standing:
    """All of it, each after what it needs; the plan of backups always as the agency's settings are today."""
    release = _release(view, name) or standing.get("release")
    made = [
        standing.get(CERTIFICATE),
        standing.get("database") or _database(view, name),
        _site(view, name, standing),
        release,
        replace(standing["name"], needs=("site", "release") if release else ("site",)) if "name" in standing else None,
        _account(view, name) or standing.get("account"),
    ]
    wanted = {each.key: each for each in made if each is not None}
    others = {key: each for key, each in standing.items() if key not in wanted}
    needs = tuple(key for key in ("site", "database") if key in wanted)
    kept = {"backup": DesiredResource("backup", _plan(view, name), needs)} if view.offers(Backup.kind) else {}
    return {**wanted, **others, **kept}


def _database(view: View, name: str) -> DesiredResource | None:
    engine = built(view)["database"]
    if engine == NO_DATABASE:
        return None
    return DesiredResource("database", Database(engine, database_name(name), owner=view.request.agency, site=name))


def _site(view: View, name: str, standing: Standing) -> DesiredResource:
    """An updated site keeps what it has; PHP is added where the application needs it."""
    stands = standing.get("site")
    spec = stands.spec if stands else Site(name, title=view.answers["system_name"], owner=view.request.agency)
    assert isinstance(spec, Site)
    if built(view)["runtime"] == PHP and spec.php is None:
        spec = replace(spec, php=Php())
    relies = "database" in standing or built(view)["database"] != NO_DATABASE
    certified = spec.https is not None and CERTIFICATE in standing
    needs = (*(("database",) if relies else ()), *((CERTIFICATE,) if certified else ()))
    return DesiredResource("site", spec, needs)


def _release(view: View, name: str) -> DesiredResource | None:
    archive = delivered(view, APPLICATION.kind)
    if archive is None or barrier(view):
        return None
    return DesiredResource("release", Release(name, archive.sha256), ("site",))


def _account(view: View, name: str) -> DesiredResource | None:
    wanted = view.answers.get("sftp_account")
    return DesiredResource("account", Account(name), ("site",)) if wanted else None


def _plan(view: View, name: str) -> Backup:
    told = view.settings
    return Backup(
        name,
        at=tuple(told["backup_times"]),
        keep_daily=told["backup_daily"],
        keep_weekly=told["backup_weekly"],
        keep_monthly=told["backup_monthly"],
        test_days=told["backup_test_days"],
    )
