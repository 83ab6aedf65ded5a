"""The SOP chart: the paper's table, with the flow drawn as tiles that join at any height of a row.

Each cell of Pelaksana is one tile. A tile's lines run between its centre, its edges and fixed offsets, in percent of
the cell or in pixels from its top, so that nothing needs to know how tall a row becomes. Shapes are drawn around the
tile's centre.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from tapak.sdk.procedure import END, Outcome, Procedure, Step

Form = Literal["terminator", "process", "decision"]
Path = Literal["flow", "return", "outside"]
Side = Literal["top", "left", "right"]

CENTRE, START, FINISH = "50%", "0", "100%"
RAIL = "9"
"""Where a line crosses to another column: pixels from the top of the row that it leads to."""
CHANNELS = {"right": (86, 93), "left": (14, 7)}
"""Where returning lines run up a column, in percent of its width: beside the shape, the second one further out."""


@dataclass(frozen=True)
class Line:
    """A straight line of a tile. Coordinates are SVG lengths."""

    x1: str
    y1: str
    x2: str
    y2: str
    path: Path


@dataclass(frozen=True)
class Arrow:
    """A line's head where it meets the tile's shape."""

    side: Side
    path: Path


@dataclass(frozen=True)
class Caption:
    """An outcome's name beside the shape that it leaves."""

    side: Literal["below", "left", "right"]
    text: str


@dataclass
class Tile:
    """One actor's cell of one row. ``form`` is the shape in its middle, if the actor has a part in the step."""

    form: Form | None = None
    lines: list[Line] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One step with a tile per actor. ``branches`` tell in words where each outcome leads, if there are several."""

    step: Step
    tiles: tuple[Tile, ...]
    branches: tuple[tuple[Outcome, str], ...]


@dataclass(frozen=True)
class Chart:
    """The whole chart. ``inferred`` says whether a cell was unreadable on the paper."""

    procedure: Procedure
    rows: tuple[Row, ...]

    @property
    def inferred(self) -> bool:
        return any(row.step.inferred or any(item.inferred for item in row.step.required_inputs) for row in self.rows)


def chart(procedure: Procedure) -> Chart:
    """The chart of ``procedure``."""
    return Chart(procedure, _Drawing(procedure).rows())


class _Drawing:
    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure
        self.steps = procedure.steps
        self.column = {actor.key: number for number, actor in enumerate(procedure.actors)}
        self.at = {step.key: number for number, step in enumerate(self.steps)}
        self.tiles = [[Tile() for _ in procedure.actors] for _ in self.steps]
        self.channels: dict[tuple[int, str], int] = defaultdict(int)

    def rows(self) -> tuple[Row, ...]:
        for number, step in enumerate(self.steps):
            self._shapes(number, step)
        for number, step in enumerate(self.steps):
            for outcome in step.outcomes:
                self._edge(number, step, outcome)
        return tuple(
            Row(step, tuple(tiles), self._branches(step)) for step, tiles in zip(self.steps, self.tiles, strict=True)
        )

    def _shapes(self, number: int, step: Step) -> None:
        ends = all(outcome.to == END for outcome in step.outcomes)
        form: Form = "decision" if len(step.outcomes) > 1 else "terminator" if number == 0 or ends else "process"
        own = self.column[step.actor]
        self.tiles[number][own].form = form
        if step.reports_to:
            receives = self.column[step.reports_to]
            self.tiles[number][receives].form = "process"
            self._across(number, own, receives, CENTRE, "flow", stop=CENTRE)
            self.tiles[number][receives].arrows.append(Arrow("left" if own < receives else "right", "flow"))

    def _edge(self, number: int, step: Step, outcome: Outcome) -> None:
        if outcome.to == END:
            return
        path: Path = "outside" if outcome.outside_sop else "return" if self.at[outcome.to] <= number else "flow"
        own = self.column[step.reports_to or step.actor]
        to_row = self.at[outcome.to]
        named = len(step.outcomes) > 1
        if to_row == number + 1:
            self._down(number, own, self.column[self.steps[to_row].actor], path)
            if named:
                self.tiles[number][own].captions.append(Caption("below", outcome.label))
        else:
            self._round(
                number, own, to_row, self.column[self.steps[to_row].actor], path, outcome.label if named else ""
            )

    def _down(self, number: int, own: int, target: int, path: Path) -> None:
        """To the next row: down out of the shape, across along the rail, down into the next shape."""
        self.tiles[number][own].lines.append(Line(CENTRE, CENTRE, CENTRE, FINISH, path))
        if own == target:
            self.tiles[number + 1][own].lines.append(Line(CENTRE, START, CENTRE, CENTRE, path))
        else:
            self.tiles[number + 1][own].lines.append(Line(CENTRE, START, CENTRE, RAIL, path))
            self._across(number + 1, own, target, RAIL, path, stop=CENTRE)
            self.tiles[number + 1][target].lines.append(Line(CENTRE, RAIL, CENTRE, CENTRE, path))
        self.tiles[number + 1][target].arrows.append(Arrow("top", path))

    def _round(self, number: int, own: int, to_row: int, target: int, path: Path, label: str) -> None:
        """To any other row: sideways out of the shape, along a channel of the target's column, sideways in."""
        side: Literal["left", "right"] = "left" if own < target else "right"
        used = self.channels[target, side]
        self.channels[target, side] += 1
        channel = f"{CHANNELS[side][min(used, len(CHANNELS[side]) - 1)]}%"
        self._across(number, own, target, CENTRE, path, stop=channel)
        up = to_row < number
        self.tiles[number][target].lines.append(Line(channel, CENTRE, channel, START if up else FINISH, path))
        for between in range(min(number, to_row) + 1, max(number, to_row)):
            self.tiles[between][target].lines.append(Line(channel, START, channel, FINISH, path))
        self.tiles[to_row][target].lines += [
            Line(channel, FINISH if up else START, channel, CENTRE, path),
            Line(channel, CENTRE, CENTRE, CENTRE, path),
        ]
        self.tiles[to_row][target].arrows.append(Arrow(side, path))
        if label:
            leaves: Literal["left", "right"] = "right" if own < target or own == target else "left"
            self.tiles[number][own].captions.append(Caption(leaves, label))

    def _across(self, number: int, own: int, target: int, height: str, path: Path, *, stop: str) -> None:
        """Level with ``height`` from the middle of one column to ``stop`` in another one, or in the same."""
        row = self.tiles[number]
        if own == target:
            row[own].lines.append(Line(CENTRE, height, stop, height, path))
            return
        onward = FINISH if own < target else START
        row[own].lines.append(Line(CENTRE, height, onward, height, path))
        for between in range(min(own, target) + 1, max(own, target)):
            row[between].lines.append(Line(START, height, FINISH, height, path))
        row[target].lines.append(Line(START if own < target else FINISH, height, stop, height, path))

    def _branches(self, step: Step) -> tuple[tuple[Outcome, str], ...]:
        return tuple(self._numbers(step)) if len(step.outcomes) > 1 else ()

    def _numbers(self, step: Step) -> Iterator[tuple[Outcome, str]]:
        for outcome in step.outcomes:
            yield outcome, "" if outcome.to == END else self.procedure.step(outcome.to).number
