"""A close-out rehearsed: the shock as it is typed, the steps that would follow, what they leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from desk.engine.snapshot import DeskFrame
from desk.model.numbers import parse_decimal, plain
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.close_out import preference_words
from ui.viewmodels.orders import WORKING
from ui.viewmodels.text import (
    ARROW,
    MINUS,
    UNKNOWN,
    change,
    clock,
    decimals_of,
    money,
    number,
    price,
    ratio,
)
from ui.viewmodels.text import symbol as symbol_of
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr
from ui.viewmodels.watch import market_of
from ui.viewmodels.written import read_number

REHEARSAL_COLUMNS = (
    Column("number", "#", "88"),
    Column("step", tr("Step"), "SELL BTCUSDT-PERP", Side.LEFT, grow=True),
    Column("quantity", tr("Quantity"), "8,888.888"),
    Column("price", tr("Expected"), "88,888.8", keep=6),
    Column("fee", tr("Fee"), "8,888", keep=3),
    Column("cost", tr("Cost total"), "88,888", keep=5),
    Column("left", tr("Left"), "8,888.888", keep=4),
    Column("after", tr("Ratio after"), "> 999%"),
)

HIGHEST = Decimal(10)
"""A price eleven times as high; beyond it is a slip of the pen, as the desk has it."""
_MOVE = re.compile(r"(?P<sign>[+\-−]?)\s*(?P<number>[\d.,]+)\s*%?")


class _Step(msgspec.Struct, frozen=True):
    account: str
    instrument: str
    side: str
    quantity: str
    expected_price: str | None
    fee: str | None
    margin_ratio_after: str | None
    cost: str | None
    left: str | None


class _Margin(msgspec.Struct, frozen=True):
    account: str
    currency: str | None
    ratio_at_shock: str | None
    ratio_after: str | None
    value_after: str | None
    target: str


class _Answer(msgspec.Struct, frozen=True):
    """The desk's answer."""

    steps: list[_Step]
    margins: list[_Margin]
    notes: list[str] = []


class RehearsalView(msgspec.Struct, frozen=True):
    """One account's rehearsal in words."""

    at_shock: Cell
    after: Cell
    target: str
    rows: tuple[Row, ...]
    prices: str
    """Where expected prices come from."""
    left: str
    preference: str
    notes: tuple[str, ...]
    sentence: str
    """Why there are no steps; empty: there are."""


def read_move(text: str) -> Decimal | None:
    """Read a move in percent, `−20`, `-20.0%`, `+5 %`, as a fraction; None for what is none.

    A move is above −100 % and at most +1,000 %.
    """
    match = _MOVE.fullmatch(text.strip())
    value = read_number(match["number"]) if match else None
    if match is None or value is None or not value.is_finite():
        return None
    move = value / 100 * (-1 if match["sign"] in {"-", MINUS} else 1)
    return move if -1 < move <= HIGHEST else None


def move_text(move: Decimal) -> str:
    """A move as its field has it: `−20.0%`."""
    return change(move, 1)


