"""What PostgreSQL's refusals mean, in words for whoever can act; never the server's own text, which may quote data."""

from __future__ import annotations

import psycopg

from tapak.sdk.errors import ProviderBroken, ProviderDenied, ProviderError, ProviderUnavailable

# PostgreSQL documentation, appendix A: classes of SQLSTATE.
_LOGIN = "28"
_PASSWORD = "28P01"  # noqa: S105
_LATER = ("08", "40", "53", "55", "57")
_RIGHTS = "42501"
FULL = "53100"


class WrongPassword(ProviderDenied):
    """The server knows no such password of this role."""


def from_exception(server: str, problem: Exception) -> ProviderError:
    """The provider error for what went wrong while talking to ``server`` (``address:port``)."""
    state = _state(problem)
    log = f"{server}: PostgreSQL SQLSTATE {state or 'none'} ({type(problem).__name__})"
    where = f"Server PostgreSQL {server}"
    if state.startswith(_LOGIN):
        told = f"{where} menolak peran ini; periksa nama peran, kata sandi, dan baris pg_hba.conf untuk alamat asal."
        return (WrongPassword if state == _PASSWORD else ProviderDenied)(told, log=log)
    if state == _RIGHTS:
        told = f"{where} menolak: peran pengelola kekurangan hak. Jalankan uji sambungan untuk melihat hak mana."
        return ProviderDenied(told, log=log)
    if state == FULL:
        return ProviderBroken(f"{where} kehabisan ruang; kosongkan cakram server.", log=log)
    lost = not state and isinstance(problem, psycopg.OperationalError | psycopg.InterfaceError | OSError)
    if lost or state.startswith(_LATER):
        return unavailable(server, log)
    return ProviderBroken(f"{where} memberi galat {state}; periksa log server.", log=log)


def unavailable(server: str, log: str) -> ProviderUnavailable:
    """The error for a server that doesn't answer in time."""
    told = f"Server PostgreSQL {server} tidak menjawab; periksa apakah server hidup dan jaringannya terbuka."
    return ProviderUnavailable(told, log=log)


def _state(problem: Exception) -> str:
    """The SQLSTATE. While a session begins libpq keeps it to itself, and only the text tells a refusal (fe-auth.c)."""
    if isinstance(problem, psycopg.Error) and problem.sqlstate:
        return problem.sqlstate
    text = str(problem)
    if "authentication failed" in text:
        return _PASSWORD
    if "no pg_hba.conf entry" in text or "is not permitted to log in" in text:
        return "28000"
    if "permission denied for database" in text:
        return _RIGHTS
    return "3D000" if "database" in text and "does not exist" in text else ""
