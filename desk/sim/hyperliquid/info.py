"""Hyperliquid's POST /info: one path, and what is asked is the `type` of the body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from desk.sim.candles import DAY_MS, HOUR_MS, MINUTE_MS
from desk.sim.hyperliquid import messages
from desk.sim.hyperliquid.feed import CoinFeed
from desk.sim.past import candles

PATH = "/info"
MOST_CANDLES = 5_000
INTERVALS_MS = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "1d": DAY_MS,
}
"""Lengths of candles; the others are not simulated."""


class _Range(msgspec.Struct):
    coin: str
    interval: str
    start_ms: int = msgspec.field(name="startTime")
    end_ms: int | None = msgspec.field(name="endTime", default=None)


class _Request(msgspec.Struct):
    type: str
    coin: str = ""
    req: _Range | None = None


class _Unknown(Exception):
    """What is asked for does not exist."""


class InfoDesk:
    """Answers what clients ask first; other types are not simulated."""

    def __init__(self, feeds: Mapping[str, CoinFeed]) -> None:
        self._feeds = feeds
        self._answers: dict[str, Callable[[_Request, int], Any]] = {
            "meta": lambda _, __: messages.meta(),
            "spotMeta": lambda _, __: messages.spot_meta(),
            "metaAndAssetCtxs": lambda _, __: [messages.meta(), self._contexts(spot=False)],
            "spotMetaAndAssetCtxs": lambda _, __: [messages.spot_meta(), self._contexts(spot=True)],
            "perpDexs": lambda _, __: [None],
            "exchangeStatus": lambda _, now_ms: {"time": now_ms, "specialStatuses": None},
            "allMids": lambda _, __: self.mids(),
            "l2Book": lambda request, _: self._feed(request.coin).book(),
            "recentTrades": lambda request, _: self._feed(request.coin).trades()[::-1],
            "candleSnapshot": self._candles,
        }

    def answer(self, path: str, body: bytes, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body."""
        if path.partition("?")[0] != PATH:
            return 404, b"null"
        try:
            request = msgspec.json.decode(body, type=_Request)
            answer = self._answers[request.type](request, now_ms)
        except (msgspec.DecodeError, LookupError):
            wrong = "Failed to deserialize the JSON body into the target type"
            return 422, msgspec.json.encode(wrong)
        except _Unknown:
            return 500, b"null"
        return 200, msgspec.json.encode(answer)

    def mids(self) -> dict[str, str]:
        """Return the mean of the best prices of every coin."""
        return {coin: feed.mid() for coin, feed in self._feeds.items()}

    def _contexts(self, *, spot: bool) -> list[Any]:
        feeds = self._feeds.values()
        return [feed.context() for feed in feeds if feed.spelling.coin.is_spot is spot]

    def _feed(self, coin: str) -> CoinFeed:
        feed = self._feeds.get(coin)
        if feed is None:
            raise _Unknown
        return feed

    def _candles(self, request: _Request, now_ms: int) -> list[messages.Body]:
        wanted = request.req
        span_ms = None if wanted is None else INTERVALS_MS.get(wanted.interval)
        if wanted is None or span_ms is None:
            raise _Unknown
        feed = self._feed(wanted.coin)
        until_ms = now_ms if wanted.end_ms is None else min(wanted.end_ms, now_ms)
        since_ms = max(wanted.start_ms, until_ms - (MOST_CANDLES - 1) * span_ms)
        return [
            messages.candle(feed.spelling, candle, wanted.interval, span_ms)
            for candle in candles(feed.history, span_ms, since_ms, until_ms)
        ]
