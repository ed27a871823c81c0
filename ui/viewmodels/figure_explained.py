"""The engine's answer to how a figure came about: formula, numbers put in, inputs, notes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec

from desk.model.numbers import parse_decimal
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.text import UNKNOWN, age, moment, number
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

INPUT_COLUMNS = (
    Column("input", tr("Input"), "maintenance_margin", Side.LEFT),
    Column("value", tr("Value"), "88,888,888.88", Side.RIGHT, grow=True),
    Column("source", tr("Source"), "", Side.RIGHT, keep=4),
    Column("age", tr("Age"), "8.8 s", Side.RIGHT),
)

OLD_MS, OLD_DAYS = 1_500, 90
"""A mark older than this is amber, as its lamp is; a margin table as old as that is told as old."""
_HKT = timezone(timedelta(hours=8))
_AGE, _SOURCE, _AS_OF = " age ms", " source", " as of"


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
    told: tuple[tuple[str, str], ...] = ()
    """Every input as the engine wrote it."""

    def text(self) -> str:
        """All of it as lines, to be pasted elsewhere."""
        lines = [f"{self.title} {self.value}, {self.as_of}", self.formula, f"= {self.filled}"]
        lines += ["\t".join(pair) for pair in self.told]
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
        as_of=moment(wall_ms),
        formula=said(found.formula),
        filled=unknown if found.filled is None else found.filled,
        rows=_rows(found.inputs, wall_ms),
        told=tuple((name, value or _missing()) for name, value in found.inputs.items()),
        notes=tuple(map(said, answer.notes)),
        proof=tr("profile {hash} · journal {seq}", hash=profile_hash[:8], seq=f"{seq:,}"),
    )


def _rows(inputs: Mapping[str, str | None], wall_ms: int) -> tuple[Row, ...]:
    """Inputs, with source and age beside what they are of, where that is an input too."""
    beside: dict[str, dict[str, str | None]] = {}
    for name, value in inputs.items():
        for ending in (_AGE, _SOURCE, _AS_OF):
            owner = _owner(name.removesuffix(ending), inputs) if name.endswith(ending) else ""
            if owner:
                beside.setdefault(owner, {})[ending] = value
    folded = {f"{_stem(owner)}{ending}" for owner, parts in beside.items() for ending in parts}
    return tuple(
        _row(name, value, beside.get(name, {}), wall_ms)
        for name, value in inputs.items()
        if name not in folded
    )


def _owner(stem: str, inputs: Mapping[str, str | None]) -> str:
    return next((name for name in (stem, f"{stem}_price") if name in inputs), "")


def _stem(owner: str) -> str:
    return owner.removesuffix("_price")


def _row(name: str, value: str | None, beside: Mapping[str, str | None], wall_ms: int) -> Row:
    """An input; one that is missing is the reason why the figure is."""
    shown = Cell(_grouped(value), Tone.TEXT)
    if value is None:
        shown = Cell(_missing(), Tone.WARNING)
    if name.endswith(_AGE):
        return Row(name, (Cell(said(name.removesuffix(" ms"))), Cell(""), Cell(""), _age(value)))
    source = Cell(beside.get(_SOURCE) or "", Tone.MUTED)
    old = _age(beside[_AGE]) if _AGE in beside else _days(beside.get(_AS_OF), wall_ms)
    return Row(name, (Cell(_name(name)), shown, source, old))


def _name(name: str) -> str:
    """What an input is called; to an order a limit is its price."""
    return tr("limit¦of a rule") if name == "limit" else said(name)


def _missing() -> str:
    return tr("{dash} missing", dash=UNKNOWN)


def _age(text: str | None) -> Cell:
    """An age; an old one in the colour of a warning, and one that is not known."""
    ms = None if text is None else parse_decimal(text)
    if ms is None:
        return Cell(UNKNOWN, Tone.WARNING)
    return Cell(age(int(ms)), Tone.WARNING if ms >= OLD_MS else Tone.MUTED)


def _days(text: str | None, wall_ms: int) -> Cell:
    """How old what carries a date is."""
    try:
        then = date.fromisoformat(text or "")
    except ValueError:
        return Cell("", Tone.MUTED)
    days = (datetime.fromtimestamp(wall_ms // 1_000, _HKT).date() - then).days
    return Cell(tr("{days} d", days=days), Tone.WARNING if days > OLD_DAYS else Tone.MUTED)


def _grouped(text: str | None) -> str:
    """A number with its thousands apart, every digit kept; anything else as it is."""
    value = None if text is None else parse_decimal(text)
    if value is None or text is None:
        return text or ""
    return number(value, len(text.partition(".")[2]))
