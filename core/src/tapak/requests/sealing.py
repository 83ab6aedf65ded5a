"""Writing into sealed registers: encrypted at once, to the agency's own keys, and chained.

The writer holds public keys only, so nobody who may write can read what was written before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from tapak.audit.service import record
from tapak.requests.models import SealedEntry
from tapak.requests.view import TaskView
from tapak.sdk.errors import Invalid
from tapak.sdk.registers import Register
from tapak.tenants.secrets import encrypt
from tapak.tenants.settings import RECIPIENTS

SEALED = "register.sealed"
"""The audit event of an entry: with its hash, so that a book that lost its last entries shows."""


def append(view: TaskView, register: Register, content: Mapping[str, Any]) -> str:
    """Seal one row; gives its number in the book.

    Raises:
        Invalid: the agency has no keys.
    """
    desk = view.desk
    recipients = list(desk.tenant.settings.get(RECIPIENTS, ()))
    if not recipients:
        raise Invalid(
            f"{register.title} belum dapat ditulis: instansi belum memiliki kunci enkripsi. Minta admin menetapkannya.",
            log=f"no sealing recipients for {register.key}",
        )
    desk.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{desk.tenant.id}:{register.key}"))))
    latest = select(SealedEntry.seq, SealedEntry.hash).where(SealedEntry.register == register.key)
    before = desk.session.execute(latest.order_by(SealedEntry.seq.desc()).limit(1)).one_or_none()
    seq, previous = (before.seq + 1, before.hash) if before else (1, "")
    inside = {
        "tenant": desk.tenant.slug,
        "register": register.key,
        "seq": seq,
        "previous": previous,
        "written_at": desk.now.isoformat(),
        "row": dict(content),
    }
    sealed = encrypt(recipients, json.dumps(inside, ensure_ascii=False).encode())
    digest = hashlib.sha256(sealed).hexdigest()
    desk.session.add(
        SealedEntry(
            register=register.key,
            seq=seq,
            request_id=view.row.id,
            task_id=view.task.id,
            previous=previous,
            hash=digest,
            recipients=recipients,
            sealed=sealed,
        )
    )
    record(
        desk.session,
        SEALED,
        person=desk.person,
        request_id=view.row.id,
        summary=f"{register.title}: catatan nomor {seq} ditulis",
        content={"register": register.key, "seq": seq, "hash": digest},
        shown=False,
    )
    return str(seq)
