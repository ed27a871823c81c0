"""Frames as Binance's USDⓈ-M futures send them, made here: one market, in the documented shapes.

Ids run without a break, so that what got lost on the way can be told to the message. Prices walk
by ticks around a middle; changes of the book lie near it and never cross it. Times are the
caller's.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

SNAPSHOT_LEVELS = 1_000
NEAR_TICKS = 60
"""How far from the middle the book changes."""
_REMOVED = 0.3
"""Of the levels that change, those that go."""
_ID_STEP = 37
"""Ids of futures have holes: those between belong to other instruments."""

_BIDS, _ASKS = -1, 1


class Market:
    """One symbol, as its streams tell it."""

    def __init__(self, symbol: str, middle: int, digits: int, seed: int = 1) -> None:
        """`middle` is in ticks, of which a price's last digit is one."""
        self.symbol = symbol
        self.middle = middle
        self.last_id = 1_000_000_000_000
        """Update id of the last change of the book."""
        self.trade_id = 1_000_000
        self._scale, self._digits = 10**digits, digits
        self._dice = random.Random(seed)
        self._first_bids = self._levels(_BIDS, range(1, SNAPSHOT_LEVELS + 1))
        self._first_asks = self._levels(_ASKS, range(1, SNAPSHOT_LEVELS + 1))

    def snapshot(self, last_id: int) -> bytes:
        """Return the answer to GET depth: the book before any change, of an id."""
        bids, asks = _joined(self._first_bids), _joined(self._first_asks)
        return f'{{"lastUpdateId":{last_id},"bids":[{bids}],"asks":[{asks}]}}'.encode()

    def depth(self, levels: int, time_ms: int) -> bytes:
        """Return a change of so many levels on each side; the middle may move by a tick."""
        dice = self._dice
        moved = dice.choice((-1, 0, 0, 1))
        self.middle += moved
        near = range(1, NEAR_TICKS)
        bids = self._changes(_BIDS, dice.sample(near, levels - (moved < 0)))
        asks = self._changes(_ASKS, dice.sample(near, levels - (moved > 0)))
        if moved:
            (bids if moved < 0 else asks).append((self._price(self.middle), "0.000"))
        before, first = self.last_id, self.last_id + 5
        self.last_id = first + _ID_STEP
        return (
            f'{{"stream":"{self.symbol.lower()}@depth@100ms","data":{{"e":"depthUpdate",'
            f'"E":{time_ms},"T":{time_ms - 3},"s":"{self.symbol}","U":{first},"u":{self.last_id},'
            f'"pu":{before},"b":[{_joined(bids)}],"a":[{_joined(asks)}]}}}}'
        ).encode()

    def ticker(self, time_ms: int, shown_id: int) -> bytes:
        """Return the best bid and ask, as of a change of the book."""
        bid, ask = self._price(self.middle - 1), self._price(self.middle + 1)
        return (
            f'{{"stream":"{self.symbol.lower()}@bookTicker","data":{{"e":"bookTicker",'
            f'"u":{shown_id},"s":"{self.symbol}","b":"{bid}","B":"{self._quantity()}",'
            f'"a":"{ask}","A":"{self._quantity()}","T":{time_ms - 3},"E":{time_ms}}}}}'
        ).encode()

    def aggregate(self, time_ms: int) -> bytes:
        """Return a trade."""
        self.trade_id += 1
        is_sell = self._dice.random() < 0.5
        price = self._price(self.middle + (_BIDS if is_sell else _ASKS))
        return (
            f'{{"stream":"{self.symbol.lower()}@aggTrade","data":{{"e":"aggTrade",'
            f'"E":{time_ms},"s":"{self.symbol}","a":{self.trade_id},"p":"{price}",'
            f'"q":"{self._quantity()}","f":{3 * self.trade_id},"l":{3 * self.trade_id + 2},'
            f'"T":{time_ms - 3},"m":{"true" if is_sell else "false"}}}}}'
        ).encode()

    def mark(self, time_ms: int, funding_ms: int) -> bytes:
        """Return the mark, another one each time, with index, funding and when that is due."""
        mark = (self.middle + self._dice.random() - 0.5) / self._scale
        return (
            f'{{"stream":"{self.symbol.lower()}@markPrice@1s","data":{{"e":"markPriceUpdate",'
            f'"E":{time_ms},"s":"{self.symbol}","p":"{mark:.8f}","i":"{mark + 0.5:.8f}",'
            f'"P":"{mark:.8f}","r":"0.00010000","T":{funding_ms}}}}}'
        ).encode()

    def _changes(self, side: int, ticks: Sequence[int]) -> list[tuple[str, str]]:
        dice = self._dice
        return [
            (price, "0.000" if dice.random() < _REMOVED else quantity)
            for price, quantity in self._levels(side, ticks)
        ]

    def _levels(self, side: int, ticks: Sequence[int]) -> list[tuple[str, str]]:
        return [(self._price(self.middle + side * away), self._quantity()) for away in ticks]

    def _price(self, ticks: int) -> str:
        return f"{ticks // self._scale}.{ticks % self._scale:0{self._digits}}"

    def _quantity(self) -> str:
        """Return 0.001 to 20, the small ones far more often."""
        return f"{10 ** self._dice.uniform(-3, 1.3):.3f}"


def _joined(levels: Sequence[tuple[str, str]]) -> str:
    return ",".join(f'["{price}","{quantity}"]' for price, quantity in levels)
