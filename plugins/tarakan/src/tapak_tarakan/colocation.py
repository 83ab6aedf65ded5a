"""Layanan Colocation Server: SOP 067/26/SOP/DKISP/2022 of Kota Tarakan, in the words of the document.

The document prints no row numbers and its actor cells are blank: every actor is inferred, from the order of the
columns, the words of the steps, the qualifications and the sibling procedures.
"""

from __future__ import annotations

from datetime import date

from tapak.sdk.procedure import END, Actor, Header, Outcome, Procedure, RequiredInput, Step, TimeStandard
from tapak_tarakan import colocation_effects as effects
from tapak_tarakan import colocation_forms as forms
from tapak_tarakan.document import AGENCY, LAWS, onward

HEADER = Header(
    number="067/26/SOP/DKISP/2022",
    title="Layanan Colocation Server",
    agency=AGENCY,
    unit="Bidang Aplikasi Informatika",
    created="3 Januari 2022",
    revised="-",
    approved="3 Januari 2022",
    legal_basis=(
        *LAWS,
        "Peraturan Wali Kota Tarakan Nomor 73 Tahun 2020 tentang Kedudukan, Susunan Organisasi, Tugas dan Fungsi Serta "
        "Tata Kerja Dinas Komunikasi, Informatika, Statistik dan Persandian (Berita Daerah Kota Tarakan Tahun 2020 "
        "Nomor 366).",
    ),
    qualifications=(
        "Kepala Organisasi Perangkat Daerah (OPD) Pemohon: mengetahui fungsi layanan colocation server.",
        "Kepala Dinas Komunikasi Informatika Statistik dan Persandian (DKISP) adalah memahami dan mengetahui "
        "pemanfaatan layanan colocation server oleh OPD.",
        "Tim OPD adalah Tim Teknis yang dibentuk oleh OPD yang bertugas mengelola server yang dititipkan di pusat "
        "colocation server.",
        "Petugas NOC DKISP mengontrol dan mengatur jaringan internet pada colocation server.",
    ),
    related=(
        "SOP Layanan pembuatan dan pemutakhiran Website",
        "SOP Layanan Hosting dan Subdomain",
        "SOP Layanan Konsultasi Aplikasi",
        "Layanan Hosting",
        "Layanan Data Cloud Server",
    ),
    equipment=("Komputer dan jaringan internet",),
    warning=(
        "Setiap server membutuhkan alamat spesifik berupa Internet Protocol (IP) dan Sub Domain.",
        "Kinerja aplikasi pada server colocation dapat berpengaruh secara umum maupun khusus pada sistem jaringan dan "
        "traffic internet.",
    ),
    records=("Data konfigurasi layanan colocation server.", "Pemeliharaan jaringan internet"),
)

OPD = Actor("opd", "OPD", applicant=True)
UMUM = Actor("umum", "Bagian Umum", position="kasubbag_umum")
KEPALA = Actor("kepala", "Kepala DKISP", position="kadis")
BIDANG = Actor("bidang", "Bidang Aplikasi", position="kabid_aplikasi")
NOC = Actor("noc", "Petugas NOC DKISP", position="petugas_noc")

ACTOR = frozenset({"actor"})


