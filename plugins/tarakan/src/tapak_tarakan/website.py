"""Layanan Pembuatan dan Pemutakhiran Website: SOP 000.8.3.3.3/25/SOP/DKISP/2024 of Kota Tarakan, in its own words.

Two ways are inferred: "Tidak" stands beside row 4 but belongs to the decision of row 5; of the two lines that leave
row 6 one can't be read to its end, and "sudah ada" leads to row 9, since row 4 asks for a prepared website already.
"""

from __future__ import annotations

from datetime import date

from tapak.sdk.procedure import END, Header, Outcome, Procedure, RequiredInput, Step, TimeStandard
from tapak_tarakan import website_effects as effects
from tapak_tarakan import website_forms as forms
from tapak_tarakan import website_resources as resources
from tapak_tarakan.document import ACTORS_OF_2024, AGENCY, AGENCY_OF_2021, LATENESS, LAWS, onward

HEADER = Header(
    number="000.8.3.3.3/25/SOP/DKISP/2024",
    title="Layanan Pembuatan dan Pemutakhiran Website",
    agency=AGENCY,
    unit="Bidang Aplikasi dan Informatika",
    created="3 Januari 2022",
    revised="10 Juli 2024",
    approved="2 Agustus 2024",
    legal_basis=(*LAWS, AGENCY_OF_2021),
    qualifications=(
        "Mengetahui fungsi dan kegunaan website.",
        "Memahami dan mengetahui pemanfaatan website OPD.",
        "Mampu mengoperasikan dan mengelola website.",
    ),
    related=(
        "SOP Layanan Colocation server",
        "SOP Layanan Hosting dan Subdomain",
        "SOP Layanan Konsultasi Aplikasi",
        "Layanan Hosting",
        "Layanan Data Cloud Server",
    ),
    equipment=("Komputer dan jaringan internet", "Server Apache", "Server Database", "Server NS", "IP Publik"),
    warning=(LATENESS,),
    records=("Data konfigurasi layanan website.", "Manajemen backup", "Pemeliharaan jaringan internet"),
)

OUTCOMES = frozenset({"outcomes"})

