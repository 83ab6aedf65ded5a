"""Files that people send with a step, and papers that they may read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from tapak.audit.service import record
from tapak.documents import pieces
from tapak.documents import service as documents
from tapak.documents.models import DISCARDED, Document, PartialUpload
from tapak.documents.store import DocumentStore, Readable
from tapak.documents.uploads import receive
from tapak.requests import access
from tapak.requests.desk import Desk
from tapak.requests.view import TaskView
from tapak.scanning import service as scanning
from tapak.sdk.errors import Invalid, NotFound
from tapak.sdk.forms import Upload
from tapak.sdk.scanning import ScanReport


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
    wish = _wish(view, kind)
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
        media_types=wish.media_types,
    )
    return _received(desk, paper, wish)


def begin_upload(
    desk: Desk, task_id: int, *, kind: str, filename: str, size: int, mark: str, limit: int
) -> PartialUpload:
    """A file that is to come in pieces with a task; ``limit`` is for kinds that name none of their own.

    Raises:
        BadMove: the task has ended.
        Invalid: the step takes no such file.
        TooLarge: it is more than the step takes.
        StorageFull: there is no room for all of it.
    """
    view = access.find_task(desk, task_id, "task.act", lock=True)
    access.still_open(view)
    wish = _wish(view, kind)
    return pieces.begin(
        desk.session,
        request_id=view.row.id,
        task_id=task_id,
        account_id=desk.somebody.account_id,
        kind=kind,
        filename=filename,
        size=size,
        mark=mark,
        largest=wish.largest or limit,
    )


def find_upload(desk: Desk, upload_id: int) -> PartialUpload:
    """An unfinished upload of the person's own.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Forbidden: the task isn't the person's any more.
        BadMove: the task has ended.
    """
    found = desk.session.get(PartialUpload, (desk.tenant.id, upload_id))
    if found is None or found.account_id != desk.somebody.account_id:
        raise NotFound("Unggahan ini tidak ditemukan.", log=f"upload {upload_id} not found")
    access.still_open(access.find_task(desk, found.task_id, "task.act"))
    return found


def finish_upload(desk: Desk, store: DocumentStore, upload_id: int, sha256: str) -> Document:
    """The upload as a document, once its bytes were checked to have ``sha256``.

    Raises:
        Conflict: the task has ended.
        Invalid: it isn't what it should be.
    """
    upload = find_upload(desk, upload_id)
    view = access.find_task(desk, upload.task_id, "task.act", lock=True)
    access.still_open(view)
    wish = _wish(view, upload.kind)
    paper = pieces.finish(
        desk.session, store, upload, sha256, revision=view.task.revision, media_types=wish.media_types
    )
    return _received(desk, paper, wish)


def _wish(view: TaskView, kind: str) -> Upload:
    found = {wish.kind: wish for wish in view.kind.form(view).uploads}.get(kind)
    if found is None:
        told = "Langkah ini tidak menerima berkas semacam itu."
        raise Invalid(told, log=f"step {view.step.key} takes no {kind!r}", fields={"kind": [told]})
    return found


def _received(desk: Desk, paper: Document, wish: Upload) -> Document:
    paper.title = wish.label
    if wish.scanned:
        scanning.ask(desk.session, paper)
    record(
        desk.session,
        "document.received",
        person=desk.somebody,
        request_id=paper.request_id,
        summary=f"Berkas diterima: {paper.filename}",
        content={"document": paper.id, "sha256": paper.sha256},
        shown=False,
    )
    return paper


def scan_of(desk: Desk, document_id: int) -> ScanReport:
    """What the newest run over a paper found.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = scanning.latest(desk.session, paper(desk, document_id).id)
    if found is None:
        raise NotFound("Berkas ini belum diperiksa.", log=f"document {document_id} was never scanned")
    return found


def scan_again(desk: Desk, document_id: int) -> ScanReport:
    """Have a paper looked through again.

    Raises:
        NotFound: there is no run over it, or not for this person.
        Forbidden: the person applies.
    """
    found = paper(desk, document_id)
    scan_of(desk, document_id)
    access.find_request(desk, found.request_id, "service.repair")
    run = scanning.ask(desk.session, found)
    record(
        desk.session,
        "scan.asked_again",
        person=desk.somebody,
        request_id=found.request_id,
        summary=f"Pemeriksaan keamanan diulang: {found.filename}",
        content={"document": found.id, "run": run.id},
        shown=False,
    )
    return scanning.report(desk.session, run)


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
