"""A report as the answer to a request: a file, in blocks as it is made."""

from __future__ import annotations

from itertools import chain

from flask import Response, stream_with_context

from tapak.http import scope
from tapak.reports.formats import Format
from tapak.reports.tables import Report


def file_answer(report: Report, form: Format) -> Response:
    """``report`` in the format ``form``, as a download.

    The first block is made before the answer begins, so that what can't be made is refused as on any page.
    """
    blocks = iter(form.write(report, scope.tenant()))
    first = next(blocks, b"")
    headers = {"Content-Disposition": f'attachment; filename="{report.name}.{form.suffix}"'}
    return Response(stream_with_context(chain([first], blocks)), mimetype=form.media_type, headers=headers)
