"""Layanan Hosting dan Sub Domain: SOP 000.8.3.3.3/23/SOP/DKISP/2024 of Kota Tarakan, in the words of the document."""

from __future__ import annotations

from datetime import date

from tapak.sdk.procedure import END, Header, Outcome, Procedure, RequiredInput, Step, TimeStandard
from tapak_tarakan import hosting_forms as forms
from tapak_tarakan.document import ACTORS_OF_2024, AGENCY, AGENCY_OF_2021, LATENESS, LAWS, onward
from tapak_tarakan.names import validate
from tapak_tarakan.resources import desired_resources

HEADER = Header(
    number="000.8.3.3.3/23/SOP/DKISP/2024",
    title="Layanan Hosting dan Sub Domain",
    agency=AGENCY,
    unit="Bidang Aplikasi dan Informatika",
    created="3 Januari 2022",
    revised="10 Juli 2024",
    approved="2 Agustus 2024",
    legal_basis=(*LAWS, AGENCY_OF_2021),
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
    warning=(LATENESS,),
    records=(
        "Data konfigurasi hosting.",
        "Data IP dan Sub Domain.",
        "Data dan laporan hasil penggunaan hosting",
        "Pemeliharaan hosting",
    ),
)

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
        outcomes=onward("register_letter"),
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
        outcomes=onward("dispose"),
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
        outcomes=onward("review"),
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
        outcomes=onward("decide"),
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
        outcomes=onward("hand_over"),
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
        outcomes=onward("report"),
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
        outcomes=onward("close"),
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
        outcomes=onward(END),
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
    actors=ACTORS_OF_2024,
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
