"""What is to be live: the site with exactly the verified file in step 4, its name in step 5."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from tapak.sdk.addresses import address_record
from tapak.sdk.backups import Backup
from tapak.sdk.databases import NO_DATABASE, Database
from tapak.sdk.errors import Conflict
from tapak.sdk.forms import Lines
from tapak.sdk.names import NameWish
from tapak.sdk.procedure import configuration_lines
from tapak.sdk.resources import Account, DesiredResource, Php, Release, Site
from tapak.sdk.secured import secured
from tapak.sdk.view import View
from tapak_pontianak import files

DEFAULT_TTL = 300
NAMED = ("name", "receive")
"""The steps from which on the name is wanted."""


def desired_resources(view: View) -> Sequence[DesiredResource]:
    """Nothing before a file passed; then database, site, that very file, SFTP account and backups, and the name.

    Where sites answer HTTPS, the site's certificate too.

    Raises:
        Conflict: the file isn't the one that was verified.
    """
    digest = str(files.verified(view).get("sha256", ""))
    if not digest:
        return ()
    _check_unchanged(view, digest)
    return secured(view, _resources(view, digest))


def database_name(name: str) -> str:
    """What a site's database is called: its first label, and six digits that tell it from the same one elsewhere."""
    stem = name.partition(".")[0].replace("-", "_")
    stem = stem if stem[0].isalpha() else f"s{stem}"
    return f"{stem[:41]}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def backup_times(view: View) -> tuple[str, ...]:
    """When backups are made; none where the agency keeps none."""
    return tuple(view.settings.get("backup_at") or ()) if view.offers(Backup.kind) else ()


def configuration(view: View) -> Lines:
    """The usual lines, with the file that was verified."""
    digest = str(files.verified(view).get("sha256", ""))
    return [*configuration_lines(view), *([("SHA-256 file terverifikasi", digest)] if digest else [])]


def _check_unchanged(view: View, digest: str) -> None:
    file = files.current(view)
    if file is None or file.sha256 != digest:
        raise Conflict(
            "File aplikasi berubah setelah diverifikasi, jadi tidak dipasang. Yang lolos verifikasi adalah file "
            f"dengan SHA-256 {digest[:12]}…; file lain harus diverifikasi dulu oleh Seksi PKSI.",
            log=f"verified {digest}, but the current file is {file.sha256 if file else 'none'}",
        )


def _resources(view: View, digest: str) -> Iterator[DesiredResource]:
    answers = view.answers
    label, zone, engine = answers["name_label"], answers["name_zone"], answers.get("database", NO_DATABASE)
    name, owner = NameWish(label, zone).fqdn, view.request.agency
    stored = () if engine == NO_DATABASE else ("database",)
    if stored:
        yield DesiredResource("database", Database(engine, database_name(name), owner, name))
    php = Php() if answers.get("runtime") == "php" else None
    yield DesiredResource("site", Site(name, title=answers["system_name"], owner=owner, php=php), needs=stored)
    yield DesiredResource("release", Release(name, digest), needs=("site",))
    if view.offers(Account.kind):
        yield DesiredResource("account", Account(name), needs=("site",))
    times = backup_times(view)
    if times:
        yield DesiredResource("backup", Backup(name, at=times), needs=("site", *stored))
    if view.step.key in NAMED:
        address = view.results["host"]["address"]
        record = address_record(zone, name, address, view.settings.get("ttl", DEFAULT_TTL))
        yield DesiredResource("name", record, needs=("site", "release"))
