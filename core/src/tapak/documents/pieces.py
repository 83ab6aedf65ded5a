"""Uploads in pieces, as rows: begun, found again, finished as a document, or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tapak.db.session import TENANT
from tapak.documents.filenames import tidy_filename
from tapak.documents.models import Document, PartialUpload
from tapak.documents.partial import ChecksumMismatch, PartialFile
from tapak.documents.store import DocumentStore, size_words
from tapak.documents.uploads import check_type, discard, quota_used_up, room
from tapak.sdk.errors import Invalid, TooLarge

KEPT = timedelta(days=2)
"""An upload that nothing was added to for so long is swept."""
MOST = 10
"""Unfinished uploads of one task."""


def begin(
    session: Session, *, request_id: int, task_id: int, account_id: int, kind: str, filename: str, size: int, mark: str,
    largest: int,
) -> PartialUpload:  # fmt: skip
    """A new upload of ``size`` bytes; the one under way where the same account sends the same ``mark`` again.

    Raises:
        TooLarge: ``size`` is more than ``largest``.
        StorageFull: the tenant's quota hasn't room for all of it.
        Invalid: nothing is to be sent, or too many uploads of the task are unfinished.
    """
    if size > largest:
        raise TooLarge(f"Berkas terlalu besar. Ukuran paling besar {size_words(largest)}.", log=f"{size} bytes")
    if size <= 0:
        raise Invalid("Berkas kosong.", log="an empty file", fields={"size": ["Berkas kosong."]})
    mine = (PartialUpload.task_id == task_id, PartialUpload.account_id == account_id)
    open_ones = session.scalars(select(PartialUpload).where(*mine)).all()
    for known in open_ones:
        if mark and (known.kind, known.mark, known.size) == (kind, mark, size):
            return known
    if len(open_ones) >= MOST:
        told = "Terlalu banyak unggahan yang belum selesai. Selesaikan atau hapus dulu yang lama."
        raise Invalid(told, log=f"task {task_id} has {MOST} unfinished uploads")
    left = room(session, Document.task_id == task_id, Document.kind == kind)
    if size > left:
        raise quota_used_up(left)
    upload = PartialUpload(
        request_id=request_id,
        task_id=task_id,
        account_id=account_id,
        kind=kind,
        filename=filename[:300],
        size=size,
        mark=mark,
    )
    session.add(upload)
    session.flush()
    return upload


def file_of(session: Session, store: DocumentStore, upload: PartialUpload) -> PartialFile:
    """The upload's bytes so far."""
    return PartialFile(store, session.info[TENANT], upload.id)


def moved(session: Session, upload: PartialUpload, *, checked: bool) -> None:
    """Remember that a piece came, and whether with its digest."""
    upload.moved_at = func.now()
    upload.checked = upload.checked and checked
    session.flush()


def need_checksum(upload: PartialUpload, sha256: str) -> None:
    """Refuse to finish what nothing vouches for.

    Raises:
        ChecksumMismatch: neither the file's SHA-256 is given nor did every piece come with its digest.
    """
    if not sha256 and not upload.checked:
        told = "Sertakan SHA-256 berkas ini, karena tidak semua bagiannya dikirim dengan Content-Digest."
        raise ChecksumMismatch(told, log="no sha256", fields={"sha256": [told]})


def finish(
    session: Session,
    store: DocumentStore,
    upload: PartialUpload,
    sha256: str,
    *,
    revision: int,
    media_types: Sequence[str],
) -> Document:
    """The upload as a document in place of an older one; its bytes were checked to have ``sha256``.

    The upload's row is gone with that.

    Raises:
        Invalid: it is something else than the ``kind`` may be; ``fields`` tells it.
    """
    part = file_of(session, store, upload)
    with part.place.open("rb") as stream:
        found = check_type(stream, upload.size, upload.kind, media_types)
    part.keep(sha256)
    replaced = Document.task_id == upload.task_id, Document.kind == upload.kind, Document.revision == revision
    discard(session, Document.request_id == upload.request_id, *replaced)
    document = Document(
        request_id=upload.request_id,
        task_id=upload.task_id,
        account_id=upload.account_id,
        kind=upload.kind,
        filename=tidy_filename(upload.filename, found),
        media_type=found,
        size=upload.size,
        sha256=sha256,
        revision=revision,
    )
    session.add(document)
    session.delete(upload)
    session.flush()
    return document


def sweep(session: Session, store: DocumentStore) -> None:
    """Drop uploads that nothing was added to for :data:`KEPT`."""
    old = delete(PartialUpload).where(PartialUpload.moved_at < func.now() - KEPT).returning(PartialUpload.id)
    for number in session.scalars(old):
        PartialFile(store, session.info[TENANT], number).remove()
