"""Which names may be given, and that a trick is refused with advice rather than mended."""

from __future__ import annotations

import string

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapak.sdk.names import RESERVED, fold_label, label_problem, name_problem

LDH = string.ascii_lowercase + string.digits + "-"


def code(label: str, **rules) -> str | None:
    problem = label_problem(label, **rules)
    return problem.code if problem else None


@pytest.mark.parametrize("label", ["antrean", "ppdb2026", "e-kinerja", "3d", "Antrean", "ATCS", "a" * 63, "a--b", "ab"])
def test_good_labels(label: str) -> None:
    assert label_problem(label, reserved=RESERVED) is None


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("", "empty"),
        ("a", "too_short"),
        ("a" * 64, "too_long"),
        ("*", "wildcard"),
        ("*antrean", "wildcard"),
        ("antrean.dinkes", "dotted"),
        ("antrean.", "dotted"),
        ("antrean。dinkes", "dotted"),
        ("antrean．dinkes", "dotted"),
        ("-antrean", "hyphen"),
        ("antrean-", "hyphen"),
        ("-", "hyphen"),
        ("ab--cd", "hyphen"),
        ("xn--ntrean-6fg", "punycode"),
        ("XN--ntrean-6fg", "punycode"),
        ("2026", "numeric_only"),
        ("20-26", "numeric_only"),
        ("antre_an", "bad_character"),
        ("antre@an", "bad_character"),
        ("antrean/..", "bad_character"),
        ("antrean;", "bad_character"),
        ("<script>", "bad_character"),
        ("$(reboot)", "bad_character"),
        ("antre an", "whitespace"),
        (" antrean", "whitespace"),
        ("antrean ", "whitespace"),
        ("antre\u00a0an", "whitespace"),
        ("antre\u3000an", "whitespace"),
        ("antre\u2028an", "whitespace"),
        ("www\n", "control"),
        ("antrean\n", "control"),
        ("antrean\r\n", "control"),
        ("\tantrean", "control"),
        ("antrean\x00", "control"),
        ("antrean\x7f", "control"),
        ("antrean\x85", "control"),
        ("antre\u200ban", "invisible"),
        ("antre\u200dan", "invisible"),
        ("antre\u00adan", "invisible"),
        ("\u202eantrean", "invisible"),
        ("\u200fantrean", "invisible"),
        ("\ufeffantrean", "invisible"),
        ("\u0430ntrean", "idn"),
        ("ａｎｔｒｅａｎ", "idn"),
        ("antre\u0301an", "idn"),
        ("antr\u00e9an", "idn"),
        ("stra\u00dfe", "idn"),
        ("\u212aantor", "idn"),
        ("\u0131ndeks", "idn"),
        ("antrean\u0663", "idn"),
        ("antrean\ufe0f", "idn"),
        ("a\u2010b", "idn"),
        ("bad\ud800", "idn"),
        ("kota😀", "idn"),
    ],
)
def test_bad_labels_are_told_by_code(label: str, expected: str) -> None:
    assert code(label, reserved=RESERVED) == expected


@pytest.mark.parametrize("label", ["www", "WWW", "ns1", "mx", "localhost", "wpad", "hostmaster", "Autodiscover"])
def test_reserved_labels_in_any_case(label: str) -> None:
    assert code(label, reserved=RESERVED) == "reserved"
    assert code(label) is None


def test_a_tenants_own_reserved_labels_and_length() -> None:
    assert code("walikota", reserved={"walikota"}) == "reserved"
    assert code("abc", min_length=4) == "too_short"
    assert code("abcdef", max_length=5) == "too_long"


@pytest.mark.parametrize(
    ("label", "meant"),
    [("ａｎｔｒｅａｎ", "“antrean”"), ("antréan", "“antrean”"), ("straße", "“strasse”"), ("Ｋota", "“kota”")],
)
def test_the_advice_names_what_was_probably_meant(label: str, meant: str) -> None:
    problem = label_problem(label)
    assert problem is not None
    assert meant in problem.message


def test_a_look_alike_is_named_by_position_without_a_guess() -> None:
    problem = label_problem("antre\u0430n")
    assert problem is not None
    assert "U+0430" in problem.message
    assert "posisi 6" in problem.message
    assert "Ketik ulang" in problem.message


@given(st.text())
def test_what_is_accepted_is_a_plain_ascii_label_and_messages_are_printable(label: str) -> None:
    problem = label_problem(label)
    if problem is None:
        assert set(fold_label(label)) <= set(LDH)
        assert 2 <= len(label) <= 63
    else:
        assert problem.message.isprintable()
        assert len(problem.message) < 400


@given(st.text(alphabet=LDH, min_size=2, max_size=63))
def test_what_is_accepted_is_what_idna_accepts(label: str) -> None:
    if label_problem(label) is None:
        assert idna.encode(label) == label.encode()


@given(st.text(), st.sampled_from("\n\r\t\x00\x0b\u200b\u00ad\u202e \u00a0"), st.integers(0, 70))
def test_one_unseen_character_is_never_overlooked(label: str, unseen: str, at: int) -> None:
    assert label_problem(label[:at] + unseen + label[at:]) is not None


def test_a_hostile_length_is_answered_briefly() -> None:
    for label in ("a" * 1_000_000, "é" * 100_000, "a" + "\u0301" * 100_000):
        problem = label_problem(label)
        assert problem is not None
        assert len(problem.message) < 300


@given(st.text())
def test_folding_changes_ascii_capitals_only(label: str) -> None:
    folded = fold_label(label)
    assert len(folded) == len(label)
    for before, after in zip(label, folded, strict=True):
        assert after == (before.lower() if before in string.ascii_uppercase else before)


@pytest.mark.parametrize(
    "name",
    [
        "antrean.contoh.go.id",
        "a.b",
        "2026.contoh.go.id",
        "3.2.1.a",
        ("a" * 63 + ".") * 3 + "b" * 61,
        "WWW.Contoh.GO.ID",
    ],
)
def test_good_names(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "empty"),
        ("contoh", "incomplete"),
        ("antrean..contoh.go.id", "empty"),
        (".contoh.go.id", "empty"),
        ("contoh.go.id.", "empty"),
        ("contoh.go.id\n", "control"),
        ("*.contoh.go.id", "wildcard"),
        ("192.0.2.1", "numeric_only"),
        ("antrean.xn--p1ai", "punycode"),
        ("1" * 64 + ".contoh.go.id", "too_long"),
        (("a" * 63 + ".") * 3 + "b" * 62, "too_long"),
        ("antrean.cont\u043eh.go.id", "idn"),
        ("-a.contoh.go.id", "hyphen"),
    ],
)
def test_bad_names_are_told_by_code(name: str, expected: str) -> None:
    problem = name_problem(name)
    assert problem is not None
    assert problem.code == expected
