"""The document / TKPBET.DKI / 2020 of Kota Pontianak: its head, its columns, the submission before it, its six rows."""

from __future__ import annotations

from tapak.sdk.procedure import END, Actor, Header, Outcome, RequiredInput, Step, TimeStandard

HEADER = Header(
    number="/ TKPBET.DKI / 2020",
    title="Permohonan Hosting",
    agency="Pemerintah Kota Pontianak, Dinas Komunikasi dan Informatika",
    unit="Bidang Tata Kelola Pemerintahan Berbasis Elektronik dan Telematika, Seksi Pengembangan Kebijakan dan "
    "Aplikasi Informatika",
    created="3 Februari 2020",
    revised="-",
    approved="-",
    legal_basis=(
        "Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik",
        "Peraturan Pemerintah No. 96 Tahun 2012 tentang Pelaksanaan Undang-Undang No. 25 Tahun 2009 tentang Pelayanan "
        "Publik",
        "Peraturan Daerah No. 2 Tahun 2010 tentang Pelayanan Publik Pemerintah Kota Pontianak",
        "Peraturan Walikota Nomor 25 Tahun 2019 tentang Masterplan Pontianak Smart City Tahun 2019-2028",
        "Peraturan Walikota Nomor 67 Tahun 2019 tentang Penyelenggaraan Sistem Pemerintahan Berbasis Elektronik di "
        "Lingkungan Pemerintah Kota Pontianak",
    ),
    qualifications=(
        "Memahami secara teknis proses hosting",
        "Memahami serta mentaati aturan-aturan yang telah ditetapkan",
    ),
    related=(
        "SK Walikota Nomor 507.1 tentang Perubahan Atas Keputusan Walikota Nomor 158 DKI Tahun 2020 Tentang "
        "Operasional dan Maintenance Perangkat Server",
    ),
    equipment=("Surat Permohonan Permohonan Hosting", "Alat Tulis Kantor", "Komputer, TV, Proyektor"),
    warning=(
        "Bila adanya kerusakan pada perangkat / peralatan di Ruang Rapat Pontive Center agar segera diperbaiki guna "
        "mendukung kelancaran kegiatan-kegiatan yang akan dilaksanakan",
    ),
    records=(
        "Membuat daftar sistem informasi / aplikasi yang dihosting",
        "Membuat laporan tahunan subdomain",
    ),
)

KABID = Actor("kabid", "Kabid TKPBET", position="kabid_tkpbet")
PKAI = Actor("pkai", "Seksi PK&AI", position="kasi_pkai")
PKSI = Actor("pksi", "Seksi PKSI", position="kasi_pksi")
SPTIK = Actor("sptik", "Seksi SPTIK", position="kasi_sptik")
APPLICANT = Actor("applicant", "OPD Pemohon", applicant=True)
ACTORS = (KABID, PKAI, PKSI, SPTIK, APPLICANT)

LETTER = RequiredInput("Surat Permohonan Sub Domain dari OPD (memuat nama sub domain)", "document:request_letter")
IP_ADDRESS = RequiredInput("IP address", "step:host")
PANEL = RequiredInput("Web Panel Login (Sub domain, Username dan password), komputer, dll", "step:host")
BLANK_ACTOR = frozenset({"actor"})
"""The scan's actor cells are blank: each actor follows from the words of its row."""
UNVERIFIED = "unverified"
"""The setting that lists the ways out of step 3 beyond the document: the paper prints none for what doesn't pass."""


def _onward(to: str) -> tuple[Outcome, ...]:
    return (Outcome("done", "Selesai", to=to),)


