"""Bybit's REST answers: the listing, the time, the book, the ticker with its open interest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

from desk.sim.bybit import messages
from desk.sim.bybit.feed import InstrumentFeed
from desk.sim.bybit.spelling import SPOT
from desk.sim.candles import DAY_MS, HOUR_MS, MINUTE_MS
from desk.sim.past import candles

Query: TypeAlias = Mapping[str, str]
Feeds: TypeAlias = Mapping[str, InstrumentFeed]

EMPTY = {"option"}
PARAMETER_ERROR = 10001
LARGEST_DEPTH = {"spot": 200, "linear": 500, "inverse": 500}
INTERVALS_MS = {
    "1": MINUTE_MS,
    "5": 5 * MINUTE_MS,
    "15": 15 * MINUTE_MS,
    "60": HOUR_MS,
    "240": 4 * HOUR_MS,
    "D": DAY_MS,
}
"""Lengths of candles; the others are not simulated."""
LARGEST_PAGE, LARGEST_FUNDING_PAGE = 1_000, 200
INTEREST_MINUTES = {"5min": 5, "15min": 15, "30min": 30, "1h": 60, "4h": 240, "1d": 1440}


class _Refusal(Exception):
    """A request that is answered with an error code."""


class RestDesk:
    """Answers GETs below /v5/market; what is not simulated is an unknown path."""

    def __init__(self, feeds: Mapping[str, Feeds]) -> None:
        self._feeds = feeds
        self._answers: dict[str, Callable[[Query, int], dict[str, Any]]] = {
            "/v5/market/instruments-info": self._instruments,
            "/v5/market/time": self._time,
            "/v5/market/orderbook": self._book,
            "/v5/market/tickers": self._tickers,
            "/v5/market/open-interest": self._open_interest,
            "/v5/market/kline": self._klines,
            "/v5/market/funding/history": self._funding_rates,
        }

    def answer(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body for a request path with its query."""
        url = urlsplit(path)
        make = self._answers.get(url.path)
        if make is None:
            return 404, _packed(404, "Not found", {}, now_ms)
        try:
            result = make(dict(parse_qsl(url.query)), now_ms)
        except _Refusal as refusal:
            return 200, _packed(PARAMETER_ERROR, str(refusal), {}, now_ms)
        return 200, _packed(0, "OK", result, now_ms)

    def _category(self, query: Query) -> tuple[str, Feeds]:
        category = query.get("category", "")
        if category not in self._feeds and category not in EMPTY:
            raise _Refusal("params error: category only support linear, inverse, option and spot")
        return category, self._feeds.get(category, {})

    @staticmethod
    def _time(query: Query, now_ms: int) -> dict[str, Any]:
        del query
        return {"timeSecond": str(now_ms // 1000), "timeNano": str(now_ms * 1_000_000)}

    def _instruments(self, query: Query, now_ms: int) -> dict[str, Any]:
        del now_ms
        category, feeds = self._category(query)
        listed = [
            messages.description(feed.spelling, feed.listing.instrument)
            for symbol, feed in feeds.items()
            if query.get("symbol", symbol) == symbol
            and query.get("status", "Trading") == "Trading"
            and query.get("baseCoin", feed.spelling.instrument.base)
            == feed.spelling.instrument.base
        ]
        result: dict[str, Any] = {"category": category, "list": listed}
        return result if category == SPOT else {**result, "nextPageCursor": ""}

    def _tickers(self, query: Query, now_ms: int) -> dict[str, Any]:
        del now_ms
        category, feeds = self._category(query)
        wanted = [feed for symbol, feed in feeds.items() if query.get("symbol", symbol) == symbol]
        if not wanted:
            raise _Refusal("params error: symbol invalid")
        tickers = (feed.ticker() for feed in wanted)
        return {"category": category, "list": [ticker for ticker in tickers if ticker]}

    def _open_interest(self, query: Query, now_ms: int) -> dict[str, Any]:
        """Answer with the present alone, as of the interval's start: the market keeps no more."""
        category, feed = self._feed(query)
        minutes = INTEREST_MINUTES.get(query.get("intervalTime", ""))
        ticker = feed.ticker()
        if minutes is None or category == SPOT or not ticker:
            raise _Refusal("params error: intervalTime invalid")
        start_ms = now_ms // (minutes * MINUTE_MS) * minutes * MINUTE_MS
        row = {"openInterest": ticker["openInterest"], "timestamp": str(start_ms)}
        head = {"symbol": feed.spelling.symbol, "category": category}
        return {**head, "list": [row], "nextPageCursor": ""}

    def _klines(self, query: Query, now_ms: int) -> dict[str, Any]:
        """Answer with the newest first."""
        category, feed = self._feed(query)
        span_ms = INTERVALS_MS.get(query.get("interval", ""))
        if span_ms is None:
            raise _Refusal("params error: interval invalid")
        limit = min(_whole(query, "limit", 200), LARGEST_PAGE)
        until_ms = min(now_ms, _whole(query, "end", now_ms))
        since_ms = until_ms // span_ms * span_ms - (limit - 1) * span_ms
        since_ms = max(since_ms, _whole(query, "start", 0))
        rows = candles(feed.history, span_ms, since_ms, until_ms)[::-1]
        told = [messages.kline_row(feed.spelling, row) for row in rows]
        return {"symbol": feed.spelling.symbol, "category": category, "list": told}

    def _funding_rates(self, query: Query, now_ms: int) -> dict[str, Any]:
        category, feed = self._feed(query)
        if category == SPOT:
            raise _Refusal("params error: category invalid")
        limit = min(_whole(query, "limit", LARGEST_FUNDING_PAGE), LARGEST_FUNDING_PAGE)
        rows = [
            {
                "symbol": feed.spelling.symbol,
                "fundingRate": f"{rate:.8f}",
                "fundingRateTimestamp": str(at_ms),
            }
            for at_ms, rate in feed.settlements(now_ms, limit)[::-1]
        ]
        return {"category": category, "list": rows}

    def _feed(self, query: Query) -> tuple[str, InstrumentFeed]:
        category, feeds = self._category(query)
        feed = feeds.get(query.get("symbol", ""))
        if feed is None:
            raise _Refusal("params error: symbol invalid")
        return category, feed

    def _book(self, query: Query, now_ms: int) -> dict[str, Any]:
        category, feed = self._feed(query)
        depth = min(_whole(query, "limit", 1 if category == SPOT else 25), LARGEST_DEPTH[category])
        if not depth:
            raise _Refusal("params error: limit invalid")
        book = feed.listing.book
        sides = book.bids.levels(depth), book.asks.levels(depth)
        update_id = book.update_id
        body = messages.book(feed.spelling, sides, number=update_id, update_id=update_id)
        return {**body, "ts": now_ms, "cts": now_ms}


def _whole(query: Query, name: str, otherwise: int) -> int:
    text = query.get(name, str(otherwise))
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise _Refusal(f"params error: {name} invalid")
    return int(text)


def _packed(code: int, message: str, result: dict[str, Any], now_ms: int) -> bytes:
    return msgspec.json.encode(
        {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": now_ms}
    )
