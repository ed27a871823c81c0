"""Volume by price since the desk began to listen, in ticks and lots."""

from __future__ import annotations

from collections.abc import Iterator

from desk.model.instrument import Lots, Ticks
from desk.model.market_data import Level

PRICES_KEPT = 8_192


class TradedVolume:
    """What traded at each price of one instrument; memory is bounded.

    Where too many prices have traded, those farthest from the last one are forgotten, half of
    them at once.
    """

    __slots__ = ("_capacity", "_lots")

    def __init__(self, capacity: int = PRICES_KEPT) -> None:
        self._capacity = capacity
        self._lots: dict[Ticks, int] = {}

    def __len__(self) -> int:
        return len(self._lots)

    def add(self, price: Ticks, lots: Lots) -> None:
        """Count one trade."""
        known = self._lots
        known[price] = known.get(price, 0) + lots
        if len(known) > self._capacity:
            near = sorted(known, key=lambda ticks: (abs(ticks - price), ticks))
            self._lots = {ticks: known[ticks] for ticks in near[: self._capacity // 2]}

    def between(self, low: int, high: int) -> Iterator[Level]:
        """Yield (price, lots) of the prices from `low` to `high`, both included, in no order."""
        known = self._lots
        if high - low < len(known):
            prices = (Ticks(ticks) for ticks in range(low, high + 1))
            yield from ((ticks, Lots(known[ticks])) for ticks in prices if ticks in known)
        else:
            yield from ((t, Lots(lots)) for t, lots in known.items() if low <= t <= high)
