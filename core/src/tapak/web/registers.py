"""The registers of an agency, the agenda book among them, as the paper books have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tapak.accounts.policy import may
from tapak.documents.filenames import shown_filename
from tapak.documents.models import DISCARDED, Document
from tapak.http import scope
from tapak.http.files import file_answer
from tapak.reports.formats import FORMATS
from tapak.reports.registers import find as register_report
from tapak.requests import imports, reading, unsealing
from tapak.requests import registers as books
from tapak.requests.desk import Desk
from tapak.requests.forms import describe
from tapak.requests.import_files import LARGEST
from tapak.requests.imported import last
from tapak.requests.models import RegisterRow, Request, Task
from tapak.requests.registers import Asked
from tapak.sdk.errors import Invalid, TooLarge
from tapak.sdk.registers import Register
from tapak.tenants.secrets import NoIdentities, read_identities
from tapak.web.entered import Line, line
from tapak.web.formdata import fit_to_show, read
from tapak.web.paging import id_cursor

AGENDA, DISPOSITIONS = "tapak.agenda", "tapak.disposition"
SCANS = ("letter_scan", "request_letter")
LONGEST_SEARCH = 200

blueprint = Blueprint("web_registers", __name__)
Place = tuple[int | None, int | None]
"""A request and its revision; nothing for a row by hand."""


@dataclass(frozen=True)
class Entry:
    """A row with its request (None: written by hand), the scan of its letter (None: none) and its disposition."""

    row: RegisterRow
    cells: tuple[Line, ...]
    request: Request | None
    scan: int | None
    disposed: Mapping[str, Any] | None


@blueprint.get("/buku")
def registers() -> Any:
    """Every register of the services that the agency runs."""
    return render_template("agenda/registers.html", books=books.registers(scope.desk()).values())


@blueprint.get(f"/buku/<key>.<any({', '.join(FORMATS)}):suffix>")
def export(key: str, suffix: str) -> Any:
    """One register as a file; what was asked for where something was."""
    report, form = register_report(scope.desk(), key, _asked(), suffix)
    return file_answer(report, form)


@blueprint.post("/buku/<key>/impor")
def import_rows(key: str) -> Any:
    """Replace what an imported register holds by the rows of a file."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _imported(scope.desk(), key, ["Pilih berkas CSV atau XLSX."]), 422
    try:
        with scope.acting() as desk:
            imports.import_as_person(desk, key, shown_filename(sent.filename), sent.stream.read(LARGEST + 1))
    except (Invalid, TooLarge) as refused:
        return _imported(scope.desk(), key, refused.fields.get("file", [refused.message])), refused.status
    return redirect(url_for("web_registers.register", key=key), 303)


def _imported(desk: Desk, key: str, problems: Sequence[str] = ()) -> Any:
    """The page of an imported register, in its file's order."""
    words = _searched()
    found = imports.rows(desk, key, words=words, after=id_cursor("sesudah") or 0, limit=reading.PAGE + 1)
    book, page = books.register(desk, key), found[: reading.PAGE]
    return render_template(
        "agenda/imported.html",
        book=book,
        books=books.registers(desk).values(),
        columns=_columns(book),
        titles=[field.label for field in describe(book.schema())],
        entries=[[line(column, row.content.get(column.name)) for column in _columns(book)] for row in page],
        last=last(desk.session, key),
        problems=problems,
        may_import=may(desk.somebody, "register.import"),
        words=words,
        following=page[-1].id if len(found) > reading.PAGE else None,
    )


def _sealed(key: str) -> Any:
    """The page of a sealed register: what it says only for who may read it, where this process holds a key."""
    with scope.acting() as desk:
        found = unsealing.entries(desk.session, key, before=id_cursor("sebelum"), limit=reading.PAGE + 1)
        page, path = found[: reading.PAGE], scope.kit().config.sealed_identities
        readable = path is not None and unsealing.may_read(desk)
        opened: Sequence[unsealing.Opened] = ()
        problem = ""
        if path is not None and readable:
            try:
                opened = unsealing.read(desk, page, read_identities(path))
            except NoIdentities as refused:
                problem = refused.message
        book, known = books.register(desk, key), books.registers(desk)
        read = {each.entry.id: each for each in opened}
        fields = describe(book.schema())
        asked = {entry.request_id for entry in page}
        return render_template(
            "agenda/sealed.html",
            book=book,
            books=known.values(),
            fields=fields,
            entries=[(entry, *_told(fields, read.get(entry.id))) for entry in page],
            numbers=dict(desk.session.execute(select(Request.id, Request.number).where(Request.id.in_(asked))).all()),
            readable=readable,
            holds_key=path is not None,
            problem=problem,
            following=page[-1].seq if len(found) > reading.PAGE else None,
        )


