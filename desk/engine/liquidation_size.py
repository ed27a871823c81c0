"""How much the venue liquidates, and at which price.

As at Binance USDⓈ-M (liquidation protocol): it reduces a position, for a clearance fee on what it
reduces, where that alone covers the margin again; else everything is taken over at the bankruptcy
price. A reduction helps only where maintenance is dearer than the fee, which at Binance is from
the tier of 2 % on. How much the venue reduces it does not publish: here it is the least that is
enough, and a lot; at its mark, rounded to the tick against the account.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import msgspec

from desk.engine.desk import Desk
from desk.ledger.break_even import break_even_price
from desk.ledger.position import Position
from desk.margin.inputs import AccountInput, PositionInput
from desk.margin.relief import Cover, closing_curve, notional_to_close
from desk.margin.requirement import requirement
from desk.model.numbers import ONE, POSTING_INCREMENT, ZERO, round_down, round_up
from desk.risk.close_out_step import Margin

CLEARANCE_RATE = Decimal("0.0125")
"""Of the notional that is reduced: `liquidationFee` of BTCUSDT and ETHUSDT in Binance's GET
/fapi/v1/exchangeInfo."""


class Part(NamedTuple):
    """What is liquidated of one position."""

    position: PositionInput
    quantity: Decimal
    """Positive."""
    price: Decimal
    fee: Decimal = ZERO


def reduction(pool: AccountInput, margin: Margin) -> Part | None:
    """Return the part of one position, largest first, that is enough; None: none is."""
    if margin.value <= 0:
        return None
    parts = (_reduced(position, margin) for position in _largest_first(pool))
    return next((part for part in parts if part is not None), None)


def _reduced(position: PositionInput, margin: Margin) -> Part | None:
    instrument, mark = position.instrument, position.mark
    curve, notional = closing_curve(position), requirement(position).notional
    if mark is None or curve is None or not notional:
        return None
    cover = Cover(margin.maintenance, margin.value)
    closed = notional_to_close(cover, curve, notional, ONE, CLEARANCE_RATE)
    if closed is None:
        return None
    held = abs(position.quantity)
    quantity = round_up(closed / (notional / held), instrument.lot_size) + instrument.lot_size
    if quantity >= held:
        return None
    price = _on_tick(position, mark, gives=False)
    worth = instrument.notional(quantity, price)
    return Part(position, quantity, price, round_up(worth * CLEARANCE_RATE, POSTING_INCREMENT))


def whole(desk: Desk, holder: str, pool: AccountInput) -> list[Part]:
    """Return everything: the largest at the price that leaves nothing of the pool, others at mark.

    `holder` is the ledger account that bears it.
    """
    largest, *others = _largest_first(pool)
    rest = desk.state.ledger.balance(holder, pool.settle)
    parts: list[Part] = []
    for other in others:
        assert other.mark is not None, "a position without a mark is not judged"
        price = _on_tick(other, other.mark, gives=True)
        held = desk.state.position(pool.id, other.instrument.id)
        rest += held.unrealized_pnl(other.instrument, price)
        parts.append(Part(other, abs(other.quantity), price))
    held = desk.state.position(pool.id, largest.instrument.id)
    price = _bankruptcy_price(held, largest, rest) or largest.mark
    assert price is not None, "a position without a mark is not judged"
    price = _on_tick(largest, price, gives=True)
    return [Part(largest, abs(largest.quantity), price), *parts]


def _largest_first(pool: AccountInput) -> list[PositionInput]:
    def notional(position: PositionInput) -> tuple[Decimal, str]:
        assert position.mark is not None, "a position without a mark is not judged"
        worth = position.instrument.notional(position.quantity, position.mark)
        return worth, position.instrument.id

    return sorted(pool.positions, key=notional, reverse=True)


def _bankruptcy_price(held: Position, position: PositionInput, rest: Decimal) -> Decimal | None:
    """Return where a position's P&L uses up the rest of its pool; None: at no price above 0."""
    free = msgspec.structs.replace(position.instrument, taker_fee_rate=ZERO)
    return break_even_price(msgspec.structs.replace(held, charges=-rest), free)


def _on_tick(position: PositionInput, price: Decimal, *, gives: bool) -> Decimal:
    """Round to the tick: for the account, so that the pool does not lack the rest, or against."""
    tick = position.instrument.tick_size
    rounded = round_up if (position.quantity > 0) is gives else round_down
    return max(tick, rounded(price, tick))
