"""What one coin sends on Hyperliquid: the market's events as messages of its channels."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec

from desk.sim.candles import MINUTE_MS, Candle, History
from desk.sim.coarse import coarse_levels
from desk.sim.events import Event, Forced, MarkUpdate, Print
from desk.sim.hyperliquid import messages
from desk.sim.hyperliquid.spelling import Spelling
from desk.sim.listing import Listing
from desk.sim.window import Levels

BOOK_INTERVAL_US = 500_000
DEPTH = 20
KEPT_TRADES = 30
"""Those that a new subscriber is told first, without a word that they are old."""

BOOK, TRADES, BEST, CANDLE, CONTEXT = "l2Book", "trades", "bbo", "candle", "activeAssetCtx"
SPOT_CONTEXT = "activeSpotAssetCtx"

Frames = list[tuple[str, bytes]]
"""(stream, payload), a stream being `token@channel`: `BTC@trades`, on spot `UBTC@trades`."""

_encode = msgspec.json.Encoder().encode


Told = tuple[Print, int, bool]
"""A trade with its wall time, and whether it was forced."""


class CoinFeed:
    """The channels of one coin."""

    def __init__(
        self, spelling: Spelling, listing: Listing, history: History, *, speed: int, now_us: int
    ) -> None:
        self.spelling = spelling
        self.history = history
        self._recent: deque[Told] = deque(maxlen=KEPT_TRADES)
        self._listing = listing
        self._speed = speed
        self._now_us = now_us
        self._slot = now_us // (BOOK_INTERVAL_US * speed)
        self._mark: MarkUpdate | None = None
        self._best: tuple[Levels, Levels] | None = None
        """What was last told as `bbo`."""
        kinds = (BOOK, TRADES, BEST, CANDLE, CONTEXT)
        self._streams = {kind: f"{spelling.coin.token}@{kind}" for kind in kinds}

    def streams(self) -> list[str]:
        """Return the streams that flow."""
        return list(self._streams.values())

    def frames(self, events: list[Event], until_us: int, wanted: set[str]) -> Frames:
        """Turn the events up to a time into the messages of the wanted streams."""
        self._now_us = until_us
        trades = self._take(events)
        slot = until_us // (BOOK_INTERVAL_US * self._speed)
        is_due, self._slot = slot != self._slot, slot
        due = {
            TRADES: bool(trades),
            BEST: self._streams[BEST] in wanted and self._best != self.sides(1),
            BOOK: is_due,
            CANDLE: bool(trades),
            CONTEXT: any(isinstance(event, MarkUpdate) for event in events)
            or (self.spelling.coin.is_spot and is_due),
        }
        out: Frames = []
        for kind, is_now in due.items():
            stream = self._streams[kind]
            if is_now and stream in wanted:
                out += [(stream, self._pack(kind, data)) for data in self._news(kind, trades)]
        return out

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells at the moment, and a new subscriber at once."""
        kind = stream.partition("@")[2]
        data = self._present(kind)
        return None if data is None else self._pack(kind, data)

    def sides(self, depth: int) -> tuple[Levels, Levels]:
        """Return bids and asks of few figures, best first, in the market's ticks and lots."""
        book, rounded = self._listing.book, self.spelling.rounded
        return (
            coarse_levels(book.bids, depth, rounded),
            coarse_levels(book.asks, depth, rounded),
        )

    def mid(self) -> str:
        """Return the mean of the best prices."""
        return self.spelling.mid(*self._top())

    def book(self) -> messages.Body:
        """Return the data of `l2Book`."""
        return messages.book(self.spelling, self.sides(DEPTH), self.now_ms())

    def trades(self) -> list[messages.Body]:
        """Return the last trades, the oldest first."""
        return self._bodies(self._recent)

    def context(self) -> messages.Body | None:
        """Return marks and the day; None before there is a mark."""
        if self.spelling.coin.is_spot:
            return messages.spot_context(self.spelling, self._day(), self._top())
        if self._mark is None:
            return None
        interest = self._listing.open_interest_lots
        return messages.context(self.spelling, self._mark, self._day(), self._top(), interest)

    def now_ms(self) -> int:
        """Return the wall time."""
        return self._wall_ms(self._now_us)

    # ------------------------------------------------------------------ inside

    def _take(self, events: list[Event]) -> list[Told]:
        """Take what has happened; return the trades."""
        forced = [event for event in events if isinstance(event, Forced)]
        trades: list[Told] = []
        for event in events:
            if isinstance(event, Print):
                at_ms, number = self._wall_ms(event.at_us), event.trade_id
                self.history.add(at_ms, event)
                was_forced = any(f.first_trade_id <= number <= f.last_trade_id for f in forced)
                trades.append((event, at_ms, was_forced))
            elif isinstance(event, MarkUpdate):
                self._mark = event
        self._recent.extend(trades)
        return trades

    def _news(self, kind: str, trades: list[Told]) -> list[Any]:
        """Return the data to tell: of candles, that of each minute that was traded in."""
        if kind == TRADES:
            return [self._bodies(trades)]
        if kind == CANDLE:
            minutes = self.history.minutes[-len({at_ms // MINUTE_MS for _, at_ms, _ in trades}) :]
            return [messages.candle(self.spelling, minute) for minute in minutes]
        data = self._present(kind)
        return [] if data is None else [data]

    def _bodies(self, trades: Iterable[Told]) -> list[messages.Body]:
        return [
            messages.trade(self.spelling, fill, at_ms, forced=forced)
            for fill, at_ms, forced in trades
        ]

    def _present(self, kind: str) -> Any:
        if kind == BOOK:
            return self.book()
        if kind == TRADES:
            return self.trades()
        if kind == BEST:
            self._best = self.sides(1)
            return messages.best(self.spelling, self._best, self.now_ms())
        if kind == CANDLE:
            minutes = self.history.minutes
            return messages.candle(self.spelling, minutes[-1]) if minutes else None
        context = self.context()
        return None if context is None else {"coin": self.spelling.coin.name, "ctx": context}

    def _pack(self, kind: str, data: Any) -> bytes:
        is_spot_context = kind == CONTEXT and self.spelling.coin.is_spot
        return _encode({"channel": SPOT_CONTEXT if is_spot_context else kind, "data": data})

    def _top(self) -> tuple[int, int]:
        bids, asks = self.sides(1)
        return bids[0][0], asks[0][0]

    def _day(self) -> Candle:
        last, now_ms = self._listing.last_ticks, self.now_ms()
        none_yet = Candle(now_ms, last, last, last, last, 0, 0, 0, 0, 0, 0, 0, 0)
        return self.history.day(now_ms) or none_yet

    def _wall_ms(self, at_us: int) -> int:
        return at_us // self._speed // 1000
