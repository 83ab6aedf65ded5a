"""The document B-019/DISKOMINFO/000.8.3.3/08/2025 of Kutai Kartanegara: its head, its columns and its six rows."""

from __future__ import annotations

from tapak.sdk.procedure import END, Actor, Header, Outcome, RequiredInput, Step, TimeStandard

HEADER = Header(
    number="B-019/DISKOMINFO/000.8.3.3/08/2025",
    title="Layanan Hosting Sub Domain",
    agency="Pemerintah Kabupaten Kutai Kartanegara, Dinas Komunikasi dan Informatika",
    unit="Bidang Aplikasi dan Informatika",
    created="25 Agustus 2025",
    revised="-",
    approved="25 Agustus 2025",
    legal_basis=(
        "Peraturan Menteri PAN RB Nomor 35 Tahun 2012 Tentang Pedoman Penyusunan SOP Administrasi Pemerintahan;",
        "Peraturan Badan Siber dan Sandi Negara Nomor 10 Tahun 2019 Tentang Pelaksanaan Persandian Untuk Pengamanan "
        "Informasi di Pemerintah Daerah;",
        "Peraturan Badan Siber dan Sandi Negara Nomor 4 Tahun 2021 Tentang Pedoman Manajemen Keamanan Informasi Sistem "
        "Pemerintahan Berbasis Elektronik Dan Standar Teknis Dan Prosedur Keamanan Sistem Pemerintahan Berbasis "
        "Elektronik;",
        "Peraturan Bupati Kutai Kartanegara Nomor 61 Tahun 2023 Tentang Kedudukan, Susunan Organisasi, Tugas dan "
        "Fungsi Serta Tata Kerja Dinas Komunikasi dan Informatika;",
        "Peraturan Bupati Kutai Kartanegara Nomor 34 Tahun 2025 Tentang Pelaksanaan Persandian Untuk Pengamanan "
        "Informasi di Lingkungan Pemerintah Daerah;",
        "Peraturan Bupati Kutai Kartanegara Nomor 36 Tahun 2025 Tentang Manajemen Keamanan Informasi Sistem "
        "Pemerintahan Berbasis Elektronik di Lingkungan Pemerintah Daerah.",
    ),
    qualifications=(
        "Pemohon merupakan Kepala Dinas Komunikasi dan Informatika Kutai Kartanegara, Kepala Bidang Aplikasi dan "
        "Informatika atau kepala OPD lainnya yang meminta pembuatan Sub Domain atau perubahan DNS Record berdasarkan "
        "Surat Pengajuan/Permohonan;",
        "Pengelola Hosting adalah Staff yang ditunjuk berdasarkan Surat Tugas atau SK Pelaksana pengelola layanan "
        "Hosting.",
    ),
    related=("SOP Pembuatan Subdomain dan Perubahan DNS record", "SOP Pengembangan Aplikasi SPBE."),
    equipment=(
        "Server",
        "Perangkat Komputer",
        "Jaringan Internet",
        "Perangkat pencetakan",
        "Fax/Telepon",
        "Formulir Permohonan",
        "ATK",
        "Aplikasi/Sistem Informasi dan pengelolaan dokumentasi.",
    ),
    warning=(
        "Pencatatan dan pendokumentasian yang tidak lengkap akan mengakibatkan kegagalan dalam pengawasan penggunaan "
        "Aplikasi dan Hosting;",
        "Keterlambatan dalam pendaftaran ulang layanan hosting dapat berakibat pada …",
    ),
    records=(
        "Pencatatan dan pendataan dilakukan dengan menggunakan aplikasi yang tersedia (aplikasi, project management, "
        "database) dan/atau pencatatan manual.",
    ),
)

KABID = Actor("kabid", "Kepala Bidang Aptika", position="kabid_aptika")
ADMINISTRATOR = Actor("administrator", "Administrator", position="administrator")
APPLICANT = Actor("applicant", "Pemohon", applicant=True)
ACTORS = (KABID, ADMINISTRATOR, APPLICANT)

COORDINATION = RequiredInput("Koordinasi", "field:coordination_result")
MISMATCH = "pse_mismatch"
"""The setting that lists the ways out of step 4 beyond the document: the paper prints none for data that don't fit."""


def _onward(to: str) -> tuple[Outcome, ...]:
    return (Outcome("done", "Selesai", to=to),)


STEPS = (
    Step(
        key="submit",
        number="1",
        title="Pemohon mengirimkan permohonan hosting dengan melampirkan surat permohonan.",
        actor="applicant",
        kind="tapak.submit/1",
        required_inputs=(RequiredInput("Koordinasi. Dokumen Permohonan", "document:request_letter"),),
        time_standard=TimeStandard(15, "minute", printed="15 menit"),
        output=(),
        outcomes=_onward("receive"),
        inferred=frozenset({"actor"}),
    ),
    Step(
        key="receive",
        number="2",
        title="Menerima permohonan hosting sub domain.",
        actor="administrator",
        kind="tapak.work/1",
        required_inputs=(COORDINATION,),
        time_standard=TimeStandard(5, "minute", printed="5 menit"),
        output=(),
        outcomes=_onward("decide"),
        inferred=frozenset({"actor"}),
    ),
    Step(
        key="decide",
        number="3",
        title="Koordinasi dengan Kepala Bidang Aptika.",
        actor="kabid",
        kind="tapak.decide/1",
        required_inputs=(COORDINATION,),
        time_standard=TimeStandard(15, "minute", printed="15 menit"),
        output=(),
        outcomes=(
            Outcome("approve", "Disetujui", to="check_pse"),
            Outcome("return", "Tidak disetujui", to="submit", returns=True),
        ),
        inferred=frozenset({"actor", "outcomes"}),
        options={"approved": "Data PSE diperiksa; setelah sesuai, nama dan alamatnya didaftarkan."},
    ),
    Step(
        key="check_pse",
        number="4",
        title="Melakukan pemeriksaan data PSE.",
        actor="administrator",
        kind="kukar.check_pse/1",
        required_inputs=(COORDINATION,),
        time_standard=TimeStandard(1, "hour", printed="1 Jam"),
        output=(),
        outcomes=(
            Outcome("fits", "Sesuai", to="register"),
            Outcome("noted", "Tidak sesuai, lanjut dengan catatan", to="register", outside_sop=True, switch=MISMATCH),
            Outcome("return", "Tidak sesuai", to="submit", returns=True, outside_sop=True, switch=MISMATCH),
        ),
        inferred=frozenset({"actor"}),
    ),
    Step(
        key="register",
        number="5",
        title="Melakukan pendaftaran hosting sub domain pada Sistem Elektronik yang diajukan.",
        actor="administrator",
        kind="tapak.provision/1",
        required_inputs=(RequiredInput("Form file logbook. Tools Enkripsi.", "sealing"),),
        time_standard=TimeStandard(30, "minute", printed="30 menit"),
        output=(),
        outcomes=_onward("hand_over"),
        inferred=frozenset({"actor"}),
    ),
    Step(
        key="hand_over",
        number="6",
        title="Memberikan alamat Sub Domain beserta kelengkapan lainnya kepada PSE.",
        actor="administrator",
        kind="tapak.hand_over/1",
        required_inputs=(RequiredInput("Koordinasi Alamat Sub Domain", "field:coordination_result"),),
        time_standard=TimeStandard(10, "minute", printed="10 menit"),
        output=("Alamat Sub Domain",),
        outcomes=_onward(END),
        inferred=frozenset({"actor", "output"}),
    ),
)
