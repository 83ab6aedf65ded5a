"""Which domain names may be given: letters, digits and hyphens (RFC 1123 section 2.1), lengths of RFC 1035 section
2.3.4, and none of the labels that RFC 5891 section 4.2.3.1 keeps for IDNA.

Nothing is mended: what isn't plain ASCII is refused with what to write instead. Only case may differ (RFC 4343);
callers fold it with :func:`fold_label`.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

LABEL_LENGTH = 63
NAME_LENGTH = 253
LDH = frozenset(string.ascii_letters + string.digits + "-")
DOTS = frozenset(".。．｡")
"""The full stop and what RFC 3490 section 3.1 has software read as one."""

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NUMBERED = frozenset(
    f"{service}{number}" for service in ("ns", "dns", "mx", "mail", "smtp", "www") for number in range(10)
)
RESERVED = _NUMBERED | {
    *("www", "ns", "dns", "mx", "mail", "email", "webmail", "smtp", "imap", "pop", "pop3", "relay"),
    *("ftp", "sftp", "ssh", "vpn", "proxy", "gateway", "router", "firewall", "ntp", "ldap", "cpanel", "whm"),
    *("autodiscover", "autoconfig", "wpad", "isatap", "_dmarc", "_domainkey", "mta-sts", "openpgpkey"),
    *("localhost", "localdomain", "broadcasthost"),
    *("admin", "administrator", "root", "hostmaster", "postmaster", "webmaster", "abuse", "security", "noc"),
    *("login", "sso", "auth"),
}
"""Labels that belong to the network, to mail or to the zone's keepers, or that would lend themselves to deceit."""


@dataclass(frozen=True)
class NameProblem:
    """Why a name can't be given. ``message`` says in Indonesian what to write instead.

    ``code`` is one of bad_character, control, dotted, empty, hyphen, idn, incomplete, invisible, numeric_only,
    punycode, reserved, too_long, too_short, whitespace or wildcard.
    """

    code: str
    message: str


@dataclass(frozen=True)
class NameWish:
    """A name that an applicant asks for: a label below one of the tenant's zones.

    ``field`` is the form's field beside which is told that it can't be given.
    """

    label: str
    zone: str
    field: str = "name_label"

    @property
    def fqdn(self) -> str:
        """The full name without the final dot."""
        return f"{self.label}.{self.zone}"


def fold_label(label: str) -> str:
    """``label`` with A-Z in lower case and every other character as it was."""
    return label.translate(_ASCII_LOWER)


def label_problem(
    label: str, *, reserved: Collection[str] = (), min_length: int = 2, max_length: int = LABEL_LENGTH
) -> NameProblem | None:
    """Why ``label`` can't be one part of a host name; None where it can. Upper case is no problem.

    ``reserved`` holds lower-case labels that are not given (:data:`RESERVED` and a tenant's own).
    """
    if not label:
        return NameProblem("empty", "Nama belum diisi. Tulis satu kata, misalnya antrean.")
    problem = _character_problem(label) or _hyphen_problem(label)
    if problem:
        return problem
    if len(label) < min_length:
        return NameProblem("too_short", f"Nama terlalu pendek. Pakai sedikitnya {min_length} karakter.")
    if len(label) > max_length:
        return NameProblem(
            "too_long", f"Nama terlalu panjang ({len(label)} karakter). Pakai paling banyak {max_length}."
        )
    if fold_label(label) in reserved:
        return NameProblem("reserved", f"Nama “{fold_label(label)}” dicadangkan dan tidak diberikan. Pilih nama lain.")
    if not any(character in string.ascii_letters for character in label):
        return NameProblem("numeric_only", "Nama tidak boleh hanya angka. Tambahkan huruf, misalnya pilkada2026.")
    return None


