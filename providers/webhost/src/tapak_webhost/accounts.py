"""Accounts through the agent: the password is drawn here, and leaves sealed only; a log-in proves each."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pyrage  # type: ignore[import-untyped]
from pyrage.x25519 import Recipient  # type: ignore[import-untyped]

from tapak.sdk.errors import ProviderBroken, ProviderError
from tapak.sdk.provider import Change, Probe, Verification
from tapak.sdk.resources import Account
from tapak_webhost.kinds import Kind
from tapak_webhost.probe import polled

if TYPE_CHECKING:
    from tapak_webhost.login import Door

# 24 characters of base64: 144 bits.
PASSWORD_BYTES = 18


class Accounts(Kind[Account]):
    """The agent lets a key of the moment in, so that a log-in can be tried at any time without anybody's secret."""

    kind, read_verb, apply_verb, answers = Account.kind, "read_accounts", "apply_account", "accounts"

    @staticmethod
    def site(spec: Account) -> str:
        return spec.site

    def applied(self, change: Change, fields: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        desired = change.desired
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        sealed = _sealed(password, desired.recipient) if isinstance(desired, Account) and desired.recipient else ""
        given = {"password": password, "sealed": sealed} if sealed else {"password": None, "sealed": None}
        deadline = time.monotonic() + timeout
        told = self._agent.ask(self.apply_verb, {**fields, **given}, timeout=timeout)["account"]
        if told is None:
            return {}
        if sealed and told["password"] == sealed:
            self._prove(_door(told), password, fields, deadline)
        return {key: value for key, value in told.items() if value != ""}

    def verify(self, spec: Account, deadline: float) -> Verification:
        return polled(spec.identity, lambda left: (self._standing(spec, spec), self._login(spec, left)), deadline)

    def verify_gone(self, spec: Account, deadline: float) -> Verification:
        return polled(spec.identity, lambda left: (self._standing(spec, None),), deadline)

    def _prove(self, door: Door, password: str, fields: Mapping[str, Any], deadline: float) -> None:
        """Only now the password is known here: a log-in that fails takes the account back."""
        problem = _logins().try_login(door, max(deadline - time.monotonic(), 1.0), password=password)
        if problem:
            back = {**fields, "desired": None, "observed": fields["desired"], "password": None, "sealed": None}
            self._agent.ask(self.apply_verb, back, timeout=self._timeout)
            raise ProviderBroken(
                f"Akun SFTP tidak dapat masuk dengan kata sandinya: {problem}. Akun ditutup lagi; periksa sshd.",
                log=f"password log-in at sftp://{door.url}: {problem}",
            )

    def _standing(self, spec: Account, wanted: Account | None) -> Probe:
        found = self.read([spec])[spec.identity]
        return Probe(f"agent:{spec.site}", _words(wanted), _words(found), found == wanted)

    def _login(self, spec: Account, left: float) -> Probe:
        key, public = _logins().new_key()
        ask = {"name": spec.site}
        try:
            door = _door(self._agent.ask("open_account", {**ask, "key": public}, timeout=self._timeout))
        except ProviderError as error:
            return Probe(f"agent:{spec.site}", "masuk dan menulis berkas", error.message, False)
        try:
            problem = _logins().try_login(door, max(left, 1.0), key=key)
        finally:
            self._agent.ask("open_account", {**ask, "key": ""}, timeout=self._timeout)
        return Probe(
            f"sftp://{door.url}", "masuk dan menulis berkas", problem or "masuk dan menulis berkas", not problem
        )


def _door(told: Mapping[str, Any]) -> Door:
    return _logins().Door(told["user"], told["host"], told["port"], told["host_key"])


@cache
def _logins() -> ModuleType:
    """Its library is half of what a process's plugins take to load, and most processes log in nowhere."""
    from tapak_webhost import login  # noqa: PLC0415

    return login


def _sealed(password: str, recipient: str) -> str:
    """An age file, in its text form."""
    try:
        known = Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise ProviderError("Penerima kata sandi bukan kunci age yang sah.", log="not an age recipient") from None
    return str(pyrage.encrypt(password.encode(), [known], armored=True).decode())


def _words(account: Any) -> str:
    if account is None:
        return "tidak ada akun"
    return f"{len(account.keys)} kunci, {'dengan' if account.recipient else 'tanpa'} kata sandi"
