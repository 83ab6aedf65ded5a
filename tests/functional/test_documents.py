"""Papers from upload or decision to bytes, with the real database and disk."""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tapak.accounts.models import Account
from tapak.db.session import TENANT, Database
from tapak.db.wake import Wake
from tapak.documents.downloads import download_headers
from tapak.documents.file_types import JPEG, PDF
from tapak.documents.library import CORE_LETTERS, LetterLibrary
from tapak.documents.models import Document
from tapak.documents.service import Signer, make_letter, render, render_again
from tapak.documents.store import DocumentStore
from tapak.documents.uploads import QUOTA_SETTING, receive, used
from tapak.requests.models import Request, Snapshot
from tapak.sdk.errors import Conflict, Invalid, NotFound, StorageFull, TooLarge
from tapak.sdk.step_kinds import Letter
from tapak.tenants.models import Agency, Tenant

HEAD = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
SENT = HEAD + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 >>\nstartxref\n%d\n%%%%EOF\n" % len(HEAD)
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\0" * 100 + b"\xff\xd9"
DAY = date(2026, 11, 20)
SIGNER = Signer("Kepala Bidang Contoh", "Nama Pejabat", "198001012005011999", "acting_daily", "Kepala Dinas")


@pytest.fixture
def store(tmp_path: Path) -> DocumentStore:
    return DocumentStore(tmp_path / "documents")


@pytest.fixture
def session(database: Database, tenant: Tenant) -> Iterator[Session]:
    with database.begin(tenant.id) as session:
        yield session


@pytest.fixture
def asked(session: Session) -> SimpleNamespace:
    """A request in its first revision: its id and its applicant's account."""
    return a_request(session)


def a_request(session: Session) -> SimpleNamespace:
    agency = Agency(key="dinkes", name="Dinas Kesehatan")
    session.add(agency)
    session.flush()
    account = Account(email="a@dinkes.example", password="", name="Pemohon", fs_uniquifier="a", agency_id=agency.id)
    snapshot = Snapshot(hash="0" * 64, code="example.hosting/1", content={}, settings={})
    session.add_all([account, snapshot])
    session.flush()
    request = Request(
        snapshot_id=snapshot.id,
        procedure="example.hosting",
        agency_id=agency.id,
        applicant_id=account.id,
        step="submit",
        revision=1,
    )
    session.add(request)
    session.flush()
    return SimpleNamespace(id=request.id, account_id=account.id)


def send(session: Session, store: DocumentStore, asked: SimpleNamespace, content: bytes, **changes: Any) -> Document:
    told = {"kind": "request_letter", "revision": 1, "filename": "surat.pdf", "limit": 10_000, **changes}
    stream = io.BytesIO(content)
    return receive(
        session, store, request_id=asked.id, task_id=None, account_id=asked.account_id, stream=stream, **told
    )


def notice(**changes: Any) -> Letter:
    context = {**CORE_LETTERS.letter("tapak/notice").sample, "title": "bukan ini", "signer": {}, "letterhead": {}}
    return Letter("notice_letter", "tapak/notice", "Persetujuan hosting", {**context, **changes}, series="outgoing")


def make(session: Session, asked: SimpleNamespace, letter: Letter | None = None, **changes: Any) -> Document:
    told = {"number": "000.8/7/KOMINFO/2026", "signer": SIGNER, "revision": 1, "on": DAY, **changes}
    tenant = session.get_one(Tenant, session.info[TENANT])
    letter = letter or notice()
    made = make_letter(session, tenant, request_id=asked.id, task_id=None, account_id=None, letter=letter, **told)
    return session.get_one(Document, (tenant.id, made))


def content_of(store: DocumentStore, document: Document) -> bytes:
    with store.open(document.tenant_id, document.sha256) as file:
        return file.read()


def papers(session: Session) -> list[int]:
    return list(session.scalars(select(Document.id).order_by(Document.id)))


def words(content: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, check=True, capture_output=True)
    return " ".join(done.stdout.decode().split())


def woken(session: Session) -> list[int]:
    return list(session.scalars(select(Wake.row_id).where(Wake.kind == "document")))


def test_an_upload_is_kept_and_comes_back(session: Session, store: DocumentStore, asked: SimpleNamespace) -> None:
    document = send(session, store, asked, SENT, filename="C:\\surat\\Permohonan\u202e.PDF")
    assert (document.filename, document.media_type, document.size) == ("Permohonan.pdf", PDF, len(SENT))
    assert document.sha256 == hashlib.sha256(SENT).hexdigest()
    assert (document.state, document.revision) == ("ready", 1)
    assert content_of(store, document) == SENT


