"""What MariaDB's refusals mean, in words for whoever can act; never the server's own text, which may quote a secret."""

from __future__ import annotations

import pymysql

from tapak.sdk.errors import ProviderBroken, ProviderDenied, ProviderError, ProviderUnavailable

ACCESS_DENIED = 1045
LOCKED = 4151
# https://mariadb.com/kb/en/mariadb-error-code-reference/
_LOGIN = (ACCESS_DENIED, 1130, 1698, LOCKED)
_RIGHTS = (1044, 1142, 1143, 1227, 1370, 1410, 1419)
_LATER = (1040, 1129, 1203, 1205, 1213, 1226, 1317, 1927, 1969, 1053)
_FULL = (1021, 1030, 1114, 28)


def from_exception(server: str, problem: Exception) -> ProviderError:
    """The provider error for what went wrong while talking to ``server`` (``address:port``)."""
    code = problem.args[0] if problem.args and isinstance(problem.args[0], int) else 0
    log = f"{server}: MariaDB error {code} ({type(problem).__name__})"
    where = f"Server MariaDB {server}"
    if code in _LOGIN:
        told = f"{where} menolak akun ini; periksa nama akun, kata sandi, dan alamat asal yang diizinkan."
        return ProviderDenied(told, log=log)
    if code in _RIGHTS:
        told = f"{where} menolak: akun pengelola kekurangan hak. Jalankan uji sambungan untuk melihat hak mana."
        return ProviderDenied(told, log=log)
    if code in _FULL:
        return ProviderBroken(f"{where} kehabisan ruang; kosongkan cakram server.", log=log)
    if code in _LATER or code >= 2000 or isinstance(problem, OSError | TimeoutError):
        return unavailable(server, log)
    if isinstance(problem, pymysql.err.InterfaceError):
        return unavailable(server, log)
    return ProviderBroken(f"{where} memberi galat {code}; periksa log server.", log=log)


def unavailable(server: str, log: str) -> ProviderUnavailable:
    """The error for a server that doesn't answer in time."""
    told = f"Server MariaDB {server} tidak menjawab; periksa apakah server hidup dan jaringannya terbuka."
    return ProviderUnavailable(told, log=log)
