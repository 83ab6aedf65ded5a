"""How the head of a unit is addressed."""

from __future__ import annotations

HEADS = (
    ("Rumah Sakit", "Direktur Rumah Sakit"),
    ("RSUD", "Direktur RSUD"),
    ("Kelurahan", "Lurah"),
    ("Kecamatan", "Camat"),
    ("Pemerintah Desa", "Kepala Desa"),
    ("Desa", "Kepala Desa"),
    ("Sekretariat", "Sekretaris"),
    ("Inspektorat", "Inspektur"),
    ("Satuan Polisi Pamong Praja", "Kepala Satuan Polisi Pamong Praja"),
    ("Dinas", "Kepala Dinas"),
    ("Badan", "Kepala Badan"),
    ("Bagian", "Kepala Bagian"),
    ("Bidang", "Kepala Bidang"),
    ("Kantor", "Kepala Kantor"),
    ("UPTD", "Kepala UPTD"),
    ("UPT", "Kepala UPT"),
    ("Puskesmas", "Kepala Puskesmas"),
)


def head_of(agency: str) -> str:
    """Who heads ``agency``: "Kepala Dinas Kesehatan", "Lurah Karang Baru"; "Pimpinan …" where nothing fits."""
    for beginning, head in HEADS:
        if agency == beginning or agency.startswith(f"{beginning} "):
            return head + agency[len(beginning) :]
    return f"Pimpinan {agency}"