def test_only_kinds_that_may_be_pictures_are(session: Session, store: DocumentStore, asked: SimpleNamespace) -> None:
    with pytest.raises(Invalid) as raised:
        send(session, store, asked, PHOTO)
    assert raised.value.fields == {"request_letter": ["Jenis berkas tidak sesuai. Unggah berkas PDF."]}
    scan = send(session, store, asked, PHOTO, kind="letter_scan", media_types=(PDF, JPEG))
    assert (scan.media_type, scan.filename) == (JPEG, "surat.pdf.jpg")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Berkas kosong. Unggah berkas PDF yang berisi."),
        (b"PK\x03\x04 surat.docx", "Jenis berkas tidak sesuai. Unggah berkas PDF."),
        (SENT[:-15], "Berkas PDF rusak"),
        (SENT.replace(b"/Size 1", b"/Size 1 /Encrypt 9 0 R"), "PDF terkunci dengan sandi."),
        (SENT.replace(b"/Size 1", b"/Size 1 /Launch 9 0 R"), "PDF memuat skrip"),
    ],
)
def test_what_is_not_a_letter_is_told_at_its_field(
    session: Session, store: DocumentStore, asked: SimpleNamespace, content: bytes, told: str
) -> None:
    with pytest.raises(Invalid) as raised:
        send(session, store, asked, content)
    assert raised.value.fields["request_letter"][0].startswith(told)
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []
    assert papers(session) == []


def test_a_file_over_the_limit_is_told(session: Session, store: DocumentStore, asked: SimpleNamespace) -> None:
    with pytest.raises(TooLarge, match="100 bytes") as raised:
        send(session, store, asked, SENT, limit=100)
    assert "100 byte" in raised.value.message


def test_the_tenants_quota_ends_uploads(
    session: Session, store: DocumentStore, asked: SimpleNamespace, tenant: Tenant, owner_database: Database
) -> None:
    with owner_database.begin() as owner:
        owner.execute(
            text("update tenant set settings = jsonb_build_object(cast(:key as text), :quota) where id = :id"),
            {"key": QUOTA_SETTING, "quota": 2 * len(SENT), "id": tenant.id},
        )
    send(session, store, asked, SENT)
    send(session, store, asked, SENT[:-1] + b"\r", revision=2)
    assert used(session) == 2 * len(SENT)
    with pytest.raises(StorageFull) as raised:
        send(session, store, asked, SENT + b"\n", revision=3)
    assert "Kuota" in raised.value.message
    assert len(papers(session)) == 2
    assert len([path for path in store.folder.rglob("*") if path.is_file()]) == 2


def test_a_file_that_takes_an_older_ones_place_needs_no_room_twice(
    session: Session, store: DocumentStore, asked: SimpleNamespace, tenant: Tenant, owner_database: Database
) -> None:
    with owner_database.begin() as owner:
        owner.execute(
            text("update tenant set settings = jsonb_build_object(cast(:key as text), :quota) where id = :id"),
            {"key": QUOTA_SETTING, "quota": len(SENT) + 1, "id": tenant.id},
        )
    send(session, store, asked, SENT)
    send(session, store, asked, SENT + b"\n")
    assert used(session) == len(SENT) + 1
    with pytest.raises(StorageFull):
        send(session, store, asked, SENT + b"\n\n")


def test_a_letter_is_pending_until_it_is_rendered(
    session: Session, store: DocumentStore, asked: SimpleNamespace
) -> None:
    document = make(session, asked, reader_position="head")
    assert (document.state, document.number, document.reader_position) == ("pending", "000.8/7/KOMINFO/2026", "head")
    assert document.filename == "Persetujuan hosting 000.8-7-KOMINFO-2026.pdf"
    assert woken(session) == [document.id]
    named_after_a_letter = make(
        session, asked, replace(notice(), subject="Lembar disposisi surat 5/12/2026"), number=""
    )
    assert named_after_a_letter.filename == "Lembar disposisi surat 5-12-2026.pdf"

    render(session, store, document.id)
    assert (document.state, document.problem) == ("ready", "")
    content = content_of(store, document)
    assert len(content) == document.size
    text_of_letter = words(content)
    for expected in (
        "PEMERINTAH KOTA CONTOH",
        "Nomor : 000.8/7/KOMINFO/2026 Contoh, 20 November 2026",
        "Hal : Persetujuan hosting",
        "a.n. Kepala Dinas, Plh. Kepala Bidang Contoh,",
        "NIP 19800101 200501 1 999",
    ):
        assert expected in text_of_letter


