"""What one product sends on Coinbase: the market's events as frames of its channels."""

from __future__ import annotations

from desk.sim.candles import Candle, grouped
from desk.sim.coinbase import messages
from desk.sim.dollars import DatedPrint, DollarView
from desk.sim.events import Event
from desk.sim.window import BookWindow

EVERY_LEVEL = 100_000
BOOK_INTERVAL_US = 50_000
TRADES_INTERVAL_MS = 250
BATCH_INTERVAL_MS = 5_000
SECOND_MS = 1_000
CANDLE_MS = 300_000
LISTED_CANDLES = 100
CHANNELS = ("level2", "market_trades", "ticker", "ticker_batch", "candles")

Frames = list[tuple[str, bytes]]
"""(stream, payload), a stream being `product@channel`."""


class ProductFeed:
    """The channels of one product."""

    def __init__(self, view: DollarView, *, speed: int, now_us: int) -> None:
        self.view = view
        self.name = messages.product_id(view.pair)
        self._speed = speed
        self._now_us = now_us
        self._slots: dict[int, int] = {}
        """Number of the present interval, by its length."""
        self._waiting: list[DatedPrint] = []
        self._batched: Candle | None = None
        self._window: BookWindow | None = None

    def stream(self, channel: str) -> str:
        """Return the name of a stream of this product."""
        return f"{self.name}@{channel}"

    def frames(self, events: list[Event], until_us: int, wanted: set[str]) -> Frames:
        """Turn the events up to a time into the frames of the wanted streams."""
        self._now_us = until_us
        out: Frames = []
        prints = self.view.prints(events, self._wall_ms)
        if prints and self.stream("ticker") in wanted:
            out.append((self.stream("ticker"), self._ticker("update")))
        self._trades(prints, wanted, out)
        if self._begins(BATCH_INTERVAL_MS) and self.stream("ticker_batch") in wanted:
            self._batch(out)
        if self._begins(SECOND_MS) and self.stream("candles") in wanted:
            self._candle(out)
        self._book(wanted, out)
        return out

    def greeting(self, channel: str) -> bytes | None:
        """Return what a channel tells a new subscriber at once."""
        view, now_ms = self.view, self.now_ms
        if channel == "level2":
            window = self._open_window()
            return messages.book(view, "snapshot", (window.bids, window.asks), now_ms)
        if channel == "market_trades":
            return messages.trades(view, "snapshot", list(view.recent), now_ms)
        if channel == "ticker":
            return self._ticker("snapshot")
        if channel == "ticker_batch":
            return messages.ticker(view, "snapshot", view.day(now_ms), None, now_ms)
        return messages.candles(view, "snapshot", self._candles()[-LISTED_CANDLES:], now_ms)

    @property
    def now_ms(self) -> int:
        """Wall time of the last events."""
        return self._wall_ms(self._now_us)

    def _trades(self, prints: list[DatedPrint], wanted: set[str], out: Frames) -> None:
        """Collect trades and send them four times a second."""
        stream = self.stream("market_trades")
        if stream not in wanted:
            self._waiting = []
            return
        self._waiting += prints
        if self._begins(TRADES_INTERVAL_MS) and self._waiting:
            out.append((stream, messages.trades(self.view, "update", self._waiting, self.now_ms)))
            self._waiting = []

    def _ticker(self, kind: messages.EventKind) -> bytes:
        view, now_ms = self.view, self.now_ms
        return messages.ticker(view, kind, view.day(now_ms), view.top(), now_ms)

    def _batch(self, out: Frames) -> None:
        day = self.view.day(self.now_ms)
        if day != self._batched:
            self._batched = day
            payload = messages.ticker(self.view, "update", day, None, self.now_ms)
            out.append((self.stream("ticker_batch"), payload))

    def _candle(self, out: Frames) -> None:
        """Send the running candle, and the one before in the second after its end."""
        since = self.now_ms - CANDLE_MS - SECOND_MS
        rows = [row for row in self._candles()[-2:] if row.start_ms > since]
        if rows:
            payload = messages.candles(self.view, "update", rows, self.now_ms)
            out.append((self.stream("candles"), payload))

    def _candles(self) -> list[Candle]:
        return grouped(self.view.history.minutes, CANDLE_MS)

    def _book(self, wanted: set[str], out: Frames) -> None:
        stream = self.stream("level2")
        if stream not in wanted:
            self._window = None
            return
        change = self._open_window().change(self._now_us)
        if change is not None:
            sides = change.bids, change.asks
            out.append((stream, messages.book(self.view, "update", sides, self.now_ms)))

    def _open_window(self) -> BookWindow:
        if self._window is None:
            interval_us = BOOK_INTERVAL_US * self._speed
            self._window = BookWindow(self.view, EVERY_LEVEL, interval_us, self._now_us)
        return self._window

    def _begins(self, interval_ms: int) -> bool:
        """Tell whether an interval of wall time has begun since the last time."""
        slot = self.now_ms // interval_ms
        before = self._slots.get(interval_ms, slot)
        self._slots[interval_ms] = slot
        return slot != before

    def _wall_ms(self, at_us: int) -> int:
        return at_us // self._speed // 1000
