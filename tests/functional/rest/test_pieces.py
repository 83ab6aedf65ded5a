"""Large files in pieces over REST: they go on where they stopped, and nothing wrong is kept or anything right lost."""

from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tapak.demo.servers.process import wait_until
from tapak.demo.walk import API
from tapak.testing.deployment import Case, Deployment

from .test_uploads import no_room, pdf

KIND = "request_letter"


def large(size: int) -> bytes:
    """A PDF of about ``size`` bytes that ends as one."""
    content = pdf()
    at = content.index(b"\n") + 1
    filler = b"%" + b"x" * (size - len(content)) + b"\n"
    whole = content[:at] + filler + content[at:]
    old = int(content.rstrip().rsplit(b"\n", 2)[-2])
    return whole.replace(b"startxref\n%d" % old, b"startxref\n%d" % (old + len(filler)))


def digest(content: bytes) -> dict[str, str]:
    return {"Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"}


class Sender:
    """One upload by the case's applicant."""

    def __init__(self, client: httpx.Client, task: int) -> None:
        self.client, self.task, self.id = client, task, 0

    def begin(self, content: bytes, status: int = 201, **more: Any) -> Any:
        told = {"kind": KIND, "filename": "surat besar.pdf", "size": len(content), **more}
        answer = self.client.post(f"/tasks/{self.task}/uploads", json=told)
        assert answer.status_code == status, answer.text
        if status == 201:
            self.id = answer.json()["id"]
            assert answer.headers["location"] == f"{API}/uploads/{self.id}"
        return answer.json()

    def piece(self, offset: int, content: bytes, **headers: str) -> httpx.Response:
        known = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.client.patch(f"/uploads/{self.id}", content=content, headers={**known, **headers})

    def offset(self) -> int:
        answer = self.client.head(f"/uploads/{self.id}")
        assert answer.status_code == 200
        return int(answer.headers["upload-offset"])

    def complete(self, sha256: str = "", **headers: str) -> httpx.Response:
        return self.client.post(f"/uploads/{self.id}/complete", json={"sha256": sha256}, headers=headers)


@pytest.fixture
def case(deployment: Deployment) -> Case:
    made = deployment.case()
    made.start()
    return made


@pytest.fixture
def sender(deployment: Deployment, case: Case) -> Iterator[Sender]:
    with deployment.caller(case.applicant) as client:
        yield Sender(client, case.request()["tasks"][0]["id"])


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_in_pieces_becomes_a_document(deployment: Deployment, sender: Sender) -> None:
    content = large(3_000_000)
    assert sender.begin(content)["offset"] == 0
    for at in range(0, len(content), 1_000_000):
        answer = sender.piece(at, content[at : at + 1_000_000])
        assert answer.status_code == 204, answer.text
        assert int(answer.headers["upload-offset"]) == min(at + 1_000_000, len(content))
        assert int(answer.headers["upload-length"]) == len(content)
    answer = sender.complete(sha256(content))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["sha256"], told["size"], told["filename"]) == (sha256(content), len(content), "surat besar.pdf")
    assert sender.client.get(f"/documents/{told['id']}/content").content == content
    assert sender.client.get(f"/uploads/{sender.id}").status_code == 404
    assert not list(Path(deployment.stack.environment["TAPAK_DOCUMENTS"]).glob(f"*/.upload-{sender.id}"))


def test_the_same_file_is_found_again(sender: Sender) -> None:
    content = large(100_000)
    first = sender.begin(content, mark="surat:1")
    assert sender.piece(0, content[:40_000]).status_code == 204
    again = sender.begin(content, mark="surat:1")
    assert (again["id"], again["offset"]) == (first["id"], 40_000)
    assert sender.begin(content, mark="surat:2")["id"] != first["id"]


