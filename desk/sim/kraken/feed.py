"""What one pair sends on Kraken: the market's events as frames of its channels."""

from __future__ import annotations

from desk.sim.book import Top
from desk.sim.candles import MINUTE_MS, Candle, grouped
from desk.sim.dollars import DatedPrint, DollarView
from desk.sim.events import Event
from desk.sim.kraken import messages
from desk.sim.kraken.spelling import Spelling
from desk.sim.rfc3339 import rfc3339
from desk.sim.window import BookWindow, Levels

DEPTHS = (10, 25, 100, 500, 1000)
INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""Minutes of a candle."""
TRIGGERS = ("trades", "bbo")
BOOK_INTERVAL_US = 50_000
KEPT_TRADES = 50

Frames = list[tuple[str, bytes]]
"""(stream, payload), a stream being `symbol@channel`, with `@parameter` where there is one."""


class PairFeed:
    """The channels of one pair."""

    def __init__(self, view: DollarView, *, speed: int, now_us: int) -> None:
        self.view = view
        self.spelling = Spelling(view)
        self._speed = speed
        self._now_us = now_us
        self._windows: dict[int, BookWindow] = {}
        self._top: Top | None = None
        """As subscribers to best prices know it."""

    def stream(self, *channel: str) -> str:
        """Return the name of a stream of this pair: `BTC/USD@book@10`."""
        return "@".join((self.spelling.symbol, *channel))

    def streams(self) -> set[str]:
        """Return the streams that flow."""
        parameters = {"book": DEPTHS, "ohlc": INTERVALS, "ticker": TRIGGERS}
        names = {self.stream(c, str(x)) for c, values in parameters.items() for x in values}
        return names | {self.stream("trade")}

    def frames(self, events: list[Event], until_us: int, wanted: set[str]) -> Frames:
        """Turn the events up to a time into the frames of the wanted streams."""
        self._now_us = until_us
        out: Frames = []
        prints = self.view.prints(events, self._wall_ms)
        if prints:
            self._traded(prints, wanted, out)
        self._quoted(wanted, out)
        for depth in DEPTHS:
            self._book(depth, wanted, out)
        return out

    def greeting(self, stream: str) -> bytes:
        """Return what a stream tells a new subscriber at once."""
        _, channel, *parameter = stream.split("@")
        if channel == "book":
            window = self._window(int(parameter[0]))
            sides = window.bids, window.asks
            return messages.book(self.spelling, "snapshot", sides, sides, self.now_ms)
        if channel == "trade":
            recent = list(self.view.recent)[-KEPT_TRADES:]
            return messages.frame("trade", "snapshot", self._trades(recent))
        if channel == "ticker":
            return messages.frame("ticker", "snapshot", [self._ticker()])
        minutes = int(parameter[0])
        return self._candles("snapshot", self._grouped(minutes), minutes)

    @property
    def now_ms(self) -> int:
        """Wall time of the last events."""
        return self._wall_ms(self._now_us)

    # ------------------------------------------------------------------ trades

    def _traded(self, prints: list[DatedPrint], wanted: set[str], out: Frames) -> None:
        trades, ticker = self.stream("trade"), self.stream("ticker", "trades")
        if trades in wanted:
            out.append((trades, messages.frame("trade", "update", self._trades(prints))))
        if ticker in wanted:
            out.append((ticker, messages.frame("ticker", "update", [self._ticker()])))
        for minutes in INTERVALS:
            stream = self.stream("ohlc", str(minutes))
            if stream in wanted:
                touched = {dated.at_ms // (minutes * MINUTE_MS) for dated in prints}
                rows = self._grouped(minutes)[-len(touched) :]
                out.append((stream, self._candles("update", rows, minutes)))

    def _trades(self, prints: list[DatedPrint]) -> list[messages.Body]:
        return [messages.trade(self.spelling, dated) for dated in prints]

    def _grouped(self, minutes: int) -> list[Candle]:
        return grouped(self.view.history.minutes, minutes * MINUTE_MS)

    def _candles(self, kind: messages.Kind, rows: list[Candle], minutes: int) -> bytes:
        data = [messages.candle(self.spelling, row, minutes) for row in rows]
        return messages.frame("ohlc", kind, data, timestamp=rfc3339(self.now_ms, 9))

    # ------------------------------------------------------------------ quotes

    def _quoted(self, wanted: set[str], out: Frames) -> None:
        """Send the ticker of those who want it whenever the best prices change."""
        stream = self.stream("ticker", "bbo")
        if stream not in wanted:
            self._top = None
            return
        before, self._top = self._top, self.view.top()
        if before != self._top:
            out.append((stream, messages.frame("ticker", "update", [self._ticker()])))

    def _ticker(self) -> messages.Body:
        now_ms = self.now_ms
        return messages.ticker(self.spelling, self.view.day(now_ms), self.view.top(), now_ms)

    def _book(self, depth: int, wanted: set[str], out: Frames) -> None:
        stream = self.stream("book", str(depth))
        if stream not in wanted:
            self._windows.pop(depth, None)
            return
        window = self._window(depth)
        change = window.change(self._now_us)
        if change is None:
            return
        bids = _told(change.bids, window.bids, depth)
        asks = _told(change.asks, window.asks, depth)
        best = window.bids, window.asks
        payload = messages.book(self.spelling, "update", (bids, asks), best, self.now_ms)
        out.append((stream, payload))

    def _window(self, depth: int) -> BookWindow:
        if depth not in self._windows:
            interval_us = BOOK_INTERVAL_US * self._speed
            self._windows[depth] = BookWindow(self.view, depth, interval_us, self._now_us)
        return self._windows[depth]

    def _wall_ms(self, at_us: int) -> int:
        return at_us // self._speed // 1000


def _told(changed: Levels, held: Levels, depth: int) -> Levels:
    """Leave out removals of levels behind a full window: clients cut them off themselves."""
    if len(held) < depth:
        return changed
    best, worst = held[0][0], held[-1][0]
    behind = min if best > worst else max  # bids fall, asks rise
    return [level for level in changed if level[1] or behind(level[0], worst) != level[0]]
