"""What one instrument sends on Deribit: the market's events as notifications of its channels."""

from __future__ import annotations

from typing import Any

import msgspec

from desk.sim.candles import MINUTE_MS
from desk.sim.deribit import messages
from desk.sim.deribit.book import PublishedBook
from desk.sim.deribit.present import Present, Told
from desk.sim.events import Event, Forced, LevelSet, MarkUpdate, Print

INTERVAL_US = 100_000

Frames = list[tuple[str, bytes]]
"""(stream, payload), a stream being `instrument@channel@…`."""

_BOOK, _TRADES, _TICKER = "book.{}.100ms", "trades.{}.100ms", "ticker.{}.100ms"
_QUOTE, _INTEREST, _CHART = "quote.{}", "perpetual.{}.100ms", "chart.trades.{}.1"
_DEPTHS = {f"book.{{}}.none.{levels}.100ms": levels for levels in (1, 10, 20)}

_PASSING = {"timestamp", "change_id"}
"""What alone makes no news."""

_encode = msgspec.json.Encoder().encode


class InstrumentFeed:
    """The channels of one instrument."""

    def __init__(self, present: Present, *, speed: int) -> None:
        self.present = present
        self._interval_us = INTERVAL_US * speed
        self._slot = present.now_us // self._interval_us
        self._second = present.now_ms() // 1000
        self._untold: list[Told] = []
        self._book: PublishedBook | None = None
        self._changed_ms = 0
        """When the book last changed."""
        self._sent: dict[str, messages.Body] = {}
        """What was last told, by channel."""
        kinds = {_BOOK, _TRADES, _TICKER, _QUOTE, _CHART, *_DEPTHS}
        if not present.spelling.terms.is_spot:
            kinds.add(_INTEREST)
        self._channels = {kind: kind.format(present.name) for kind in sorted(kinds)}
        self._streams = {kind: stream_of(channel) for kind, channel in self._channels.items()}

    def channels(self) -> dict[str, str]:
        """Return the stream of each channel that flows."""
        return {self._channels[kind]: self._streams[kind] for kind in self._channels}

    def frames(self, events: list[Event], until_us: int, wanted: set[str]) -> Frames:
        """Turn the events up to a time into the notifications of the wanted streams."""
        self.present.now_us = until_us
        wishes = [kind for kind, stream in self._streams.items() if stream in wanted]
        if _BOOK not in wishes:
            self._book = None
        self._take(events)
        if _TRADES not in wishes:
            self._untold.clear()
        out: Frames = []
        slot = until_us // self._interval_us
        is_due, self._slot = slot != self._slot, slot
        second = self.present.now_ms() // 1000
        ticked, self._second = second != self._second, second
        for kind in wishes:
            if kind == _QUOTE or (ticked if kind == _CHART else is_due):
                self._tell(kind, out)
        return out

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once."""
        kind = next(kind for kind, name in self._streams.items() if name == stream)
        if kind == _BOOK:
            return self._snapshot()
        data = self._state(kind)
        return None if data is None else self._pack(kind, data)[1]

    # ------------------------------------------------------------------ what happens

    def _take(self, events: list[Event]) -> None:
        forced = [event for event in events if isinstance(event, Forced)]
        book, present = self._book, self.present
        for event in events:
            if isinstance(event, LevelSet):
                if book is not None:
                    book.note(event)
            elif isinstance(event, Print):
                self._untold.append(present.printed(event, forced))
            elif isinstance(event, MarkUpdate):
                present.marked(event)

    # ------------------------------------------------------------------ what is told

    def _tell(self, kind: str, out: Frames) -> None:
        if kind == _BOOK:
            self._tell_book(out)
        elif kind == _TRADES:
            if self._untold:
                out.append(self._pack(kind, [self.present.trade(told) for told in self._untold]))
                self._untold = []
        elif kind == _CHART:
            self._tell_candles(out)
        elif (data := self._state(kind)) is not None:
            self._news(kind, data, out)

    def _tell_book(self, out: Frames) -> None:
        change = None if self._book is None else self._book.change()
        if change is None:
            return
        self._changed_ms = at_ms = self.present.now_ms()
        sides = change.bids, change.asks
        body = messages.book(self.present.spelling, sides, change.change_id, at_ms)
        body |= {"type": "change", "prev_change_id": change.previous_id}
        out.append(self._pack(_BOOK, body))

    def _snapshot(self) -> bytes:
        spelling = self.present.spelling
        if self._book is None:
            self._book = PublishedBook(self.present.listing.book, spelling)
            self._changed_ms = self.present.now_ms()
        book = self._book
        sides = book.bids.levels(), book.asks.levels()
        body = messages.book(spelling, sides, book.change_id, self._changed_ms)
        return self._pack(_BOOK, body)[1]

    def _tell_candles(self, out: Frames) -> None:
        """Tell the candle that has just closed, once more, and the one that runs."""
        now_ms = self._second * 1000
        for candle in self.present.history.minutes[-2:]:
            if now_ms < candle.start_ms + MINUTE_MS + 1000:
                self._news(_CHART, messages.chart(self.present.spelling, candle), out)

    def _state(self, kind: str) -> messages.Body | None:
        """Return the present data of a channel; None when there is nothing to tell."""
        present = self.present
        if kind == _QUOTE:
            return present.quote()
        if kind == _TICKER:
            return present.ticker()
        if kind in _DEPTHS:
            return present.depth(_DEPTHS[kind])
        mark = present.mark()
        if kind == _INTEREST and mark is not None:
            return messages.interest(mark, present.now_ms())
        return None

    def _news(self, kind: str, data: messages.Body, out: Frames) -> None:
        """Tell what is not just what was told, at another time."""
        news = {name: value for name, value in data.items() if name not in _PASSING}
        if self._sent.get(kind) != news:
            self._sent[kind] = news
            out.append(self._pack(kind, data))

    def _pack(self, kind: str, data: Any) -> tuple[str, bytes]:
        return self._streams[kind], notification(self._channels[kind], data)


def notification(channel: str, data: Any) -> bytes:
    """Return the frame that carries a channel's data."""
    params = {"channel": channel, "data": data}
    return _encode({"jsonrpc": "2.0", "method": "subscription", "params": params})


def stream_of(channel: str) -> str:
    """Return the stream of a channel: `book.BTC-PERPETUAL.100ms` is `BTC-PERPETUAL@book@100ms`."""
    parts = channel.split(".")
    (name,) = (part for part in parts if part[:3].upper() in {"BTC", "ETH"})
    parts.remove(name)
    return "@".join([name, *parts])
