"""Layanan Hosting dan Sub Domain: SOP 000.8.3.3.3/23/SOP/DKISP/2024 of Kota Tarakan, in the words of the document."""

from __future__ import annotations

from datetime import date

from tapak.sdk.procedure import END, Actor, Header, Outcome, Procedure, RequiredInput, Step, TimeStandard
from tapak_tarakan import hosting_forms as forms
from tapak_tarakan.names import validate
from tapak_tarakan.resources import desired_resources

HEADER = Header(
    number="000.8.3.3.3/23/SOP/DKISP/2024",
    title="Layanan Hosting dan Sub Domain",
    agency="Pemerintah Kota Tarakan, Dinas Komunikasi Informatika Statistik dan Persandian (DKISP)",
    unit="Bidang Aplikasi dan Informatika",
    created="3 Januari 2022",
    revised="10 Juli 2024",
    approved="2 Agustus 2024",
    legal_basis=(
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
        "Peraturan Wali Kota Tarakan Nomor 61 Tahun 2021 tentang Kedudukan, Susunan Organisasi, Tugas dan Fungsi Serta "
        "Tata Kerja Dinas Komunikasi, Informatika, Statistik dan Persandian.",
    ),
    qualifications=(
        "Mengetahui fungsi layanan colocation server.",
        "Memahami dan mengetahui pemanfaatan layanan colocation server oleh OPD.",
        "Mampu bekerja secara TIM",
    ),
    related=(
        "SOP Layanan pembuatan dan pemutakhiran Website",
        "SOP Layanan data cloud",
        "SOP Layanan Konsultasi Aplikasi",
        "Layanan Hosting",
        "Layanan Colocation Server",
    ),
    equipment=("Komputer dan jaringan internet", "Server Apache", "Server Database", "Server DNS"),
    warning=(
        "Jika terjadi keterlambatan pada satu titik proses (Pelaksana) akan menyebabkan keterlambatan pada titik "
        "proses berikutnya",
    ),
    records=(
        "Data konfigurasi hosting.",
        "Data IP dan Sub Domain.",
        "Data dan laporan hasil penggunaan hosting",
        "Pemeliharaan hosting",
    ),
)

PD = Actor("pd", "PD", applicant=True)
KASUBBAG = Actor("kasubbag", "Kasubbag Umum dan Kepegawaian", position="kasubbag_umum")
KADIS = Actor("kadis", "Kadis", position="kadis")
BIDANG = Actor("bidang", "Bidang Aplikasi dan Informatika", position="kabid_aplikasi")


def _onward(to: str) -> tuple[Outcome, ...]:
    return (Outcome("done", "Selesai", to=to),)


