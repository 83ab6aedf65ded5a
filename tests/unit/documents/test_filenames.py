"""File names are safe to show, to store and to send."""

from __future__ import annotations

import pytest

from tapak.documents.file_types import JPEG, PDF
from tapak.documents.filenames import LENGTH, tidy_filename


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Surat Permohonan.pdf", "Surat Permohonan.pdf"),
        ("SURAT.PDF", "SURAT.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\dinkes\\surat.pdf", "surat.pdf"),
        ("surat.pdf.exe", "surat.pdf.exe.pdf"),
        ("surat\r\nX-Injected: 1.pdf", "surat X-Injected_ 1.pdf"),
        ("surat\x00.pdf", "surat.pdf"),
        ("fdp.\u202etarus.pdf", "fdp.tarus.pdf"),
        ('su"rat<b>.pdf', "su_rat_b_.pdf"),
        ("", "dokumen.pdf"),
        ("...", "dokumen.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("  .pdf", "dokumen.pdf"),
        ("laporan\u00a0\tbaru.pdf", "laporan baru.pdf"),
        ("Café.pdf", "Café.pdf"),
    ],
)
def test_names(sent: str, kept: str) -> None:
    assert tidy_filename(sent, PDF) == kept


def test_the_ending_is_the_contents() -> None:
    assert tidy_filename("pindai.jpeg", JPEG) == "pindai.jpg"
    assert tidy_filename("pindai.pdf", JPEG) == "pindai.pdf.jpg"


def test_a_long_name_keeps_its_ending() -> None:
    kept = tidy_filename("s" * 500 + ".pdf", PDF)
    assert len(kept) == LENGTH
    assert kept.endswith("s.pdf")