def rehearsal_accounts(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Accounts that the shock brings to close-out, in the desk's order."""
    answer = _read(data)
    return () if answer is None else tuple(dict.fromkeys(step.account for step in answer.steps))


def rehearsal_view(
    data: Mapping[str, Any], account: str, frame: DeskFrame, asked_ms: int
) -> RehearsalView | None:
    """One account of an answer; None for an answer that cannot be read."""
    answer = _read(data)
    if answer is None:
        return None
    margin = next((one for one in answer.margins if one.account == account), None)
    steps = [step for step in answer.steps if step.account == account]
    plan = next((one for one in frame.close_outs if one.account == account), None)
    return RehearsalView(
        at_shock=_ratio(_of(margin, "ratio_at_shock"), is_out=bool(steps)),
        after=_ratio(_of(margin, "ratio_after"), is_out=bool(steps)),
        target="" if margin is None else tr("target {ratio}", ratio=_percent(margin.target)),
        rows=_rows(steps, margin, frame, account) if steps else (),
        prices=tr(
            "Expected prices from the book of {time}, shifted by the shock",
            time=clock(asked_ms),
        ),
        left=_left(margin),
        preference=tr(
            "first reduced: {order}",
            order=preference_words(plan.preference if plan is not None else []),
        ),
        notes=tuple(map(said, answer.notes)),
        sentence="" if steps else _calm(margin),
    )


def _read(data: Mapping[str, Any]) -> _Answer | None:
    try:
        return msgspec.convert(data, _Answer)
    except msgspec.ValidationError:
        return None


def _calm(margin: _Margin | None) -> str:
    if margin is None or margin.ratio_at_shock is None:
        return tr("Nothing can be rehearsed: a figure of this account is unknown.")
    return tr("This account is not closed out at these prices.")


def _rows(
    steps: list[_Step], margin: _Margin | None, frame: DeskFrame, account: str
) -> tuple[Row, ...]:
    rows: list[Row] = []
    at_shock = None if margin is None else margin.ratio_at_shock
    working = sum(o.account == account and o.status in WORKING for o in frame.orders)
    if working:
        words = tr("Cancel {count} working orders", count=working)
        silent = Cell(UNKNOWN, Tone.MUTED)
        known = (Cell("0"), silent, _ratio(at_shock))
        name = Cell(words, Tone.TEXT, strong=True)
        rows.append(Row("cancel", (Cell("1", Tone.MUTED), name, silent, silent, silent, *known)))
    spent: Decimal | None = Decimal(0)
    for place, step in enumerate(steps, len(rows) + 1):
        cost = _decimal(step.cost)
        spent = None if spent is None or cost is None else spent + cost
        rows.append(_row(place, step, spent, frame))
    return tuple(rows)


def _row(place: int, step: _Step, spent: Decimal | None, frame: DeskFrame) -> Row:
    market = market_of(frame, step.instrument)
    tick = Decimal("0.01") if market is None else market.tick_size
    lot = None if market is None else market.lot_size
    return Row(
        f"{place} {step.instrument}",
        (
            Cell(str(place), Tone.MUTED),
            Cell(f"{step.side} {symbol_of(step.instrument)}", Tone.TEXT, strong=True),
            _known(_quantity(step.quantity, lot)),
            _known(price(_decimal(step.expected_price), tick)),
            _known(money(_decimal(step.fee))),
            _known(money(spent)),
            _known(_quantity(step.left, lot)),
            _ratio(step.margin_ratio_after),
        ),
    )


def _of(margin: _Margin | None, name: str) -> str | None:
    return None if margin is None else getattr(margin, name)


def _ratio(value: str | None, *, is_out: bool = True) -> Cell:
    """A margin ratio, or a loan's utilization; of what is closed out, nothing to divide by."""
    found = _decimal(value)
    if found is None and is_out:
        return Cell("> 999%", Tone.DANGER, strong=True)
    if found is None:
        return Cell(UNKNOWN, Tone.MUTED, strong=True)
    return Cell(ratio(found), Tone.DANGER if found >= 1 else Tone.TEXT, strong=True)


def _left(margin: _Margin | None) -> str:
    value = None if margin is None else _decimal(margin.value_after)
    if margin is None or value is None:
        return ""
    return tr(
        "collateral value left {amount} {currency}",
        amount=money(value), currency=margin.currency or "",
    )  # fmt: skip


def summary(view: RehearsalView) -> str:
    """The rehearsal in a sentence, for a screen reader."""
    return tr(
        "margin ratio at shock {before} {arrow} after plan {after}",
        before=view.at_shock.text, arrow=ARROW, after=view.after.text,
    )  # fmt: skip


def _percent(value: str) -> str:
    return ratio(_decimal(value))


def _known(text: str) -> Cell:
    return Cell(text, Tone.MUTED if text == UNKNOWN else Tone.TEXT2)


def _quantity(text: str | None, lot: Decimal | None) -> str:
    value = _decimal(text)
    if value is None:
        return UNKNOWN
    return number(value, len(plain(value).partition(".")[2]) if lot is None else decimals_of(lot))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else parse_decimal(text)
