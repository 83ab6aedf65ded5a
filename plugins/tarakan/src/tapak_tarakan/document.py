"""What Tarakan's documents print alike: the agency, the legal basis, the warning, the columns of Pelaksana."""

from __future__ import annotations

from tapak.sdk.procedure import Actor, Outcome

AGENCY = "Pemerintah Kota Tarakan, Dinas Komunikasi Informatika Statistik dan Persandian (DKISP)"
LAWS = (
    "Undang-undang Nomor 14 Tahun 2008 tentang Keterbukaan Informasi Publik;",
    "Undang-undang Nomor 25 Tahun 2009 tentang Pelayanan Publik;",
    "Peraturan Pemerintah Nomor 18 Tahun 2016 tentang Perangkat Daerah sebagaimana telah diubah dengan Peraturan "
    "Pemerintah Nomor 72 Tahun 2019 tentang Perubahan atas Peraturan Pemerintah Nomor 18 Tahun 2016 tentang "
    "Perangkat Daerah;",
    "Peraturan Daerah Kota Tarakan Nomor 4 Tahun 2016 tentang Pembentukan dan Susunan Perangkat Daerah (Lembaran "
    "Daerah Kota Tarakan Tahun 2016 Nomor 20, Tambahan Lembaran Daerah Kota Tarakan Nomor 11) sebagaimana telah "
    "diubah dengan Peraturan Daerah Kota Tarakan Nomor 9 Tahun 2020 tentang Perubahan Atas Peraturan Daerah Nomor "
    "4 Tahun 2016 tentang Pembentukan dan Susunan Perangkat Daerah (Lembaran Daerah Kota Tarakan Tahun 2020 Nomor "
    "60);",
    "Peraturan Walikota Tarakan Nomor 6 Tahun 2014 tentang Pedoman Penyusunan Standar Operasional Prosedur "
    "Dilingkungan Pemerintah Kota Tarakan;",
)
"""The first five of the legal basis; the sixth is the regulation on the agency of its day."""
AGENCY_OF_2021 = (
    "Peraturan Wali Kota Tarakan Nomor 61 Tahun 2021 tentang Kedudukan, Susunan Organisasi, Tugas dan Fungsi Serta "
    "Tata Kerja Dinas Komunikasi, Informatika, Statistik dan Persandian."
)
LATENESS = (
    "Jika terjadi keterlambatan pada satu titik proses (Pelaksana) akan menyebabkan keterlambatan pada titik proses "
    "berikutnya"
)
ACTORS_OF_2024 = (
    Actor("pd", "PD", applicant=True),
    Actor("kadis", "Kadis", position="kadis"),
    Actor("bidang", "Bidang Aplikasi dan Informatika", position="kabid_aplikasi"),
    Actor("kasubbag", "Kasubbag Umum dan Kepegawaian", position="kasubbag_umum"),
)


def onward(to: str) -> tuple[Outcome, ...]:
    """The one way out of a step that isn't a decision."""
    return (Outcome("done", "Selesai", to=to),)
