"""Files that people send with a step, and papers that they may read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from tapak.audit.service import record
from tapak.documents import service as documents
from tapak.documents.models import DISCARDED, Document
from tapak.documents.store import DocumentStore, Readable
from tapak.documents.uploads import receive
from tapak.requests import access
from tapak.requests.desk import Desk
from tapak.sdk.errors import Invalid, NotFound


def upload(
    desk: Desk, store: DocumentStore, task_id: int, *, kind: str, filename: str, stream: Readable, limit: int
) -> Document:
    """Keep a file that comes with a task: a document of the revision that the task works on, in place of an older one.

    Raises:
        BadMove: the task has ended.
        Invalid: the step takes no such file, or it isn't what it should be.
        TooLarge: more than ``limit`` bytes.
        StorageFull: there is no room; nothing was kept.
    """
    view = access.find_task(desk, task_id, "task.act", lock=True)
    access.still_open(view)
    wanted = {wish.kind: wish for wish in view.kind.form(view).uploads}
    if kind not in wanted:
        told = "Langkah ini tidak menerima berkas semacam itu."
        raise Invalid(told, log=f"step {view.step.key} takes no {kind!r}", fields={"kind": [told]})
    paper = receive(
        desk.session,
        store,
        request_id=view.row.id,
        task_id=task_id,
        account_id=desk.somebody.account_id,
        kind=kind,
        revision=view.task.revision,
        filename=filename,
        stream=stream,
        limit=limit,
        media_types=wanted[kind].media_types,
    )
    paper.title = wanted[kind].label
    record(
        desk.session,
        "document.received",
        person=desk.somebody,
        request_id=view.row.id,
        summary=f"Berkas diterima: {paper.filename}",
        content={"document": paper.id, "sha256": paper.sha256},
        shown=False,
    )
    return paper


def papers(desk: Desk, request_id: int) -> Sequence[Document]:
    """The request's papers that the person may read, oldest first."""
    access.find_request(desk, request_id, "document.read")
    kept = Document.request_id == request_id, Document.state != DISCARDED
    query = select(Document).where(*kept).order_by(Document.id)
    if not desk.somebody.positions and not desk.somebody.admin:
        query = query.where(Document.for_applicant)
    return desk.session.scalars(query).all()


def paper(desk: Desk, document_id: int) -> Document:
    """One paper, if the person may read it.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = desk.session.get(Document, (desk.tenant.id, document_id))
    if found is None or found not in papers(desk, found.request_id):
        raise NotFound("Dokumen ini tidak ditemukan.", log=f"document {document_id} not found")
    return found


def render_again(desk: Desk, document_id: int) -> Document:
    """Have a letter that could not be made tried again.

    Raises:
        NotFound: there is none, or not for this person.
        Forbidden: the person applies.
        Conflict: it has not failed.
    """
    found = paper(desk, document_id)
    access.find_request(desk, found.request_id, "service.repair")
    record(
        desk.session,
        "document.asked_again",
        person=desk.somebody,
        request_id=found.request_id,
        summary=f"Surat dibuat ulang: {found.title}",
        content={"document": found.id},
        shown=False,
    )
    return documents.render_again(desk.session, document_id)
