"""Coinbase's REST answers: products, books, candles, trades, and what clients ask for first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

from desk.sim.candles import MINUTE_MS
from desk.sim.coinbase import messages
from desk.sim.coinbase.feed import ProductFeed
from desk.sim.past import candles
from desk.sim.rfc3339 import rfc3339
from desk.sim.window import Levels

Query: TypeAlias = Mapping[str, str]

MARKET = "/api/v3/brokerage/market/"
LARGEST_DEPTH = 5_000
LARGEST_COUNT = 1_000
LARGEST_CANDLES = 350
GRANULARITIES = {
    "ONE_MINUTE": 1,
    "FIVE_MINUTE": 5,
    "FIFTEEN_MINUTE": 15,
    "THIRTY_MINUTE": 30,
    "ONE_HOUR": 60,
    "TWO_HOUR": 120,
    "SIX_HOUR": 360,
    "ONE_DAY": 1_440,
}
"""Minutes."""


class _Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(status, error, message)
        self.status = status
        self.body = {"error": error, "error_details": message, "message": message}


class RestDesk:
    """Answers GETs; what is not simulated is an unknown path."""

    def __init__(self, feeds: Mapping[str, ProductFeed]) -> None:
        self._feeds = feeds
        self._answers: dict[str, Callable[[Query, int], Any]] = {
            MARKET + "products": self._products,
            MARKET + "product_book": self._book,
            "/api/v3/brokerage/time": _time,
            "/v2/currencies": self._currencies,
            "/v2/currencies/crypto": self._crypto,
            "/v2/exchange-rates": self._rates,
        }
        self._of_product: dict[str, Callable[[ProductFeed, Query, int], Any]] = {
            "": lambda feed, _, now_ms: _product(feed, now_ms),
            "ticker": self._ticker,
            "candles": self._candles,
        }

    def answer(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body for a request path with its query."""
        url = urlsplit(path)
        query = dict(parse_qsl(url.query))
        try:
            return 200, msgspec.json.encode(self._find(url.path, query, now_ms))
        except _Refusal as refusal:
            return refusal.status, msgspec.json.encode(refusal.body)

    def _find(self, path: str, query: Query, now_ms: int) -> Any:
        make = self._answers.get(path)
        if make is not None:
            return make(query, now_ms)
        name, _, what = path.removeprefix(MARKET + "products/").partition("/")
        of_product = self._of_product.get(what)
        if of_product is None or not path.startswith(MARKET + "products/"):
            raise _Refusal(404, "unknown", "Route not found")
        return of_product(self._feed(name), query, now_ms)

    def _feed(self, name: str) -> ProductFeed:
        feed = self._feeds.get(canonical(name))
        if feed is None:
            raise _Refusal(404, "NOT_FOUND", "valid product_id is required")
        return feed

    def _products(self, query: Query, now_ms: int) -> Any:
        spot = query.get("product_type", "SPOT") == "SPOT"
        rows = [_product(feed, now_ms) for feed in self._feeds.values()] if spot else []
        return {"products": rows, "num_products": len(rows)}

    def _book(self, query: Query, now_ms: int) -> Any:
        feed = self._feed(query.get("product_id", ""))
        limit = min(_count(query, "limit", LARGEST_DEPTH), LARGEST_DEPTH)
        bids, asks = feed.view.bids.levels(limit), feed.view.asks.levels(limit)
        middle = (bids[0][0] + asks[0][0]) / 2
        spread = asks[0][0] - bids[0][0]
        return {
            "pricebook": {
                "product_id": feed.name,
                "bids": _levels(feed, bids),
                "asks": _levels(feed, asks),
                "time": rfc3339(now_ms),
            },
            "last": feed.view.price(feed.view.last_ticks),
            "mid_market": f"{middle * float(feed.view.pair.tick):.8f}",
            "spread_bps": f"{spread / middle * 1e4:.8f}",
            "spread_absolute": feed.view.price(spread),
        }

    def _ticker(self, feed: ProductFeed, query: Query, now_ms: int) -> Any:
        del now_ms
        limit = min(_count(query, "limit", 1), LARGEST_COUNT)
        bid, _, ask, _ = feed.view.top()
        newest = list(feed.view.recent)[-limit:][::-1]
        trades = [messages.trade(feed.view, dated) for dated in newest]
        price = feed.view.price
        return {"trades": trades, "best_bid": price(bid), "best_ask": price(ask)}

    def _candles(self, feed: ProductFeed, query: Query, now_ms: int) -> Any:
        minutes = GRANULARITIES.get(query.get("granularity", ""))
        if minutes is None:
            raise _Refusal(400, "INVALID_ARGUMENT", "granularity is invalid")
        start_s = _count(query, "start", 0)
        end_s = _count(query, "end", now_ms // 1000)
        span_ms = minutes * MINUTE_MS
        until_ms = min(end_s * 1000, now_ms)
        since_ms = max(start_s * 1000, until_ms // span_ms * span_ms - LARGEST_CANDLES * span_ms)
        found = candles(feed.view.history, span_ms, since_ms, until_ms)
        newest = found[-LARGEST_CANDLES:][::-1]
        return {"candles": [messages.candle(feed.view, row) for row in newest]}

    def _currencies(self, query: Query, now_ms: int) -> Any:
        del query, now_ms
        return {"data": [{"id": "USD", "name": messages.NAMES["USD"], "min_size": "0.01"}]}

    def _crypto(self, query: Query, now_ms: int) -> Any:
        del query, now_ms
        rows = [
            {
                "asset_id": feed.view.pair.base.lower(),
                "code": feed.view.pair.base,
                "name": messages.NAMES[feed.view.pair.base],
                "color": "#000000",
                "sort_index": at,
                "exponent": 8,
                "type": "crypto",
                "address_regex": ".*",
            }
            for at, feed in enumerate(self._feeds.values())
        ]
        return {"data": rows}

    def _rates(self, query: Query, now_ms: int) -> Any:
        del query, now_ms
        prices = {
            feed.view.pair.base: feed.view.last_ticks * float(feed.view.pair.tick)
            for feed in self._feeds.values()
        }
        rates = {base: f"{1 / price:.16f}" for base, price in prices.items()}
        return {"data": {"currency": "USD", "rates": {"USD": "1.0", **rates}}}


def canonical(name: str) -> str:
    """Return the product that a name means: those against USDC are those against the dollar."""
    base, dash, quote = name.partition("-")
    return f"{base}-USD" if dash and quote == "USDC" else name


def _time(query: Query, now_ms: int) -> Any:
    del query
    return {
        "iso": rfc3339(now_ms, 3),
        "epochSeconds": str(now_ms // 1000),
        "epochMillis": str(now_ms),
    }


def _product(feed: ProductFeed, now_ms: int) -> messages.Body:
    return messages.product(feed.view, feed.view.day(now_ms), feed.view.top())


def _levels(feed: ProductFeed, levels: Levels) -> list[messages.Body]:
    price, quantity = feed.view.price, feed.view.quantity
    return [{"price": price(ticks), "size": quantity(lots)} for ticks, lots in levels]


def _count(query: Query, name: str, otherwise: int) -> int:
    text = query.get(name, str(otherwise))
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise _Refusal(400, "INVALID_ARGUMENT", f"{name} is invalid")
    return int(text)
