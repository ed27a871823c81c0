"""What differs between Binance's three products: addresses, paths, streams, limits, sequence."""

from __future__ import annotations

import msgspec

from desk.model.market_data import StreamKind
from desk.venues.protocol import SocketUrls

DEPTH, TRADE, AGGREGATE, TICKER = "depth", "trade", "aggTrade", "bookTicker"
MARK, CANDLE, FORCED = "markPrice", "kline_1m", "forceOrder"

PUBLIC_STREAMS = ("depth@100ms", TRADE, TICKER)
MARKET_STREAMS = ("markPrice@1s", CANDLE, FORCED)

EVENT_KINDS = {
    "depthUpdate": DEPTH,
    "trade": TRADE,
    "aggTrade": AGGREGATE,
    "bookTicker": TICKER,
    "markPriceUpdate": MARK,
    "kline": CANDLE,
    "forceOrder": FORCED,
}
"""Kinds of stream by what an event calls itself."""

DIFF_STREAMS = frozenset(
    {"depth", "depth@0ms", "depth@100ms", "depth@250ms", "depth@500ms", "depth@1000ms"}
)
"""All other depth streams carry partial books, which look the same and are none."""

MAX_STREAMS = 1_024
"""On one socket, of each product (the venue's websocket pages, read 2026-11)."""

_FRESH_MS = 2_000
"""The desk's own limit for what orders are decided by (risk model, marks and their quality)."""


class Habit(msgspec.Struct, frozen=True):
    """What is expected of a kind of stream."""

    kind: StreamKind
    limit_ms: int | None
    """Silent for longer, it is stale; None: it may be silent for any time."""
    ask_again_ms: int | None
    """Silent for longer, it is subscribed to again, which costs nothing where it is in order."""


HABITS = {
    # Changes of BTC and ETH come with every interval of 100 ms.
    DEPTH: Habit("book", _FRESH_MS, 10_000),
    # Only told when the best changes; what is silent for 10 s has no vote in the consensus either.
    TICKER: Habit("top", 10_000, 10_000),
    TRADE: Habit("trades", None, 60_000),
    AGGREGATE: Habit("trades", None, 60_000),
    # Every second (the venue's mark price page, read 2026-11).
    MARK: Habit("mark", _FRESH_MS, 10_000),
    # Told while there are trades, and once a minute when the candle closes.
    CANDLE: Habit("candles", 65_000, 60_000),
    FORCED: Habit("liquidations", None, None),
}

SNAPSHOT_LEVELS = 1_000
"""Of a side, at most, in the answer to GET depth."""

OPEN_INTEREST = Habit("open_interest", 30_000, None)
"""Asked for by REST every five seconds: six answers that did not come."""


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """One product."""

    connection: str
    futures: bool
    urls: SocketUrls
    """The live addresses."""
    depth_path: str
    """GET path of a snapshot; `{symbol}` is replaced. The venue's largest answer, 5,000 levels
    on spot, would cost five times the weight and bring nothing that a desk trades on."""
    sockets: dict[str, tuple[str, ...]]
    """Stream suffixes by the path of the socket they flow on."""
    requests_at_once: int
    request_every_ms: int
    """What a socket may send: so many requests at once, then one an interval. That is less than
    the venue allows in any second, for pings and pongs count as well: 5 on spot, 10 on futures
    (its websocket pages, read 2026-11)."""
    interest_path: str = ""
    """GET path of a symbol's open interest; `{symbol}` is replaced; empty: there is none."""
    funding_path: str = ""
    """GET path of the funding terms that differ from the venue's usual ones; empty: no funding."""


PRODUCTS = {
    product.connection: product
    for product in (
        Product(
            connection="binance-spot",
            futures=False,
            urls=SocketUrls("https://api.binance.com", "wss://stream.binance.com:9443"),
            depth_path=f"/api/v3/depth?symbol={{symbol}}&limit={SNAPSHOT_LEVELS}",
            sockets={"/stream": (*PUBLIC_STREAMS, CANDLE)},
            requests_at_once=2,
            request_every_ms=500,
        ),
        Product(
            connection="binance-usdm",
            futures=True,
            urls=SocketUrls("https://fapi.binance.com", "wss://fstream.binance.com"),
            depth_path=f"/fapi/v1/depth?symbol={{symbol}}&limit={SNAPSHOT_LEVELS}",
            sockets={"/public/stream": PUBLIC_STREAMS, "/market/stream": MARKET_STREAMS},
            requests_at_once=4,
            request_every_ms=250,
            interest_path="/fapi/v1/openInterest?symbol={symbol}",
            funding_path="/fapi/v1/fundingInfo",
        ),
        Product(
            connection="binance-coinm",
            futures=True,
            urls=SocketUrls("https://dapi.binance.com", "wss://dstream.binance.com"),
            depth_path=f"/dapi/v1/depth?symbol={{symbol}}&limit={SNAPSHOT_LEVELS}",
            sockets={"/stream": (*PUBLIC_STREAMS, *MARKET_STREAMS)},
            requests_at_once=4,
            request_every_ms=250,
            interest_path="/dapi/v1/openInterest?symbol={symbol}",
            funding_path="/dapi/v1/fundingInfo",
        ),
    )
}


def stream_kind(suffix: str) -> str | None:
    """Return the kind of event that a stream carries, by its name behind the symbol."""
    if suffix in DIFF_STREAMS:
        return DEPTH
    kind = suffix.partition("@")[0]
    return kind if kind in HABITS and kind != DEPTH else None
