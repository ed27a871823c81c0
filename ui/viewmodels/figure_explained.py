"""The engine's answer to how a figure came about: formula, numbers put in, inputs, notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.text import UNKNOWN, clock
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr

INPUT_COLUMNS = (
    Column("input", "Input", "maintenance_margin", Side.LEFT),
    Column("value", "Value", "88,888,888.88", Side.RIGHT, grow=True),
)


class _Explained(msgspec.Struct, frozen=True):
    formula: str
    filled: str | None
    inputs: dict[str, str | None]


class _Answer(msgspec.Struct, frozen=True):
    """The desk's answer."""

    explain: dict[str, _Explained]
    notes: list[str] = []


class FigureExplained(msgspec.Struct, frozen=True):
    """One figure at one moment; what it says is the engine's, the window works nothing out."""

    title: str
    value: str
    """As the screen showed it when it was asked for."""
    as_of: str
    formula: str
    filled: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    proof: str
    """Rules and journal that it stands on."""

    def text(self) -> str:
        """All of it as lines, to be pasted elsewhere."""
        lines = [f"{self.title} {self.value}, {self.as_of}", self.formula, f"= {self.filled}"]
        lines += ["\t".join(cell.text for cell in row.cells) for row in self.rows]
        return "\n".join([*lines, *self.notes, self.proof])


def figure_explained(
    figure: str, shown: tuple[str, str], data: Mapping[str, Any], stand: tuple[int, str, int]
) -> FigureExplained | None:
    """Read an answer; `shown` is label and value, `stand` wall clock, profile hash, journal seq.

    None if the answer is not about this figure.
    """
    try:
        answer = msgspec.convert(data, _Answer)
    except msgspec.ValidationError:
        return None
    found = answer.explain.get(figure)
    if found is None:
        return None
    wall_ms, profile_hash, seq = stand
    unknown = tr("unknown: an input below is missing")
    return FigureExplained(
        title=f"{figure.partition('.')[0]} · {shown[0]}",
        value=shown[1],
        as_of=f"{clock(wall_ms, 8)} HKT",
        formula=found.formula,
        filled=unknown if found.filled is None else found.filled,
        rows=tuple(_row(name, value) for name, value in found.inputs.items()),
        notes=tuple(answer.notes),
        proof=f"{tr('profile')} {profile_hash[:8]} · {tr('journal')} {seq:,}",
    )


def _row(name: str, value: str | None) -> Row:
    """An input; one that is missing is the reason why the figure is."""
    if value is None:
        return Row(name, (Cell(name), Cell(f"{UNKNOWN} {tr('missing')}", Tone.WARNING)))
    return Row(name, (Cell(name), Cell(value, Tone.TEXT)))