def _told(fields: Iterable[Any], read: unsealing.Opened | None) -> tuple[list[Line], str]:
    """An entry's lines, and why there are none although it was to be read."""
    if read is None or read.problem:
        return [], read.problem if read else ""
    return [line(field, read.row.get(field.name)) for field in fields], ""


@blueprint.get("/buku/<key>")
def register(key: str) -> Any:
    """One register, newest first; an imported one in its file's order."""
    desk = scope.desk()
    book = books.register(desk, key)
    if book.imported:
        return _imported(desk, key)
    if book.sealed:
        return _sealed(key)
    asked = _asked()
    found = books.rows(desk, key, asked, before=id_cursor("sebelum"), limit=reading.PAGE + 1)
    known = books.registers(desk)
    page = found[: reading.PAGE]
    return render_template(
        "agenda/agenda.html" if key == AGENDA else "agenda/register.html",
        book=book,
        books=known.values(),
        labels=[field.label for field in _columns(book)],
        entries=_entries(desk.session, book, page),
        asked=asked,
        search=_search(asked),
        suffixes=tuple(FORMATS),
        writes=books.may_write(scope.desk(), book),
        following=page[-1].id if len(found) > reading.PAGE else None,
    )


@blueprint.get("/buku/<key>/catat")
def new_row(key: str) -> Any:
    """The form of a row by hand, for whoever keeps the register."""
    return _entry_form(books.writable(scope.desk(), key), {}, {})


@blueprint.post("/buku/<key>/catat")
def add_row(key: str) -> Any:
    """Write a row; what is wrong is told beside the form, with everything typed kept."""
    book = books.writable(scope.desk(), key)
    given = read(book.schema().fields, request.form)
    try:
        with scope.acting() as desk:
            books.write(desk, key, given)
    except Invalid as refused:
        return _entry_form(book, given, refused.fields), 422
    flash(gettext("Catatan ditambahkan."), "success")
    return redirect(url_for("web_registers.register", key=key), 303)


def _entry_form(book: Register, given: Mapping[str, Any], errors: Mapping[str, Sequence[str]]) -> str:
    form = fit_to_show(replace(field, value=given.get(field.name)) for field in describe(book.schema()))
    return render_template("agenda/entry.html", book=book, form=form, errors=errors)


def _searched() -> str:
    return request.args.get("cari", "").replace("\x00", "")[:LONGEST_SEARCH]


def _asked() -> Asked:
    return Asked(_searched(), _day("dari"), _day("sampai"))


def _day(name: str) -> date | None:
    """The day of parameter ``name``; None where it is none."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _search(asked: Asked) -> Mapping[str, str]:
    """What was asked for, as addresses carry it."""
    given = {"cari": asked.words, "dari": asked.since, "sampai": asked.until}
    return {name: str(value) for name, value in given.items() if value}


def _columns(book: Register) -> list[Any]:
    known = {field.name: field for field in describe(book.schema())}
    return [known[name] for name in book.columns]


def _entries(session: Session, book: Register, rows: Sequence[RegisterRow]) -> list[Entry]:
    asked = {row.request_id for row in rows if row.request_id is not None}
    requests: dict[int | None, Request] = {
        each.id: each for each in session.scalars(select(Request).where(Request.id.in_(asked)))
    }
    tasks = select(Task.id, Task.revision).where(Task.id.in_({row.task_id for row in rows}))
    revisions: dict[int | None, int] = {row.id: row.revision for row in session.execute(tasks)}
    scans = _scans(session, asked)
    disposed = _dispositions(session, asked) if book.key == AGENDA else {}
    columns = _columns(book)
    return [
        Entry(
            row,
            tuple(line(column, row.content.get(column.name)) for column in columns),
            requests.get(row.request_id),
            scans.get((row.request_id, revisions.get(row.task_id))),
            disposed.get((row.request_id, revisions.get(row.task_id))),
        )
        for row in rows
    ]


def _dispositions(session: Session, requests: Iterable[int]) -> dict[Place, Mapping[str, Any]]:
    """The newest disposition of each request and revision."""
    query = (
        select(RegisterRow, Task.revision)
        .join(Task, Task.id == RegisterRow.task_id)
        .where(RegisterRow.register == DISPOSITIONS, RegisterRow.request_id.in_(requests))
        .order_by(RegisterRow.id)
    )
    return {(row.request_id, revision): row.content for row, revision in session.execute(query)}


def _scans(session: Session, requests: Iterable[int]) -> dict[Place, int]:
    """The newest scan of the letter of each request and revision."""
    query = (
        select(Document.request_id, Document.revision, func.max(Document.id))
        .where(Document.request_id.in_(requests), Document.kind.in_(SCANS), Document.state != DISCARDED)
        .group_by(Document.request_id, Document.revision)
    )
    return {(request_id, revision): document_id for request_id, revision, document_id in session.execute(query)}
