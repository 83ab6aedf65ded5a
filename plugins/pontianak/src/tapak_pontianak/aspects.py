"""The checklist of step 3: the 13 aspects of web-application security of Peraturan BSSN 4/2021, as data.

A finding of a scanner belongs to exactly one aspect, so that an officer sees it where it is to be answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tapak.sdk.scanning import Finding


@dataclass(frozen=True)
class Answer:
    """What may be said of an aspect; ``needs_reason`` where the answer alone doesn't suffice."""

    key: str
    label: str
    needs_reason: bool = False


ANSWERS = (
    Answer("met", "Terpenuhi"),
    Answer("unmet", "Tidak terpenuhi"),
    Answer("not_available", "Tidak tersedia", needs_reason=True),
    Answer("accepted_risk", "Risiko diterima", needs_reason=True),
)


@dataclass(frozen=True)
class Aspect:
    """One aspect. ``look_at`` says what is to be looked at, in the officer's words.

    ``rules`` are the scanners whose findings belong here, as ``scanner`` or ``scanner:rule``; a rule that is named goes
    before its scanner.
    """

    key: str
    title: str
    look_at: tuple[str, ...]
    rules: tuple[str, ...] = ()


ASPECTS = (
    Aspect(
        "authentication",
        "Autentikasi",
        (
            "Kata sandi disimpan dengan fungsi hash khusus kata sandi dan berpanjang wajar",
            "Percobaan masuk dibatasi; admin memakai faktor kedua",
            "Akun bawaan dan akun uji coba sudah dihapus",
        ),
    ),
    Aspect(
        "session_management",
        "Manajemen sesi",
        (
            "Token sesi acak, diganti saat masuk, dan berakhir saat keluar",
            "Cookie bertanda Secure, HttpOnly, dan SameSite",
            "Sesi berakhir sendiri setelah lama tidak dipakai",
        ),
    ),
    Aspect(
        "access_control",
        "Persyaratan kontrol akses",
        (
            "Setiap halaman dan data diperiksa haknya di server, bukan hanya di tampilan",
            "Data milik pengguna lain tidak dapat dibuka dengan mengganti nomor di alamat",
            "Halaman admin tidak terbuka untuk umum",
        ),
    ),
    Aspect(
        "input_validation",
        "Validasi input",
        (
            "Kueri basis data memakai parameter, bukan sambungan teks",
            "Keluaran ke halaman di-escape",
            "Masukan diperiksa di server: jenis, panjang, dan pilihannya",
        ),
    ),
    Aspect(
        "cryptography",
        "Kriptografi pada verifikasi statis",
        (
            "Algoritma dan panjang kunci masih dianggap aman",
            "Kunci dan token tidak tertulis di kode",
            "Bilangan acak memakai pembangkit yang aman",
        ),
        ("tapak.secrets:private_key", "tapak.secrets:service_token", "tapak.secrets:application_key_in_code"),
    ),
    Aspect(
        "errors_and_logs",
        "Penanganan eror dan pencatatan log",
        (
            "Pesan kesalahan tidak memuat rincian server atau kueri",
            "Kejadian masuk, perubahan hak, dan kegagalan dicatat tanpa data rahasia",
            "Mode debug mati",
        ),
        ("tapak.web_shells:php_information_page",),
    ),
    Aspect(
        "data_protection",
        "Proteksi data",
        (
            "Data pribadi (misalnya NIK) hanya disimpan seperlunya dan tidak ikut dalam arsip",
            "Halaman berisi data pribadi tidak disimpan di tembolok",
            "Cadangan data terlindungi",
        ),
        ("tapak.secrets:database_dump",),
    ),
    Aspect(
        "communication_security",
        "Keamanan komunikasi",
        (
            "Seluruh halaman dan API memakai HTTPS",
            "Sumber dari luar (skrip, gaya) dimuat lewat HTTPS dan dari tempat yang dikenal",
            "Sertifikat server lain diperiksa, tidak diabaikan",
        ),
    ),
    Aspect(
        "malicious_code",
        "Pengendalian kode berbahaya",
        (
            "Tidak ada web shell, pintu belakang, atau kode yang disembunyikan",
            "Tidak ada tautan atau halaman tersembunyi, misalnya judi online",
            "Kode berasal dari pengembang yang disebut dalam permohonan",
        ),
        ("tapak.clamav", "tapak.web_shells", "tapak.hidden_links"),
    ),
    Aspect(
        "business_logic",
        "Logika bisnis",
        (
            "Urutan langkah tidak dapat dilompati",
            "Tindakan yang sama dua kali tidak menggandakan hasil",
            "Batas jumlah dan waktu diterapkan di server",
        ),
    ),
    Aspect(
        "files",
        "File",
        (
            "Jenis dan ukuran unggahan diperiksa dari isinya",
            "Unggahan disimpan di luar folder yang dapat dijalankan, dengan nama baru",
            "Arsip aplikasi utuh dan seluruh isinya dapat diperiksa",
        ),
        ("tapak.structure", "tapak.web_shells:php_in_picture", "tapak.web_shells:script_named_as_upload"),
    ),
    Aspect(
        "api_and_web_service",
        "Keamanan API dan web service",
        (
            "API memeriksa token dan hak di setiap panggilan",
            "Metode HTTP dan jenis isi dibatasi; jumlah panggilan dibatasi",
            "CORS hanya untuk asal yang dikenal",
        ),
    ),
    Aspect(
        "configuration",
        "Keamanan konfigurasi",
        (
            "Pustaka dan kerangka kerja tanpa kerentanan yang dikenal",
            "Sandi dan pengaturan server tidak ikut dalam arsip",
            "Berkas pengembangan, contoh, dan alat bantu sudah dihapus",
        ),
        (
            "tapak.dependencies",
            "tapak.secrets",
            "tapak.web_shells:htaccess_runs_other_files",
            "tapak.web_shells:file_manager_left_behind",
        ),
    ),
)
OTHERWISE = "malicious_code"
"""Where findings of scanners that nobody assigned are shown."""

_BY_RULE = {rule: aspect.key for aspect in ASPECTS for rule in aspect.rules}


def aspect_of(finding: Finding) -> str:
    """The key of the aspect that the finding belongs to."""
    named = _BY_RULE.get(f"{finding.scanner}:{finding.rule}")
    return named or _BY_RULE.get(finding.scanner, OTHERWISE)


def by_aspect(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings under every aspect's key, in the aspects' order."""
    found: dict[str, list[Finding]] = {aspect.key: [] for aspect in ASPECTS}
    for finding in findings:
        found[aspect_of(finding)].append(finding)
    return found


def answer_problem(answer: str, reason: str) -> str:
    """Why an aspect can't be answered so, in Indonesian; empty where it can."""
    known = {each.key: each for each in ANSWERS}
    if answer not in known:
        return "Pilih salah satu jawaban."
    if known[answer].needs_reason and not reason.strip():
        return f'Jawaban "{known[answer].label}" memerlukan alasan.'
    return ""