STEPS = (
    Step(
        key="submit",
        number="1",
        title="Surat permohonan pembuatan/update website dari OPD",
        actor="pd",
        kind="tapak.submit/1",
        required_inputs=(RequiredInput("Surat permohonan OPD", "document:request_letter"),),
        time_standard=TimeStandard(2, "minute", printed="2 menit"),
        output=("Surat",),
        outcomes=onward("register_letter"),
    ),
    Step(
        key="register_letter",
        number="2",
        title="Scaning Surat, Mengagendakan Surat, Melengkapi lembar disposisi",
        actor="kasubbag",
        kind="tapak.register_letter/1",
        required_inputs=(
            RequiredInput("Surat", "document:letter_scan"),
            RequiredInput("buku agenda dan lembar disposisi", "field:received_on"),
        ),
        time_standard=TimeStandard(3, "minute", printed="3 menit"),
        output=("Dokumen elektronik", "Surat dengan Lembar disposisi"),
        outcomes=onward("dispose"),
    ),
    Step(
        key="dispose",
        number="3",
        title="Disposisi Kepala DKISP ke Bagian Aplikasi Informatika",
        actor="kadis",
        kind="tapak.dispose/1",
        required_inputs=(RequiredInput("Surat dan lembar disposisi", "step:register_letter"),),
        time_standard=TimeStandard(2, "minute", printed="2 menit"),
        output=("Surat permohonan terdisposisi",),
        outcomes=onward("review"),
    ),
    Step(
        key="review",
        number="4",
        title="Kabid Aplikasi Informatika melakukan pengkajian bersama Sub Koordinator",
        actor="bidang",
        kind="tapak.review/1",
        required_inputs=(
            RequiredInput("Surat permohonan terdisposisi", "step:dispose"),
            RequiredInput("Website yang telah disiapkan", "field:prepared"),
        ),
        time_standard=TimeStandard(25, "minute", printed="25 Menit"),
        output=("Data untuk tindak lanjut",),
        outcomes=onward("decide"),
    ),
    Step(
        key="decide",
        number="5",
        title="Permintaan pembuatan/update website disetujui/dapat dilaksanakan atau tidak",
        actor="bidang",
        kind="tapak.decide/1",
        required_inputs=(RequiredInput("Data untuk tindak lanjut", "step:review"),),
        time_standard=TimeStandard(30, "minute", printed="30 menit"),
        output=("Data untuk tindak lanjut",),
        outcomes=(
            Outcome("approve", "Ya", to="exists"),
            Outcome("return", "Tidak", to="submit", returns=True),
        ),
        inferred=OUTCOMES,
        options={
            "approved": "Website yang sudah ada dipasang; yang belum ada dibuat setelah Saudara menyampaikan analisa "
            "kebutuhan informasi."
        },
    ),
    Step(
        key="exists",
        number="6",
        title="Pembuatan/update website Website sudah ada /belum ada",
        actor="bidang",
        kind="tapak.branch/1",
        required_inputs=(
            RequiredInput("Data untuk tindak lanjut", "step:decide"),
            RequiredInput("Data kebutuhan informasi", "step:submit"),
        ),
        time_standard=TimeStandard(15, "minute", printed="15 menit"),
        output=("Data untuk tindak lanjut",),
        outcomes=(
            Outcome("exists", "Ya (sudah ada)", to="install"),
            Outcome("absent", "Belum", to="analyse"),
        ),
        inferred=OUTCOMES,
    ),
    Step(
        key="analyse",
        number="7",
        title="Analisa kebutuhan informasi",
        actor="pd",
        kind="tapak.ask_applicant/1",
        required_inputs=(
            RequiredInput("Data untuk tindak lanjut", "step:exists"),
            RequiredInput("Data kebutuhan informasi", "document:website_data"),
        ),
        time_standard=TimeStandard(3, "day", printed="3 hari"),
        output=("Data untuk tindak lanjut",),
        outcomes=onward("make"),
    ),
    Step(
        key="make",
        number="8",
        title="Pembuatan website",
        actor="bidang",
        kind="tapak.work/1",
        required_inputs=(
            RequiredInput("Data untuk tindak lanjut", "step:analyse"),
            RequiredInput("Data kebutuhan Aplikasi", "document:website_data"),
            RequiredInput("KAK pengadaan aplikasi", "document:kak"),
        ),
        time_standard=TimeStandard(7, "day", printed="7 Hari"),
        output=("KAK",),
        outcomes=onward("install"),
    ),
    Step(
        key="install",
        number="9",
        title="Instalasi website pada server",
        actor="bidang",
        kind="tapak.provision/1",
        required_inputs=(
            RequiredInput("KAK", "document:kak"),
            RequiredInput("Buku manual", "document:manual"),
            RequiredInput("Dokumentasi Aplikasi", "document:documentation"),
        ),
        time_standard=TimeStandard(90, "minute", printed="90 Menit"),
        output=("Aplikasi", "Laporan dan Dokumentasi"),
        outcomes=onward("report"),
    ),
    Step(
        key="report",
        number="10",
        title="Melaporkan pelaksanaan pembuatan/update website",
        actor="bidang",
        kind="tapak.report/1",
        required_inputs=(RequiredInput("Laporan dan Dokumentasi", "step:install"),),
        time_standard=TimeStandard(2, "minute", printed="2 Menit"),
        output=("Laporan dan Dokumentasi",),
        outcomes=onward("close"),
        reports_to="kadis",
    ),
    Step(
        key="close",
        number="11",
        title="Pekerjaan Selesai",
        actor="pd",
        kind="tapak.close/1",
        required_inputs=(RequiredInput("Laporan dan Dokumentasi", "document:website_report"),),
        time_standard=TimeStandard(2, "minute", printed="2 Menit"),
        output=("Laporan dan Dokumentasi",),
        outcomes=onward(END),
    ),
)

WEBSITE = Procedure(
    key="tarakan.website",
    version=1,
    service="Layanan Pembuatan dan Pemutakhiran Website",
    summary="Website perangkat daerah dibuat, dipasang dan dimutakhirkan di server Pemerintah Kota Tarakan.",
    effective_from=date(2024, 8, 2),
    header=HEADER,
    actors=ACTORS_OF_2024,
    steps=STEPS,
    request_number="{seq:03}/WEB/DKISP/{roman_month}/{year}",
    validate=forms.validate,
    subject=forms.subject,
    about=forms.about,
    configuration=effects.configuration,
    desired_resources=resources.desired_resources,
    continues=resources.continues,
    expected_outcomes=forms.expected_outcomes,
    forms={
        "submit": forms.SUBMISSION,
        "review": forms.REVIEW,
        "exists": forms.EXISTENCE,
        "analyse": forms.ANALYSIS,
        "make": forms.MAKING,
        "install": forms.INSTALLATION,
    },
    effects={"install": effects.installed},
)
