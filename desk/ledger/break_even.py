"""Where closing a position would leave nothing."""

from __future__ import annotations

from decimal import Decimal

from desk.ledger.position import Position
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ZERO


def break_even_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Return the price at which closing at the taker fee leaves exactly nothing; None: at none.

    What is made up for: the cost of the open quantity, the fees paid for opening it, the funding it
    has paid less what it has received, and the fee of closing. With q the signed quantity times the
    contract size, C the cost, F the charges so far (`Position.charges`) and f the taker rate:

    linear   q·P − C − F − |q|·P·f = 0      P = (C + F) / (q − |q|·f)
    inverse  −q/P − C − F − |q|·f/P = 0     P = −(q + |q|·f) / (C + F)

    None where that is no positive price: what was received is more than can be lost again.
    """
    if not position.quantity:
        return None
    size = position.quantity * instrument.contract_size
    fee = abs(size) * instrument.taker_fee_rate
    owed = position.cost + position.charges
    if instrument.contract is Contract.LINEAR:
        above, below = owed, size - fee
    else:
        above, below = -(size + fee), owed
    price = above / below if below else ZERO
    return price if price > 0 else None
