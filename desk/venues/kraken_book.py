"""A Kraken book of limited depth, and the checksum that proves it.

The venue sends no removal for levels that fall out of the subscribed depth, so the book cuts
itself after each update. The checksum covers the ten best of each side: asks from low to high,
then bids from high to low, each price and quantity at the pair's precision without its point and
without leading zeros, which is its number of last digits. A book of depth ten is covered whole.
"""

from __future__ import annotations

import zlib
from decimal import Decimal

from desk.model.instrument import Instrument, Lots, Ticks
from desk.model.market_data import Level

DEPTH = 10

_CHECKED = 10


class CheckedBook:
    """The levels of one pair, best ten a side."""

    __slots__ = ("_asks", "_bids", "_price_step", "_quantity_step")

    def __init__(self, instrument: Instrument) -> None:
        self._price_step = _last_digits(instrument.tick_size)
        self._quantity_step = _last_digits(instrument.lot_size)
        self._bids: dict[Ticks, Lots] = {}
        self._asks: dict[Ticks, Lots] = {}

    @property
    def top(self) -> tuple[Level, Level] | None:
        """Best bid and best ask, or None while a side is empty."""
        if not self._bids or not self._asks:
            return None
        bid, ask = max(self._bids), min(self._asks)
        return (bid, self._bids[bid]), (ask, self._asks[ask])

    def replace(self, bids: list[Level], asks: list[Level]) -> None:
        """Start anew."""
        self._bids.clear()
        self._asks.clear()
        self.change(bids, asks)

    def change(self, bids: list[Level], asks: list[Level]) -> tuple[list[Level], list[Level]]:
        """Apply changed levels, cut, and return removals of what fell out: bids, asks."""
        _apply(self._bids, bids)
        _apply(self._asks, asks)
        return _cut(self._bids, highest_first=True), _cut(self._asks, highest_first=False)

    def levels(self) -> tuple[list[Level], list[Level]]:
        """Return bids and asks, best first."""
        return sorted(self._bids.items(), reverse=True), sorted(self._asks.items())

    def checksum(self) -> int:
        """Return the CRC32 that the venue should have sent."""
        bids, asks = self.levels()
        price, quantity = self._price_step, self._quantity_step
        digits = [
            f"{ticks * price}{lots * quantity}"
            for side in (asks[:_CHECKED], bids[:_CHECKED])
            for ticks, lots in side
        ]
        return zlib.crc32("".join(digits).encode())


def _apply(held: dict[Ticks, Lots], levels: list[Level]) -> None:
    for ticks, lots in levels:
        if lots:
            held[ticks] = lots
        else:
            held.pop(ticks, None)


def _cut(held: dict[Ticks, Lots], *, highest_first: bool) -> list[Level]:
    fallen = sorted(held, reverse=highest_first)[DEPTH:]
    for ticks in fallen:
        del held[ticks]
    return [(ticks, Lots(0)) for ticks in fallen]


def _last_digits(increment: Decimal) -> int:
    """Return an increment in units of its own last decimal: 1 for 0.1, 5 for 0.05."""
    exponent = increment.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return int(increment.scaleb(decimals))
