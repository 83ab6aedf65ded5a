"""What findings of an archive's structure mean: rule → severity, and text for an officer."""

from __future__ import annotations

TEXTS = {
    "empty": ("high", "Arsip tidak berisi berkas, jadi tidak ada yang dapat diperiksa. Minta arsip yang benar."),
    "too_many": ("critical", "Jumlah isi arsip melebihi batas; arsip tidak dibuka. Minta arsip yang ramping."),
    "too_large": ("critical", "Isi arsip melebihi batas ukuran; arsip tidak dibuka."),
    "bomb": ("critical", "Isi arsip mengembang jauh melebihi ukurannya (bom arsip); arsip tidak dibuka."),
    "overlap": ("critical", "Isi arsip saling menimpa (bom arsip); arsip tidak dibuka."),
    "truncated": ("high", "Arsip terpotong. Minta pemohon mengunggah ulang arsip yang utuh."),
    "damaged": ("high", "Arsip rusak dan tidak dapat dibaca sampai akhir. Minta pemohon membuat dan mengunggah ulang."),
    "unsupported_archive": ("high", "Berkas bukan arsip zip, tar, atau tar.gz."),
    "traversal": ("high", 'Nama isi arsip keluar dari foldernya (".."); isi ini tidak dibuka.'),
    "absolute": ("high", "Nama isi arsip menunjuk ke akar server; isi ini tidak dibuka."),
    "link": (
        "medium",
        "Isi arsip berupa tautan ke berkas lain; arsip ini tidak dapat dipasang. Minta arsip tanpa tautan.",
    ),
    "link_out": ("high", "Isi arsip berupa tautan ke luar aplikasi; tautan tidak dibuka."),
    "device": ("high", "Isi arsip berupa perangkat atau pipa, bukan berkas; isi ini tidak dibuka."),
    "nested": ("medium", "Arsip di dalam arsip: hanya diperiksa pemindai malware. Minta isinya dibuka dulu."),
    "encrypted": ("high", "Isi arsip terkunci sandi sehingga tidak dapat diperiksa. Minta arsip tanpa sandi."),
    "unsupported": ("high", "Isi arsip memakai bentuk yang tidak dikenal sehingga tidak dapat diperiksa."),
    "entry_size": ("high", "Isi arsip ini terlalu besar untuk diperiksa; arsip tidak dibuka."),
    "duplicate": ("medium", "Dua isi arsip bernama sama; yang terpasang bisa bukan yang diperiksa."),
    "case_collision": ("low", "Dua nama hanya berbeda huruf besar-kecil; di sebagian server keduanya saling menimpa."),
    "non_utf8": ("low", "Nama isi arsip bukan UTF-8; namanya dapat berubah saat dipasang."),
    "odd_name": ("medium", "Nama isi arsip memuat karakter kendali atau kosong."),
}
