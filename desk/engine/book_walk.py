"""What a market order would get from the book as it stands, up to its collar."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.desk import Desk
from desk.execution.liquidity import is_usable
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ONE, ZERO
from desk.model.orders import Side


def walk_price(
    desk: Desk, instrument: Instrument, side: Side, quantity: Decimal, taken: Decimal = ZERO
) -> Decimal | None:
    """Return the average price of a quantity after another that was taken before it.

    Where the book holds less within the collar it is the average of what it holds: the rest
    would not fill. None where it holds nothing, or may not be used.
    """
    book, mark = desk.book(instrument.id), desk.mark(instrument.id)
    if book is None or mark is None or not is_usable(book):
        return None
    worst = mark * (ONE + desk.rules.limits.collar_rate * side.sign)
    skipped, got, paid = taken, ZERO, ZERO
    for ticks, lots in book.levels(side.opposite):
        price, offered = instrument.price(ticks), instrument.quantity(lots)
        if (price - worst) * side.sign > 0:
            break
        passed = min(skipped, offered)
        skipped -= passed
        used = min(offered - passed, quantity - got)
        got += used
        paid += _weighed(instrument, used, price)
        if got >= quantity:
            break
    return _average(instrument, got, paid) if got else None


def _weighed(instrument: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
    linear = instrument.contract is Contract.LINEAR
    return quantity * price if linear else quantity / price


def _average(instrument: Instrument, quantity: Decimal, paid: Decimal) -> Decimal:
    """Return the price at which the same quantity would have cost the same."""
    return paid / quantity if instrument.contract is Contract.LINEAR else quantity / paid
