import ast
import re
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 400
REGENCIES = re.compile(r"tarakan|kukar|kutai|pontianak", re.IGNORECASE)
ZONES = re.compile(r"(?<![\w-])(?!contoh\.|instansi\.)[a-z0-9-]+\.go\.id", re.IGNORECASE)
MERGED = re.compile(r"^(<{7} |={7}$|>{7} )")
ADDRESSES = re.compile(r"(?<!section )(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
# Loopback, "any", and the addresses that RFC 5737 keeps for examples.
HARMLESS = ("127.", "0.0.0.0", "192.0.2.", "198.51.100.", "203.0.113.")


def lines_of(project_root: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    for file in sorted((project_root / "core" / "src").rglob("*")):
        if file.suffix in {".py", ".html", ".jinja", ".js", ".css", ".po", ".toml", ".txt", ".sql"}:
            for number, line in enumerate(file.read_text().splitlines(), 1):
                for found in pattern.finditer(line):
                    yield f"{file.relative_to(project_root)}:{number}: {found[0]}"


def test_core_names_no_regency(project_root: Path) -> None:
    assert list(lines_of(project_root, REGENCIES)) == []


def test_core_names_no_zone(project_root: Path) -> None:
    assert list(lines_of(project_root, ZONES)) == []


def test_no_merge_left_its_marks(project_root: Path) -> None:
    assert list(lines_of(project_root, MERGED)) == []


def test_core_names_no_address(project_root: Path) -> None:
    found = [line for line in lines_of(project_root, ADDRESSES) if not line.rpartition(" ")[2].startswith(HARMLESS)]
    assert found == []


def test_the_searches_would_find_something() -> None:
    assert REGENCIES.search("def Tarakan():")
    assert ZONES.search('zone = "kota.go.id"')
    assert not ZONES.search("antrean.contoh.go.id")
    assert MERGED.search(f"{'<' * 7} HEAD")
    assert ADDRESSES.search('address = "10.1.2.3"')
    assert not ADDRESSES.search("RFC 5891 section 4.2.3.1")


def test_files_stay_small(sources: list[Path]) -> None:
    long = {
        file.name: lines
        for file in sources
        if "versions" not in file.parts and (lines := len(file.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_sessions_are_made_where_transactions_begin_in_a_scope(sources: list[Path]) -> None:
    made = re.compile(r"(?<!class )(?<![\w.\"])Session\(")
    assert made.search("with Session(engine) as session:")
    assert [path for path in sources if made.search(path.read_text())] == []


def test_every_hook_is_documented_and_nothing_else_is(project_root: Path) -> None:
    specs = ast.parse((project_root / "core/src/tapak/sdk/hookspecs.py").read_text())
    hooks = {
        node.name
        for node in specs.body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(mark).startswith("hookspec") for mark in node.decorator_list)
    }
    documented = re.findall(r"^## `(\w+)`$", (project_root / "docs/hooks.md").read_text(), re.MULTILINE)
    assert hooks
    assert sorted(documented) == sorted(hooks)


def test_constraints_are_exact_versions_without_addresses(project_root: Path) -> None:
    lines = (project_root / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*==[A-Za-z0-9.+!]+", line)] == []
    names = [line.partition("==")[0] for line in lines]
    assert names == sorted(set(names))
    assert "uv" in names


def test_no_test_is_skipped_or_expected_to_fail(project_root: Path) -> None:
    marks = re.compile(r"\bmark\.(?:skip|skipif|xfail)\b|\bpytest\.(?:skip|xfail|importorskip)\(")
    found = [
        str(file.relative_to(project_root))
        for file in (project_root / "tests").rglob("*.py")
        if file != Path(__file__) and marks.search(file.read_text())
    ]
    assert found == []
