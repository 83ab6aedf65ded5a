"""Reading, checking and exporting sealed registers, for whoever brings an identity that opens them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tapak.accounts.policy import BookSubject, may, require
from tapak.audit.models import AuditEvent
from tapak.audit.service import record
from tapak.documents.csv_lines import csv_line
from tapak.requests.desk import Desk
from tapak.requests.models import SealedEntry
from tapak.requests.sealing import SEALED
from tapak.sdk.errors import TapakError
from tapak.sdk.forms import words
from tapak.sdk.registers import Register
from tapak.tenants.secrets import Identity, decrypt, encrypt
from tapak.tenants.settings import READERS, RECIPIENTS


class WrongKey(TapakError):
    """No identity at hand opens an entry."""

    code = "wrong_key"
    status = 409

    def __init__(self, entry: SealedEntry) -> None:
        to = ", ".join(entry.recipients)
        super().__init__(
            f"Kunci yang ada tidak membuka catatan nomor {entry.seq}. Catatan itu ditulis untuk: {to}. "
            "Sertakan juga kunci instansi itu.",
            log=f"no identity opens entry {entry.seq} of {entry.register}, sealed to {to}",
        )


class BrokenBook(TapakError):
    """Entries were changed, removed or put elsewhere."""

    code = "broken_book"
    status = 409


@dataclass(frozen=True)
class Opened:
    """An entry as it was written; ``problem`` says why there is nothing of it to read."""

    entry: SealedEntry
    row: Mapping[str, Any]
    problem: str = ""


def entries(session: Session, key: str, *, before: int | None = None, limit: int | None = None) -> list[SealedEntry]:
    """Entries of the register ``key``, newest first; those before number ``before``."""
    query = select(SealedEntry).where(SealedEntry.register == key).order_by(SealedEntry.seq.desc())
    if before is not None:
        query = query.where(SealedEntry.seq < before)
    return list(session.scalars(query.limit(limit)))


def may_read(desk: Desk) -> bool:
    """Whether the person holds a position that the agency lets read its sealed registers."""
    return may(desk.somebody, "register.unseal", _subject(desk))


def read(desk: Desk, wanted: Sequence[SealedEntry], identities: Sequence[Identity]) -> list[Opened]:
    """What ``wanted`` say, on the screen of somebody who may read it; that it was read is on record.

    One that this process holds no key for, or that isn't what was written there, has its ``problem``.

    Raises:
        Forbidden: the person may not read it.
    """
    require(desk.somebody, "register.unseal", _subject(desk))
    found = [_tried(desk, entry, identities) for entry in wanted]
    opened = [each.entry for each in found if not each.problem]
    if opened:
        content = {"register": opened[0].register, "entries": [entry.seq for entry in opened]}
        told = f"{len(opened)} catatan tersegel dibaca"
        record(desk.session, "register.unsealed", person=desk.somebody, summary=told, content=content, shown=False)
    return found


def check(session: Session, key: str) -> list[str]:
    """What is wrong with the chain of the register ``key``, in English; no key is needed for it."""
    problems, previous, seq = [], "", 0
    told = select(AuditEvent.content).where(AuditEvent.kind == SEALED).order_by(AuditEvent.seq)
    on_record = {each["seq"]: each["hash"] for each in session.scalars(told) if each["register"] == key}
    for entry in reversed(entries(session, key)):
        if entry.seq != seq + 1:
            problems.append(f"entries {seq + 1} to {entry.seq - 1} are missing")
        if hashlib.sha256(entry.sealed).hexdigest() != entry.hash or on_record.get(entry.seq) != entry.hash:
            problems.append(f"entry {entry.seq} was changed")
        if entry.previous != previous and entry.seq == seq + 1:
            problems.append(f"entry {entry.seq} does not follow the one before it")
        previous, seq = entry.hash, entry.seq
    lost = sorted(number for number in on_record if number > seq)
    return [*problems, *(f"entry {number} is missing" for number in lost)]


def export(desk: Desk, register: Register, identities: Sequence[Identity]) -> bytes:
    """The whole book as one age file to the agency's keys of today; inside is CSV (RFC 4180), oldest entry first.

    Raises:
        BrokenBook: the chain doesn't hold, or the agency has no keys.
        WrongKey: no identity opens one of the entries.
    """
    problems = check(desk.session, register.key)
    if problems:
        raise _broken(register, problems)
    recipients = desk.tenant.settings.get(RECIPIENTS, ())
    if not recipients:
        raise TapakError("Instansi belum memiliki kunci enkripsi.", log=f"no sealing recipients for {register.key}")
    opened = [_open(desk, entry, identities) for entry in reversed(entries(desk.session, register.key))]
    sealed = encrypt(recipients, "".join(_csv(register, opened)).encode())
    told = f"{register.title}: {len(opened)} catatan diekspor"
    content = {"register": register.key, "entries": len(opened)}
    record(desk.session, "register.exported", person=desk.person, summary=told, content=content, shown=False)
    return sealed


def _tried(desk: Desk, entry: SealedEntry, identities: Sequence[Identity]) -> Opened:
    try:
        return _open(desk, entry, identities)
    except (WrongKey, BrokenBook) as refused:
        return Opened(entry, {}, refused.message)


def _open(desk: Desk, entry: SealedEntry, identities: Sequence[Identity]) -> Opened:
    plain = decrypt(entry.sealed, identities)
    if plain is None:
        raise WrongKey(entry)
    inside = json.loads(plain)
    place = (desk.tenant.slug, entry.register, entry.seq, entry.previous)
    if tuple(inside[name] for name in ("tenant", "register", "seq", "previous")) != place:
        raise BrokenBook(
            f"Catatan nomor {entry.seq} bukan yang ditulis di tempat itu.",
            log=f"entry {entry.seq} of {entry.register} was written for another place",
        )
    return Opened(entry, inside["row"])


def _broken(register: Register, problems: Sequence[str]) -> BrokenBook:
    return BrokenBook(
        f"{register.title} tidak utuh: ada catatan yang diubah, hilang atau dipindahkan. Hubungi pengelola.",
        log=f"{register.key}: {'; '.join(problems)}",
    )


def _csv(register: Register, opened: Iterable[Opened]) -> Iterator[str]:
    schema = register.schema()
    yield csv_line(["Nomor", *(str(item.metadata.get("label", name)) for name, item in schema.fields.items()), "Hash"])
    for each in opened:
        cells = [words(item, each.row.get(name)) for name, item in schema.fields.items()]
        yield csv_line([str(each.entry.seq), *cells, each.entry.hash])


def _subject(desk: Desk) -> BookSubject:
    return BookSubject(readers=frozenset(desk.tenant.settings.get(READERS, ())))
