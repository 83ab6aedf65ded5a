import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from tapak.sdk.procedure import END, Actor, Header, Outcome, Procedure, RequiredInput, Step, TimeStandard
from tapak.web.chart import CENTRE, FINISH, START, Chart, Line, chart
from tapak_tarakan.hosting import HOSTING

EMPTY = Header("1/SOP", "Contoh", "Dinas", "Bidang", "", "", "", (), (), (), (), (), ())


def step(key: str, actor: str, *outcomes: Outcome, **more: object) -> Step:
    return Step(
        key=key,
        number=key,
        title=f"Langkah {key}",
        actor=actor,
        kind="tapak.work/1",
        required_inputs=(RequiredInput("Surat", "field:x"),),
        time_standard=TimeStandard(1, "day", printed="1 Hari"),
        output=("Surat",),
        outcomes=outcomes,
        **more,
    )


def procedure(*steps: Step, actors: int = 3) -> Procedure:
    names = "abcdef"[:actors]
    return Procedure(
        key="contoh.layanan",
        version=1,
        service="Layanan",
        summary="",
        effective_from=date(2026, 1, 1),
        header=EMPTY,
        actors=tuple(Actor(name, name.upper(), applicant=name == "a") for name in names),
        steps=steps,
        request_number="{seq}",
    )


def to(key: str, **more: bool) -> Outcome:
    return Outcome(f"to-{key}", key, to=key, **more)


EXAMPLES = {
    "printed": HOSTING,
    "straight down": procedure(step("1", "a", to("2")), step("2", "a", to(END))),
    "to the right and back": procedure(step("1", "a", to("2")), step("2", "c", to("3")), step("3", "a", to(END))),
    "a return to the same column": procedure(
        step("1", "a", to("2")), step("2", "a", to("3"), to("1", returns=True)), step("3", "a", to(END))
    ),
    "a return to the right": procedure(
        step("1", "c", to("2")), step("2", "a", to("3"), to("1", returns=True)), step("3", "b", to(END))
    ),
    "two returns and a leap": procedure(
        step("1", "a", to("2")),
        step("2", "b", to("3"), to("1", returns=True), to("4")),
        step("3", "c", to("4"), to("1", returns=True)),
        step("4", "b", to(END)),
    ),
}


def edges(lines: list[Line]) -> dict[str, set[tuple[str, str]]]:
    """Where lines touch a tile's four edges: (place on the edge, kind of line)."""
    found: dict[str, set[tuple[str, str]]] = {"top": set(), "bottom": set(), "left": set(), "right": set()}
    for line in lines:
        for x, y in ((line.x1, line.y1), (line.x2, line.y2)):
            if y == START:
                found["top"].add((x, line.path))
            if y == FINISH:
                found["bottom"].add((x, line.path))
            if x == START:
                found["left"].add((y, line.path))
            if x == FINISH:
                found["right"].add((y, line.path))
    return found


@pytest.mark.parametrize("given", EXAMPLES.values(), ids=EXAMPLES)
def test_every_line_goes_on_in_the_next_tile(given: Procedure) -> None:
    drawn = chart(given)
    for upper, lower in pairwise(drawn.rows):
        for above, below in zip(upper.tiles, lower.tiles, strict=True):
            assert edges(above.lines)["bottom"] == edges(below.lines)["top"]
    for row in drawn.rows:
        for left, right in pairwise(row.tiles):
            assert edges(left.lines)["right"] == edges(right.lines)["left"]
    assert not any(edges(tile.lines)["top"] for tile in drawn.rows[0].tiles)
    assert not any(edges(tile.lines)["bottom"] for tile in drawn.rows[-1].tiles)
    assert not any(edges(row.tiles[0].lines)["left"] for row in drawn.rows)
    assert not any(edges(row.tiles[-1].lines)["right"] for row in drawn.rows)


@pytest.mark.parametrize("given", EXAMPLES.values(), ids=EXAMPLES)
def test_lines_are_level_or_upright_and_end_at_shapes_only(given: Procedure) -> None:
    for row in chart(given).rows:
        for tile in row.tiles:
            assert all(line.x1 == line.x2 or line.y1 == line.y2 for line in tile.lines)
            ends = [(line.x1, line.y1) for line in tile.lines] + [(line.x2, line.y2) for line in tile.lines]
            assert tile.form or (CENTRE, CENTRE) not in ends
            assert tile.form or not tile.arrows


def forms(drawn: Chart) -> list[list[str | None]]:
    return [[tile.form for tile in row.tiles] for row in drawn.rows]


def test_the_printed_procedure_has_the_papers_shapes() -> None:
    drawn = chart(HOSTING)
    assert [actor.key for actor in HOSTING.actors] == ["pd", "kadis", "bidang", "kasubbag"]
    assert forms(drawn) == [
        ["terminator", None, None, None],
        [None, None, None, "process"],
        [None, "process", None, None],
        [None, None, "process", None],
        [None, None, "decision", None],
        [None, None, "process", None],
        [None, None, "process", None],
        [None, "process", "process", None],
        ["terminator", None, None, None],
    ]
    assert drawn.inferred
    assert [(outcome.label, number) for outcome, number in drawn.rows[4].branches] == [("Ya", "6"), ("Tidak", "1")]
    assert {caption.text for tile in drawn.rows[4].tiles for caption in tile.captions} == {"Ya", "Tidak"}


def test_a_return_runs_beside_the_shapes_and_is_told_apart() -> None:
    drawn = chart(HOSTING)
    back = [line for row in drawn.rows for tile in row.tiles for line in tile.lines if line.path == "return"]
    assert back
    upright = {line.x1 for line in back if line.x1 == line.x2}
    assert upright == {"86%"}
    assert [arrow for arrow in drawn.rows[0].tiles[0].arrows if arrow.path == "return"]


def test_two_returns_to_one_step_run_apart() -> None:
    drawn = chart(EXAMPLES["two returns and a leap"])
    upright = {line.x1 for line in drawn.rows[1].tiles[0].lines if line.path == "return" and line.x1 == line.x2}
    assert upright == {"86%", "93%"}


def test_a_branch_that_the_paper_lacks_is_told_apart() -> None:
    own = replace(HOSTING.step("decide"), outcomes=(*HOSTING.step("decide").outcomes, to(END, outside_sop=True)))
    steps = tuple(own if each.key == "decide" else each for each in HOSTING.steps)
    outcome, number = chart(replace(HOSTING, steps=steps)).rows[4].branches[-1]
    assert outcome.outside_sop
    assert number == ""


def test_the_chart_stays_small(site) -> None:
    page = site.visitor().get("/layanan/tarakan.hosting").text
    tiles = "".join(re.findall(r'<svg class="tile.*?</svg>\s*(?=</td>|<span)', page, re.DOTALL))
    assert tiles.count('class="tile') == sum(bool(t.form or t.lines) for row in chart(HOSTING).rows for t in row.tiles)
    assert len(tiles) < 11_000
    assert "style=" not in page
