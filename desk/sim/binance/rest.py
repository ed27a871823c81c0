"""The venue's REST answers: documents made from an instrument's feed.

Spot below /api/v3, USDⓈ-M below /fapi/v1, coin-margined below /dapi/v1, where most answers about
one symbol are lists too. What is not simulated answers 404 as unknown path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

from desk.sim.binance import messages
from desk.sim.binance.exchange_info import coinm_symbol, spot_symbol, usdm_symbol
from desk.sim.binance.feed import InstrumentFeed
from desk.sim.binance.streams import COINM, SPOT, USDM
from desk.sim.binance.wire import mark_number, rate_number
from desk.sim.candles import DAY_MS, HOUR_MS, MINUTE_MS
from desk.sim.funding import INTEREST
from desk.sim.past import candles, settlements

Query: TypeAlias = Mapping[str, str]
Answer: TypeAlias = "dict[str, Any] | list[Any]"

PREFIXES = {SPOT: "/api/v3/", USDM: "/fapi/v1/", COINM: "/dapi/v1/"}
DESCRIBED = {SPOT: spot_symbol, USDM: usdm_symbol, COINM: coinm_symbol}

INTERVALS_MS = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "1d": DAY_MS,
}
"""Of candles; the others are not simulated."""

SPOT_DEPTH_LIMIT = 5000
FUTURES_DEPTH_LIMIT = 1000


class Refusal(Exception):
    """A request the venue answers with an error code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.body = {"code": code, "msg": message}


