"""How a paper leaves the server: as data that a browser must not take for a page of ours."""

from __future__ import annotations

from urllib.parse import quote

from tapak.documents.file_types import PDF
from tapak.documents.models import Document

KEPT_APART = "default-src 'none'; sandbox"
# A sandbox would keep Chromium's viewer from opening at all.
SHOWN = "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"


def download_headers(document: Document, *, inline: bool = False) -> dict[str, str]:
    """Headers of the answer that carries the document's bytes.

    ``inline`` shows a PDF in the browser's viewer, which keeps it apart from the site; anything else that people sent
    is always a download (RFC 6266, with the file name by RFC 8187).
    """
    shown = inline and document.media_type == PDF
    plain = document.filename.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    name = f"filename=\"{plain}\"; filename*=UTF-8''{quote(document.filename, safe='')}"
    return {
        "Content-Type": document.media_type,
        "Content-Length": str(document.size),
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; {name}",
        "Content-Security-Policy": SHOWN if shown else KEPT_APART,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
