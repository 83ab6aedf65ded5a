"""Papers, as they are."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, send_file
from flask.views import MethodView

from tapak.documents.downloads import download_headers
from tapak.documents.models import Document
from tapak.http.scope import desk, kit, tenant
from tapak.requests import papers
from tapak.rest import file_schemas, schemas
from tapak.rest.blueprint import Blueprint
from tapak.rest.idempotency import once
from tapak.sdk.errors import Conflict
from tapak.sdk.scanning import ScanReport

blueprint = Blueprint("documents", __name__, url_prefix="/documents", description="Documents")


@blueprint.route("/<int:document_id>")
@blueprint.response(200, schemas.Document)
def document(document_id: int) -> Document:
    """What the paper is"""
    return papers.paper(desk(), document_id)


@blueprint.route("/<int:document_id>/content")
@blueprint.response(200, content_type="application/octet-stream")
def content(document_id: int) -> Response:
    """The paper's bytes"""
    paper = papers.paper(desk(), document_id)
    if paper.state != "ready":
        raise Conflict("Dokumen ini sedang dibuat. Coba lagi sebentar.", log=f"document {paper.id} is {paper.state}")
    answer = send_file(kit().store.open(tenant().id, paper.sha256), mimetype=paper.media_type)
    answer.headers.update(download_headers(paper))
    return answer


@blueprint.route("/<int:document_id>/scan")
class Scan(MethodView):
    """What scanners found in an application."""

    @blueprint.response(200, file_schemas.Scan)
    def get(self, document_id: int) -> ScanReport:
        """The newest run over the file, beside the one before"""
        return papers.scan_of(desk(), document_id)

    @blueprint.response(202, file_schemas.Scan)
    def post(self, document_id: int) -> Any:
        """Look through the file again (officer)"""
        return make_response(once(lambda at: file_schemas.Scan().dump(papers.scan_again(at, document_id)), 202))


@blueprint.route("/<int:document_id>/render", methods=["POST"])
@blueprint.response(202, schemas.Document)
def render(document_id: int) -> Any:
    """Try a letter again that could not be made (officer)"""
    return make_response(once(lambda at: schemas.Document().dump(papers.render_again(at, document_id)), 202))
