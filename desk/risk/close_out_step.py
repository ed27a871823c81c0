"""One step of a close-out: its size, what it relieves, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple, Protocol

import msgspec

from desk.margin.account import margin_figures
from desk.margin.collateral import price_of
from desk.margin.inputs import AccountInput, PositionInput
from desk.margin.relief import Cover, closing_curve, notional_to_close
from desk.margin.requirement import requirement
from desk.margin.whatif import after_fill
from desk.model.instrument import Instrument
from desk.model.numbers import ONE, ZERO, round_down, round_up
from desk.model.orders import Side

TARGET_RATIO = Decimal("0.70")
"""Margin ratio that a close-out brings its unit to."""
STEP_SHARE = Decimal("0.25")
"""The most of a position, as it was at the trigger, that one step takes."""

_REFINEMENTS = 8
"""A smaller step may get a better price, which makes it smaller yet."""


class PriceFor(Protocol):
    """What a quantity would trade at: a walk over the book, or the mark."""

    def __call__(
        self, instrument: Instrument, side: Side, quantity: Decimal, taken: Decimal
    ) -> Decimal | None:
        """Return the average price; None when there is none to trade at.

        `taken` is what earlier steps of the plan took on this side.
        """
        ...


class CloseOutStep(msgspec.Struct, frozen=True, kw_only=True):
    """One reduce-only market order; fee and cost in the instrument's settle asset."""

    instrument: str
    side: Side
    quantity: Decimal
    expected_price: Decimal
    fee: Decimal
    cost: Decimal
    """What collateral value loses: slippage against the mark, and the fee."""
    margin_ratio_after: Decimal | None
    """Of the unit; None where nothing is left to divide by."""


class Margin(NamedTuple):
    """Maintenance margin and collateral value of a unit, both known."""

    maintenance: Decimal
    value: Decimal

    def within(self, ratio: Decimal) -> bool:
        """Whether the margin ratio is at most this; never without value to divide by."""
        if self.value <= 0:
            return self.maintenance <= 0
        return self.maintenance <= ratio * self.value


def margin_of(unit: AccountInput) -> Margin | None:
    """Return maintenance and value of a unit; None when either is unknown."""
    figures = margin_figures(unit)
    maintenance, value = figures.maintenance_margin, figures.collateral_value
    return None if maintenance is None or value is None else Margin(maintenance, value)


class Candidate(NamedTuple):
    """A step that could come next."""

    step: CloseOutStep
    relief: Decimal
    """Maintenance that it lets go, in the unit's settle asset."""
    cost: Decimal
    helps: bool
    """Whether the margin ratio falls."""

    @property
    def worth(self) -> tuple[bool, Decimal, Decimal]:
        """What costs nothing first, then by relief per cost; then by relief."""
        free = self.cost <= 0
        return free, ZERO if free else self.relief / self.cost, self.relief


class Planner(NamedTuple):
    """One look at a unit, from which each position's next step is sized."""

    unit: AccountInput
    margin: Margin
    price_for: PriceFor
    taken: Mapping[tuple[str, Side], Decimal]

    def candidate(self, position: PositionInput, at_trigger: Decimal | None) -> Candidate | None:
        """Return the step of one position: to the target, at most a share of it."""
        instrument = position.instrument
        held = round_down(abs(position.quantity), instrument.lot_size)
        share = round_up((at_trigger or held) * STEP_SHARE, instrument.lot_size)
        most = min(held, max(share, instrument.min_quantity))
        quantity = most
        for _ in range(_REFINEMENTS):
            price = self._price(position, quantity)
            if price is None:
                return None
            sized = self._sized(position, price)
            smaller = most if sized is None else min(most, max(sized, instrument.min_quantity))
            if smaller >= quantity:
                break
            quantity = smaller
        return self._candidate(position, quantity)

    def whole(self, position: PositionInput) -> Candidate | None:
        """Return the step that closes a position, as far as it can be counted in lots."""
        held = round_down(abs(position.quantity), position.instrument.lot_size)
        return self._candidate(position, held)

    def _price(self, position: PositionInput, quantity: Decimal) -> Decimal | None:
        instrument, side = position.instrument, _closing_side(position)
        if quantity <= 0:
            return None
        taken = self.taken.get((instrument.id, side), ZERO)
        price = self.price_for(instrument, side, quantity, taken)
        return price if price is not None and price.is_finite() and price > 0 else None

    def _sized(self, position: PositionInput, price: Decimal) -> Decimal | None:
        """Return the quantity that meets the target at a price, in whole lots."""
        instrument, measured = position.instrument, requirement(position)
        rate = price_of(self.unit, instrument.settle)
        curve = closing_curve(position)
        if curve is None or measured.maintenance is None or not measured.notional or not rate:
            return None
        per_unit = measured.notional / abs(position.quantity)
        notional = notional_to_close(
            Cover(self.margin.maintenance / rate, self.margin.value / rate),
            curve,
            measured.notional,
            TARGET_RATIO,
            _cost(position, ONE, price) / per_unit,
        )
        if notional is None:
            return None
        quantity = round_up(notional / per_unit, instrument.lot_size)
        return max(instrument.lot_size, quantity)

    def measured(self, step: CloseOutStep) -> CloseOutStep:
        """Return a step with the margin ratio that it leaves."""
        after = margin_figures(after_step(self.unit, step))
        return msgspec.structs.replace(step, margin_ratio_after=after.margin_ratio)

    def _candidate(self, position: PositionInput, quantity: Decimal) -> Candidate | None:
        price = self._price(position, quantity)
        rate = price_of(self.unit, position.instrument.settle)
        before = requirement(position).maintenance
        left = position.quantity - quantity.copy_sign(position.quantity)
        after = requirement(msgspec.structs.replace(position, quantity=left)).maintenance
        if price is None or rate is None or before is None or after is None:
            return None
        step = CloseOutStep(
            instrument=position.instrument.id,
            side=_closing_side(position),
            quantity=quantity,
            expected_price=price,
            fee=_fee(position, quantity, price),
            cost=_cost(position, quantity, price),
            margin_ratio_after=None,
        )
        relief, cost = (before - after) * rate, step.cost * rate
        margin = self.margin
        helps = margin.value > 0 and relief * margin.value > cost * margin.maintenance
        return Candidate(step, relief, cost, helps)


def _closing_side(position: PositionInput) -> Side:
    return Side.SELL if position.quantity > 0 else Side.BUY


def _fee(position: PositionInput, quantity: Decimal, price: Decimal) -> Decimal:
    rate = position.terms.taker_fee_rate
    if rate is None:
        rate = position.instrument.taker_fee_rate
    return position.instrument.notional(quantity, price) * rate


def _cost(position: PositionInput, quantity: Decimal, price: Decimal) -> Decimal:
    """Return what value loses when a quantity trades at a price instead of the mark."""
    assert position.mark is not None, "a position without a mark is not planned"
    signed = quantity.copy_sign(position.quantity)
    slippage = position.instrument.pnl(signed, price, position.mark)
    return slippage + _fee(position, quantity, price)


def after_step(unit: AccountInput, step: CloseOutStep) -> AccountInput:
    """Return the unit after a step has filled as expected."""
    (position,) = (p for p in unit.positions if p.instrument.id == step.instrument)
    notional = position.instrument.notional(step.quantity, step.expected_price)
    return after_fill(
        unit,
        position.instrument,
        step.side,
        step.quantity,
        step.expected_price,
        step.fee / notional,
    )
