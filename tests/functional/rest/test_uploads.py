"""Files over REST: what isn't what it should be is refused, nothing of it is kept, and the request stays as it was."""

from __future__ import annotations

import io
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pydyf
import pytest

from tapak.demo.stack import DATABASE
from tapak.documents.service import WAKE_KIND
from tapak.testing.deployment import Case, Deployment

MEGABYTE = 1024 * 1024


def pdf(trailer: bytes = b"") -> bytes:
    """A small PDF with one empty page."""
    made = pydyf.PDF()
    made.add_page(pydyf.Dictionary({"Type": "/Page", "Parent": made.pages.reference, "MediaBox": [0, 0, 99, 99]}))
    out = io.BytesIO()
    made.write(out)
    return out.getvalue().replace(b"trailer\n<<", b"trailer\n<<" + trailer)


@pytest.fixture(scope="module")
def case(deployment: Deployment) -> Case:
    """A draft that waits for its letter, while no worker prints one for a test before."""
    made = deployment.case()
    made.start()
    with deployment.stack.postgresql.connect(DATABASE) as connection:
        wanted = "select count(*) from wake where kind = %s"
        made.wait(lambda: connection.execute(wanted, [WAKE_KIND]).fetchone() == (0,), "every letter to be printed")
    return made


def send(
    deployment: Deployment, case: Case, content: bytes, filename: str = "surat.pdf", kind: str = "request_letter"
) -> httpx.Response:
    """What the API says to the file."""
    with deployment.caller(case.applicant) as caller:
        files = {"file": (filename, content, "application/pdf")}
        return caller.post(f"/tasks/{case.request()['tasks'][0]['id']}/documents", data={"kind": kind}, files=files)


def state(deployment: Deployment, case: Case) -> tuple[object, ...]:
    """The request, its papers and the store."""
    with deployment.caller(case.applicant) as caller:
        papers = caller.get(f"/requests/{case.request_id}/documents").json()
    store = Path(deployment.stack.environment["TAPAK_DOCUMENTS"])
    return case.request(), papers, sorted(str(path) for path in store.rglob("*") if path.is_file())


ENCRYPTED = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (a) /U (b) /P -4 >> "


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"bukan PDF",
        b"<html><script>alert(1)</script></html>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"PK\x03\x04" + b"\0" * 100,
        b"MZ" + b"\0" * 100,
        b"%PDF-1.7\n",
        pdf()[: len(pdf()) // 2],
        pdf(ENCRYPTED),
        b"\0" * 5000,
    ],
    ids=["empty", "text", "html", "png", "zip", "exe", "head", "half", "encrypted", "zeros"],
)
def test_a_file_that_is_no_pdf(deployment: Deployment, case: Case, content: bytes) -> None:
    before = state(deployment, case)
    answer = send(deployment, case, content)
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["fields"]) == ["request_letter"]
    assert state(deployment, case) == before


def test_the_last_file_of_a_kind_counts(deployment: Deployment, case: Case) -> None:
    first = send(deployment, case, pdf()).json()
    again = send(deployment, case, pdf(), filename="baru.pdf").json()
    with deployment.caller(case.applicant) as caller:
        listed = caller.get(f"/requests/{case.request_id}/documents").json()
        assert [(row["id"], row["filename"]) for row in listed] == [(again["id"], "baru.pdf")]
        assert caller.get(f"/documents/{first['id']}/content").status_code == 404
        assert caller.get(f"/documents/{again['id']}/content").status_code == 200


@pytest.mark.parametrize("kind", ["letter_scan", "", "x" * 61, "../x", "a\0b"])
def test_a_kind_that_the_step_does_not_take(deployment: Deployment, case: Case, kind: str) -> None:
    before = state(deployment, case)
    answer = send(deployment, case, pdf(), kind=kind)
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["kind"])
    assert state(deployment, case) == before


@pytest.mark.parametrize("size", [20 * MEGABYTE + 1, 25 * MEGABYTE])
def test_a_file_that_is_too_large(deployment: Deployment, case: Case, size: int) -> None:
    before = state(deployment, case)
    answer = send(deployment, case, pdf() + b"\n" * size)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert state(deployment, case) == before


