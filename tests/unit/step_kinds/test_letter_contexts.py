"""The contexts of letters are those that docs/procedures.md lists."""

import re
from pathlib import Path

import pytest

INPUTS = {
    "register_letter": {},
    "dispose": {},
    "review": {
        "server_ok": True,
        "bandwidth_ok": True,
        "name_ok": True,
        "findings": "Cukup.",
        "recommendation": "approve",
    },
    "decide": {"outcome": "approve"},
    "hand_over": {},
    "report": {},
}
ADDED_BY_CORE = {"register_number"}


def documented(project_root: Path) -> dict[str, set[str]]:
    text = (project_root / "docs" / "procedures.md").read_text()
    text = text[text.index("## Letters and their contexts") :]
    common, *sections = re.split(r"\n(?=`tapak/)", text)
    keys = {section.split("`")[1]: _keys(section) for section in sections}
    return {name: found | _keys(common) for name, found in keys.items()}


def _keys(section: str) -> set[str]:
    cells = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    return {key for cell in cells for key in re.findall(r"`([a-z_]+)`", cell)}


@pytest.mark.parametrize("step", INPUTS)
def test_a_letter_has_exactly_the_documented_keys(view_at, load, kinds, project_root, step):
    view = view_at(step)
    letter = kinds[step].run(view, load(view, INPUTS[step])).letters[0]
    assert set(letter.context) == documented(project_root)[letter.template] - ADDED_BY_CORE


@pytest.mark.parametrize("step", INPUTS)
def test_no_value_is_absent(view_at, load, kinds, step):
    view = view_at(step)
    letter = kinds[step].run(view, load(view, INPUTS[step])).letters[0]
    assert None not in letter.context.values()
