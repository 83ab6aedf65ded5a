"""The connection test: the version, each right that is needed, who may enter databases, and the folder of dumps."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tapak.sdk.provider import Check
from tapak_postgresql.client import Client, Server

OLDEST = 150000
_OWN = "select rolcreatedb or rolsuper, rolcreaterole or rolsuper, rolsuper from pg_roles where rolname = current_user"
_OPEN = (
    "select datname from pg_database where has_database_privilege('public', oid, 'connect') and datallowconn"
    " and not datistemplate and datname <> 'postgres' order by 1"
)


def run(client: Client, server: Server, settings: Mapping[str, Any]) -> Sequence[Check]:
    """A line for each thing that is needed."""
    return [*_server(client, server), *_rights(client), _closed(client), _dumps(Path(settings["last_dumps"]))]


def _server(client: Client, server: Server) -> Iterator[Check]:
    ((version, number),) = client.rows(
        "select current_setting('server_version'), current_setting('server_version_num')::int"
    )
    fit = number >= OLDEST
    told = f"{server} menjawab: PostgreSQL {version}." if fit else f"{server}: perlu PostgreSQL 15 atau lebih baru."
    yield Check("Server", fit, told)


def _rights(client: Client) -> Iterator[Check]:
    ((databases, roles, everything),) = client.rows(_OWN)
    yield Check(
        "Hak membuat basis data",
        databases,
        "Peran boleh membuat basis data." if databases else "Beri hak: ALTER ROLE peran pengelola CREATEDB.",
    )
    yield Check(
        "Hak membuat peran",
        roles,
        "Peran boleh membuat peran situs." if roles else "Beri hak: ALTER ROLE peran pengelola CREATEROLE.",
    )
    yield Check(
        "Hak berlebih",
        not everything,
        "Peran ini superuser. Pakai peran khusus Tapak." if everything else "Peran ini bukan superuser.",
    )


def _closed(client: Client) -> Check:
    """A database that anybody may enter is one that every site sees."""
    found = [name for (name,) in client.rows(_OPEN)]
    told = f"Siapa pun boleh memasuki {', '.join(found)}. Jalankan: REVOKE CONNECT ON DATABASE … FROM PUBLIC."
    return Check("Basis data lain", not found, told if found else "Tidak ada basis data yang terbuka bagi semua peran.")


def _dumps(folder: Path) -> Check:
    name = "Folder cadangan terakhir"
    programs = [program for program in ("pg_dump", "pg_restore") if not shutil.which(program)]
    if programs:
        return Check(name, False, f"Pasang paket postgresql-client di mesin pekerja ({', '.join(programs)}).")
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return Check(name, False, f"Pekerja tidak dapat menulis di {folder}.")
    return Check(name, True, f"Isi basis data disimpan di {folder} sebelum dihapus.")
