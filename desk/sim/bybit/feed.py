"""What one instrument sends on Bybit: the market's events as frames of its topics."""

from __future__ import annotations

from typing import Any

import msgspec

from desk.sim.bybit import messages
from desk.sim.bybit.spelling import Spelling
from desk.sim.candles import MINUTE_MS, Candle, History
from desk.sim.contracts import ContractListing, history_of, in_lots_of
from desk.sim.events import Event, Forced, MarkUpdate, Print
from desk.sim.listing import Listing
from desk.sim.past import settlements
from desk.sim.window import BookWindow, Levels

DEPTHS_US = {1: 10_000, 50: 20_000, 200: 100_000}
"""Levels of a book topic, and how often it is sent at most."""
FIRST_NUMBER = 70_000_000
"""Where the counting of a book topic's frames begins."""
BEST_REPEAT_US = 3_000_000
LIQUIDATIONS_EVERY_MS = 500
LARGEST_MESSAGE_TRADES = 1024
HOUR_MINUTES = 60

Frames = list[tuple[str, bytes]]
"""(stream, payload), a stream being `category@symbol@topic@parameter`."""

_encode = msgspec.json.Encoder().encode


class InstrumentFeed:
    """The topics of one instrument."""

    def __init__(
        self, listing: Listing | ContractListing, *, speed: int, now_us: int, history: History
    ) -> None:
        self.listing = listing
        self.spelling = Spelling.of(listing.instrument)
        self.mark: MarkUpdate | None = None
        """Of a perpetual; a spot pair is told its coin's, for the index."""
        self.history = history_of(listing, history)
        self._speed = speed
        self._now_us = now_us
        self._second = self._wall_ms(now_us) // 1000
        self._windows: dict[int, BookWindow] = {}
        self._half = self._now_ms() // LIQUIDATIONS_EVERY_MS
        self._forced: list[messages.Body] = []
        """Liquidations since the last frame of them."""
        self._ticker: messages.Body = {}
        """As subscribers know it; empty while there are none."""
        self._last_ticks: int = listing.last_ticks
        self._direction = "ZeroPlusTick"

    def stream(self, *topic: str) -> str:
        """Return the name of a stream of this instrument: `linear@BTCUSDT@orderbook@50`."""
        return "@".join((self.spelling.category, self.spelling.symbol, *topic))

    def streams(self) -> set[str]:
        """Return the streams that flow."""
        books = {self.stream("orderbook", str(levels)) for levels in DEPTHS_US}
        single = {self.stream("publicTrade"), self.stream("tickers"), self.stream("kline", "1")}
        if not self.spelling.is_spot:
            single.add(self.stream("allLiquidation"))
        return books | single

    def frames(self, events: list[Event], until_us: int, wanted: set[str]) -> Frames:
        """Turn the events up to a time into the frames of the wanted streams."""
        self._now_us = until_us
        events = in_lots_of(self.listing, events)
        out: Frames = []
        self._trades(events, wanted, out)
        for event in events:
            if isinstance(event, MarkUpdate):
                self.mark = event
        if self.stream("tickers") in wanted:
            self._tickers(out)
        else:
            self._ticker = {}
        for levels, interval_us in DEPTHS_US.items():
            self._book(levels, interval_us, wanted, out)
        self._liquidations(events, wanted, out)
        second = self._wall_ms(until_us) // 1000
        if second != self._second:
            self._second = second
            if self.stream("kline", "1") in wanted:
                self._klines(second * 1000, out)
        return out

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once."""
        _, _, topic, *parameter = stream.split("@")
        if topic == "orderbook":
            levels = int(parameter[0])
            window = self._window(levels)
            return self._pack_book(levels, "snapshot", (window.bids, window.asks))[1]
        if topic != "tickers":
            return None
        self._ticker = self._ticker or self.ticker()
        return self._pack_ticker("snapshot", self._ticker)[1] if self._ticker else None

    def settlements(self, now_ms: int, count: int) -> list[tuple[int, float]]:
        """Return the newest fundings up to now, oldest first: time and rate."""
        hours = self.listing.instrument.funding_interval_h or 8
        return settlements(self.history.key, hours, self._speed, now_ms, count)

    # ------------------------------------------------------------------ trades

    def _trades(self, events: list[Event], wanted: set[str], out: Frames) -> None:
        update_id = self.listing.book.update_id
        stream = self.stream("publicTrade")
        data: list[messages.Body] = []
        for event in events:
            if not isinstance(event, Print):
                continue
            at_ms = self._wall_ms(event.at_us)
            self.history.add(at_ms, event)
            self._turn(event.ticks)
            if stream in wanted:
                direction = self._direction
                data.append(
                    messages.trade(
                        self.spelling, event, at_ms, direction=direction, update_id=update_id
                    )
                )
        for first in range(0, len(data), LARGEST_MESSAGE_TRADES):
            body = {"type": "snapshot", "ts": self._now_ms()}
            out.append(self._pack(("publicTrade",), body, data[first:][:LARGEST_MESSAGE_TRADES]))

    def _turn(self, ticks: int) -> None:
        """Note which way the last price went."""
        if ticks != self._last_ticks:
            self._direction = "PlusTick" if ticks > self._last_ticks else "MinusTick"
        elif not self._direction.startswith("Zero"):
            self._direction = "Zero" + self._direction
        self._last_ticks = ticks

    def _liquidations(self, events: list[Event], wanted: set[str], out: Frames) -> None:
        """Collect positions closed by force, and tell those of each half second."""
        for event in events:
            if isinstance(event, Forced):
                at_ms = self._wall_ms(event.at_us)
                self._forced.append(messages.liquidation(self.spelling, event, at_ms))
        before, self._half = self._half, self._now_ms() // LIQUIDATIONS_EVERY_MS
        if self._half == before or not self._forced:
            return
        rows, self._forced = self._forced, []
        if self.stream("allLiquidation") in wanted:
            body = {"type": "snapshot", "ts": self._now_ms()}
            out.append(self._pack(("allLiquidation",), body, rows))

    # ------------------------------------------------------------------ tickers

    def _tickers(self, out: Frames) -> None:
        """Send what has changed since the last frame; a spot pair's ticker comes whole."""
        before, self._ticker = self._ticker, self.ticker()
        changed = {name: value for name, value in self._ticker.items() if before.get(name) != value}
        if not changed:
            return
        if self.spelling.is_spot or not before:
            out.append(self._pack_ticker("snapshot", self._ticker))
        else:
            out.append(self._pack_ticker("delta", {"symbol": self.spelling.symbol, **changed}))

    def ticker(self) -> messages.Body:
        """Return the ticker as it is now; empty while a perpetual has no mark price."""
        now_ms, last, mark = self._now_ms(), self.listing.last_ticks, self.mark
        day = self.history.day(now_ms)
        if day is None:
            day = Candle(now_ms, last, last, last, last, 0, 0, 0, 0, 0, 0, 0, 0)
        if self.spelling.is_spot:
            index_price = None if mark is None else mark.index_price
            return messages.spot_ticker(self.spelling, day, index_price)
        if mark is None:
            return {}
        return messages.contract_ticker(
            self.spelling,
            day,
            hour_ago=self._hour_ago(now_ms, day.open),
            top=self.listing.top(),
            mark=mark,
            open_interest_lots=self.listing.open_interest_lots,
            funding_ms=mark.next_funding_ms // self._speed,
            direction=self._direction,
        )

    def _hour_ago(self, now_ms: int, otherwise: int) -> int:
        since = now_ms - HOUR_MINUTES * MINUTE_MS
        candles = self.history.minutes[-HOUR_MINUTES:]
        return next((candle.open for candle in candles if candle.start_ms > since), otherwise)

    def _pack_ticker(self, kind: str, data: messages.Body) -> tuple[str, bytes]:
        update_id = self.listing.book.update_id
        return self._pack(("tickers",), {"type": kind, "cs": update_id, "ts": self._now_ms()}, data)

    # ------------------------------------------------------------------ books and candles

    def _book(self, levels: int, interval_us: int, wanted: set[str], out: Frames) -> None:
        if self.stream("orderbook", str(levels)) not in wanted:
            self._windows.pop(levels, None)
            return
        window = self._window(levels)
        change = window.change(self._now_us)
        if levels == 1:
            if change is not None or window.repeats(self._now_us, BEST_REPEAT_US * self._speed):
                out.append(self._pack_book(levels, "snapshot", (window.bids, window.asks)))
        elif change is not None:
            out.append(self._pack_book(levels, "delta", (change.bids, change.asks)))

    def _window(self, levels: int) -> BookWindow:
        if levels not in self._windows:
            interval_us = DEPTHS_US[levels] * self._speed
            window = BookWindow(self.listing.book, levels, interval_us, self._now_us)
            self._windows[levels] = window
        return self._windows[levels]

    def _pack_book(self, levels: int, kind: str, sides: tuple[Levels, Levels]) -> tuple[str, bytes]:
        window, now_ms = self._window(levels), self._now_ms()
        # A 1 would say that the venue has started anew.
        number = FIRST_NUMBER + window.frames
        data = messages.book(self.spelling, sides, number=number, update_id=window.update_id)
        head = {"type": kind, "ts": now_ms, "cts": now_ms}
        return self._pack(("orderbook", str(levels)), head, data)

    def _klines(self, now_ms: int, out: Frames) -> None:
        """Send the candle that has just closed, once, and the one that runs."""
        for candle in self.history.minutes[-2:]:
            end_ms = candle.start_ms + MINUTE_MS
            if now_ms < end_ms + 1000:
                closed = now_ms >= end_ms
                data = [messages.kline(self.spelling, candle, now_ms, closed=closed)]
                out.append(self._pack(("kline", "1"), {"type": "snapshot", "ts": now_ms}, data))

    # ------------------------------------------------------------------ frames

    def _pack(self, topic: tuple[str, ...], head: messages.Body, data: Any) -> tuple[str, bytes]:
        name = ".".join((*topic, self.spelling.symbol))
        return self.stream(*topic), _encode({"topic": name, **head, "data": data})

    def _now_ms(self) -> int:
        return self._wall_ms(self._now_us)

    def _wall_ms(self, at_us: int) -> int:
        return at_us // self._speed // 1000
