"""What an isolated wallet holds, and the fee to close that a venue sets aside in it.

Bybit's rules of 2026 count the taker fee of closing at the bankruptcy price twice over: it is part
of maintenance and was put into the wallet. The bankruptcy price is where the wallet covers the
loss and that fee; extra margin moves it by extra / (1 ∓ fee), which is how the venue's formula for
the liquidation price comes to divide by that (Bybit UTA isolated mode, text of 2026-05-27).
"""

from __future__ import annotations

from decimal import Decimal

from desk.margin.inputs import PositionInput
from desk.margin.rounding import counted
from desk.margin.tiers import highest_leverage, size_of
from desk.model.instrument import Contract
from desk.model.numbers import ONE, ZERO
from desk.model.orders import MarginMode

CLOSING_FEE_KEPT = frozenset({"bybit-2026"})
"""Models that keep the fee to close in maintenance, initial margin and isolated wallet."""


def direction(position: PositionInput) -> int:
    """Return what value gains per unit of notional: an inverse long loses as its notional grows."""
    sign = 1 if position.quantity > 0 else -1
    return -sign if position.instrument.contract is Contract.INVERSE else sign


def taker_fee_rate(position: PositionInput) -> Decimal | None:
    """Return the fee rate of closing; None for what cannot be one."""
    rate = position.terms.taker_fee_rate
    rate = position.instrument.taker_fee_rate if rate is None else rate
    return rate if ZERO <= rate < ONE else None


def entry_notional(position: PositionInput) -> Decimal:
    """Return the notional at the entry price."""
    return position.instrument.notional(position.quantity, position.entry_price)


def entry_leverage(position: PositionInput) -> Decimal | None:
    """Return the leverage that was set, or the highest that the tier at entry allows."""
    if position.leverage is not None:
        return position.leverage
    return highest_leverage(
        position.terms, size_of(position.instrument, position.quantity, position.entry_price)
    )


def isolated_wallet(position: PositionInput) -> Decimal | None:
    """Return the wallet behind an isolated position, before unrealized P&L; None if unknown.

    As the venue reports it; else entry notional / leverage + extra margin, and the fee to close
    where the model keeps it there. Funding that was taken from it is extra margin below 0.
    """
    if position.isolated_margin is not None:
        return position.isolated_margin
    return None if (put_up := put_up_at_entry(position)) is None else put_up + position.extra_margin


def put_up_at_entry(position: PositionInput) -> Decimal | None:
    """Return what went into the wallet when the position was opened; None if unknown.

    Nothing went in where nothing is open, whatever is known about the market.
    """
    if not position.quantity:
        return ZERO
    leverage = entry_leverage(position)
    if leverage is None:
        return None
    notional = entry_notional(position)
    if position.terms.model not in CLOSING_FEE_KEPT:
        return counted(notional / leverage)
    fee_rate = taker_fee_rate(position)
    if fee_rate is None:
        return None
    bankrupt_at = notional * (leverage - direction(position)) / leverage
    return counted(notional / leverage + max(ZERO, bankrupt_at) * fee_rate)


def closing_fee(position: PositionInput) -> Decimal | None:
    """Return the fee to close that the model keeps; 0 where it keeps none, None if unknown.

    The taker fee on the bankruptcy value: entry value × (1 ∓ 1 / leverage), moved by extra
    margin; of a reported wallet, where that and its own fee are used up.
    """
    if position.terms.model not in CLOSING_FEE_KEPT:
        return ZERO
    fee_rate = taker_fee_rate(position)
    value = None if fee_rate is None else _bankruptcy_value(position, fee_rate)
    if fee_rate is None or value is None:
        return None
    return max(ZERO, value) * fee_rate


def _bankruptcy_value(position: PositionInput, fee_rate: Decimal) -> Decimal | None:
    notional, gain = entry_notional(position), direction(position)
    isolated = position.margin_mode is MarginMode.ISOLATED
    if isolated and position.isolated_margin is not None:
        return (notional - gain * position.isolated_margin) / (ONE - gain * fee_rate)
    leverage = entry_leverage(position)
    if leverage is None:
        return None
    value = notional * (leverage - gain) / leverage
    extra = position.extra_margin if isolated else ZERO
    return value - gain * extra / (ONE - gain * fee_rate)