class RestDesk:
    """Answers the GET requests of one section."""

    def __init__(self, section: str, feeds: dict[str, InstrumentFeed], speed: int) -> None:
        self._section = section
        self._feeds = feeds
        self._speed = speed
        self._now_ms = 0
        shared: dict[str, Callable[[Query], Answer]] = {
            "ping": lambda _: {},
            "time": lambda _: {"serverTime": self._now_ms},
            "exchangeInfo": self._exchange_info,
            "depth": self._depth,
            "aggTrades": self._aggregate_trades,
            "klines": self._klines,
            "ticker/24hr": self._day,
            "ticker/bookTicker": self._book_ticker,
            "ticker/price": self._price,
        }
        futures: dict[str, Callable[[Query], Answer]] = {
            "premiumIndex": self._premium_index,
            "fundingInfo": self._funding_info,
            "fundingRate": self._funding_rates,
            "openInterest": self._open_interest,
            "premiumIndexKlines": self._premium_klines,
        }
        known = shared if section == SPOT else shared | futures
        self._answers = {PREFIXES[section] + name: answer for name, answer in known.items()}

    def answer(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body for a request path with its query."""
        url = urlsplit(path)
        make = self._answers.get(url.path)
        if make is None:
            return 404, b'{"code":-5000,"msg":"Path does not exist."}'
        self._now_ms = now_ms
        try:
            return 200, msgspec.json.encode(make(dict(parse_qsl(url.query))))
        except Refusal as refusal:
            return refusal.status, msgspec.json.encode(refusal.body)

    # ------------------------------------------------------------------ parameters

    def _feed(self, query: Query) -> InstrumentFeed:
        symbol = query.get("symbol")
        if symbol is None:
            raise Refusal(400, -1102, "Mandatory parameter 'symbol' was not sent.")
        feed = self._feeds.get(symbol)
        if feed is None:
            raise Refusal(400, -1121, "Invalid symbol.")
        return feed

    def _one_or_all(self, query: Query, make: Callable[[InstrumentFeed], Answer]) -> Answer:
        if "symbol" in query:
            one = make(self._feed(query))
            return [one] if self._section == COINM else one
        return [make(feed) for feed in self._feeds.values()]

    @staticmethod
    def _limit(query: Query, default: int, largest: int) -> int:
        text = query.get("limit", str(default))
        if not text.isascii() or not text.isdigit() or not 0 < len(text) <= 6 or int(text) == 0:
            raise Refusal(400, -1100, "Illegal characters found in parameter 'limit'.")
        return min(int(text), largest)

    @staticmethod
    def _time(query: Query, name: str, otherwise: int) -> int:
        text = query.get(name, str(otherwise))
        if not text.isascii() or not text.isdigit() or len(text) > 15:
            raise Refusal(400, -1100, f"Illegal characters found in parameter '{name}'.")
        return int(text)

    @staticmethod
    def _check_interval(query: Query) -> None:
        if query.get("interval") != "1m":
            raise Refusal(400, -1120, "Invalid interval.")

    # ------------------------------------------------------------------ answers

    def _depth(self, query: Query) -> Answer:
        feed = self._feed(query)
        spot = self._section == SPOT
        default, largest = (100, SPOT_DEPTH_LIMIT) if spot else (500, FUTURES_DEPTH_LIMIT)
        limit = self._limit(query, default, largest)
        listing, level = feed.listing, feed.spelling.numbers.level
        last_id = feed.spelling.update_id(listing.book.update_id)
        times = {} if spot else {"E": self._now_ms, "T": self._now_ms}
        return {
            "lastUpdateId": last_id,
            **self._names(feed),
            **times,
            "bids": [level(ticks, lots) for ticks, lots in listing.book.bids.levels(limit)],
            "asks": [level(ticks, lots) for ticks, lots in listing.book.asks.levels(limit)],
        }

    def _names(self, feed: InstrumentFeed) -> dict[str, str]:
        """What coin-margined answers say of whom they are about."""
        spelling = feed.spelling
        pair = {"symbol": spelling.symbol, "pair": spelling.pair}
        return pair if self._section == COINM else {}

    def _aggregate_trades(self, query: Query) -> Answer:
        feed = self._feed(query)
        limit = self._limit(query, 500, 1000)
        trades = list(feed.recent)[-limit:]
        return [messages.aggregate_fields(feed.spelling, trade) for trade in trades]

    def _klines(self, query: Query) -> Answer:
        feed = self._feed(query)
        span_ms = INTERVALS_MS.get(query.get("interval", ""))
        if span_ms is None:
            raise Refusal(400, -1120, "Invalid interval.")
        limit = self._limit(query, 500, 1000 if self._section == SPOT else 1500)
        until_ms = self._time(query, "endTime", self._now_ms)
        since_ms = self._time(query, "startTime", until_ms - (limit + 1) * span_ms)
        rows = candles(feed.history, span_ms, since_ms, min(until_ms, since_ms + 2000 * span_ms))
        rows = rows[:limit] if "startTime" in query else rows[-limit:]
        return [messages.kline_row(feed.spelling, row, span_ms) for row in rows]

    def _funding_rates(self, query: Query) -> Answer:
        feed = self._feed(query)
        limit = self._limit(query, 100, 1000)
        hours = feed.listing.instrument.funding_interval_h or 8
        told = settlements(feed.history.key, hours, self._speed, self._now_ms, limit)
        symbol, price = feed.spelling.symbol, feed.spelling.numbers.price(feed.listing.last_ticks)
        return [
            {
                "symbol": symbol,
                "fundingTime": at_ms,
                "fundingRate": rate_number(rate),
                "markPrice": price,
            }
            for at_ms, rate in told
        ]

    def _day(self, query: Query) -> Answer:
        return self._one_or_all(query, self._day_of)

    def _day_of(self, feed: InstrumentFeed) -> dict[str, Any]:
        spelling = feed.spelling
        numbers = spelling.numbers
        day = feed.history.day(self._now_ms)
        if day is None:
            raise Refusal(503, -1001, "No trade yet.")
        change, percent, average = messages.day_change(spelling, day)
        turnover_of = "baseVolume" if self._section == COINM else "quoteVolume"
        body: dict[str, Any] = {
            "symbol": spelling.symbol,
            **self._names(feed),
            "priceChange": change,
            "priceChangePercent": percent,
            "weightedAvgPrice": average,
            "lastPrice": numbers.price(day.close),
            "lastQty": numbers.quantity(day.last_lots),
            "openPrice": numbers.price(day.open),
            "highPrice": numbers.price(day.high),
            "lowPrice": numbers.price(day.low),
            "volume": numbers.quantity(day.volume),
            turnover_of: numbers.turnover(day.volume, day.tick_lots),
            "openTime": self._now_ms - messages.DAY_MS,
            "closeTime": self._now_ms,
            "firstId": day.first_trade_id,
            "lastId": day.last_trade_id,
            "count": day.trades,
        }
        if self._section == SPOT:
            body |= {"prevClosePrice": numbers.price(day.open), **_best(feed)}
        return body

    def _book_ticker(self, query: Query) -> Answer:
        return self._one_or_all(query, lambda feed: {"symbol": feed.spelling.symbol, **_best(feed)})

    def _price(self, query: Query) -> Answer:
        return self._one_or_all(
            query,
            lambda feed: {
                "symbol": feed.spelling.symbol,
                "price": feed.spelling.numbers.price(feed.listing.last_ticks),
            },
        )

    def _premium_index(self, query: Query) -> Answer:
        return self._one_or_all(query, self._premium_index_of)

    def _premium_index_of(self, feed: InstrumentFeed) -> dict[str, Any]:
        mark = feed.mark
        if mark is None:
            raise Refusal(503, -1001, "No mark price yet.")
        return {
            "symbol": feed.spelling.symbol,
            **self._names(feed),
            "markPrice": mark_number(mark.mark_price),
            "indexPrice": mark_number(mark.index_price),
            "estimatedSettlePrice": mark_number(mark.settle_price),
            "lastFundingRate": rate_number(mark.funding_rate),
            "interestRate": rate_number(INTEREST),
            "nextFundingTime": mark.next_funding_ms // self._speed,
            "time": feed.wall_ms(mark.at_us),
        }

    def _premium_klines(self, query: Query) -> Answer:
        feed = self._feed(query)
        self._check_interval(query)
        bars = feed.premiums[-self._limit(query, 500, 1500) :]
        return [messages.premium_kline(bar) for bar in bars]

    def _funding_info(self, query: Query) -> Answer:
        del query
        return [
            {
                "symbol": feed.spelling.symbol,
                "adjustedFundingRateCap": "0.00300000",
                "adjustedFundingRateFloor": "-0.00300000",
                "fundingIntervalHours": feed.listing.instrument.funding_interval_h,
                "disclaimer": False,
            }
            for feed in self._feeds.values()
        ]

    def _open_interest(self, query: Query) -> Answer:
        feed = self._feed(query)
        return {
            "symbol": feed.spelling.symbol,
            **self._names(feed),
            "openInterest": feed.spelling.numbers.quantity(feed.listing.open_interest_lots),
            "time": self._now_ms,
        }

    def _exchange_info(self, query: Query) -> Answer:
        describe = DESCRIBED[self._section]
        return {
            "timezone": "UTC",
            "serverTime": self._now_ms,
            "rateLimits": [],
            "exchangeFilters": [],
            "symbols": [
                describe(feed.listing.instrument, feed.spelling) for feed in self._asked(query)
            ],
        }

    def _asked(self, query: Query) -> list[InstrumentFeed]:
        """Return whom exchangeInfo is asked about; pairs that are not simulated are left out."""
        if "symbol" in query:
            return [self._feed(query)]
        if "symbols" not in query:
            return list(self._feeds.values())
        try:
            symbols = msgspec.json.decode(query["symbols"], type=list[str])
        except msgspec.DecodeError:
            raise Refusal(400, -1100, "Illegal characters found in parameter 'symbols'.") from None
        return [feed for symbol, feed in self._feeds.items() if symbol in symbols]


def _best(feed: InstrumentFeed) -> dict[str, str]:
    numbers = feed.spelling.numbers
    bid, bid_lots, ask, ask_lots = feed.listing.top()
    return {
        "bidPrice": numbers.price(bid),
        "bidQty": numbers.quantity(bid_lots),
        "askPrice": numbers.price(ask),
        "askQty": numbers.quantity(ask_lots),
    }
