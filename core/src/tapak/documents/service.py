"""Letters asked for and rendered."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tapak.db.session import TENANT
from tapak.db.wake import wake
from tapak.documents.file_types import PDF
from tapak.documents.filenames import tidy_filename
from tapak.documents.library import CORE_LETTERS, LetterLibrary
from tapak.documents.models import Document
from tapak.documents.pdf import to_pdf
from tapak.documents.store import DocumentStore
from tapak.sdk.errors import Conflict, NotFound, TapakError
from tapak.sdk.step_kinds import Letter
from tapak.sdk.wording import day_words
from tapak.tenants.models import Tenant

WAKE_KIND = "document"
LARGEST = 50 * 1024 * 1024
ACTING = {"definitive": "", "acting_vacant": "Plt.", "acting_daily": "Plh."}


@dataclass(frozen=True)
class Signer:
    """Who signs: a position's ``title``, its holder and as what; ``on_behalf_of`` is the title after "a.n."."""

    title: str
    name: str = ""
    nip: str = ""
    kind: str = "definitive"
    on_behalf_of: str = ""


def make_letter(
    session: Session,
    tenant: Tenant,
    *,
    request_id: int,
    task_id: int | None,
    account_id: int | None,
    letter: Letter,
    number: str,
    signer: Signer,
    revision: int,
    reader_position: str = "",
    on: date | None = None,
) -> int:
    """A pending paper with everything that its PDF will say, which a worker renders; gives its id.

    ``number`` is the letter's own, or empty; ``on`` its date, today in the tenant's time zone unless told.
    """
    day = on or datetime.now(ZoneInfo(tenant.time_zone)).date()
    paper = insert(Document).values(
        request_id=request_id,
        task_id=task_id,
        account_id=account_id,
        kind=letter.kind,
        title=letter.subject,
        filename=tidy_filename(f"{letter.subject} {number}".replace("/", "-"), PDF),
        media_type=PDF,
        revision=revision,
        state="pending",
        number=number,
        template=letter.template,
        context={**letter.context, **_added(tenant, letter, number, day, signer)},
        for_applicant=letter.for_applicant,
        reader_position=reader_position,
    )
    document_id: int = session.execute(paper.returning(Document.id)).scalar_one()
    wake(session, WAKE_KIND, document_id)
    return document_id


def render(session: Session, store: DocumentStore, document_id: int, library: LetterLibrary = CORE_LETTERS) -> Document:
    """Make the bytes of a pending paper and then say that it is ready; nothing where they are there already.

    A paper that can't be made is ``failed`` with ``problem`` in Indonesian and may be rendered again.

    Raises:
        NotFound: there is no such paper.
    """
    document = _document(session, document_id)
    tenant_id = session.info[TENANT]
    if not document.template or (document.state == "ready" and store.has(tenant_id, document.sha256)):
        return document
    try:
        content = _printed(document, library)
        stored = store.write(tenant_id, io.BytesIO(content), LARGEST)
    except TapakError as problem:
        document.state, document.problem = "failed", problem.message
    else:
        document.sha256, document.size = stored.sha256, stored.size
        document.state, document.problem = "ready", ""
    session.flush()
    return document


def render_again(session: Session, document_id: int) -> Document:
    """Ask a worker for a paper that has failed.

    Raises:
        NotFound: there is no such paper.
        Conflict: it has not failed.
    """
    document = _document(session, document_id)
    if document.state != "failed":
        raise Conflict("Dokumen ini tidak gagal dibuat. Muat ulang halaman untuk melihat keadaannya.")
    document.state, document.problem = "pending", ""
    session.flush()
    wake(session, WAKE_KIND, document.id)
    return document


def _printed(document: Document, library: LetterLibrary) -> bytes:
    letter = library.letter(document.template)
    html = library.html(document.template, document.context)
    return to_pdf(html, letter.styles, document.context["letterhead"]["paper"])


def letterhead(tenant: Tenant) -> dict[str, Any]:
    """The tenant's letterhead: ``lines``, ``place``, ``paper`` (A4 or F4) and ``logo``."""
    return {"lines": [tenant.name, tenant.agency], "place": "", "paper": "A4", "logo": "", **tenant.letterhead}


def _added(tenant: Tenant, letter: Letter, number: str, day: date, signer: Signer) -> dict[str, Any]:
    head = letterhead(tenant)
    return {
        "title": letter.subject,
        "letterhead": head,
        "number": number,
        "date": day_words(day),
        "date_iso": day.isoformat(),
        "place": head["place"],
        "register_number": letter.context.get("register_number", ""),
        "carbon_copies": letter.context.get("carbon_copies", []),
        "signer": {
            "title": signer.title,
            "acting": ACTING[signer.kind],
            "on_behalf_of": signer.on_behalf_of,
            "name": signer.name,
            "nip": signer.nip,
        },
    }


def _document(session: Session, document_id: int) -> Document:
    document = session.scalar(select(Document).where(Document.id == document_id))
    if document is None:
        raise NotFound("Dokumen tidak ditemukan.", log=f"no document {document_id} here")
    return document
