"""Sharing out: a quantity over parts on the lot, and prices at even distances on the tick."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from desk.engine.plan import refuse
from desk.model.instrument import IncrementError, Instrument, Lots, Ticks
from desk.model.numbers import plain
from desk.model.order_commands import LadderWeight


def weights_of(weight: LadderWeight, count: int) -> list[int]:
    """Return how much each of so many parts weighs, first to last."""
    match weight:
        case LadderWeight.EQUAL:
            return [1] * count
        case LadderWeight.RISING:
            return list(range(1, count + 1))
        case LadderWeight.FALLING:
            return list(range(count, 0, -1))


def shared(
    instrument: Instrument, quantity: Decimal, weights: Sequence[int]
) -> tuple[Decimal, ...]:
    """Share a quantity out by weight, each part down to the lot and the rest to the last.

    Refused where it is off the lot, or a part is smaller than the venue takes.
    """
    try:
        lots = instrument.lots(quantity)
    except IncrementError as error:
        raise refuse("LOT_SIZE", f"{error}.") from None
    whole = sum(weights)
    parts = [lots * weight // whole for weight in weights[:-1]]
    parts.append(lots - sum(parts))
    smallest = min(instrument.quantity(Lots(part)) for part in parts)
    least = max(instrument.min_quantity, instrument.lot_size)
    if smallest < least:
        raise refuse(
            "MIN_QUANTITY",
            f"The smallest of {len(parts)} parts would be {plain(smallest)}; the smallest "
            f"quantity of {instrument.id} is {plain(least)}. Take more, or fewer parts.",
        )
    return tuple(instrument.quantity(Lots(part)) for part in parts)


def even_prices(
    instrument: Instrument, first: Decimal, last: Decimal, count: int
) -> tuple[Decimal, ...]:
    """Return prices at even distances from the first to the last, each on the nearest tick."""
    if first <= 0 or last <= 0:
        raise refuse("NOT_POSITIVE", "Quantity and price are positive.")
    try:
        start, end = instrument.ticks(first), instrument.ticks(last)
    except IncrementError as error:
        raise refuse("TICK_SIZE", f"{error}.") from None
    gaps = count - 1
    if abs(end - start) < gaps:
        raise refuse(
            "LADDER_STEP",
            f"From {plain(first)} to {plain(last)} is less than a tick of "
            f"{plain(instrument.tick_size)} for each step between {count} orders.",
        )
    # Half a tick goes up: the same prices whichever way the ladder is told.
    places = [start + _nearest((end - start) * number, gaps) for number in range(count)]
    assert all(one != other for one, other in pairwise(places)), "two orders at one price"
    return tuple(instrument.price(Ticks(place)) for place in places)


def _nearest(amount: int, by: int) -> int:
    return (2 * amount + by) // (2 * by)
