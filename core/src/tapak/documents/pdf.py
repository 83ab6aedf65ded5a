"""PDF from a letter's HTML: nothing is ever fetched, and the same letter gives the same bytes.

The files are tagged PDF/A (ISO 19005-2, level A): agencies keep them as records.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from tapak.sdk.errors import TapakError

if TYPE_CHECKING:
    from weasyprint import CSS

VARIANT = "pdf/a-2a"
PAPERS: Mapping[str, str] = MappingProxyType(
    {
        "A4": "210mm 297mm",
        "F4": "215mm 330mm",
        "A4 landscape": "297mm 210mm",
        "F4 landscape": "330mm 215mm",
    }
)


class Unprintable(TapakError):
    """HTML that could not be laid out."""

    code = "unprintable"
    status = 500


def to_pdf(html: str, styles: Sequence[str], paper: str = "A4") -> bytes:
    """``html`` on A4 or F4 (215 x 330 mm), "A4 landscape" or "F4 landscape" (any other word means A4).

    Only ``data:`` addresses are followed.

    Raises:
        Unprintable: the renderer gave up; its reason is in the log.
    """
    size = f"@page {{ size: {PAPERS.get(paper, PAPERS['A4'])} }}"
    try:
        page = _weasyprint().HTML(string=html, url_fetcher=_data_only())
        with warnings.catch_warnings():
            # WeasyPrint 70 leaves the file of its colour profile to the garbage collector.
            warnings.simplefilter("ignore", ResourceWarning)
            content = page.write_pdf(
                stylesheets=[_parsed(style) for style in (*styles, size)],
                pdf_variant=VARIANT,
                pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
            )
    except Exception as problem:
        raise Unprintable(
            "Surat tidak dapat dicetak ke PDF. Hubungi pengelola sistem, lalu coba lagi.",
            log=f"printing failed: {type(problem).__name__}: {problem}",
        ) from problem
    assert isinstance(content, bytes)
    return content


@lru_cache(maxsize=64)
def _parsed(style: str) -> CSS:
    made: CSS = _weasyprint().CSS(string=style, url_fetcher=_data_only())
    return made


def _data_only() -> Any:
    return _weasyprint().urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)


@cache
def _weasyprint() -> ModuleType:
    """Loading it is a third of what a process takes to start, and most processes print nothing."""
    import weasyprint  # noqa: PLC0415

    return weasyprint
