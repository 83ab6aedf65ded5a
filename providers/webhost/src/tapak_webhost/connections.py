"""Outputs that a site is given: a database's as its application reads them (the names that Laravel, Symfony and
CodeIgniter know), and its certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

DRIVERS = {"mariadb": "mysql", "postgresql": "pgsql"}
SCHEMES = {"mariadb": "mysql", "postgresql": "postgresql"}
_CERTIFICATE = {"names", "chain", "key"}
_OUTPUTS = {"engine", "host", "port", "name", "user", "password"}


def connections(given: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The environment of a site that was ``given`` outputs: the first database's plainly, each further one's with its
    key before it (``ARSIP_DB_HOST``).
    """
    databases = {key: outputs for key, outputs in given.items() if outputs.keys() >= _OUTPUTS}
    environment: dict[str, str] = {}
    for key, outputs in databases.items():
        prefix = f"{key.upper()}_" if environment else ""
        environment |= {f"{prefix}{name}": value for name, value in _names(outputs).items()}
    return environment


def certificate(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """What the agent is told of the certificate that a site was ``given``; None where it was given none."""
    found = next((outputs for outputs in given.values() if outputs.keys() >= _CERTIFICATE), None)
    return None if found is None else {key: found[key] for key in _CERTIFICATE}


def _names(outputs: Mapping[str, Any]) -> dict[str, str]:
    engine, port = str(outputs["engine"]), str(outputs["port"])
    host, name, user, password = (str(outputs[key]) for key in ("host", "name", "user", "password"))
    at = f"[{host}]" if ":" in host else host
    return {
        "DB_CONNECTION": DRIVERS[engine],
        "DB_HOST": host,
        "DB_PORT": port,
        "DB_DATABASE": name,
        "DB_USERNAME": user,
        "DB_PASSWORD": password,
        "DATABASE_URL": f"{SCHEMES[engine]}://{quote(user, '')}:{quote(password, '')}@{at}:{port}/{quote(name, '')}",
    }
