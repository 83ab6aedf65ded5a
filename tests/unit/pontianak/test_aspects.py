"""The checklist of the security verification, as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapak.plugins import registry
from tapak.scanning import structure
from tapak.sdk.scanning import Finding
from tapak_pontianak.aspects import ANSWERS, ASPECTS, answer_problem, aspect_of, by_aspect

RULES = Path(structure.__file__).parent / "rules"


def test_there_are_thirteen_each_with_something_to_look_at() -> None:
    assert len({aspect.key for aspect in ASPECTS}) == len({aspect.title for aspect in ASPECTS}) == 13
    assert all(aspect.look_at for aspect in ASPECTS)


def test_every_scanner_of_core_has_an_aspect_of_its_own() -> None:
    named = {rule.partition(":")[0] for aspect in ASPECTS for rule in aspect.rules}
    assert named == {name for name in registry().scanners if name.startswith("tapak.")} | {structure.NAME}


def test_rules_that_are_named_exist() -> None:
    for aspect in ASPECTS:
        for rule in aspect.rules:
            scanner, _, name = rule.partition(":")
            files = getattr(registry().scanners.get(scanner), "files", ())
            texts = [(RULES / file).read_text() for file in files]
            assert not name or any(f"rule {name} " in text for text in texts), rule


@pytest.mark.parametrize(
    ("scanner", "rule", "aspect"),
    [
        ("tapak.web_shells", "php_evaluates_request", "malicious_code"),
        ("tapak.web_shells", "php_in_picture", "files"),
        ("tapak.secrets", "private_key", "cryptography"),
        ("tapak.secrets", "password_in_env", "configuration"),
        ("tapak.dependencies", "GHSA-1", "configuration"),
        ("tapak.structure", "traversal", "files"),
        ("lain.pemindai", "x", "malicious_code"),
    ],
)
def test_a_finding_belongs_to_one_aspect(scanner: str, rule: str, aspect: str) -> None:
    finding = Finding(rule, "low", "", scanner=scanner)
    assert aspect_of(finding) == aspect
    assert [key for key, found in by_aspect([finding]).items() if found] == [aspect]


def test_answers_that_need_a_reason() -> None:
    assert [each.key for each in ANSWERS if answer_problem(each.key, " ")] == ["not_available", "accepted_risk"]
    assert not [each.key for each in ANSWERS if answer_problem(each.key, "Tidak ada API")]
    assert answer_problem("lain", "x")