def test_a_broken_line_keeps_what_came(deployment: Deployment, sender: Sender) -> None:
    content = large(2_000_000)
    sender.begin(content)
    with socket.create_connection(("127.0.0.1", deployment.stack.port)) as line:
        head = (
            f"PATCH {API}/uploads/{sender.id} HTTP/1.1\r\nHost: {sender.client.headers['Host']}\r\n"
            f"Authorization: {sender.client.headers['Authorization']}\r\nUpload-Offset: 0\r\n"
            f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        line.sendall(head.encode() + content[:1_300_000])
        wait_until(lambda: sender.offset() >= 1_000_000, 20, "the first bytes to be there")
    offset = sender.offset()
    wait_until(lambda: sender.piece(sender.offset(), content[sender.offset() :]).status_code == 204, 20, "the rest")
    assert 1_000_000 <= offset <= 1_300_000
    assert sender.complete(sha256(content)).status_code == 201


def test_a_piece_elsewhere_is_told_where(sender: Sender) -> None:
    content = large(50_000)
    sender.begin(content)
    assert sender.piece(0, content[:20_000]).status_code == 204
    for offset in (0, 10_000, 30_000):
        answer = sender.piece(offset, content[offset : offset + 5])
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_offset")
        assert answer.headers["upload-offset"] == "20000"
    assert sender.offset() == 20_000


def test_a_piece_that_was_damaged_is_not_kept(sender: Sender) -> None:
    content = large(50_000)
    sender.begin(content)
    assert sender.piece(0, content[:20_000], **digest(content[:20_000])).status_code == 204
    answer = sender.piece(20_000, content[20_000:], **digest(b"anders"))
    assert (answer.status_code, answer.json()["code"]) == (422, "checksum_mismatch")
    assert sender.offset() == 20_000
    assert sender.piece(20_000, content[20_000:], **digest(content[20_000:])).status_code == 204
    assert sender.complete().status_code == 201


def test_nothing_is_finished_that_nobody_vouches_for(sender: Sender) -> None:
    content = large(50_000)
    sender.begin(content)
    sender.piece(0, content[:10], **digest(content[:10]))
    sender.piece(10, content[10:])
    assert sender.complete().json()["code"] == "checksum_mismatch"
    answer = sender.complete(sha256(b"anders"))
    assert (answer.status_code, answer.json()["code"]) == (422, "checksum_mismatch")
    assert "SHA-256" in answer.json()["detail"]
    assert sender.offset() == len(content)
    assert sender.complete(sha256(content).upper()).status_code == 201


def test_a_file_that_is_not_whole(sender: Sender) -> None:
    content = large(50_000)
    sender.begin(content)
    sender.piece(0, content[:10])
    answer = sender.complete(sha256(content))
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "10 dari" in answer.json()["detail"]


def test_more_than_was_said(sender: Sender) -> None:
    content = large(50_000)
    sender.begin(content)
    assert sender.piece(0, content + b"mehr").status_code == 413
    assert sender.offset() == 0


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"size": 0}, 422, "invalid"),
        ({"size": -1}, 422, "invalid"),
        ({"size": 20 * 1024**2 + 1}, 413, "too_large"),
        ({"size": "10"}, 422, "invalid"),
        ({"kind": "lain"}, 422, "invalid"),
        ({"filename": ""}, 422, "invalid"),
        ({"more": 1}, 422, "invalid"),
    ],
)
def test_what_is_not_begun(sender: Sender, changes: dict[str, Any], status: int, code: str) -> None:
    assert sender.begin(b"x" * 10, status, **changes)["code"] == code


def test_something_else_than_was_said(sender: Sender) -> None:
    content = b"bukan PDF" * 1000
    sender.begin(content)
    answer = sender.piece(0, content)
    assert answer.status_code == 204, answer.text
    answer = sender.complete(sha256(content))
    assert (answer.status_code, list(answer.json()["fields"])) == (422, [KIND])
    assert sender.client.delete(f"/uploads/{sender.id}").status_code == 204
    assert sender.client.get(f"/uploads/{sender.id}").status_code == 404


def test_a_second_completion_with_the_same_key(sender: Sender) -> None:
    content = large(50_000)
    sender.begin(content)
    assert sender.piece(0, content).status_code == 204
    headers = {"Idempotency-Key": f"selesai-{sender.id}"}
    first, second = (sender.complete(sha256(content), **headers) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert sender.complete(sha256(content)).status_code == 404


def test_nobody_else_sees_or_moves_it(deployment: Deployment, sender: Sender, case: Case) -> None:
    content = large(50_000)
    sender.begin(content)
    sender.piece(0, content[:10])
    others = [next(email for email in deployment.one.applicants() if email != case.applicant), deployment.one.admin()]
    callers = [(email, deployment.one) for email in others] + [(case.applicant, deployment.other)]
    for email, agency in callers:
        with deployment.caller(email, agency) as client:
            other = Sender(client, sender.task)
            other.id = sender.id
            assert client.get(f"/uploads/{sender.id}").status_code == 404
            assert other.piece(10, content[10:]).status_code == 404
            assert other.complete(sha256(content)).status_code == 404
            assert client.delete(f"/uploads/{sender.id}").status_code == 404
            assert other.client.post(
                f"/tasks/{sender.task}/uploads", json={"kind": KIND, "filename": "a.pdf", "size": 5}
            ).status_code in (403, 404)
    assert sender.offset() == 10


def test_the_quota_counts_what_is_on_its_way(deployment: Deployment) -> None:
    case = deployment.case(deployment.other)
    case.start()
    settings = deployment.other.content["settings"]
    with deployment.caller(case.applicant, deployment.other) as client:
        sender = Sender(client, case.request()["tasks"][0]["id"])
        sender.begin(large(50_000), mark="a")
        deployment.apply(deployment.other, settings={**settings, "document_quota": 60_000})
        try:
            told = sender.begin(large(50_000), 507, mark="b")
        finally:
            deployment.apply(deployment.other)
    assert "Kuota" in told["detail"]


def test_a_disk_that_is_full_keeps_what_was_there(deployment: Deployment, sender: Sender) -> None:
    content = large(18_000_000)
    sender.begin(content)
    assert sender.piece(0, content[:100_000]).status_code == 204
    with no_room(deployment):
        answer = sender.piece(100_000, content[100_000:])
        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        assert "penuh" in answer.json()["detail"]
        assert sender.offset() == 100_000
    assert sender.piece(100_000, content[100_000:]).status_code == 204
    assert sender.complete(sha256(content)).status_code == 201
