"""What one instrument sends on OKX: the market's events as frames of its channels."""

from __future__ import annotations

from typing import Any

import msgspec

from desk.sim.candles import MINUTE_MS, Candle, History
from desk.sim.contracts import ContractListing, history_of, in_lots_of
from desk.sim.events import Event, Forced, MarkUpdate, Print, TopOfBook
from desk.sim.listing import Listing
from desk.sim.okx import messages
from desk.sim.okx.spelling import Spelling
from desk.sim.past import settlements
from desk.sim.window import BookWindow, Levels

BOOK_LEVELS = 400
BOOK_INTERVAL_US = 100_000
KEEP_ALIVE_US = 60_000_000
FUNDING_EVERY_S = 30
OPEN_INTEREST_EVERY_S = 3

LIQUIDATIONS = "SWAP@liquidation-orders"
"""One stream for all swaps."""

Frames = list[tuple[str, bytes]]
"""(stream, payload), a stream being `instId@channel`."""

_encode = msgspec.json.Encoder().encode


class InstrumentFeed:
    """The channels of one instrument and, for a swap, of its index."""

    def __init__(
        self, listing: Listing | ContractListing, *, speed: int, now_us: int, history: History
    ) -> None:
        self.listing = listing
        self.spelling = Spelling.of(listing.instrument)
        self.history = history_of(listing, history)
        self._speed = speed
        self._now_us = now_us
        self._second = self._wall_ms(now_us) // 1000
        self._wanted: set[str] = set()
        self._mark: MarkUpdate | None = None
        self._window: BookWindow | None = None

    def channels(self) -> set[tuple[str, str]]:
        """Return the (instId, channel) pairs that flow."""
        shared = {"books", "bbo-tbt", "trades", "tickers", "candle1m"}
        own = {(self.spelling.instrument_id, channel) for channel in shared}
        if not self.spelling.is_swap:
            return own
        swap = {"mark-price", "funding-rate", "open-interest"}
        own |= {(self.spelling.instrument_id, channel) for channel in swap}
        return own | {(self.spelling.index_id, "index-tickers")}

    def frames(self, events: list[Event], until_us: int, wanted: set[str]) -> Frames:
        """Turn the events up to a time into the frames of the wanted streams."""
        self._now_us = until_us
        self._wanted = wanted
        out: Frames = []
        fills: list[Print] = []
        marked = moved = False
        for event in in_lots_of(self.listing, events):
            if fills and not _continues(fills[-1], event):
                self._trade(fills, out)
                fills = []
            if isinstance(event, Print):
                self.history.add(self._wall_ms(event.at_us), event)
                fills.append(event)
            elif isinstance(event, TopOfBook):
                self._best(event, out)
            elif isinstance(event, Forced):
                self._liquidation(event, out)
            elif isinstance(event, MarkUpdate):
                self._mark, marked = event, True
            moved = moved or isinstance(event, Print | TopOfBook)
        if fills:
            self._trade(fills, out)
        self._states(out, marked=marked, moved=moved)
        self._book(out)
        return out

    def greeting(self, channel: str) -> bytes | None:
        """Return what a channel tells a new subscriber at once."""
        if channel == "books":
            return self._snapshot()
        data = self.state(channel)
        return None if data is None else self._pack(channel, data)[1]

    def settlements(self, now_ms: int, count: int) -> list[tuple[int, float]]:
        """Return the newest fundings up to now, oldest first: time and rate."""
        hours = self.listing.instrument.funding_interval_h or 8
        return settlements(self.history.key, hours, self._speed, now_ms, count)

    # ------------------------------------------------------------------ what events say

    def _trade(self, fills: list[Print], out: Frames) -> None:
        if self._stream("trades") in self._wanted:
            at_ms = self._wall_ms(fills[0].at_us)
            update_id = self.listing.book.update_id
            data = messages.trade(self.spelling, fills, at_ms, update_id)
            out.append(self._pack("trades", data))

    def _best(self, event: TopOfBook, out: Frames) -> None:
        if self._stream("bbo-tbt") in self._wanted:
            top = event.bid_ticks, event.bid_lots, event.ask_ticks, event.ask_lots
            at_ms = self._wall_ms(event.at_us)
            data = messages.best(self.spelling, top, at_ms, event.update_id)
            out.append(self._pack("bbo-tbt", data))

    def _liquidation(self, forced: Forced, out: Frames) -> None:
        if LIQUIDATIONS in self._wanted:
            data = messages.liquidation(self.spelling, forced, self._wall_ms(forced.at_us))
            arg = {"channel": "liquidation-orders", "instType": "SWAP"}
            out.append((LIQUIDATIONS, _encode({"arg": arg, "data": [data]})))

    # ------------------------------------------------------------------ what the clock says

    def _states(self, out: Frames, *, marked: bool, moved: bool) -> None:
        """Send the channels that tell a state, those that are due."""
        second = self._wall_ms(self._now_us) // 1000
        ticked, self._second = second != self._second, second
        due = {
            "mark-price": marked,
            "index-tickers": marked,
            "tickers": moved,
            "candle1m": ticked,
            "funding-rate": ticked and second % FUNDING_EVERY_S == 0,
            "open-interest": ticked and second % OPEN_INTEREST_EVERY_S == 0,
        }
        for channel, is_due in due.items():
            if not is_due or self._stream(channel) not in self._wanted:
                continue
            if channel == "candle1m":
                self._closed_candle(second * 1000, out)
            data = self.state(channel)
            if data is not None:
                out.append(self._pack(channel, data))

    def state(self, channel: str) -> Any:
        """Return the present data of a channel; None when there is nothing to tell yet."""
        spelling, listing = self.spelling, self.listing
        now_ms = self._wall_ms(self._now_us)
        if channel == "bbo-tbt":
            return messages.best(spelling, listing.top(), now_ms, listing.book.update_id)
        if channel == "tickers":
            day = self.history.day(now_ms) or self._no_trade_yet(now_ms)
            return messages.ticker(spelling, day, listing.top(), now_ms)
        if channel == "candle1m":
            candles = self.history.minutes
            running = candles and now_ms < candles[-1].start_ms + MINUTE_MS
            return messages.candle(spelling, candles[-1], closed=False) if running else None
        return None if self._mark is None else self._marked(channel, self._mark)

    def _marked(self, channel: str, mark: MarkUpdate) -> Any:
        spelling, at_ms = self.spelling, self._wall_ms(mark.at_us)
        if channel == "mark-price":
            return messages.mark_price(spelling, mark, at_ms)
        if channel == "index-tickers":
            return messages.index_ticker(spelling.index_id, mark, at_ms)
        if channel == "funding-rate":
            funding_ms = mark.next_funding_ms // self._speed
            return messages.funding_rate(spelling, mark, at_ms, funding_ms)
        if channel == "open-interest":
            lots = self.listing.open_interest_lots
            return messages.open_interest(
                spelling, lots, mark.mark_price, self._wall_ms(self._now_us)
            )
        return None

    def _closed_candle(self, now_ms: int, out: Frames) -> None:
        """Send the candle that has just closed, once."""
        for candle in self.history.minutes[-2:]:
            if candle.start_ms + MINUTE_MS <= now_ms < candle.start_ms + MINUTE_MS + 1000:
                data = messages.candle(self.spelling, candle, closed=True)
                out.append(self._pack("candle1m", data))

    def _no_trade_yet(self, now_ms: int) -> Candle:
        last = self.listing.last_ticks
        return Candle(now_ms, last, last, last, last, 0, 0, 0, 0, 0, 0, 0, 0)

    # ------------------------------------------------------------------ the book

    def _book(self, out: Frames) -> None:
        if self._stream("books") not in self._wanted:
            self._window = None
            return
        window = self._open_window()
        previous_id = window.update_id
        sides: tuple[Levels, Levels] = [], []
        change = window.change(self._now_us)
        if change is not None:
            sides = change.bids, change.asks
        elif not window.repeats(self._now_us, KEEP_ALIVE_US * self._speed):
            return
        out.append(self._book_frame("update", sides, previous_id))

    def _snapshot(self) -> bytes:
        window = self._open_window()
        return self._book_frame("snapshot", (window.bids, window.asks), -1)[1]

    def _open_window(self) -> BookWindow:
        if self._window is None:
            interval_us = BOOK_INTERVAL_US * self._speed
            self._window = BookWindow(self.listing.book, BOOK_LEVELS, interval_us, self._now_us)
        return self._window

    def _book_frame(
        self, action: str, sides: tuple[Levels, Levels], previous_id: int
    ) -> tuple[str, bytes]:
        at_ms, update_id = self._wall_ms(self._now_us), self._open_window().update_id
        data = messages.book_change(self.spelling, sides, at_ms, previous_id, update_id)
        return self._pack("books", data, action)

    # ------------------------------------------------------------------ frames

    def _pack(self, channel: str, data: Any, action: str | None = None) -> tuple[str, bytes]:
        instrument_id = self._instrument_id(channel)
        head: dict[str, Any] = {"arg": {"channel": channel, "instId": instrument_id}}
        if action is not None:
            head["action"] = action
        return f"{instrument_id}@{channel}", _encode({**head, "data": [data]})

    def _stream(self, channel: str) -> str:
        return f"{self._instrument_id(channel)}@{channel}"

    def _instrument_id(self, channel: str) -> str:
        spelling = self.spelling
        return spelling.index_id if channel == "index-tickers" else spelling.instrument_id

    def _wall_ms(self, at_us: int) -> int:
        return at_us // self._speed // 1000


def _continues(last: Print, event: Event) -> bool:
    """Tell whether an event is one more fill of the same order at the same price."""
    return (
        isinstance(event, Print)
        and event.at_us == last.at_us
        and event.ticks == last.ticks
        and event.buyer_is_taker == last.buyer_is_taker
    )
