"""A site's database: what is wanted, how it is called at a server, and what its provider can do besides.

Nobody chooses a name or a password at the server: both are derived, so that whatever dies between two calls, asking
again gives the same. Whoever holds ``key`` (a secret of the connection, beside an administrator's password that opens
every database anyway) can derive each password; a leaked password is replaced by raising ``rotation``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from tapak.sdk.errors import Invalid
from tapak.sdk.wording import ENGINES

if TYPE_CHECKING:
    from tapak.sdk.view import View

NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
PREFIX = re.compile(r"[a-z][a-z0-9_]{0,10}_")
"""With it a name has at most 60 bytes: PostgreSQL takes 63 (NAMEDATALEN), MariaDB 64."""
OWNER = 200
SITE = re.compile(r"(?:[a-z0-9.-]{1,253})?")
UNICODE = {"mariadb": "utf8mb4", "postgresql": "utf8"}
LARGEST = 2**50
NO_DATABASE = "none"
ENGINE_CHOICES = {NO_DATABASE: "Tanpa basis data", **ENGINES}
"""What a form asks a site's owner: no database, or which engine's."""
PASSWORD_BYTES = 24


@dataclass(frozen=True)
class Database:
    """A database with one user who may do everything in it and nothing elsewhere.

    ``engine`` is ``mariadb`` or ``postgresql``; ``owner`` is told to whoever looks at the server; ``site`` is the host
    name whose figures it belongs to. ``charset`` empty means the engine's for all of Unicode. ``size_limit`` (bytes,
    None: none) is watched and told, not enforced: neither server can. Raising ``rotation`` gives a new password. With
    ``keep_last_dump`` it is only removed once a dump of what it held is kept.

    Outputs: ``engine``, ``host``, ``port``, ``name``, ``user``; secret: ``password``.
    """

    kind: ClassVar[str] = "database"
    has_outputs: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset()

    engine: str
    name: str
    owner: str = ""
    site: str = ""
    charset: str = ""
    size_limit: int | None = None
    rotation: int = 1
    keep_last_dump: bool = True

    def __post_init__(self) -> None:
        for field in ("engine", "name", "charset"):
            object.__setattr__(self, field, getattr(self, field).lower())
        object.__setattr__(self, "site", self.site.rstrip(".").lower())
        object.__setattr__(self, "charset", self.charset or UNICODE.get(self.engine, ""))

    @property
    def identity(self) -> str:
        """What can exist once: ``mariadb/antrean``."""
        return f"{self.engine}/{self.name}"


def offered_engines(view: View) -> dict[str, str]:
    """Those of :data:`ENGINE_CHOICES` that the agency has a server for."""
    return {key: told for key, told in ENGINE_CHOICES.items() if key == NO_DATABASE or view.offers(Database.kind, key)}


def check_database(spec: object, engine: str) -> Database:
    """``spec``, where it is a database of ``engine`` whose fields any server can bear.

    Raises:
        Invalid: it isn't; the message names the field.
    """
    if not isinstance(spec, Database) or spec.engine != engine:
        raise Invalid(f"Server ini hanya melayani basis data {engine}.", log=f"not a database of {engine}")
    wrong = {
        "nama": not NAME.fullmatch(spec.name),
        "pemilik": len(spec.owner) > OWNER or not spec.owner.isprintable(),
        "situs": not SITE.fullmatch(spec.site),
        "batas ukuran": spec.size_limit is not None and not _within(spec.size_limit, LARGEST),
        "rotasi": not _within(spec.rotation, 2**31),
    }
    for field, bad in wrong.items():
        if bad:
            raise Invalid(
                f"Basis data tidak sah: periksa {field}. Nama memakai huruf kecil, angka dan garis bawah, "
                "diawali huruf, paling panjang 48.",
                log=f"invalid database: {field}",
            )
    return spec


def server_name(prefix: str, spec: Database) -> str:
    """What database and user are called at the server."""
    return f"{prefix}{spec.name}"


def derive_password(key: str, spec: Database) -> str:
    """The user's password: 32 characters of URL-safe base64 out of HMAC-SHA256 (RFC 2104)."""
    told = "\0".join(("tapak database password", spec.identity, str(spec.rotation)))
    digest = hmac.digest(key.encode(), told.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:PASSWORD_BYTES]).decode()


@runtime_checkable
class DatabaseKeeper(Protocol):
    """What a database provider can also do, so that backups and their tests need no other way in.

    Every act is as the database's own user, within ``timeout`` seconds, and raises ProviderError.
    """

    def dump(self, spec: Database, into: Path, *, timeout: float) -> None:
        """Write everything in the database, of one moment, to the new file ``into`` (mode 600)."""
        ...

    def load(self, spec: Database, dump: Path, *, timeout: float) -> None:
        """Read what :meth:`dump` wrote, of any database of the engine, into the empty database ``spec``."""
        ...

    def row_counts(self, spec: Database, *, timeout: float) -> Mapping[str, int]:
        """How many rows each table holds, by its name."""
        ...


def _within(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
