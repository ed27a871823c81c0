"""Coinbase Advanced frames made by hand, in the documented shapes."""

import json

from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.venues.coinbase import CoinbaseProtocol

CATALOGUE = load_catalogue(resource("instruments/coinbase.toml"), "coinbase.toml")
BTC, ETH, USDT = "BTC-USD.COINBASE", "ETH-USD.COINBASE", "USDT-USD.COINBASE"
TIME = "2026-11-23T12:00:00.123456789Z"
TIME_MS = 1_795_435_200_123
S = 1_000_000_000


def protocol(*symbols):
    rows = CATALOGUE.of_connection("coinbase")
    return CoinbaseProtocol([rows[symbol] for symbol in symbols or rows])


class Venue:
    """The venue's side of a connection: it numbers what it sends."""

    def __init__(self, *symbols, at=1):
        self.protocol = protocol(*symbols)
        self.number = 0
        self.connect(at)

    def connect(self, at):
        self.number = 0
        self.protocol.connection_made("/", at)
        self.protocol.events_received()

    def frame(self, channel, *events, time=TIME, **more):
        frame = {
            "channel": channel,
            "client_id": "",
            "timestamp": time,
            "sequence_num": self.number,
            "events": list(events),
        } | more
        self.number += 1
        return json.dumps(frame, separators=(",", ":")).encode()

    def send(self, channel, *events, at=2, **more):
        """Deliver a frame and return what came of it."""
        return self.deliver(self.frame(channel, *events, **more), at)

    def deliver(self, frame, at=2):
        self.protocol.receive_frame(frame, at)
        return self.protocol.events_received()

    def sent(self):
        return [json.loads(frame) for frame in self.protocol.frames_to_send("/")]

    def sync(self, *symbols, at=2):
        """Show every stream of some products."""
        self.send("heartbeats", heartbeat(1), at=at)
        for symbol in symbols:
            self.send("l2_data", book(symbol, "snapshot"), at=at)
            self.send("market_trades", trades(kind="snapshot", symbol=symbol), at=at)
        channels = {"market_trades": symbols, "ticker": symbols}
        self.send("subscriptions", {"subscriptions": channels}, at=at)
        self.sent()
        return self


def book(symbol="BTC-USD", kind="update", bids=(("61000.00", "1.5"),), asks=(("61000.01", "2"),)):
    if symbol.startswith("USDT"):
        bids, asks = (("0.99990", "100"),), (("0.99991", "200"),)
    return {
        "type": kind,
        "product_id": symbol,
        "updates": [
            {"side": side, "event_time": "1970-01-01T00:00:00Z", "price_level": price,
             "new_quantity": quantity}
            for side, levels in (("bid", bids), ("offer", asks))
            for price, quantity in levels
        ],
    }  # fmt: skip


def trade(trade_id, price="61000.01", size="0.01", *, side="SELL", symbol="BTC-USD", time=TIME):
    return {"trade_id": str(trade_id), "product_id": symbol, "price": price, "size": size,
            "side": side, "time": time}  # fmt: skip


def trades(*prints, kind="update", symbol="BTC-USD"):
    price = "0.99990" if symbol.startswith("USDT") else "61000.00"
    return {"type": kind, "trades": list(prints) or [trade(1, price, symbol=symbol)]}


def ticker(bid="61000.00", ask="61000.01", symbol="BTC-USD"):
    return {
        "type": "ticker",
        "tickers": [
            {"type": "ticker", "product_id": symbol, "price": bid, "volume_24_h": "1",
             "best_bid": bid, "best_bid_quantity": "1.5", "best_ask": ask,
             "best_ask_quantity": "2"}
        ],
    }  # fmt: skip


def heartbeat(count):
    return {
        "current_time": "2026-11-23 12:00:00.1 +0000 UTC m=+1.5",
        "heartbeat_counter": count,
    }
