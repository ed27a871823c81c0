"""Binance's own connector for USDⓈ-M, on a plan: what it saw, in the words of ccxt's sightings.

It decodes into strict models, opens one socket for each of the venue's routes, and keeps no book:
the book here is the venue's partial one of twenty levels.
"""

import asyncio
import json
import logging
import sys
import time
from importlib.metadata import version

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)

DISTRIBUTION = "binance-sdk-derivatives-trading-usds-futures"
SYMBOL = "BTCUSDT"
POLL_S = 0.1


class Seen:
    """Stream → what came, and what the connector complained of."""

    def __init__(self, names):
        self.streams = {name: {"updates": [], "errors": []} for name in names}
        self.escaped = []

    def note(self, name, value):
        self.streams[name]["updates"].append({"at_ms": clock_ms(), "value": value})

    def listener(self, name, make):
        return lambda event: self.note(name, make(event))


class Complaints(logging.Handler):
    """The connector says in its log alone that a message was not what it should be."""

    def __init__(self, escaped):
        super().__init__(logging.WARNING)
        self.escaped = escaped

    def emit(self, record):
        self.escaped.append(record.getMessage())


def clock_ms():
    return time.time_ns() // 1_000_000  # noqa: TID251  # the desk's Clock is not importable here


def levels(rows):
    return [[float(price), float(amount)] for price, amount in rows]


def partial_book(event):
    return {
        "timestamp": event.E,
        "nonce": event.u,
        "bids": levels(event.b),
        "asks": levels(event.a),
    }


def trade(event):
    side = "sell" if event.m else "buy"
    amounts = {"price": float(event.p), "amount": float(event.q)}
    return [{"id": event.a, "timestamp": event.T, "side": side, **amounts}]


def ticker(event):
    prices = {"low": float(event.l), "high": float(event.h), "last": float(event.c)}
    return {"timestamp": event.E, "bid": None, "ask": None, **prices}


def quote(event):
    sizes = {"bidVolume": float(event.B), "askVolume": float(event.A)}
    return {event.s: {"timestamp": event.E, "bid": float(event.b), "ask": float(event.a), **sizes}}


def mark(event):
    return {"timestamp": event.E, "markPrice": float(event.p), "indexPrice": float(event.i)}


def candle(event):
    k = event.k
    return [[k.t, *(float(field) for field in (k.o, k.h, k.l, k.c, k.v))]]


async def subscribe(streams, seen):
    """Every stream through the connector's own method for it."""
    wanted = {
        "order book": (
            streams.partial_book_depth_streams(SYMBOL, levels="20", update_speed="100ms"),
            partial_book,
        ),
        "trades": (streams.aggregate_trade_streams(SYMBOL), trade),
        "ticker": (streams.individual_symbol_ticker_streams(SYMBOL), ticker),
        "best bid/ask": (streams.individual_symbol_book_ticker_streams(SYMBOL), quote),
        "mark price": (streams.mark_price_stream(SYMBOL, update_speed="1s"), mark),
        "candles": (streams.kline_candlestick_streams(SYMBOL, interval="1m"), candle),
    }
    for name, (subscribing, make) in wanted.items():
        handle = await subscribing
        handle.on("message", seen.listener(name, make))


def ask(rest, seen):
    """One round of REST calls; the connector's are synchronous."""
    book = rest.order_book(SYMBOL, limit=20).data()
    sides = {"bids": levels(book.bids), "asks": levels(book.asks)}
    seen.note("depth by REST", {"nonce": book.last_update_id, **sides})
    premium = rest.mark_price(SYMBOL).data().actual_instance
    seen.note(
        "funding",
        {
            "timestamp": premium.time,
            "fundingRate": float(premium.last_funding_rate),
            "fundingTimestamp": premium.next_funding_time,
            "markPrice": float(premium.mark_price),
        },
    )
    interest = rest.open_interest(SYMBOL).data()
    amount = float(interest.open_interest)
    seen.note("open interest", {"timestamp": interest.time, "openInterestAmount": amount})


async def run(plan):
    seen = Seen(plan["streams"])
    logging.getLogger().addHandler(Complaints(seen.escaped))
    client = DerivativesTradingUsdsFutures(
        config_rest_api=ConfigurationRestAPI(base_path=plan["rest"]),
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=plan["ws"]),
    )
    streams = await client.websocket_streams.create_connection()
    try:
        await subscribe(streams, seen)
        until_s = time.monotonic() + plan["seconds"]
        while time.monotonic() < until_s:
            await asyncio.to_thread(ask, client.rest_api, seen)
            await asyncio.sleep(POLL_S)
    finally:
        await streams.close_connection(close_session=True)
    return {"version": version(DISTRIBUTION), "escaped": seen.escaped, "streams": seen.streams}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(run(json.load(sys.stdin)))))