STEPS = (
    Step(
        key="submit",
        number="1",
        title="Surat permohonan hosting dari OPD",
        actor="pd",
        kind="tapak.submit/1",
        required_inputs=(RequiredInput("Surat permohonan OPD", "document:request_letter"),),
        time_standard=TimeStandard(2, "minute", printed="2 Menit"),
        output=("Surat",),
        outcomes=_onward("register_letter"),
    ),
    Step(
        key="register_letter",
        number="2",
        title="Scanning Surat, Mengagendakan Surat, Melengkapi lembar disposisi",
        actor="kasubbag",
        kind="tapak.register_letter/1",
        required_inputs=(
            RequiredInput("Surat", "document:letter_scan"),
            RequiredInput("buku agenda dan lembar disposisi", "field:received_on"),
        ),
        time_standard=TimeStandard(3, "minute", printed="3 Menit"),
        output=("Dokumen elektronik", "Surat dengan Lembar disposisi"),
        outcomes=_onward("dispose"),
    ),
    Step(
        key="dispose",
        number="3",
        title="Disposisi Kepala DKISP ke Bidang Aplikasi Informatika",
        actor="kadis",
        kind="tapak.dispose/1",
        required_inputs=(RequiredInput("Surat dan lembar disposisi", "step:register_letter"),),
        time_standard=TimeStandard(2, "minute", printed="2 Menit"),
        output=("Surat permohonan terdisposisi",),
        outcomes=_onward("review"),
    ),
    Step(
        key="review",
        number="4",
        title="Kabid Aplikasi Informatika melakukan pengkajian bersama JFT",
        actor="bidang",
        kind="tapak.review/1",
        required_inputs=(
            RequiredInput("Surat permohonan terdisposisi", "step:dispose"),
            RequiredInput("Data server, ip, bandwidth, domain", "facts"),
        ),
        time_standard=TimeStandard(5, "minute", printed="5 Menit"),
        output=("Data untuk tindak lanjut",),
        outcomes=_onward("decide"),
    ),
    Step(
        key="decide",
        number="5",
        title=(
            "Permintaan hosting dan subdomain disetujui/dapat dilaksanakan atau tidak. Jika tidak maka surat "
            "permohonan dikembalikan kepada PD untuk dikaji ulang dan diperbaiki."
        ),
        actor="bidang",
        kind="tapak.decide/1",
        required_inputs=(RequiredInput("Data untuk tindak lanjut", "step:review"),),
        time_standard=TimeStandard(30, "minute", printed="30 menit"),
        output=("Laporan untuk ditindak lanjuti", "Surat Pemberitahuan"),
        outcomes=(
            Outcome("approve", "Ya", to="provision"),
            Outcome("return", "Tidak", to="submit", returns=True),
        ),
        options={"approved": "Server dan subdomain disiapkan; datanya dikirim setelah nama dan situs aktif."},
    ),
    Step(
        key="provision",
        number="6",
        title="Pembuatan dan konfigurasi server",
        actor="bidang",
        kind="tapak.provision/1",
        required_inputs=(
            RequiredInput("Data dan konfigurasi Hosting", "step:review"),
            RequiredInput("Laporan untuk ditindak lanjuti", "step:decide"),
        ),
        time_standard=TimeStandard(2, "day", printed="2 Hari"),
        output=("Server Hosting dan Sub Domain",),
        outcomes=_onward("hand_over"),
    ),
    Step(
        key="hand_over",
        number="7",
        title="Mengirim data dan laporan penggunaan hosting",
        actor="bidang",
        kind="tapak.hand_over/1",
        required_inputs=(RequiredInput("Laporan dan Dokumentasi", "facts"),),
        time_standard=TimeStandard(2, "minute", printed="2 Menit"),
        output=("Laporan dan Dokumentasi",),
        outcomes=_onward("report"),
    ),
    Step(
        key="report",
        number="8",
        title="Melaporkan pelaksanaan pembuatan dan penggunaan hosting dan sub domain",
        actor="bidang",
        kind="tapak.report/1",
        required_inputs=(RequiredInput("Laporan", "step:hand_over"),),
        time_standard=TimeStandard(2, "minute", printed="2 Menit"),
        output=("Laporan dan Dokumentasi",),
        outcomes=_onward("close"),
        inferred=frozenset({"actor"}),
        reports_to="kadis",
    ),
    Step(
        key="close",
        number="9",
        title="Pekerjaan Selesai",
        actor="pd",
        kind="tapak.close/1",
        required_inputs=(RequiredInput("Laporan dan dokumentasi", "step:hand_over", inferred=True),),
        time_standard=TimeStandard(2, "minute", printed="2 menit"),
        output=("Laporan dan dokumentasi",),
        outcomes=_onward(END),
        inferred=frozenset({"actor", "required_inputs", "time_standard", "output"}),
    ),
)

HOSTING = Procedure(
    key="tarakan.hosting",
    version=1,
    service="Layanan Hosting dan Sub Domain",
    summary="Tempat situs atau aplikasi perangkat daerah di server Pemerintah Kota Tarakan, dengan nama subdomainnya.",
    effective_from=date(2024, 8, 2),
    header=HEADER,
    actors=(PD, KADIS, BIDANG, KASUBBAG),
    steps=STEPS,
    request_number="{seq:03}/HOST/DKISP/{roman_month}/{year}",
    validate=validate,
    subject=forms.subject,
    about=forms.about,
    configuration=forms.configuration,
    desired_resources=desired_resources,
    forms={"submit": forms.SUBMISSION, "review": forms.REVIEW},
    effects={"provision": forms.configured, "hand_over": forms.reported},
)
