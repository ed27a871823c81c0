"""A simulated order book in integer ticks and lots, and the record of what happens to it.

Prices are kept as keys that grow towards the best price (bids: ticks, asks: minus ticks), so
that both sides are one piece of code and the best level is the last of a sorted list.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from desk.sim.events import Event, LevelSet, Print, TopOfBook

Top = tuple[int, int, int, int]
"""Best bid ticks and lots, best ask ticks and lots."""


class Side:
    """The bids or the asks."""

    __slots__ = ("is_bid", "keys", "lots", "sign")

    def __init__(self, *, is_bid: bool) -> None:
        self.is_bid = is_bid
        self.sign = 1 if is_bid else -1
        self.keys: list[int] = []
        self.lots: dict[int, int] = {}

    def put(self, key: int, lots: int) -> None:
        """Set what rests at a key; 0 removes the level, which must be there."""
        if lots == 0:
            del self.lots[key]
            if self.keys[-1] == key:
                self.keys.pop()
            else:
                del self.keys[bisect_left(self.keys, key)]
            return
        if key not in self.lots:
            insort(self.keys, key)
        self.lots[key] = lots

    def from_best(self, worst: int) -> list[int]:
        """Return the keys from the best down to `worst`, best first."""
        return self.keys[bisect_left(self.keys, worst) :][::-1]

    def levels(self, limit: int) -> list[tuple[int, int]]:
        """Return (ticks, lots) from the best level on, at most `limit` levels."""
        return [(self.sign * key, self.lots[key]) for key in self.keys[: -limit - 1 : -1]]

    def average_ticks(self, lots: int) -> float | None:
        """Return the average price of taking this many lots, or None when fewer rest."""
        left = lots
        paid = 0
        for key in reversed(self.keys):
            taken = min(left, self.lots[key])
            paid += taken * self.sign * key
            left -= taken
            if left == 0:
                return paid / lots
        return None

    def refine(self, factor: int) -> None:
        """Count prices in ticks that are so many times smaller."""
        self.keys = [key * factor for key in self.keys]
        self.lots = {key * factor: lots for key, lots in self.lots.items()}

    def saved(self) -> list[tuple[int, int]]:
        """Return every (key, lots), worst first."""
        return [(key, self.lots[key]) for key in self.keys]

    def resume(self, saved: list[tuple[int, int]]) -> None:
        """Take up saved levels; raise ValueError when they are none."""
        self.lots = dict(saved)
        self.keys = sorted(self.lots)
        if not self.keys or min(self.lots.values()) <= 0:
            raise ValueError("the saved book has an empty side or an empty level")


class Book:
    """Both sides; every change is numbered and recorded until it is collected."""

    def __init__(self) -> None:
        self.bids = Side(is_bid=True)
        self.asks = Side(is_bid=False)
        self.update_id = 1_000_000
        self.trade_id = 1_000_000
        self._events: list[Event] = []
        self._published: Top | None = None

    def top(self) -> Top:
        """Return the best level of both sides."""
        bid, ask = self.bids.keys[-1], self.asks.keys[-1]
        return bid, self.bids.lots[bid], -ask, self.asks.lots[ask]

    def put(self, at_us: int, side: Side, key: int, lots: int) -> None:
        """Set what rests at a key; 0 removes the level, which must be there."""
        side.put(key, lots)
        self.update_id += 1
        self._events.append(LevelSet(at_us, self.update_id, side.is_bid, side.sign * key, lots))

    def clear(self, at_us: int, side: Side, key: int) -> None:
        """Remove every level better than this key."""
        while side.keys and side.keys[-1] > key:
            self.put(at_us, side, side.keys[-1], 0)

    def print_fill(self, at_us: int, ticks: int, lots: int, *, buys: bool) -> None:
        """Record a fill of a taker order."""
        self.trade_id += 1
        self._events.append(Print(at_us, self.trade_id, ticks, lots, buys))

    def publish_top(self, at_us: int) -> None:
        """Record the best level of both sides, if it is another than last time."""
        top = self.top()
        if top != self._published:
            self._published = top
            self._events.append(TopOfBook(at_us, self.update_id, *top))

    def collect(self) -> list[Event]:
        """Return what has been recorded, and forget it."""
        events = self._events
        self._events = []
        return events

    def refine(self, factor: int) -> None:
        """Count prices in ticks that are so many times smaller; between two beats."""
        self.bids.refine(factor)
        self.asks.refine(factor)
        self.update_id += 1
        self.settle()

    def settle(self) -> None:
        """Take the book as it is for published: after opening or resuming."""
        self._published = self.top()
        self._events = []
