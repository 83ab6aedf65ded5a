"""The category of an electronic system by BSSN's ten questions (BSSN 8/2020): A scores 5, B 2 and C 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.fields import Choice
from tapak.sdk.forms import StepSchema

SCORES = {"A": 5, "B": 2, "C": 1}
CATEGORIES = {"strategic": "Strategis", "high": "Tinggi", "low": "Rendah"}
HIGH, STRATEGIC = 16, 35
"""The least score of the categories above Rendah, unless the agency sets others."""


def _question(label: str, a: str, b: str, c: str) -> Choice:
    choices = {"A": f"A. {a}", "B": f"B. {b}", "C": f"C. {c}"}
    return Choice(label, choices, optional=True, page="category")


class CategoryPart(StepSchema):
    """The ten questions; the form is there when all are answered."""

    category_1 = _question(
        "1. Nilai investasi sistem elektronik yang terpasang",
        "Lebih dari Rp30 miliar",
        "Rp3 miliar sampai Rp30 miliar",
        "Kurang dari Rp3 miliar",
    )
    category_2 = _question(
        "2. Anggaran operasional tahunan untuk pengelolaan sistem elektronik",
        "Lebih dari Rp10 miliar",
        "Rp1 miliar sampai Rp10 miliar",
        "Kurang dari Rp1 miliar",
    )
    category_3 = _question(
        "3. Kewajiban kepatuhan terhadap peraturan atau standar tertentu",
        "Peraturan atau standar nasional dan internasional",
        "Peraturan atau standar nasional",
        "Tidak ada yang khusus",
    )
    category_4 = _question(
        "4. Teknik kriptografi khusus untuk keamanan informasi",
        "Teknik kriptografi khusus yang disertifikasi oleh negara",
        "Teknik kriptografi sesuai standar industri, tersedia secara publik atau dikembangkan sendiri",
        "Tidak ada penggunaan teknik kriptografi",
    )
    category_5 = _question(
        "5. Jumlah pengguna sistem elektronik",
        "Lebih dari 5.000 pengguna",
        "1.000 sampai 5.000 pengguna",
        "Kurang dari 1.000 pengguna",
    )
    category_6 = _question(
        "6. Data pribadi yang dikelola sistem elektronik",
        "Data pribadi yang memiliki hubungan dengan data pribadi lainnya",
        "Data pribadi yang bersifat individu atau terkait kepemilikan badan usaha",
        "Tidak ada data pribadi",
    )
    category_7 = _question(
        "7. Klasifikasi data terhadap ancaman serangan keamanan informasi",
        "Sangat rahasia",
        "Rahasia atau terbatas",
        "Biasa",
    )
    category_8 = _question(
        "8. Kekritisan proses yang ada dalam sistem elektronik",
        "Berisiko mengganggu hajat hidup orang banyak dan berdampak langsung pada layanan publik",
        "Berisiko mengganggu hajat hidup orang banyak dan berdampak tidak langsung",
        "Hanya berdampak pada urusan internal instansi",
    )
    category_9 = _question(
        "9. Dampak dari kegagalan sistem elektronik",
        "Tidak tersedianya layanan publik berskala nasional atau membahayakan pertahanan negara",
        "Tidak tersedianya layanan publik dalam satu provinsi atau lebih",
        "Tidak tersedianya layanan publik dalam satu kabupaten/kota atau lebih",
    )
    category_10 = _question(
        "10. Potensi kerugian akibat insiden keamanan informasi",
        "Menimbulkan korban jiwa",
        "Terbatas pada kerugian finansial",
        "Mengakibatkan gangguan sementara tanpa bahaya dan kerugian",
    )


QUESTIONS = tuple(CategoryPart().fields)


def score(data: Mapping[str, Any]) -> int | None:
    """The sum of the ten answers, 10 to 50; None where one is missing."""
    answers = [data.get(name) for name in QUESTIONS]
    known = [SCORES[answer] for answer in answers if answer in SCORES]
    return sum(known) if len(known) == len(QUESTIONS) else None


def category(data: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """The key of the category of what was answered, by the agency's thresholds; empty where an answer is missing."""
    found = score(data)
    if found is None:
        return ""
    if found >= settings.get("category_strategic", STRATEGIC):
        return "strategic"
    return "high" if found >= settings.get("category_high", HIGH) else "low"


def category_words(data: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Category and score in words; empty where an answer is missing."""
    found = category(data, settings)
    return f"{CATEGORIES[found]} ({score(data)})" if found else ""
