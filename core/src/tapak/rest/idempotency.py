"""``Idempotency-Key`` on POST: the act and its answer are kept in one transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tapak.http.scope import acting
from tapak.requests.desk import Desk
from tapak.requests.models import IdempotencyKey
from tapak.sdk.errors import Conflict, Invalid

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,128}")


def once(act: Callable[[Desk], Any], status: int = 200) -> tuple[Any, int]:
    """Do ``act`` and give its answer (plain JSON); the same request with the same key gets it again and does nothing.

    Raises:
        Conflict: the key was used for another request.
        Invalid: the key is not 1 to 128 visible ASCII characters.
    """
    key = request.headers.get(HEADER)
    with acting() as desk:
        if key is None:
            return act(desk), status
        if not KEY.fullmatch(key):
            raise Invalid("Idempotency-Key tidak sah.", log="bad idempotency key")
        with _kept(desk, key) as row:
            if row.body is None:
                row.body, row.status = act(desk), status
            return row.body, row.status or status


@contextmanager
def _kept(desk: Desk, key: str) -> Iterator[IdempotencyKey]:
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data(cache=True)).hexdigest()
    mine = {"account_id": desk.somebody.account_id, "key": key}
    made = insert(IdempotencyKey).values(**mine, digest=digest)
    desk.session.execute(
        made.on_conflict_do_nothing(
            index_elements=[IdempotencyKey.tenant_id, IdempotencyKey.account_id, IdempotencyKey.key]
        )
    )
    row = desk.session.scalars(select(IdempotencyKey).filter_by(**mine).with_for_update()).one()
    if row.digest != digest:
        raise Conflict("Kunci ini sudah dipakai untuk permintaan lain.", log="idempotency key reused")
    yield row
