"""A report as the answer to a request: a file, in blocks as it is made."""

from __future__ import annotations

from flask import Response, stream_with_context

from tapak.http import scope
from tapak.reports.formats import Format
from tapak.reports.tables import Report


def file_answer(report: Report, form: Format) -> Response:
    """``report`` in the format ``form``, as a download."""
    blocks = stream_with_context(form.write(report, scope.tenant()))
    headers = {"Content-Disposition": f'attachment; filename="{report.name}.{form.suffix}"'}
    return Response(blocks, mimetype=form.media_type, headers=headers)
