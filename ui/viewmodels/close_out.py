"""The standing plan of each account, and what a close-out that runs has done and has before it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.risk_snapshot import CloseOutStepView, CloseOutView
from desk.engine.snapshot import DeskFrame, MarketView
from desk.model.commands import SetCloseOutOrder
from desk.model.numbers import plain
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.names import word
from ui.viewmodels.text import UNKNOWN, moment, money, number, price, ratio, symbol
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

STEP_COLUMNS = (
    Column("number", "#", "88"),
    Column("step", "Step", "SELL BTCUSDT-PERP", Side.LEFT, grow=True),
    Column("quantity", "Quantity", "8,888.888"),
    Column("price", "Expected", "88,888.8", keep=4),
    Column("fee", "Fee", "8,888", keep=3),
    Column("after", "Ratio after", "888.8%", keep=5),
    Column("status", "Status", "▸ WORKING", Side.LEFT),
)

PHASES = {
    "standing": (tr("STANDING"), "NORMAL", Tone.TEXT2),
    "confirming": (tr("CONFIRMING"), "WARNING", Tone.WARNING),
    "running": (tr("CLOSING OUT"), "CLOSE_OUT", Tone.DANGER),
    "done": (tr("DONE"), "NORMAL", Tone.TEXT),
}
"""Phase → word, chip, tone; a phase nobody has heard of is dressed as the worst."""

_STATUS = {
    "planned": Cell(tr("planned"), Tone.MUTED),
    "working": Cell(f"▸ {tr('WORKING¦step')}", Tone.DANGER, strong=True),
    "done": Cell(f"✓ {tr('done')}", Tone.TEXT),
}
_URGENT = ("standing", "done", "confirming")


class PlanView(msgspec.Struct, frozen=True):
    """One account's plan in words."""

    account: str
    phase: str
    word: str
    chip: str
    tone: Tone
    sentence: str
    rows: tuple[Row, ...]
    preference: str
    can_prefer: bool
    """The trader's own order is for perpetual accounts of this desk."""


def plans(frame: DeskFrame) -> tuple[PlanView, ...]:
    """Every account that has something to close out, what runs first."""
    markets = {market.instrument: market for market in frame.markets}
    kinds = {account.account: account for account in frame.accounts}
    ordered = sorted(frame.close_outs, key=lambda one: (-_urgency(one), one.account))
    found: list[PlanView] = []
    for view in ordered:
        account = kinds.get(view.account)
        mine = account is not None and account.kind == "perpetual" and not account.watched
        found.append(_plan(view, markets, can_prefer=mine))
    return tuple(found)


def _urgency(view: CloseOutView) -> int:
    return _URGENT.index(view.phase) if view.phase in _URGENT else len(_URGENT)


def _plan(view: CloseOutView, markets: dict[str, MarketView], *, can_prefer: bool) -> PlanView:
    phase, chip, tone = PHASES.get(view.phase, (view.phase.upper(), "CLOSE_OUT", Tone.DANGER))
    return PlanView(
        account=view.account,
        phase=view.phase,
        word=phase,
        chip=chip,
        tone=tone,
        sentence=_sentence(view),
        rows=tuple(
            _step(place, step, markets.get(step.instrument))
            for place, step in enumerate(view.steps, 1)
        ),
        preference=preference_words(view.preference),
        can_prefer=can_prefer,
    )


def _sentence(view: CloseOutView) -> str:
    """Why it waits or runs, and since when."""
    reason = said(view.reason) or tr("What the desk would do by itself if close-out began now.")
    if view.triggered_ms is None:
        return reason
    return tr("Since {time}. {reason}", time=moment(view.triggered_ms), reason=reason)


def preference_words(instruments: list[str]) -> str:
    """Which is reduced first."""
    if not instruments:
        return tr("by most margin relief per cost")
    return " → ".join(symbol(instrument) for instrument in instruments)


def _step(place: int, step: CloseOutStepView, market: MarketView | None) -> Row:
    tick = market.tick_size if market else Decimal("0.01")
    strong = step.status == "working"
    return Row(
        f"{place} {step.instrument}",
        (
            Cell(str(place), Tone.MUTED),
            Cell(f"{word(step.side)} {symbol(step.instrument)}", Tone.TEXT, strong=True),
            Cell(_plain(step.quantity), Tone.TEXT if strong else Tone.TEXT2),
            _known(price(step.expected_price, tick)),
            _known(money(step.fee, 2)),
            _known(ratio(step.margin_ratio_after)),
            _STATUS.get(step.status, Cell(step.status, Tone.WARNING)),
        ),
    )


def _known(text: str) -> Cell:
    return Cell(text, Tone.MUTED if text == UNKNOWN else Tone.TEXT2)


def _plain(value: Decimal) -> str:
    places = len(plain(value).partition(".")[2])
    return number(value, places)


# ---- the trader's order of preference ------------------------------------------------------------


class Preference:
    """An order being edited: earlier, later, or none of one's own."""

    def __init__(self, account: str, frame: DeskFrame) -> None:
        self.account = account
        view = next((one for one in frame.close_outs if one.account == account), None)
        preferred = list(view.preference) if view else []
        held = [p.instrument for p in frame.positions if p.account == account]
        self.is_own = bool(preferred)
        self.instruments = list(dict.fromkeys([*preferred, *held]))

    def move(self, instrument: str, by: int) -> None:
        """Move one up (−1) or down (1); from then on the order is one's own."""
        before = self.instruments.index(instrument)
        after = before + by
        if 0 <= after < len(self.instruments):
            self.instruments[before], self.instruments[after] = (
                self.instruments[after],
                self.instruments[before],
            )
        self.is_own = True

    def forget(self) -> None:
        """By most relief per cost again."""
        self.is_own = False

    def rows(self) -> tuple[Row, ...]:
        """Rows for the table."""
        return tuple(
            Row(name, (Cell(str(place) if self.is_own else "·", Tone.MUTED), Cell(symbol(name))))
            for place, name in enumerate(self.instruments, 1)
        )

    def command(self, identity: str) -> SetCloseOutOrder:
        """What sets it."""
        order = tuple(self.instruments) if self.is_own else ()
        return SetCloseOutOrder(id=identity, account=self.account, instruments=order)
