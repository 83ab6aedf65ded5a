"""Words of official letters."""

from __future__ import annotations

import pytest

from tapak.documents.wording import head_of


@pytest.mark.parametrize(
    ("agency", "head"),
    [
        ("Dinas Kesehatan", "Kepala Dinas Kesehatan"),
        ("Kelurahan Karang", "Lurah Karang"),
        ("Kecamatan Utara", "Camat Utara"),
        ("Pemerintah Desa Hulu", "Kepala Desa Hulu"),
        ("RSUD Contoh", "Direktur RSUD Contoh"),
        ("Rumah Sakit Umum Daerah", "Direktur Rumah Sakit Umum Daerah"),
        ("Sekretariat Daerah", "Sekretaris Daerah"),
        ("Inspektorat", "Inspektur"),
        ("Perumda Air Minum", "Pimpinan Perumda Air Minum"),
        ("Desain Kota", "Pimpinan Desain Kota"),
    ],
)
def test_a_letter_goes_to_who_heads_the_unit(agency: str, head: str) -> None:
    assert head_of(agency) == head
