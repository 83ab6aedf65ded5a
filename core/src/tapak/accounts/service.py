"""Accounts of a tenant, and signing in with throttling."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import and_, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tapak.accounts.models import Account, SignInFailure, WebSession
from tapak.accounts.passwords import hash_password, is_outdated, verify_password
from tapak.accounts.sessions import end_all
from tapak.audit.service import record
from tapak.db.session import beside
from tapak.sdk.errors import Conflict, Invalid, TapakError

WINDOW = timedelta(minutes=15)
FAILURES_OF_PAIR = 10
"""Of one account from one network."""
FAILURES_OF_ADDRESS = 100
FAILURES_OF_ACCOUNT = 50
"""From all networks together; beyond it each network has :data:`FAILURES_WHILE_ATTACKED` instead."""
FAILURES_WHILE_ATTACKED = 3


class SignInFailed(TapakError):
    """The e-mail and the password don't go together."""

    code: ClassVar[str] = "sign_in_failed"
    status: ClassVar[int] = 401


class TooManySignIns(TapakError):
    """Too many wrong passwords from one network: for one account, or for all."""

    code: ClassVar[str] = "too_many_sign_ins"
    status: ClassVar[int] = 429


@dataclass(frozen=True)
class SignedIn:
    """Whom the audit event of a sign-in names."""

    account_id: int
    name: str


def normal_email(email: str) -> str:
    """``email`` as it is stored and looked up: in lower case.

    Raises:
        Invalid: it is no e-mail address.
    """
    try:
        return validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        told = "Tulis alamat surel yang lengkap, misalnya nama@instansi.go.id."
        raise Invalid(told, fields={"email": [told]}) from None


def create_account(
    session: Session,
    *,
    email: str,
    password: str,
    name: str,
    nip: str = "",
    agency_id: int | None = None,
    admin: bool = False,
) -> Account:
    """A new account of the session's tenant.

    Raises:
        Invalid: a bad e-mail, no name, or a password of the wrong length.
        Conflict: the e-mail has an account.
    """
    address = normal_email(email)
    if not name.strip():
        raise Invalid("Nama wajib diisi.", fields={"name": ["Wajib diisi."]})
    if find_account(session, address) is not None:
        raise Conflict(f"{address} sudah memiliki akun.", fields={"email": ["Sudah dipakai."]})
    account = Account(
        email=address,
        password=hash_password(password),
        name=name.strip(),
        nip=nip,
        agency_id=agency_id,
        admin=admin,
        fs_uniquifier=secrets.token_hex(16),
    )
    session.add(account)
    session.flush()
    return account


def find_account(session: Session, email: str) -> Account | None:
    """The account with that (normal) e-mail."""
    return session.scalar(select(Account).where(Account.email == email))


def change_password(session: Session, account: Account, password: str) -> None:
    """Store a new password and end every session of the account.

    Raises:
        Invalid: the password is too short or too long.
    """
    account.password = hash_password(password)
    end_all(session, account.id)


def sign_in(session: Session, email: str, password: str, address: str) -> Account:
    """The active account whose password it is. ``address`` is the client's.

    Failures are counted in a transaction of their own: they stay counted when the caller rolls back. They count by
    network, so that nobody's guesses keep an account's owner out elsewhere; an account that is guessed at from many
    networks leaves each of them fewer.

    Raises:
        SignInFailed: a wrong password, an unknown e-mail or an account that is switched off, all after the same time.
        TooManySignIns: within fifteen minutes ten failures of the account from this network (three, where fifty came
            from all), or a hundred from this network.
    """
    known, network = _known(email), _network(address)
    pair, by_address, by_account = f"pair:{network} {known}", f"address:{network}", f"account:{known}"
    allowed = FAILURES_WHILE_ATTACKED if _counted(session, by_account) >= FAILURES_OF_ACCOUNT else FAILURES_OF_PAIR
    # Counted before the password is looked at, so that guesses sent at once don't all pass.
    if _count(session, pair) > allowed or _counted(session, by_address) >= FAILURES_OF_ADDRESS:
        raise TooManySignIns(
            "Terlalu banyak percobaan masuk yang gagal. Coba lagi 15 menit lagi.",
            log=f"sign-in throttled from {network}",
        )
    account = find_account(session, known)
    right = verify_password(password, account.password if account else None)
    if account is None or not right or not account.active:
        for subject in (by_address, by_account):
            _count(session, subject)
        raise SignInFailed("Surel atau kata sandi salah.", log=f"failed sign-in from {network}")
    session.execute(delete(SignInFailure).where(SignInFailure.subject == pair))
    if is_outdated(account.password):
        account.password = hash_password(password)
    record(session, "account.signed_in", person=SignedIn(account.id, account.name), summary="Masuk", shown=False)
    return account


def sweep(session: Session) -> None:
    """Remove the tenant's ended sessions and old counts."""
    session.execute(delete(WebSession).where(WebSession.expires_at < func.now()))
    session.execute(delete(SignInFailure).where(SignInFailure.since < func.now() - WINDOW))


def _known(email: str) -> str:
    try:
        return normal_email(email)
    except Invalid:
        return ""


def _count(session: Session, subject: str) -> int:
    over = SignInFailure.since < func.now() - WINDOW
    first = insert(SignInFailure).values(subject=subject, failures=1)
    counted = first.on_conflict_do_update(
        index_elements=[SignInFailure.tenant_id, SignInFailure.subject],
        set_={
            "failures": case((over, 1), else_=SignInFailure.failures + 1),
            "since": case((over, func.now()), else_=SignInFailure.since),
        },
    ).returning(SignInFailure.failures)
    with beside(session) as apart, apart.begin():
        return apart.execute(counted).scalar_one()


def _counted(session: Session, subject: str) -> int:
    recent = and_(SignInFailure.subject == subject, SignInFailure.since >= func.now() - WINDOW)
    return session.scalar(select(SignInFailure.failures).where(recent)) or 0


def _network(address: str) -> str:
    """The address; of IPv6 its /64, which one client has to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
