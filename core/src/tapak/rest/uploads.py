"""Files in pieces, as tus (https://tus.io, 1.0.0) and the IETF's resumable uploads name the parts of it.

A piece may come with its digest (RFC 9530 ``Content-Digest``); a file is finished by its SHA-256, or without it where
every piece came with a digest.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, cast

from flask import Response, make_response, request, url_for
from flask.views import MethodView

from tapak.documents import pieces
from tapak.documents.models import PartialUpload
from tapak.documents.partial import PartialFile, WrongOffset
from tapak.http.scope import acting, desk, kit, tenant
from tapak.requests import papers
from tapak.requests.desk import Desk
from tapak.rest import file_schemas, schemas
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once
from tapak.sdk.errors import Invalid

PIECES = ("application/offset+octet-stream", "application/partial-upload")
NUMBER = re.compile(r"[0-9]{1,15}")
EXPECTED = "tapak.upload_offset"
DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/=]{44}):")

blueprint = Blueprint("uploads", __name__, description="Large files, in pieces")


@blueprint.route("/tasks/<int:task_id>/uploads", methods=["POST"])
@blueprint.arguments(file_schemas.NewUpload)
@blueprint.response(201, file_schemas.PartialUpload)
def begin(given: dict[str, Any], task_id: int) -> Response:
    """Announce a file; the same one again (``mark``) goes on where it stopped"""
    limit = kit().config.upload_limit
    with acting() as at:
        upload = papers.begin_upload(at, task_id, **given, limit=limit)
    return _told(upload, 201)


@blueprint.route("/uploads/<int:upload_id>")
class Upload(MethodView):
    """One unfinished upload."""

    @blueprint.response(200, file_schemas.PartialUpload)
    def get(self, upload_id: int) -> Response:
        """Where it stands; also as ``HEAD``, by ``Upload-Offset`` and ``Upload-Length``"""
        return _told(papers.find_upload(desk(), upload_id))

    @blueprint.response(204)
    def patch(self, upload_id: int) -> Response:
        """Add a piece at ``Upload-Offset``; 409 tells the right offset where it is another"""
        at = desk()
        upload = papers.find_upload(at, upload_id)
        if request.mimetype not in PIECES:
            told = f"Kirim bagian berkas sebagai {PIECES[0]}."
            raise Invalid(told, log=f"a piece as {request.mimetype!r}", fields={"Content-Type": [told]})
        offset, digest = _offset(), _digest()
        # Nothing is locked and no transaction open while the bytes come, however slowly.
        at.session.rollback()
        part = pieces.file_of(at.session, kit().store, upload)
        request.max_content_length = upload.size + 1  # werkzeug refuses to read up to the limit itself
        try:
            part.append(offset, request.stream, upload.size, digest)
        except WrongOffset as problem:
            request.environ[EXPECTED] = problem.offset
            raise
        with acting() as again:
            pieces.moved(again.session, papers.find_upload(again, upload_id), checked=digest is not None)
        return _offsets(make_response("", 204), part.offset, upload.size)

    @blueprint.response(204)
    def delete(self, upload_id: int) -> None:
        """Drop it with its bytes"""
        with acting() as at:
            upload = papers.find_upload(at, upload_id)
            part = pieces.file_of(at.session, kit().store, upload)
            at.session.delete(upload)
        part.remove()


@blueprint.route("/uploads/<int:upload_id>/complete", methods=["POST"])
@blueprint.arguments(file_schemas.CompleteUpload)
@blueprint.response(201, schemas.Document)
def complete(given: dict[str, Any], upload_id: int) -> Any:
    """The file is whole: compare it with its SHA-256 and make it a document"""
    store = kit().store
    part = PartialFile(store, tenant().id, upload_id)

    def act(at: Desk) -> Any:
        upload = papers.find_upload(at, upload_id)
        pieces.need_checksum(upload, given["sha256"])
        # Read before anything but the idempotency key is locked: it takes seconds.
        whole = part.check_whole(upload.size, given["sha256"])
        return schemas.Document().dump(papers.finish_upload(at, store, upload_id, whole.sha256))

    answer = make_response(once(act, 201))
    part.remove()
    return answer


def tell_offset(response: Response) -> Response:
    """Say with a refused piece where the file ends."""
    if EXPECTED in request.environ:
        response.headers["Upload-Offset"] = str(request.environ[EXPECTED])
    return response


blueprint.after_request(tell_offset)


def _told(upload: PartialUpload, status: int = 200) -> Response:
    offset = pieces.file_of(desk().session, kit().store, upload).offset
    address = url_for("uploads.Upload", upload_id=upload.id)
    plain = {name: getattr(upload, name) for name in ("id", "kind", "filename", "size", "created_at")}
    told = file_schemas.PartialUpload().dump({**plain, "offset": offset})
    answer = make_response(cast("dict[str, Any]", told), status)
    answer.headers["Location"] = address
    return _offsets(answer, offset, upload.size)


def _offsets(answer: Response, offset: int, size: int) -> Response:
    answer.headers["Upload-Offset"] = str(offset)
    answer.headers["Upload-Length"] = str(size)
    return answer


def _offset() -> int:
    text = request.headers.get("Upload-Offset", "")
    if not NUMBER.fullmatch(text):
        told = "Sebutkan byte pertama bagian ini di Upload-Offset."
        raise Invalid(told, log="no Upload-Offset", fields={"Upload-Offset": [told]})
    return int(text)


def _digest() -> bytes | None:
    text = request.headers.get("Content-Digest")
    if text is None:
        return None
    found = DIGEST.fullmatch(text.strip())
    try:
        if found is not None:
            return base64.b64decode(found[1], validate=True)
    except binascii.Error:
        pass
    told = "Content-Digest ditulis sha-256=:…: (RFC 9530)."
    raise Invalid(told, log="bad Content-Digest", fields={"Content-Digest": [told]})
