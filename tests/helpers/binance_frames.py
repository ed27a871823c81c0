"""Binance frames made by hand, in the documented shapes."""

import json

from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.venues.binance import BinanceProtocol

CATALOGUE = load_catalogue(resource("instruments.toml"))

SPOT, USDM, COINM = "binance-spot", "binance-usdm", "binance-coinm"

START_MS = 1_800_000_000_000


def protocol(connection=USDM):
    return BinanceProtocol(connection, CATALOGUE.of_connection(connection).values())


def wrapped(stream, data):
    return json.dumps({"stream": stream, "data": data}, separators=(",", ":")).encode()


def raw(data):
    return json.dumps(data, separators=(",", ":")).encode()


def diff(first, last, previous=None, *, bids=(), asks=(), symbol="BTCUSDT", time_ms=START_MS):
    """A depth update; with `previous` of futures, without of spot."""
    event = {
        "e": "depthUpdate",
        "E": time_ms,
        "s": symbol,
        "U": first,
        "u": last,
        "b": [list(level) for level in bids],
        "a": [list(level) for level in asks],
    }
    if previous is not None:
        event |= {"T": time_ms - 3, "pu": previous}
    return event


def depth_frame(*ids, **more):
    event = diff(*ids, **more)
    return wrapped(f"{event['s'].lower()}@depth@100ms", event)


def snapshot(last_id, bids=(("61000.0", "1.000"),), asks=(("61000.1", "2.000"),), **more):
    return raw({"lastUpdateId": last_id, "bids": bids, "asks": asks} | more)


def trade(
    trade_id,
    price="61000.0",
    quantity="0.010",
    *,
    sell=False,
    symbol="BTCUSDT",
    time_ms=START_MS,
    **more,
):
    return {
        "e": "trade",
        "E": time_ms + 1,
        "s": symbol,
        "t": trade_id,
        "p": price,
        "q": quantity,
        "T": time_ms,
        "m": sell,
    } | more


def ticker(update_id, bid="61000.0", ask="61000.1", *, symbol="BTCUSDT", quantity="1.000", **more):
    return {
        "u": update_id,
        "s": symbol,
        "b": bid,
        "B": quantity,
        "a": ask,
        "A": quantity,
    } | more


def mark(price="61010.50000000", *, symbol="BTCUSDT", time_ms=START_MS, **more):
    return {
        "e": "markPriceUpdate",
        "E": time_ms,
        "s": symbol,
        "p": price,
        "i": "61008.25000000",
        "P": "61000.00000000",
        "r": "0.00010000",
        "T": START_MS + 28_800_000,
    } | more


def candle(start_ms=START_MS, *, symbol="BTCUSDT", closed=False, **more):
    return {
        "e": "kline",
        "E": start_ms + 30_000,
        "s": symbol,
        "k": {
            "t": start_ms,
            "T": start_ms + 59_999,
            "s": symbol,
            "i": "1m",
            "f": 100,
            "L": 200,
            "o": "61000.0",
            "c": "61000.5",
            "h": "61001.0",
            "l": "60999.0",
            "v": "12.345",
            "n": 101,
            "x": closed,
            "q": "753058.2",
            "V": "6.0",
            "Q": "366000.0",
            "B": "0",
        }
        | more,
    }


def forced(side="SELL", *, symbol="BTCUSDT", time_ms=START_MS, **more):
    """An order that closed 0.014 at 60,990 on average, by a limit of 60,900."""
    return {
        "e": "forceOrder",
        "E": time_ms + 5,
        "o": {
            "s": symbol,
            "S": side,
            "o": "LIMIT",
            "f": "IOC",
            "q": "0.020",
            "p": "60900.0",
            "ap": "60990.0",
            "X": "FILLED",
            "l": "0.004",
            "z": "0.014",
            "T": time_ms,
        }
        | more,
    }


def accepted(request):
    """The venue's answer to a request for streams, given as it was sent."""
    return raw({"result": None, "id": json.loads(request)["id"]})


def listed(request, names):
    """The venue's answer to a request for the list of streams."""
    return raw({"result": list(names), "id": json.loads(request)["id"]})


def refused(request):
    error = {"code": 2, "msg": "Invalid request: unknown stream"}
    return raw({"error": error, "id": json.loads(request)["id"]})
