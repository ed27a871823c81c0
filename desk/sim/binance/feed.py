"""What one instrument sends: the market's events as frames of the streams somebody wants."""

from __future__ import annotations

from collections import deque

import msgspec

from desk.sim.binance import messages
from desk.sim.binance.depth import DepthCut
from desk.sim.binance.messages import AggregateTrade
from desk.sim.binance.spelling import Spelling
from desk.sim.binance.streams import parse_depth
from desk.sim.candles import KEPT_MINUTES, MINUTE_MS, History, PremiumBar
from desk.sim.contracts import ContractListing
from desk.sim.events import Event, Forced, LevelSet, MarkUpdate, Print, TopOfBook
from desk.sim.listing import Listing

KEPT_TRADES = 1000
SECOND_US = 1_000_000
MARK_KINDS = {"markPrice@1s": 1000, "markPrice": 3000}

Frames = list[tuple[str, bytes]]
"""(kind, payload): the kind is the stream's name after `symbol@`."""

_encode = msgspec.json.Encoder().encode


class InstrumentFeed:
    """The streams of one instrument, and what REST answers need to know of it.

    `speed` is how many seconds of market time pass in a second; all stamps are wall time.
    """

    def __init__(
        self, listing: Listing | ContractListing, *, speed: int, now_us: int, history: History
    ) -> None:
        self.listing = listing
        self.spelling = Spelling.of(listing.instrument)
        self.history = history
        self.mark: MarkUpdate | None = None
        self.premiums: list[PremiumBar] = []
        self.recent: deque[AggregateTrade] = deque(maxlen=KEPT_TRADES)
        self._speed = speed
        self._phase_us = sum(listing.instrument.id.encode()) * 7_919 % 100_000 * speed
        self._cuts: dict[str, DepthCut] = {}
        self._partials: dict[str, DepthCut] = {}
        self._printed: list[Print] = []
        self._forced: bytes | None = None
        """The last that was forced since it was last told."""
        self._seen_id = listing.book.update_id
        self.restart(now_us)

    def restart(self, now_us: int) -> None:
        """Set the clock after the market has stood still."""
        self._now_us = now_us
        self._second_us = (now_us // self._wall_second_us + 1) * self._wall_second_us
        for cut in (*self._cuts.values(), *self._partials.values()):
            cut.restart(now_us)

    @property
    def _wall_second_us(self) -> int:
        return SECOND_US * self._speed

    def wall_ms(self, at_us: int) -> int:
        """Return the wall time of a market time."""
        return at_us // self._speed // 1000

    def frames(self, events: list[Event], until_us: int, wanted: set[str]) -> Frames:
        """Turn the events up to a time into the frames of the wanted streams, in their order."""
        self._follow(wanted)
        out: Frames = []
        due_us = self._due_us()
        for event in events:
            if event.at_us >= due_us:
                self._make_due(event.at_us, wanted, out)
                due_us = self._due_us()
            if self._printed and not self._continues(event):
                self._aggregate(wanted, out)
            self._one(event, wanted, out)
        if self._printed:
            self._aggregate(wanted, out)
        self._make_due(until_us, wanted, out)
        self._publish_partials(until_us, out)
        self._now_us = until_us
        self._seen_id = self.listing.book.update_id
        return out

    # ------------------------------------------------------------------ events

    def _one(self, event: Event, wanted: set[str], out: Frames) -> None:
        if isinstance(event, LevelSet):
            for cut in self._cuts.values():
                cut.add(event)
        elif isinstance(event, TopOfBook):
            if "bookTicker" in wanted:
                body = messages.book_ticker(self.spelling, event, self.wall_ms(event.at_us))
                out.append(("bookTicker", _encode(body)))
        elif isinstance(event, Print):
            self._print(event, wanted, out)
        elif isinstance(event, MarkUpdate):
            self._mark(event, wanted, out)
        elif "forceOrder" in wanted:
            self._force(event)

    def _print(self, fill: Print, wanted: set[str], out: Frames) -> None:
        at_ms = self.wall_ms(fill.at_us)
        self.history.add(at_ms, fill)
        self._printed.append(fill)
        if "trade" in wanted:
            out.append(("trade", _encode(messages.trade(self.spelling, fill, at_ms))))

    def _continues(self, event: Event) -> bool:
        """Tell whether an event is one more fill of the same order at the same price."""
        last = self._printed[-1]
        return (
            isinstance(event, Print)
            and event.at_us == last.at_us
            and event.ticks == last.ticks
            and event.buyer_is_taker == last.buyer_is_taker
        )

    def _aggregate(self, wanted: set[str], out: Frames) -> None:
        first, last = self._printed[0], self._printed[-1]
        trade = AggregateTrade(
            at_ms=self.wall_ms(first.at_us),
            first_id=first.trade_id,
            last_id=last.trade_id,
            ticks=first.ticks,
            lots=sum(fill.lots for fill in self._printed),
            buyer_is_taker=first.buyer_is_taker,
        )
        self._printed = []
        self.recent.append(trade)
        if "aggTrade" in wanted:
            out.append(("aggTrade", _encode(messages.aggregate_trade(self.spelling, trade))))

    def _mark(self, mark: MarkUpdate, wanted: set[str], out: Frames) -> None:
        self.mark = mark
        start_ms = self.wall_ms(mark.at_us) // MINUTE_MS * MINUTE_MS
        if not self.premiums or self.premiums[-1].start_ms < start_ms:
            first = mark.premium
            self.premiums.append(PremiumBar(start_ms, first, first, first, first))
            del self.premiums[:-KEPT_MINUTES]
        self.premiums[-1].add(mark.premium)
        if mark.at_us % self._wall_second_us:
            return
        at_ms = self.wall_ms(mark.at_us)
        funding_ms = mark.next_funding_ms // self._speed
        body = messages.mark_price_update(self.spelling, mark, at_ms, funding_ms)
        for kind, every_ms in MARK_KINDS.items():
            if kind in wanted and at_ms % every_ms == 0:
                out.append((kind, _encode(body)))

    def _force(self, forced: Forced) -> None:
        """Keep the forced order until the second is over: no more than one is told."""
        fills = [trade for trade in self.recent if trade.first_id >= forced.first_trade_id]
        if fills:
            second_ms, at_ms = self.wall_ms(self._second_us), self.wall_ms(forced.at_us)
            body = messages.force_order(self.spelling, forced, fills, (second_ms, at_ms))
            self._forced = _encode(body)

    # ------------------------------------------------------------------ what comes by the clock

    def _follow(self, wanted: set[str]) -> None:
        """Begin and end depth streams as subscribers come and go."""
        for cuts in (self._cuts, self._partials):
            for kind in cuts.keys() - wanted:
                del cuts[kind]
        for kind in wanted - self._cuts.keys() - self._partials.keys():
            depth = parse_depth(kind, is_spot=self.spelling.is_spot)
            if depth is None:
                continue
            cuts = self._cuts if depth.levels is None else self._partials
            cuts[kind] = DepthCut(
                interval_us=depth.interval_ms * 1000 * self._speed,
                phase_us=self._phase_us,
                now_us=self._now_us,
                update_id=self._seen_id,
            )

    def _due_us(self) -> int:
        return min([self._second_us, *(cut.due_us for cut in self._cuts.values())])

    def _make_due(self, now_us: int, wanted: set[str], out: Frames) -> None:
        for kind, cut in self._cuts.items():
            while cut.due_us <= now_us:
                at_ms = self.wall_ms(cut.due_us)
                piece = cut.cut(self.spelling.numbers)
                if piece is not None:
                    body = messages.depth_update(self.spelling, piece, at_ms)
                    out.append((kind, _encode(body)))
        while self._second_us <= now_us:
            self._each_second(self.wall_ms(self._second_us), wanted, out)
            self._second_us += self._wall_second_us

    def _publish_partials(self, now_us: int, out: Frames) -> None:
        for kind, cut in self._partials.items():
            depth = parse_depth(kind, is_spot=self.spelling.is_spot)
            if depth is None or depth.levels is None or cut.due_us > now_us:
                continue
            cut.restart(now_us)
            listing, level = self.listing, self.spelling.numbers.level
            levels = {
                "bids": [level(t, lots) for t, lots in listing.book.bids.levels(depth.levels)],
                "asks": [level(t, lots) for t, lots in listing.book.asks.levels(depth.levels)],
            }
            update_id = self.spelling.update_id(listing.book.update_id)
            at_ms = self.wall_ms(now_us)
            body = messages.partial_depth(self.spelling, update_id, levels, at_ms)
            out.append((kind, _encode(body)))

    def _each_second(self, now_ms: int, wanted: set[str], out: Frames) -> None:
        if self._forced is not None:
            out.append(("forceOrder", self._forced))
            self._forced = None
        day = self.history.day(now_ms)
        if day is None:
            return
        if "miniTicker" in wanted:
            out.append(("miniTicker", _encode(messages.mini_ticker(self.spelling, day, now_ms))))
        if "ticker" in wanted:
            body = messages.ticker(self.spelling, day, self.listing.top(), now_ms)
            out.append(("ticker", _encode(body)))
        if "kline_1m" in wanted:
            self._publish_klines(now_ms, out)

    def _publish_klines(self, now_ms: int, out: Frames) -> None:
        """Send the candle that has just closed, once, and the one that runs."""
        for candle in self.history.minutes[-2:]:
            end_ms = candle.start_ms + MINUTE_MS
            if now_ms < end_ms + 1000:
                body = messages.kline(self.spelling, candle, now_ms, closed=now_ms >= end_ms)
                out.append(("kline_1m", _encode(body)))
