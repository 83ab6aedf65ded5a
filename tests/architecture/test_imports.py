import ast
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

Check = Callable[..., subprocess.CompletedProcess[str]]
Plant = Callable[[str, str], Path]

LAYERS = "Rooms depend downward only"
PURE = "The sdk and the engine are pure"
APART = "Members do not import each other"
DOOR = "Members know the sdk only"
BIND = "providers/bind/src/tapak_bind/planted.py"


def test_the_contracts_hold(check: Check) -> None:
    result = check("lint-imports", "--no-cache")
    assert result.returncode == 0, result.stdout + result.stderr
    for contract in (LAYERS, PURE, APART, DOOR):
        assert f"{contract} KEPT" in result.stdout


@pytest.mark.parametrize(
    ("place", "code", "contract", "told"),
    [
        ("core/src/tapak/engine/planted.py", "import tapak.web\n", LAYERS, "tapak.engine.planted -> tapak.web"),
        ("core/src/tapak/rest/planted.py", "import tapak.web\n", LAYERS, "tapak.rest.planted -> tapak.web"),
        ("core/src/tapak/web/planted.py", "import tapak.demo\n", LAYERS, "tapak.web.planted -> tapak.demo"),
        ("core/src/tapak/planted.py", "", LAYERS, "tapak.planted"),
        ("core/src/tapak/sdk/planted.py", "import flask\n", PURE, "tapak.sdk.planted -> flask"),
        ("core/src/tapak/engine/planted.py", "from sqlalchemy import text\n", PURE, "engine.planted -> sqlalchemy"),
        (BIND, "import tapak_webhost\n", APART, "tapak_bind.planted -> tapak_webhost"),
        ("plugins/tarakan/src/tapak_tarakan/planted.py", "import tapak_bind\n", APART, "planted -> tapak_bind"),
        (BIND, "import tapak.db\n", DOOR, "tapak_bind.planted -> tapak.db"),
        (BIND, "from tapak.engine import names\n", DOOR, "tapak_bind.planted -> tapak.engine"),
        (BIND, "def late():\n    import tapak.web\n", DOOR, "tapak_bind.planted -> tapak.web"),
    ],
)
def test_a_planted_import_is_caught(
    check: Check, plant: Plant, place: str, code: str, contract: str, told: str
) -> None:
    plant(place, code)
    result = check("lint-imports", "--no-cache")
    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout
    assert told in result.stdout


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ('"""Late."""\n\n\ndef late() -> None:\n    import json\n\n    json.loads("1")\n', "PLC0415"),
        ('import re\n\nfound = re.match("^www$", "www")\n', "TID251"),
        ("def name(value: str) -> None:\n    print(value)\n", "T201"),
        ('try:\n    name = "x"\nexcept Exception:\n    name = ""\n', "BLE001"),
        ("from datetime import datetime\n\nnow = datetime.now()\n", "DTZ005"),
    ],
)
def test_planted_code_that_breaks_a_house_rule_is_caught(check: Check, plant: Plant, code: str, rule: str) -> None:
    file = plant("core/src/tapak/web/planted.py", code)
    result = check("ruff", "check", "--no-cache", "--output-format", "concise", "--select", rule, str(file))
    assert result.returncode == 1
    assert "planted.py" in result.stdout
    assert rule in result.stdout
    assert rule in check("ruff", "check", "--no-cache", "--output-format", "concise", str(file)).stdout


def test_members_are_kept_from_every_room_but_the_sdk(project_root: Path) -> None:
    contracts = tomllib.loads((project_root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    by_name = {contract["name"]: contract for contract in contracts}
    layers = {room.strip() for layer in by_name[LAYERS]["layers"] for room in layer.split("|")}
    assert set(by_name[DOOR]["forbidden_modules"]) == {f"tapak.{room}" for room in layers - {"sdk", "testing"}}
    members = {
        place.name for pattern in ("plugins/*/src/*", "providers/*/src/*") for place in project_root.glob(pattern)
    }
    assert set(by_name[DOOR]["source_modules"]) == set(by_name[APART]["modules"]) == members


def test_the_example_plugin_knows_the_sdk_only(project_root: Path) -> None:
    imported = {
        node.module
        for file in (project_root / "tests/plugins").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tapak.")
    }
    assert imported
    assert [
        module for module in sorted(imported) if module != "tapak.sdk" and not module.startswith("tapak.sdk.")
    ] == []