STEPS = (
    Step(
        key="submit",
        number="1",
        title="Surat permohonan layanan colocation server OPD",
        actor="opd",
        kind="tapak.submit/1",
        required_inputs=(RequiredInput("Surat permohonan OPD", "document:request_letter"),),
        time_standard=TimeStandard(2, "minute", printed="2 menit"),
        output=("Surat",),
        outcomes=onward("register_letter"),
        inferred=ACTOR,
    ),
    Step(
        key="register_letter",
        number="2",
        title="Scanning Surat, Mengagendakan Surat, Melengkapi lembar disposisi",
        actor="umum",
        kind="tapak.register_letter/1",
        required_inputs=(
            RequiredInput("Surat", "document:letter_scan"),
            RequiredInput("buku agenda dan lembar disposisi", "field:received_on"),
        ),
        time_standard=TimeStandard(3, "minute", printed="3 menit"),
        output=("Dokumen elektronik", "Surat dengan Lembar disposisi"),
        outcomes=onward("dispose"),
        inferred=ACTOR,
    ),
    Step(
        key="dispose",
        number="3",
        title="Disposisi Kepala DKISP ke Bagian Aplikasi Informatika",
        actor="kepala",
        kind="tapak.dispose/1",
        required_inputs=(RequiredInput("Surat dan lembar disposisi", "step:register_letter"),),
        time_standard=TimeStandard(2, "minute", printed="2 menit"),
        output=("Surat permohonan terdisposisi",),
        outcomes=onward("review"),
        inferred=ACTOR,
    ),
    Step(
        key="review",
        number="4",
        title="Kabid Aplikasi Informatika melakukan pengkajian bersama Sub Koordinator",
        actor="bidang",
        kind="tapak.review/1",
        required_inputs=(RequiredInput("Surat permohonan terdisposisi", "step:dispose"),),
        time_standard=TimeStandard(5, "minute", printed="5 menit"),
        output=("Data untuk tindak lanjut", "Data IP publik yang tersedia"),
        outcomes=onward("decide"),
        inferred=ACTOR,
    ),
    Step(
        key="decide",
        number="5",
        title="Permintaan layanan colocation server, disetujui/dapat dilaksanakan atau tidak",
        actor="bidang",
        kind="tapak.decide/1",
        required_inputs=(
            RequiredInput("Data untuk tindak lanjut", "step:review"),
            RequiredInput("Data IP publik yang tersedia", "step:review"),
        ),
        time_standard=TimeStandard(30, "minute", printed="30 Menit"),
        output=("Data untuk tindak lanjut", "Surat TL"),
        outcomes=(
            Outcome("approve", "Ya", to="provision"),
            Outcome("return", "Tidak", to="submit", returns=True),
        ),
        inferred=frozenset({"actor", "outcomes"}),
        options={
            "approved": "Satu alamat IP publik dicadangkan. Setelah IP dan jaringan dikonfigurasi, jadwal instalasi "
            "server pada NOC diberitahukan dengan surat."
        },
    ),
    Step(
        key="provision",
        number="6",
        title="Pembuatan dan konfigurasi IP dan Jaringan Internet server",
        actor="bidang",
        kind="tapak.provision/1",
        required_inputs=(RequiredInput("Konfigurasi IP dan Jaringan Server", "field:gateway"),),
        time_standard=TimeStandard(15, "minute", printed="15 Menit"),
        output=("Data untuk tindak lanjut",),
        outcomes=onward("notify"),
        inferred=ACTOR,
    ),
    Step(
        key="notify",
        number="7",
        title="Surat pemberitahuan Instalasi server",
        actor="bidang",
        kind="tapak.work/1",
        required_inputs=(RequiredInput("Data konfigurasi", "step:provision"),),
        time_standard=TimeStandard(25, "minute", printed="25 Menit"),
        output=("Data untuk tindak lanjut", "Surat TL"),
        outcomes=onward("install"),
        inferred=ACTOR,
    ),
    Step(
        key="install",
        number="8",
        title="Konfigurasi dan Instalasi server pada NOC",
        actor="noc",
        kind="tapak.work/1",
        required_inputs=(
            RequiredInput("Data konfigurasi server", "step:notify"),
            RequiredInput("dan Jaringan internet", "step:provision"),
        ),
        time_standard=TimeStandard(90, "minute", printed="90 Menit"),
        output=("Server terpasang",),
        outcomes=onward("report"),
        inferred=ACTOR,
    ),
    Step(
        key="report",
        number="9",
        title="Melaporkan pelaksanaan pemasangan server",
        actor="bidang",
        kind="tapak.report/1",
        required_inputs=(RequiredInput("Laporan dan Dokumentasi", "step:install"),),
        time_standard=TimeStandard(2, "minute", printed="2 Menit"),
        output=("Laporan dan Dokumentasi",),
        outcomes=onward("close"),
        inferred=ACTOR,
        reports_to="kepala",
    ),
    Step(
        key="close",
        number="10",
        title="Pekerjaan Selesai",
        actor="opd",
        kind="tapak.close/1",
        required_inputs=(RequiredInput("Laporan dan Dokumentasi", "document:handover_record"),),
        time_standard=TimeStandard(2, "minute", printed="2 Menit"),
        output=("Laporan dan Dokumentasi",),
        outcomes=onward(END),
        inferred=ACTOR,
    ),
)

COLOCATION = Procedure(
    key="tarakan.colocation",
    version=1,
    service="Layanan Colocation Server",
    summary="Tempat server milik perangkat daerah di NOC Pemerintah Kota Tarakan, dengan alamat IP dan subdomainnya.",
    effective_from=date(2022, 1, 3),
    header=HEADER,
    actors=(OPD, UMUM, KEPALA, BIDANG, NOC),
    steps=STEPS,
    request_number="{seq:03}/COLO/DKISP/{roman_month}/{year}",
    validate=forms.validate,
    subject=forms.subject,
    listing=forms.listing,
    about=forms.about,
    configuration=effects.configuration,
    desired_resources=effects.desired_resources,
    forms={
        "submit": forms.SUBMISSION,
        "review": forms.REVIEW,
        "provision": forms.NETWORK,
        "notify": forms.APPOINTMENT,
        "install": forms.INSTALLATION,
        "report": forms.REPORT,
        "close": forms.CLOSING,
    },
    effects={"notify": effects.notified, "install": effects.installed},
)
