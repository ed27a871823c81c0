"""One order book in integer ticks and lots.

A book is SYNCED from a snapshot on, as long as its owner hands it every delta in sequence (the
venue's protocol proves that they follow each other). It is UNSYNCED before, after `lose`, and as
soon as its best bid is not below its best ask: a crossed book is wrong somewhere, and where is
unknown, so it is not used again until a new snapshot. An unsynced book is empty: no best price,
no levels, nothing to take.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from desk.model.instrument import Contract, Instrument, InstrumentId, Lots, Ticks
from desk.model.market_data import BookDelta, BookSnapshot, Level
from desk.model.numbers import ZERO
from desk.model.orders import Side

NO_LOTS = Lots(0)

_NEAR_TICKS = 64
"""The next price mostly lies that near when the best one goes; else all are looked through."""


_NO_BID = Ticks(-1)
_NO_ASK = Ticks(1 << 62)


class Book:
    """The order book of one instrument."""

    __slots__ = (
        "_asks",
        "_best_ask",
        "_best_bid",
        "_bids",
        "applied",
        "crossed",
        "instrument",
        "last_id",
        "lost_reason",
        "orphan_deletes",
        "synced",
        "ts_recv_ns",
        "ts_venue_ms",
    )

    def __init__(self, instrument: InstrumentId) -> None:
        self.instrument = instrument
        self.synced = False
        self.lost_reason = "no snapshot yet"
        """Why it is not synced; empty while it is."""
        self.last_id = 0
        """The venue's update id that the book stands at."""
        self.ts_recv_ns = 0
        """Boot-time clock of the last message that was applied; 0: none yet."""
        self.ts_venue_ms: int | None = None
        self.applied = 0
        """Deltas applied since the start."""
        self.crossed = 0
        """Times it was found crossed."""
        self.orphan_deletes = 0
        """Removals of levels that were not there: normal at some venues."""
        self._bids: dict[Ticks, Lots] = {}
        self._asks: dict[Ticks, Lots] = {}
        self._best_bid = _NO_BID
        self._best_ask = _NO_ASK

    @property
    def state(self) -> str:
        """`SYNCED` or `UNSYNCED`."""
        return "SYNCED" if self.synced else "UNSYNCED"

    @property
    def best_bid(self) -> Level | None:
        """Highest price somebody buys at, with its quantity; None when nobody does."""
        lots = self._bids.get(self._best_bid)
        return None if lots is None else (self._best_bid, lots)

    @property
    def best_ask(self) -> Level | None:
        """Lowest price somebody sells at, with its quantity; None when nobody does."""
        lots = self._asks.get(self._best_ask)
        return None if lots is None else (self._best_ask, lots)

    def apply_snapshot(self, snapshot: BookSnapshot) -> None:
        """Replace everything that was known."""
        self._replace(snapshot.bids, snapshot.asks)
        self.synced = True
        self.lost_reason = ""
        self.last_id = snapshot.last_id
        self.ts_recv_ns = snapshot.ts_recv_ns
        self.ts_venue_ms = snapshot.ts_venue_ms
        if self._best_bid >= self._best_ask:
            self._distrust()

    def apply_delta(self, delta: BookDelta) -> None:
        """Change levels; an unsynced book ignores it."""
        if not self.synced:
            return
        if delta.bids:
            self._change_bids(delta.bids)
        if delta.asks:
            self._change_asks(delta.asks)
        self.applied += 1
        self.last_id = delta.last_id
        self.ts_recv_ns = delta.ts_recv_ns
        self.ts_venue_ms = delta.ts_venue_ms
        if self._best_bid >= self._best_ask:
            self._distrust()

    def lose(self, reason: str) -> None:
        """Distrust the book until the next snapshot."""
        self._replace([], [])
        self.synced = False
        self.lost_reason = reason

    def levels(self, side: Side) -> Iterator[Level]:
        """Yield the levels of BUY (bids) or SELL (asks), best first."""
        held, best = self._held(side), self.best_bid if side is Side.BUY else self.best_ask
        if best is None:
            return
        yield best  # most readers stop here, before anything is sorted
        for ticks in sorted(held, reverse=side is Side.BUY)[1:]:
            yield ticks, held[ticks]

    def lots_at(self, side: Side, ticks: Ticks) -> Lots:
        """Return the quantity at a price; 0 where there is none."""
        return self._held(side).get(ticks, NO_LOTS)

    def walk(self, side: Side, lots: Lots, limit: Ticks | None = None) -> list[Level]:
        """Return what an order of a side would take now, best first, not beyond its limit.

        The quantities sum to less than `lots` where the book does not reach.
        """
        taken: list[Level] = []
        wanted = int(lots)
        for ticks, offered in self.levels(side.opposite):
            if wanted <= 0 or (limit is not None and (limit - ticks) * side.sign < 0):
                break
            taken.append((ticks, Lots(min(wanted, offered))))
            wanted -= offered
        return taken

    def _held(self, side: Side) -> dict[Ticks, Lots]:
        return self._bids if side is Side.BUY else self._asks

    def _replace(self, bids: list[Level], asks: list[Level]) -> None:
        self._bids = {ticks: lots for ticks, lots in bids if lots}
        self._asks = {ticks: lots for ticks, lots in asks if lots}
        self._best_bid = max(self._bids, default=_NO_BID)
        self._best_ask = min(self._asks, default=_NO_ASK)

    # The two sides are written out: a call or a sign for each level would cost as much as the
    # rest of the loop.
    def _change_bids(self, levels: list[Level]) -> None:
        held, best = self._bids, self._best_bid
        for ticks, lots in levels:
            if lots:
                held[ticks] = lots
                if ticks > best:
                    best = ticks
            elif held.pop(ticks, None) is None:
                self.orphan_deletes += 1
        if best not in held:
            near = filter(held.__contains__, range(best - 1, best - _NEAR_TICKS, -1))
            best = next(near, None) or max(held, default=_NO_BID)
        self._best_bid = Ticks(best)

    def _change_asks(self, levels: list[Level]) -> None:
        held, best = self._asks, self._best_ask
        for ticks, lots in levels:
            if lots:
                held[ticks] = lots
                if ticks < best:
                    best = ticks
            elif held.pop(ticks, None) is None:
                self.orphan_deletes += 1
        if best not in held:
            near = filter(held.__contains__, range(best + 1, best + _NEAR_TICKS))
            best = next(near, None) or min(held, default=_NO_ASK)
        self._best_ask = Ticks(best)

    def _distrust(self) -> None:
        self.crossed += 1
        self.lose("crossed")


def average_price(instrument: Instrument, taken: list[Level]) -> Decimal | None:
    """Return the price at which taken levels together are as dear as one by one; None for none.

    Linear: Σ price × quantity ÷ Σ quantity. Inverse, where a contract is worth a fixed amount of
    quote currency: Σ quantity ÷ Σ (quantity ÷ price).
    """
    lots = sum(level_lots for _, level_lots in taken)
    if not lots:
        return None
    if instrument.contract is Contract.INVERSE:
        coins = sum((level_lots / instrument.price(ticks) for ticks, level_lots in taken), ZERO)
        return lots / coins
    return sum((level_lots * instrument.price(ticks) for ticks, level_lots in taken), ZERO) / lots
