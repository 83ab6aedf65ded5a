"""The connection test: the version, each right that is needed, and the folder of last dumps."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tapak.sdk.errors import ProviderError
from tapak.sdk.provider import Check
from tapak_mariadb.client import Client, Server, pattern

OLDEST = (10, 5)
GLOBAL = {"CREATE USER", "CONNECTION ADMIN"}
POWERS = {"SUPER", "FILE", "SHUTDOWN", "GRANT OPTION", "ALL PRIVILEGES"}
_GRANT = re.compile(r"GRANT (.+?) ON (\S+) TO .*", re.DOTALL)


def run(client: Client, server: Server, settings: Mapping[str, Any]) -> Sequence[Check]:
    """A line for each thing that is needed."""
    return [*_server(client, server), *_rights(client, settings["prefix"]), _dumps(Path(settings["last_dumps"]))]


def _server(client: Client, server: Server) -> Iterator[Check]:
    told = str(client.rows("select version()")[0][0])
    version = tuple(int(part) for part in re.findall(r"\d+", told)[:2])
    fit = "MariaDB" in told and version >= OLDEST
    yield Check(
        "Server",
        fit,
        f"{server} menjawab: {told}." if fit else f"{server} adalah {told}; perlu MariaDB 10.5 atau lebih baru.",
    )


def _rights(client: Client, prefix: str) -> Iterator[Check]:
    own: dict[str, set[str]] = {}
    options = set()
    for (line,) in client.rows("show grants"):
        found = _GRANT.fullmatch(line)
        if found:
            own.setdefault(found[2].replace("`", ""), set()).update(found[1].split(", "))
            if line.endswith("WITH GRANT OPTION"):
                options.add(found[2].replace("`", ""))
    everything = own.get("*.*", set())
    missing = sorted(set() if "ALL PRIVILEGES" in everything else GLOBAL - everything)
    lacks = f"Akun pengelola belum punya hak {', '.join(missing)} atas *.*."
    yield Check("Hak membuat pengguna", not missing, lacks if missing else "Akun boleh membuat pengguna situs.")
    yield _readable(client)
    ours = pattern(prefix) + "%"
    holds = any("ALL PRIVILEGES" in own.get(_plain(at), ()) and _plain(at) in options for at in _places(ours))
    told = (
        f"Akun boleh membuat basis data berawalan {prefix}."
        if holds
        else f"Beri hak: GRANT ALL PRIVILEGES ON `{ours}`.* TO akun pengelola WITH GRANT OPTION."
    )
    yield Check("Hak basis data", holds, told)
    powers = sorted(everything & POWERS)
    yield Check(
        "Hak berlebih",
        not powers,
        f"Akun punya hak yang tidak diperlukan: {', '.join(powers)}. Pakai akun khusus Tapak."
        if powers
        else "Akun tidak punya hak berlebih.",
    )


def _places(ours: str) -> tuple[str, ...]:
    """How ``show grants`` writes the pattern: with its backslash single or doubled."""
    return (f"{ours}.*", f"{ours}.*".replace("\\", "\\\\"), "*.*")


def _plain(at: str) -> str:
    return at.replace("`", "")


def _readable(client: Client) -> Check:
    try:
        client.rows("select 1 from mysql.global_priv limit 1")
        client.rows("select 1 from mysql.db limit 1")
        client.rows("select 1 from mysql.roles_mapping limit 1")
    except ProviderError:
        return Check("Hak membaca pengguna", False, "Beri hak: GRANT SELECT ON mysql.* TO akun pengelola.")
    return Check("Hak membaca pengguna", True, "Akun boleh membaca hak para pengguna.")


def _dumps(folder: Path) -> Check:
    name = "Folder cadangan terakhir"
    programs = [program for program in ("mariadb-dump", "mariadb") if not shutil.which(program)]
    if programs:
        return Check(name, False, f"Pasang paket mariadb-client di mesin pekerja ({', '.join(programs)}).")
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return Check(name, False, f"Pekerja tidak dapat menulis di {folder}.")
    return Check(name, True, f"Isi basis data disimpan di {folder} sebelum dihapus.")
