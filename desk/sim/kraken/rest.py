"""Kraken's REST answers: assets, pairs, the time, tickers, candles, books, trades."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

from desk.sim.candles import MINUTE_MS
from desk.sim.decimals import plain
from desk.sim.kraken.feed import INTERVALS, PairFeed
from desk.sim.kraken.messages import SMALLEST_COST
from desk.sim.kraken.spelling import Spelling
from desk.sim.past import candles
from desk.sim.rfc3339 import rfc3339
from desk.sim.window import Levels

Query: TypeAlias = Mapping[str, str]

LARGEST_DEPTH = 500
LARGEST_CANDLES = 720
FEES, MAKER_FEES = [[0, 0.4]], [[0, 0.25]]
"""Traded volume from which a tier holds, and the fee in per cent."""


class _Refusal(Exception):
    """A request that is answered with an error, still with HTTP status 200."""


class RestDesk:
    """Answers GETs below /0/public; what is not simulated is an unknown method."""

    def __init__(self, feeds: list[PairFeed]) -> None:
        self._feeds = {feed.spelling.key: feed for feed in feeds}
        self._answers: dict[str, Callable[[Query, int], Any]] = {
            "Time": _time,
            "SystemStatus": lambda _, now_ms: {"status": "online", "timestamp": rfc3339(now_ms)},
            "Assets": self._assets,
            "AssetPairs": self._pairs,
            "Ticker": self._tickers,
            "OHLC": self._candles,
            "Depth": self._books,
            "Trades": self._trades,
        }

    def answer(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body for a request path with its query."""
        url = urlsplit(path)
        make = self._answers.get(url.path.removeprefix("/0/public/"))
        if make is None:
            return 404, msgspec.json.encode({"error": ["EGeneral:Unknown method"]})
        try:
            result = make(dict(parse_qsl(url.query)), now_ms)
        except _Refusal as refusal:
            return 200, msgspec.json.encode({"error": [str(refusal)]})
        return 200, msgspec.json.encode({"error": [], "result": result})

    def _asked(self, query: Query) -> dict[str, PairFeed]:
        """Return the pairs that are asked for by any of their names, or all of them."""
        names = query.get("pair")
        if names is None:
            return self._feeds
        found = {key: feed for name in names.split(",") for key, feed in self._named(name)}
        if not found:
            raise _Refusal("EQuery:Unknown asset pair")
        return found

    def _named(self, name: str) -> list[tuple[str, PairFeed]]:
        return [(key, f) for key, f in self._feeds.items() if name in _names(f.spelling)]

    def _one(self, query: Query) -> tuple[str, PairFeed]:
        if "pair" not in query:
            raise _Refusal("EGeneral:Invalid arguments")
        return next(iter(self._asked(query).items()))

    def _assets(self, query: Query, now_ms: int) -> Any:
        del query, now_ms
        spellings = [feed.spelling for feed in self._feeds.values()]
        names = {spelling.asset: spelling.old_base for spelling in spellings} | {"ZUSD": "USD"}
        return {
            asset: {
                "aclass": "currency",
                "altname": name,
                "decimals": 4 if name == "USD" else 10,
                "display_decimals": 2 if name == "USD" else 5,
                "status": "enabled",
            }
            for asset, name in names.items()
        }

    def _pairs(self, query: Query, now_ms: int) -> Any:
        del now_ms
        return {key: _pair(feed.spelling) for key, feed in self._asked(query).items()}

    def _tickers(self, query: Query, now_ms: int) -> Any:
        return {key: _ticker(feed, now_ms) for key, feed in self._asked(query).items()}

    def _candles(self, query: Query, now_ms: int) -> Any:
        key, feed = self._one(query)
        minutes = _count(query, "interval", 1)
        if minutes not in INTERVALS:
            raise _Refusal("EGeneral:Invalid arguments")
        since_s = _count(query, "since", 0)
        span_ms = minutes * MINUTE_MS
        newest_ms = now_ms // span_ms * span_ms
        since_ms = max(since_s * 1000, newest_ms - (LARGEST_CANDLES - 1) * span_ms)
        rows = candles(feed.view.history, span_ms, since_ms, now_ms)
        price, quantity = feed.view.price, feed.view.quantity
        last_s = now_ms // 1000 // (minutes * 60) * minutes * 60
        found = [
            [
                row.start_ms // 1000,
                *(price(ticks) for ticks in (row.open, row.high, row.low, row.close)),
                price(row.tick_lots // row.volume),
                quantity(row.volume),
                row.trades,
            ]
            for row in rows
        ]
        return {key: found, "last": last_s}

    def _books(self, query: Query, now_ms: int) -> Any:
        key, feed = self._one(query)
        count = max(1, min(_count(query, "count", 100), LARGEST_DEPTH))
        view = feed.view
        sides = {"asks": view.asks.levels(count), "bids": view.bids.levels(count)}
        return {key: {name: _levels(feed, side, now_ms) for name, side in sides.items()}}

    def _trades(self, query: Query, now_ms: int) -> Any:
        key, feed = self._one(query)
        price, quantity = feed.view.price, feed.view.quantity
        rows = [
            [
                price(dated.fill.ticks),
                quantity(dated.fill.lots),
                dated.at_ms / 1000,
                "b" if dated.fill.buyer_is_taker else "s",
                "m",
                "",
                dated.fill.trade_id,
            ]
            for dated in feed.view.recent
        ]
        return {key: rows, "last": str(now_ms * 1_000_000)}


def _time(query: Query, now_ms: int) -> Any:
    del query
    return {"unixtime": now_ms // 1000, "rfc1123": rfc3339(now_ms, 3)}


def _names(spelling: Spelling) -> set[str]:
    old = spelling.old_base
    return {spelling.key, f"{old}USD", f"{old}/USD", spelling.symbol, f"{spelling.base}USD"}


def _pair(spelling: Spelling) -> dict[str, Any]:
    pair = spelling.view.pair
    return {
        "altname": f"{spelling.old_base}USD",
        "wsname": f"{spelling.old_base}/USD",
        "aclass_base": "currency",
        "base": spelling.asset,
        "aclass_quote": "currency",
        "quote": "ZUSD",
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": spelling.price_decimals,
        "lot_decimals": spelling.quantity_decimals,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": FEES,
        "fees_maker": MAKER_FEES,
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": plain(pair.lot * 5000),
        "costmin": SMALLEST_COST,
        "tick_size": plain(pair.tick),
        "status": "online",
    }


def _ticker(feed: PairFeed, now_ms: int) -> dict[str, Any]:
    view = feed.view
    price, quantity, day = view.price, view.quantity, view.day(now_ms)
    bid, bid_lots, ask, ask_lots = view.top()
    average = price(day.tick_lots // day.volume if day.volume else view.last_ticks)
    return {
        "a": [price(ask), "1", quantity(ask_lots)],
        "b": [price(bid), "1", quantity(bid_lots)],
        "c": [price(day.close), quantity(day.last_lots)],
        "v": [quantity(day.volume)] * 2,
        "p": [average] * 2,
        "t": [day.trades] * 2,
        "l": [price(day.low)] * 2,
        "h": [price(day.high)] * 2,
        "o": price(day.open),
    }


def _levels(feed: PairFeed, levels: Levels, now_ms: int) -> list[list[Any]]:
    price, quantity = feed.view.price, feed.view.quantity
    return [[price(ticks), quantity(lots), now_ms // 1000] for ticks, lots in levels]


def _count(query: Query, name: str, otherwise: int) -> int:
    text = query.get(name, str(otherwise))
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise _Refusal("EGeneral:Invalid arguments")
    return int(text)
