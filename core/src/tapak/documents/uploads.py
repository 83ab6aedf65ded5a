"""Files that people send: streamed to the store, told by their bytes, counted against the tenant's quota."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import BinaryIO

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from tapak.db.session import TENANT
from tapak.documents.file_types import NAMES, PDF, NotAsExpected, media_type
from tapak.documents.filenames import tidy_filename
from tapak.documents.models import DISCARDED, Document, PartialUpload
from tapak.documents.store import LEFT_AFTER, DocumentStore, Readable, size_words
from tapak.sdk.errors import Invalid, StorageFull
from tapak.tenants.models import Tenant

QUOTA_SETTING = "document_quota"
QUOTA = 10 * 1024**3


def receive(
    session: Session,
    store: DocumentStore,
    *,
    request_id: int,
    task_id: int | None,
    account_id: int | None,
    kind: str,
    revision: int,
    filename: str,
    stream: Readable,
    limit: int,
    media_types: Sequence[str] = (PDF,),
    for_applicant: bool = True,
) -> Document:
    """Store a file of at most ``limit`` bytes and its row; ``media_types`` are those that this ``kind`` may have.

    What the task had of that kind and revision is discarded.

    Raises:
        Invalid: nothing, something else or something damaged was sent; ``fields`` tells it under ``kind``.
        TooLarge: more than ``limit`` bytes.
        StorageFull: the disk is full, or the tenant's quota (setting ``document_quota``, in bytes) is used up.
    """
    tenant_id = session.info[TENANT]
    replaced = Document.task_id == task_id, Document.kind == kind, Document.revision == revision
    left = room(session, *replaced)
    found: list[str] = []

    def check(file: BinaryIO, size: int) -> None:
        found.append(check_type(file, size, kind, media_types))
        if size > left:
            raise quota_used_up(left)

    stored = store.write(tenant_id, stream, limit, check)
    document = Document(
        request_id=request_id,
        task_id=task_id,
        account_id=account_id,
        kind=kind,
        filename=tidy_filename(filename, found[0]),
        media_type=found[0],
        size=stored.size,
        sha256=stored.sha256,
        revision=revision,
        for_applicant=for_applicant,
    )
    discard(session, Document.request_id == request_id, *replaced)
    session.add(document)
    session.flush()
    return document


def discard(session: Session, *which: ColumnElement[bool]) -> None:
    """Take away the uploads that meet every condition; a worker sweeps their bytes later."""
    uploaded = Document.template == ""
    session.execute(update(Document).where(uploaded, *which).values(state=DISCARDED))


def room(session: Session, *replaced: ColumnElement[bool]) -> int:
    """Bytes that a file may have; the uploads whose place it takes, which meet every condition, need none."""
    kept = Document.template == "", Document.state != DISCARDED
    freed = session.scalar(select(func.coalesce(func.sum(Document.size), 0)).where(*replaced, *kept))
    return quota(session) - used(session) + int(freed or 0)


def quota(session: Session) -> int:
    """Bytes that the tenant's papers may take."""
    tenant = session.get_one(Tenant, session.info[TENANT])
    return int(tenant.settings.get(QUOTA_SETTING, QUOTA))


def used(session: Session) -> int:
    """Bytes that the tenant's papers take, and those that are promised to files on their way."""
    papers = select(func.coalesce(func.sum(Document.size), 0)).where(Document.state != DISCARDED).scalar_subquery()
    coming = select(func.coalesce(func.sum(PartialUpload.size), 0)).scalar_subquery()
    return int(session.scalar(select(papers + coming)) or 0)


def sweep(session: Session, store: DocumentStore) -> None:
    """Remove the bytes of what was discarded a day ago, unless another paper has the same."""
    tenant_id = session.info[TENANT]
    past = Document.created_at < func.now() - timedelta(seconds=LEFT_AFTER)
    for paper in session.scalars(select(Document).where(Document.state == DISCARDED, Document.sha256 != "", past)):
        same = select(Document.id).where(Document.sha256 == paper.sha256, Document.state != DISCARDED).limit(1)
        if session.scalar(same) is None:
            store.forget(tenant_id, paper.sha256)
        paper.sha256 = ""


def check_type(file: BinaryIO, size: int, kind: str, media_types: Sequence[str]) -> str:
    """The media type of a complete file, one of those that ``kind`` may have.

    Raises:
        Invalid: it is another, or damaged; ``fields`` tells it under ``kind``.
    """
    wanted = " atau ".join(NAMES.get(known, known) for known in media_types)
    if size == 0:
        raise _invalid(kind, f"Berkas kosong. Unggah berkas {wanted} yang berisi.", "an empty file")
    try:
        found = media_type(file, size)
    except NotAsExpected as problem:
        raise _invalid(kind, str(problem), f"a file that does not hold together ({problem})") from problem
    if found not in media_types:
        raise _invalid(kind, f"Jenis berkas tidak sesuai. Unggah berkas {wanted}.", f"a file of type {found!r}")
    return found


def _invalid(kind: str, told: str, log: str) -> Invalid:
    return Invalid(told, log=f"upload {kind!r} refused: {log}", fields={kind: [told]})


def quota_used_up(left: int) -> StorageFull:
    """The error for a quota that has ``left`` bytes."""
    return StorageFull(
        f"Kuota penyimpanan dokumen instansi tersisa {size_words(max(0, left))}. Hubungi admin untuk menambah kuota.",
        log="the tenant's document quota is used up",
    )
