"""OKX's REST answers: the listing, the time, the book, and what its state channels tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

from desk.sim.candles import DAY_MS, HOUR_MS, MINUTE_MS
from desk.sim.okx import messages
from desk.sim.okx.feed import InstrumentFeed
from desk.sim.past import candles

Query: TypeAlias = Mapping[str, str]

KINDS = {"SPOT", "SWAP", "FUTURES", "OPTION", "MARGIN"}
LARGEST_DEPTH = 400
LARGEST_PAGE = 300
OLDEST_CANDLES = 1_440
BARS_MS = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "1H": HOUR_MS,
    "4H": 4 * HOUR_MS,
    "1Dutc": DAY_MS,
}
"""Lengths of candles; the others are not simulated. A plain `1D` is a day of Hong Kong."""

STATES = {
    "/api/v5/market/ticker": "tickers",
    "/api/v5/public/funding-rate": "funding-rate",
    "/api/v5/public/mark-price": "mark-price",
    "/api/v5/public/open-interest": "open-interest",
}
"""Path → the channel that tells the same of an instrument."""


class _Refusal(Exception):
    """A request that is answered with an error code, still with HTTP status 200 or 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


class RestDesk:
    """Answers GETs below /api/v5; what is not simulated is an unknown path."""

    def __init__(self, feeds: dict[str, InstrumentFeed]) -> None:
        self._feeds = feeds
        self._answers: dict[str, Callable[[Query, int], list[Any]]] = {
            "/api/v5/public/instruments": self._instruments,
            "/api/v5/public/time": lambda _, now_ms: [{"ts": str(now_ms)}],
            "/api/v5/market/books": self._book,
            "/api/v5/market/candles": self._candles,
            "/api/v5/public/funding-rate-history": self._funding_rates,
            **{path: partial(self._state, channel) for path, channel in STATES.items()},
        }

    def answer(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body for a request path with its query."""
        url = urlsplit(path)
        make = self._answers.get(url.path)
        if make is None:
            return 404, _packed("50404", "Request path does not exist", [])
        try:
            return 200, _packed("0", "", make(dict(parse_qsl(url.query)), now_ms))
        except _Refusal as refusal:
            return 400, _packed(refusal.code, refusal.message, [])

    def _instruments(self, query: Query, now_ms: int) -> list[Any]:
        del now_ms
        kind = query.get("instType")
        if kind is None:
            raise _Refusal("50014", "Parameter instType can not be empty.")
        if kind not in KINDS:
            raise _Refusal("51000", "Parameter instType error")
        return [
            messages.description(feed.spelling)
            for instrument_id, feed in self._feeds.items()
            if feed.spelling.kind == kind and query.get("instId", instrument_id) == instrument_id
        ]

    def _state(self, channel: str, query: Query, now_ms: int) -> list[Any]:
        del now_ms
        feed = self._feed(query)
        if (feed.spelling.instrument_id, channel) not in feed.channels():
            raise _Refusal("51000", "Parameter instId error")
        data = feed.state(channel)
        return [] if data is None else [data]

    def _candles(self, query: Query, now_ms: int) -> list[Any]:
        """Answer with the newest first; `after` means candles that begin before it."""
        feed, span_ms = self._feed(query), BARS_MS.get(query.get("bar", "1m"))
        if span_ms is None:
            raise _Refusal("51000", "Parameter bar error")
        limit = min(_whole(query, "limit", 100), LARGEST_PAGE)
        until_ms = min(now_ms, _whole(query, "after", now_ms + 1) - 1)
        since_ms = until_ms // span_ms * span_ms - (limit - 1) * span_ms
        since_ms = max(since_ms, _whole(query, "before", 0) + 1, now_ms - OLDEST_CANDLES * span_ms)
        return [
            messages.candle(feed.spelling, row, closed=row.start_ms + span_ms <= now_ms)
            for row in candles(feed.history, span_ms, since_ms, until_ms)[::-1]
        ]

    def _funding_rates(self, query: Query, now_ms: int) -> list[Any]:
        feed = self._feed(query)
        if not feed.spelling.is_swap:
            raise _Refusal("51000", "Parameter instId error")
        limit = min(_whole(query, "limit", 100), 100)
        return [
            messages.settled_funding(feed.spelling, rate, at_ms)
            for at_ms, rate in feed.settlements(now_ms, limit)[::-1]
        ]

    def _feed(self, query: Query) -> InstrumentFeed:
        feed = self._feeds.get(query.get("instId", ""))
        if feed is None:
            raise _Refusal("51001", "Instrument ID doesn't exist.")
        return feed

    def _book(self, query: Query, now_ms: int) -> list[Any]:
        feed = self._feed(query)
        depth = min(_whole(query, "sz", 1), LARGEST_DEPTH)
        if not depth:
            raise _Refusal("51000", "Parameter sz error")
        book = feed.listing.book
        sides = book.bids.levels(depth), book.asks.levels(depth)
        return [{**messages.book(feed.spelling, sides, now_ms), "seqId": book.update_id}]


def _whole(query: Query, name: str, otherwise: int) -> int:
    text = query.get(name, str(otherwise))
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise _Refusal("51000", f"Parameter {name} error")
    return int(text)


def _packed(code: str, message: str, data: list[Any]) -> bytes:
    return msgspec.json.encode({"code": code, "msg": message, "data": data})