BOUNDARY = b"batas"
PART = b'--batas\r\nContent-Disposition: form-data; name="kind"\r\n\r\nrequest_letter\r\n'
FILE = b'--batas\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'


@pytest.mark.parametrize(
    "body",
    [b"", b"--batas--\r\n", PART, PART + b"--batas--\r\n", PART + FILE + b"%PDF-1.7", b"\xff" * 100, PART + b"--batas"],
    ids=["nothing", "no part", "cut", "no file", "cut file", "noise", "cut boundary"],
)
def test_multipart_that_is_broken(deployment: Deployment, case: Case, body: bytes) -> None:
    before = state(deployment, case)
    with deployment.caller(case.applicant) as caller:
        headers = {"Content-Type": "multipart/form-data; boundary=batas"}
        path = f"/tasks/{case.request()['tasks'][0]['id']}/documents"
        answer = caller.post(path, content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["code"] == "invalid"
    assert state(deployment, case) == before


@pytest.mark.parametrize(
    "filename",
    ["../../../etc/passwd", "/etc/passwd", "..\\..\\a.pdf", "a\0.pdf", "a\r\nSet-Cookie: x=y.pdf", ".", "..", "CON",
     "a" * 400 + ".pdf", "surat.pdf.exe", "\u202efdp.exe", "s\u00fcrat \u4e2d.pdf", '"; x="y.pdf', "-rf.pdf"],
    ids=range(14),
)  # fmt: skip
def test_a_file_name_with_tricks(deployment: Deployment, filename: str) -> None:
    case = deployment.case()
    case.start()
    answer = send(deployment, case, pdf(), filename)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["filename"].endswith(".pdf")
    assert not set(told["filename"]) & set('/\\\0\r\n"\u202e')
    assert 0 < len(told["filename"]) <= 200
    with deployment.caller(case.applicant) as caller:
        read = caller.get(f"/documents/{told['id']}/content")
        assert read.content == pdf()
        assert read.headers["content-disposition"].startswith(("inline", "attachment"))
        assert "set-cookie" not in read.headers


def test_a_file_for_a_task_that_has_ended(deployment: Deployment) -> None:
    case = deployment.case()
    case.to("register_letter")
    before = state(deployment, case)
    answer = send(deployment, case, pdf())
    assert answer.status_code == 409, answer.text
    assert state(deployment, case) == before


def test_a_quota_that_is_used_up(deployment: Deployment) -> None:
    case = deployment.case(deployment.other)
    case.start()
    settings = deployment.other.content["settings"]
    deployment.apply(deployment.other, settings={**settings, "document_quota": 1})
    try:
        before = state(deployment, case)
        with deployment.caller(case.applicant, deployment.other) as caller:
            path = f"/tasks/{case.request()['tasks'][0]['id']}/documents"
            files = {"file": ("a.pdf", pdf(), "application/pdf")}
            answer = caller.post(path, data={"kind": "request_letter"}, files=files)
        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        assert "Kuota" in answer.json()["detail"]
        assert case.request() == before[0]
    finally:
        deployment.apply(deployment.other)


def children(pid: int) -> Iterator[int]:
    """The process and all that it has started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from children(int(child))


@contextmanager
def no_room(deployment: Deployment) -> Iterator[None]:
    """No file of the web's processes may grow beyond 1 MB more than its log has, as on a full disk."""
    web = next(process for process in deployment.stack.processes() if process.name == "web")
    most = web.log.stat().st_size + MEGABYTE
    pids = list(children(web.pid() or 0))
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_a_disk_that_is_full(deployment: Deployment) -> None:
    case = deployment.case()
    case.start()
    before = state(deployment, case)
    large = pdf() + b"\n" * (18 * MEGABYTE)
    with no_room(deployment):
        answer = send(deployment, case, large)
        assert answer.status_code == 507, answer.text
        assert answer.json()["code"] == "storage_full"
        assert "penuh" in answer.json()["detail"]
        assert state(deployment, case) == before
    assert send(deployment, case, pdf()).status_code == 201
