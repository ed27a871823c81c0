"""The close-out that would be carried out: planned before it is needed, and always at hand.

A pool or isolated position that is past the target is planned at the marks of now. One that is
not is planned where it would be due: at the nearer common move of its coins, or at its
liquidation price; the book is taken to stand there as it stands now.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from desk.engine.book_walk import walk_price
from desk.engine.change import Unit
from desk.engine.close_out_rows import ratio_text, said
from desk.engine.desk import Desk
from desk.margin.account import account_figures
from desk.margin.inputs import AccountFigures, AccountInput
from desk.margin.levels import NORMAL
from desk.margin.whatif import at_marks
from desk.model.instrument import Instrument
from desk.model.numbers import ONE, plain
from desk.model.orders import Side
from desk.risk.close_out import StandingPlan, Version, close_out_plan, units
from desk.risk.close_out_step import TARGET_RATIO, CloseOutStep, PriceFor, margin_of

CALM_NS = 1_000_000_000
"""How old a plan may be that nothing but new marks has overtaken, while the account is calm."""


def standing_plan(desk: Desk, account: str) -> StandingPlan:
    """Return the plan of an account; made anew when something it stands on has changed."""
    marks = tuple(desk.mark(i) for i in sorted(desk.needed_marks(account)))
    version = (desk.changes, marks)
    known = desk.plans.get(account)
    if known is not None and not _overtaken(desk, account, known, version):
        return known
    said_of: list[str] = []
    steps: list[CloseOutStep] = []
    for instrument, pool in units(desk.account_input(account)).items():
        if pool.positions:
            reason, planned = _planned(desk, (account, instrument), pool)
            said_of.append(reason)
            steps += planned
    plan = StandingPlan(
        steps=tuple(steps), reason=" ".join(said_of), version=version, made_ns=desk.now_ns
    )
    desk.plans[account] = plan
    return plan


def _overtaken(desk: Desk, account: str, known: StandingPlan, version: Version) -> bool:
    if known.version == version:
        return False
    calm = desk.level(account) == NORMAL and known.version[0] == version[0]
    return not calm or desk.now_ns - known.made_ns >= CALM_NS


def _planned(desk: Desk, unit: Unit, pool: AccountInput) -> tuple[str, tuple[CloseOutStep, ...]]:
    """Return what is planned for one pool or isolated position, and when."""
    margin = margin_of(pool)
    if margin is None:
        return f"Nothing can be planned for {said(unit)}: its figures are unknown.", ()
    preference = desk.state.close_out_orders.get(unit[0], ())
    if not margin.within(TARGET_RATIO):
        steps = close_out_plan(pool, price_in(desk, _marks(pool)), preference)
        return f"At the marks of now, {ratio_text(margin)} of {said(unit)}.", steps
    figures = account_figures(pool)
    marks = _due_at(figures)
    if not marks:
        return f"No move of prices brings {said(unit)} to close-out.", ()
    there = at_marks(pool, marks)
    due = price_in(desk, {**_marks(pool), **marks})
    at = ", ".join(f"{name} {plain(round(mark, 2))}" for name, mark in marks.items())
    return f"At {at}, where {said(unit)} would be due.", close_out_plan(there, due, preference)


def _marks(pool: AccountInput) -> dict[str, Decimal]:
    """Return the marks of a pool, which are a document's where this desk hears none."""
    return {p.instrument.id: p.mark for p in pool.positions if p.mark is not None}


def _due_at(figures: AccountFigures) -> dict[str, Decimal]:
    """Return the nearer marks at which a pool is due: all coins moving together."""
    moves = (figures.common_move_down, figures.common_move_up)
    move = min((m for m in moves if m is not None), key=abs, default=None)
    if move is None:
        return {}
    return {p.instrument: p.mark * (ONE + move) for p in figures.positions if p.mark is not None}


def price_in(desk: Desk, marks: Mapping[str, Decimal]) -> PriceFor:
    """Return prices as the book gives them now, moved along with marks; else the mark."""

    def price(
        instrument: Instrument, side: Side, quantity: Decimal, taken: Decimal
    ) -> Decimal | None:
        now = desk.mark(instrument.id)
        there = marks.get(instrument.id, now)
        walked = walk_price(desk, instrument, side, quantity, taken)
        if now is None or there is None or walked is None:
            return there
        return walked * (there / now)

    return price
