"""Hyperliquid frames made by hand, in the documented shapes."""

import json

from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.venues.hyperliquid import PATH, HyperliquidProtocol

CATALOGUE = load_catalogue(resource("instruments/hyperliquid.toml"), "hyperliquid.toml")

BTC, ETH = "BTC-PERP.HYPERLIQUID", "ETH-PERP.HYPERLIQUID"
START_MS = 1_800_000_000_000
MINUTE_MS = 60_000
S = 1_000_000_000


def protocol():
    return HyperliquidProtocol(CATALOGUE.all())


def opened(at_ns=1):
    """A protocol on an open socket whose subscriptions the venue has confirmed."""
    made = protocol()
    made.connection_made(PATH, at_ns)
    confirm(made, at_ns)
    made.events_received()
    return made


def live(at_ns=1):
    """The same, with the history of trades behind it."""
    made = opened(at_ns)
    for coin in ("BTC", "ETH", "@142", "@151"):
        made.receive_frame(trades_frame(trade(1, coin=coin)), at_ns)
    made.events_received()
    return made


def sent(protocol):
    return [json.loads(frame) for frame in protocol.frames_to_send(PATH)]


def confirm(protocol, at_ns, without=()):
    requests = sent(protocol)
    for request in requests:
        if request["method"] == "subscribe" and request["subscription"] not in without:
            subscription = request["subscription"] | {"nSigFigs": None, "mantissa": None}
            told = {"method": "subscribe", "subscription": subscription}
            protocol.receive_frame(frame("subscriptionResponse", told), at_ns)
    return requests


def raw(message):
    return json.dumps(message, separators=(",", ":")).encode()


def frame(channel, data):
    return raw({"channel": channel, "data": data})


def level(price, size):
    return {"px": price, "sz": size, "n": 3}


def book(time_ms=START_MS, bids=(("61000.0", "1.5"),), asks=(("61001.0", "2.0"),), coin="BTC"):
    return {
        "coin": coin,
        "time": time_ms,
        "levels": [[level(*x) for x in bids], [level(*x) for x in asks]],
    }


def book_frame(*args, **more):
    return frame("l2Book", book(*args, **more))


def trade(tid, price="61001.0", size="0.01", side="B", *, coin="BTC", time_ms=START_MS, **more):
    return {
        "coin": coin,
        "side": side,
        "px": price,
        "sz": size,
        "time": time_ms,
        "hash": "0x" + "0" * 64,
        "tid": tid,
        "users": ["0x" + "1" * 40, "0x" + "2" * 40],
    } | more


def trades_frame(*trades):
    return frame("trades", list(trades))


def best(*sides, coin="BTC", time_ms=START_MS):
    told = [side and level(*side) for side in sides]
    return {"coin": coin, "time": time_ms, "bbo": told}


def best_frame(*sides, **more):
    return frame("bbo", best(*sides, **more))


def context(coin="BTC", **more):
    return {
        "coin": coin,
        "ctx": {
            "funding": "0.0000125",
            "openInterest": "38485.06546",
            "prevDayPx": "60299.0",
            "dayNtlVlm": "1692146864.1761949062",
            "premium": "-0.0003293628",
            "oraclePx": "61063.1",
            "markPx": "61040.0",
            "midPx": None,
            "impactPxs": None,
            "dayBaseVlm": "26501.0297399999",
        }
        | more,
    }


def context_frame(coin="BTC", **more):
    return frame("activeAssetCtx", context(coin, **more))


def candle(start_ms=START_MS, *prices, coin="BTC", **more):
    """A minute: open, high, low and close, 61000.0 all of them where none are given."""
    told = dict(zip("ohlc", prices or ["61000.0"] * 4, strict=True))
    ends = {"t": start_ms, "T": start_ms + MINUTE_MS - 1}
    return ends | {"s": coin, "i": "1m", "v": "6.39125", "n": 124} | told | more


def candle_frame(*args, **more):
    return frame("candle", candle(*args, **more))