def test_rendering_again_changes_nothing_and_mends_lost_bytes(
    session: Session, store: DocumentStore, asked: SimpleNamespace, tenant: Tenant
) -> None:
    document = make(session, asked)
    first = render(session, store, document.id).sha256
    path = store.path(tenant.id, first)
    written = path.stat().st_mtime_ns
    render(session, store, document.id)
    assert path.stat().st_mtime_ns == written
    path.unlink()
    assert render(session, store, document.id).sha256 == first
    assert path.is_file()


def test_a_letter_says_what_stood_when_it_was_asked_for(
    session: Session, store: DocumentStore, asked: SimpleNamespace, tenant: Tenant, owner_database: Database
) -> None:
    document = make(session, asked)
    with owner_database.begin() as owner:
        owner.execute(
            text("""update tenant set letterhead = '{"lines": ["LAIN"]}' where id = :id"""), {"id": tenant.id}
        )
    session.expire_all()
    render(session, store, document.id)
    assert "PEMERINTAH KOTA CONTOH" in words(content_of(store, document))


def test_a_letter_without_a_day_is_of_today_where_the_tenant_is(
    session: Session, asked: SimpleNamespace, tenant: Tenant
) -> None:
    zone = ZoneInfo(tenant.time_zone)
    before = datetime.now(zone).date()
    document = make(session, asked, on=None)
    assert document.context["date_iso"] in {before.isoformat(), datetime.now(zone).date().isoformat()}


def test_a_letter_that_fails_tells_why_and_can_be_made_again(
    session: Session, store: DocumentStore, asked: SimpleNamespace, tmp_path: Path
) -> None:
    folder = tmp_path / "letters" / "permit"
    folder.mkdir(parents=True)
    (folder / "letter.toml").write_text('title = "Izin"')
    (folder / "letter.html").write_text("{{ missing }}")
    (folder / "letter.css").write_text("")
    library = LetterLibrary({"example": tmp_path / "letters"})
    document = make(session, asked, Letter("permit", "example/permit", "Izin"))
    render(session, store, document.id, library)
    assert (document.state, document.size) == ("failed", 0)
    assert "templat" in document.problem

    (folder / "letter.html").write_text("<html lang=id><title>{{ title }}</title><p>{{ signer.name }}</p>")
    render_again(session, document.id)
    assert (document.state, document.problem) == ("pending", "")
    render(session, store, document.id, LetterLibrary({"example": tmp_path / "letters"}))
    assert document.state == "ready"
    with pytest.raises(Conflict):
        render_again(session, document.id)


def test_a_full_disk_fails_a_letter_and_no_more(
    session: Session, asked: SimpleNamespace, store: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = make(session, asked)
    with monkeypatch.context() as patch:
        patch.setattr("tapak.documents.store.os.fsync", _no_space)
        render(session, store, document.id)
    assert document.state == "failed"
    assert "penuh" in document.problem
    assert render(session, store, document.id).state == "ready"


def _no_space(_handle: int) -> None:
    raise OSError(28, "No space left on device")


def test_another_tenant_has_no_such_paper(
    session: Session, database: Database, store: DocumentStore, asked: SimpleNamespace, other_tenant: Tenant
) -> None:
    document = send(session, store, asked, SENT)
    session.commit()
    with database.begin(other_tenant.id) as other:
        with pytest.raises(NotFound):
            render(other, store, document.id)
        assert papers(other) == []
        assert used(other) == 0


def test_a_paper_leaves_as_data(session: Session, store: DocumentStore, asked: SimpleNamespace) -> None:
    sent = send(session, store, asked, SENT, filename='Surat "Café".pdf')
    headers = download_headers(sent)
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"Surat _Caf__.pdf\"; filename*=UTF-8''Surat%20_Caf%C3%A9_.pdf"
    )
    assert headers["Content-Type"] == PDF
    assert headers["Content-Length"] == str(len(SENT))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    made = render(session, store, make(session, asked).id)
    assert download_headers(made, inline=True)["Content-Disposition"].startswith("inline;")
    assert download_headers(made)["Content-Disposition"].startswith("attachment;")


def test_only_a_pdf_is_shown_in_the_browser(session: Session, store: DocumentStore, asked: SimpleNamespace) -> None:
    sent = send(session, store, asked, SENT)
    shown = download_headers(sent, inline=True)
    assert shown["Content-Disposition"].startswith("inline;")
    assert "script-src 'none'" in shown["Content-Security-Policy"]
    sent.media_type = "image/png"
    kept_apart = download_headers(sent, inline=True)
    assert kept_apart["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in kept_apart["Content-Security-Policy"]