def name_problem(fqdn: str) -> NameProblem | None:
    """Why ``fqdn``, written without the final dot, can't be the full name of a host; None where it can."""
    if not fqdn:
        return NameProblem("empty", "Nama domain belum diisi. Tulis lengkap, misalnya antrean.contoh.go.id.")
    if len(fqdn) > NAME_LENGTH:
        return NameProblem(
            "too_long", f"Nama domain terlalu panjang ({len(fqdn)} karakter). Pakai paling banyak {NAME_LENGTH}."
        )
    labels = fqdn.split(".")
    if "" in labels:
        return NameProblem(
            "empty", "Ada bagian kosong di antara, sebelum atau sesudah titik. Hapus titik yang berlebih."
        )
    for label in labels:
        problem = label_problem(label, min_length=1)
        if problem and (problem.code != "numeric_only" or label == labels[-1]):
            return problem
    if len(labels) < 2:
        return NameProblem(
            "incomplete", "Nama domain belum lengkap. Tulis dengan zonanya, misalnya antrean.contoh.go.id."
        )
    return None


def _character_problem(label: str) -> NameProblem | None:
    for position, character in enumerate(label, start=1):
        if character not in LDH:
            return _refused_character(label, character, position)
    return None


def _refused_character(label: str, character: str, position: int) -> NameProblem:
    code_point = f"U+{ord(character):04X}"
    category = unicodedata.category(character)
    if category == "Cc":
        return NameProblem(
            "control",
            f"Ada karakter kendali {code_point} (misalnya ganti baris atau tab) pada posisi {position}. "
            "Hapus, lalu ketik ulang namanya.",
        )
    if category == "Cf":
        return NameProblem(
            "invisible",
            f"Ada karakter tak terlihat {code_point} pada posisi {position}. "
            "Ketik ulang namanya, jangan menyalin dari dokumen.",
        )
    if character.isspace():
        return NameProblem("whitespace", f"Ada spasi pada posisi {position}. Hapus, atau pakai tanda hubung (-).")
    if character == "*":
        return NameProblem("wildcard", "Tanda * (semua subdomain) tidak dilayani. Tulis satu nama, misalnya antrean.")
    if character in DOTS:
        return NameProblem("dotted", "Tulis satu bagian nama saja, tanpa titik dan tanpa zonanya, misalnya antrean.")
    if character.isascii():
        return NameProblem(
            "bad_character",
            f"Karakter “{character}” pada posisi {position} tidak boleh dipakai. "
            "Pakai huruf a-z, angka 0-9 dan tanda hubung (-).",
        )
    return NameProblem("idn", _foreign_message(label, character, position, code_point))


def _foreign_message(label: str, character: str, position: int, code_point: str) -> str:
    shown = f"“{character}” ({code_point})" if character.isalnum() else code_point
    wanted = _plain_spelling(label)
    advice = f"Tulis “{wanted}” bila itu yang dimaksud." if wanted else "Ketik ulang dengan huruf Latin a-z."
    return f"Karakter {shown} pada posisi {position} bukan huruf a-z, walau mungkin tampak serupa. {advice}"


def _plain_spelling(label: str) -> str:
    """What the writer of accented or full-width letters probably meant; empty where that can't be told."""
    parts = unicodedata.normalize("NFKD", label[:NAME_LENGTH].casefold())
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return plain if LDH.issuperset(plain) and not label_problem(plain) else ""


def _hyphen_problem(label: str) -> NameProblem | None:
    if fold_label(label).startswith("xn--"):
        return NameProblem(
            "punycode", "Nama berawalan xn-- (huruf bukan Latin) tidak dilayani. Tulis dengan huruf a-z."
        )
    if label.startswith("-") or label.endswith("-"):
        return NameProblem("hyphen", "Nama tidak boleh diawali atau diakhiri tanda hubung (-). Hapus tanda itu.")
    if label[2:4] == "--":
        return NameProblem("hyphen", "Karakter ketiga dan keempat tidak boleh berupa --. Pakai satu tanda hubung.")
    return None
