"""What differs between Binance's three products: addresses, paths, streams, rule of sequence."""

from __future__ import annotations

import msgspec

from desk.venues.protocol import SocketUrls

DEPTH, TRADE, AGGREGATE, TICKER, MARK = "depth", "trade", "aggTrade", "bookTicker", "markPrice"

PUBLIC_STREAMS = ("depth@100ms", TRADE, TICKER)
MARK_STREAM = "markPrice@1s"

DIFF_STREAMS = frozenset(
    {"depth", "depth@0ms", "depth@100ms", "depth@250ms", "depth@500ms", "depth@1000ms"}
)
"""All other depth streams carry partial books, which look the same and are none."""

STEADY_STREAMS = frozenset({DEPTH, MARK})
"""Kinds that are never silent for long while their socket and instrument live."""


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


PRODUCTS = {
    product.connection: product
    for product in (
        Product(
            connection="binance-spot",
            futures=False,
            urls=SocketUrls("https://api.binance.com", "wss://stream.binance.com:9443"),
            depth_path="/api/v3/depth?symbol={symbol}&limit=1000",
            sockets={"/stream": PUBLIC_STREAMS},
        ),
        Product(
            connection="binance-usdm",
            futures=True,
            urls=SocketUrls("https://fapi.binance.com", "wss://fstream.binance.com"),
            depth_path="/fapi/v1/depth?symbol={symbol}&limit=1000",
            sockets={"/public/stream": PUBLIC_STREAMS, "/market/stream": (MARK_STREAM,)},
        ),
        Product(
            connection="binance-coinm",
            futures=True,
            urls=SocketUrls("https://dapi.binance.com", "wss://dstream.binance.com"),
            depth_path="/dapi/v1/depth?symbol={symbol}&limit=1000",
            sockets={"/stream": (*PUBLIC_STREAMS, MARK_STREAM)},
        ),
    )
}


def stream_kind(suffix: str) -> str | None:
    """Return the kind of event that a stream carries, by its name behind the symbol."""
    if suffix in DIFF_STREAMS:
        return DEPTH
    kind = suffix.partition("@")[0]
    return kind if kind in {TRADE, AGGREGATE, TICKER, MARK} else None