STEPS = (
    # The table begins after the letter came and the Kepala Dinas disposed of it: nothing of this row is printed.
    Step(
        key="submit",
        number="0",
        title="Surat permohonan dari OPD Pemohon, didisposisikan Kepala Dinas (nomor dan tanggal disposisi dicatat).",
        actor="applicant",
        kind="tapak.submit/1",
        required_inputs=(RequiredInput(LETTER.title, LETTER.by, inferred=True),),
        time_standard=TimeStandard(15, "minute"),
        output=("Surat permohonan dengan disposisi Kepala Dinas",),
        outcomes=_onward("dispose"),
        inferred=frozenset({"actor", "required_inputs", "time_standard", "output", "outcomes"}),
    ),
    Step(
        key="dispose",
        number="1",
        title=(
            "Menerima dan menelaah disposisi Surat dari Kepala Dinas dan mendisposisikan kepada Kepala Seksi "
            "Pengembangan Kebijakan dan Aplikasi Informatika."
        ),
        actor="kabid",
        kind="tapak.dispose/1",
        required_inputs=(LETTER,),
        time_standard=TimeStandard(15, "minute", printed="15 menit"),
        output=("Surat telah didisposisikan",),
        outcomes=_onward("coordinate"),
        inferred=BLANK_ACTOR,
    ),
    Step(
        key="coordinate",
        number="2",
        title=(
            "Menerima dan menelaah surat permohonan dilanjutkan dengan melakukan koordinasi dengan Seksi Keamanan dan "
            "Persandian, konfirmasi pada OPD Pemohon yang memohon hosting. Meminta file aplikasi yang akan dihosting "
            "kepada pemohon untuk dilakukan Verifikasi dan evaluasi keamanan sistem informasi."
        ),
        actor="pkai",
        kind="tapak.ask_applicant/1",
        required_inputs=(
            LETTER,
            RequiredInput("File Aplikasi yang akan di hosting, komputer", "document:application"),
        ),
        time_standard=TimeStandard(15, "minute", printed="15 menit"),
        output=("Surat telah diterima dan dikoordinasikan",),
        outcomes=_onward("verify"),
        inferred=BLANK_ACTOR,
    ),
    Step(
        key="verify",
        number="3",
        title="Melakukan Verifikasi dan evaluasi keamanan sistem informasi terhadap file aplikasi yang akan dihosting.",
        actor="pksi",
        kind="pontianak.verify_security/1",
        required_inputs=(RequiredInput("File Aplikasi yang akan dihosting, komputer, dll", "document:application"),),
        time_standard=TimeStandard(24, "hour", at_least=12, printed="12-24 Jam"),
        output=("Pelaksanaan kegiatan telah dilaksanakan",),
        outcomes=(
            Outcome("pass", "Lolos verifikasi", to="host"),
            Outcome("return", "Tidak lolos", to="submit", returns=True, outside_sop=True, switch=UNVERIFIED),
        ),
        inferred=BLANK_ACTOR,
    ),
    Step(
        key="host",
        number="4",
        title=(
            "Menerima file aplikasi yang telah verifikasi untuk selanjutnya dilakukan proses hosting dan uploading "
            "serta membuat IP address, Web Panel Login (Sub domain, Username dan password) dan disampaikan ke Seksi "
            "PK&AI"
        ),
        actor="sptik",
        kind="tapak.provision/1",
        required_inputs=(
            RequiredInput("File Aplikasi yang akan dihosting", "step:verify"),
            RequiredInput("IP address", "field:address"),
            RequiredInput("Web Panel Login (Sub domain, Username dan password) Komputer, dll", "resources"),
        ),
        time_standard=TimeStandard(24, "hour", at_least=8, printed="8-24 jam"),
        output=("Pelaksanaan kegiatan telah dilaksanakan",),
        outcomes=_onward("name"),
        inferred=BLANK_ACTOR,
    ),
    Step(
        key="name",
        number="5",
        title=("Melakukan penambahan/pembuatan nama sub domain. Kemudian menginformasikan kepada OPD yang memohon"),
        actor="pkai",
        kind="tapak.provision/1",
        required_inputs=(IP_ADDRESS, PANEL),
        time_standard=TimeStandard(15, "minute", printed="15 menit"),
        output=("Pelaksanaan kegiatan Selesai dilaksanakan",),
        outcomes=_onward("receive"),
        inferred=BLANK_ACTOR,
    ),
    Step(
        key="receive",
        number="6",
        title="Menerima nama sub domain dan web panel login",
        actor="applicant",
        kind="tapak.close/1",
        required_inputs=(IP_ADDRESS, PANEL),
        time_standard=TimeStandard(15, "minute", printed="15 menit"),
        output=("Pelaksanaan kegiatan Selesai dilaksanakan",),
        outcomes=_onward(END),
        inferred=BLANK_ACTOR,
    ),
)
