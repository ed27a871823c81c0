"""One cell of the map of stress explained: every figure behind its colour."""

from __future__ import annotations

import math
from decimal import Decimal

import msgspec

from desk.engine.snapshot import DeskFrame
from ui.viewmodels.figure import Figure
from ui.viewmodels.stress import BTC, ETH, StressAnswer, account_of, mark_words, move_words
from ui.viewmodels.text import money, ratio, signed
from ui.viewmodels.tone import LEVEL_TONES, LEVEL_WORDS, Tone, of_profit
from ui.viewmodels.translation import tr


class CellView(msgspec.Struct, frozen=True):
    """One cell explained."""

    title: str
    rows: tuple[Figure, ...]
    level: str
    level_word: str

    def spoken(self) -> str:
        """The cell in a sentence, for a screen reader."""
        words = ", ".join(f"{row.label} {row.value}" for row in self.rows)
        return f"{self.title}: {self.level_word}, {words}"


def cell_view(answer: StressAnswer, frame: DeskFrame, btc: int, eth: int) -> CellView:
    """A cell by its places on the axis, with every figure behind it."""
    cells, place = answer.cells, answer.place(btc, eth)
    moved = (answer.axis[btc], answer.axis[eth])
    level = cells.level[place]
    tone = LEVEL_TONES.get(level, Tone.DANGER)
    is_loan = answer.kind == "financing"
    marks = [
        Figure(
            tr("{coin} price", coin=base) if is_loan else tr("{coin} mark", coin=base),
            mark_words(answer, frame, base, move),
        )
        for base, move in zip((BTC, ETH), moved, strict=True)
    ]
    change = _money(cells.equity_change[place])
    rows = [
        *marks,
        Figure(tr("Equity change"), signed(change), of_profit(change)),
        Figure(tr("Margin value") if is_loan else tr("Collateral value"),
               money(_money(cells.value[place]))),
        Figure(_required_words(answer, frame), money(_money(cells.required[place]))),
        Figure(tr("Utilization"), _ratio(cells.utilization[place], level),
               Tone.TEXT if answer.by_ratio else tone),
    ]  # fmt: skip
    if not is_loan:
        own = tone if answer.by_ratio else Tone.TEXT
        rows.append(Figure(tr("Margin ratio"), _ratio(cells.margin_ratio[place], level), own))
    title = f"BTC {move_words(moved[0])}   ETH {move_words(moved[1])}"
    return CellView(title, tuple(rows), level, LEVEL_WORDS.get(level, level))


def _required_words(answer: StressAnswer, frame: DeskFrame) -> str:
    if answer.kind == "financing":
        return tr("Loan")
    account = None if answer.by_ratio else account_of(frame, answer.account)
    return tr("Initial + orders") if account and account.order_margin else tr("Initial margin")


def _money(value: float | None) -> Decimal | None:
    return None if value is None or not math.isfinite(value) else Decimal(repr(value))


def _ratio(value: float | None, level: str) -> str:
    """A ratio; closed out there is nothing left to divide by."""
    return "> 999%" if value is None and level == "CLOSE_OUT" else ratio(_money(value))
