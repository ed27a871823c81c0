"""Coinbase's own connector, on a plan: what it saw, in the words of ccxt's sightings.

Its websocket half takes an address and decodes into models of its own; its REST half speaks https
alone, so the book to compare with is asked for by `requests`. It keeps no book: this program does.
"""

import json
import sys
import time
from datetime import datetime
from importlib.metadata import version

import requests
from coinbase.websocket import WebsocketResponse, WSClient

DISTRIBUTION = "coinbase-advanced-py"
PRODUCT = "BTC-USD"
CHANNELS = ["heartbeats", "level2", "market_trades", "ticker", "candles"]
POLL_S = 0.05
PATIENCE_S = 5.0


def clock_ms():
    return time.time_ns() // 1_000_000  # noqa: TID251  # the desk's Clock is not importable here


class Listener:
    """Takes what the connector hands over, on the connector's own thread."""

    def __init__(self, names, levels):
        self.streams = {name: {"updates": [], "errors": []} for name in names}
        self.escaped = []
        self._levels = levels
        self._sides = {"bid": {}, "offer": {}}
        self._expected = None

    def note(self, name, value):
        self.streams[name]["updates"].append({"at_ms": clock_ms(), "value": value})

    def hear(self, text):
        try:
            message = WebsocketResponse(json.loads(text))
            self._count(message.sequence_num)
            for event in message.events:
                self._take(message.channel, event)
        except Exception as error:  # noqa: BLE001  # the connector would log it and go on
            self.escaped.append(f"{type(error).__name__}: {error} in {text[:200]}")

    def _count(self, number):
        """One count for all channels of the connection."""
        if self._expected is not None and number != self._expected:
            self.escaped.append(f"expected message {self._expected}, got {number}")
        self._expected = number + 1

    def _take(self, channel, event):
        if channel == "l2_data":
            self._change(event)
        elif channel == "market_trades" and event.type == "update":
            self.note("trades", [trade(told) for told in reversed(event.trades)])
        elif channel == "ticker":
            for told in event.tickers:
                self.note("ticker", ticker(told))
                self.note("best bid/ask", {told.product_id: quote(told)})
        elif channel == "candles":
            self.note("candles", [candle(told) for told in reversed(event.candles)])

    def _change(self, event):
        if event.type == "snapshot":
            self._sides = {"bid": {}, "offer": {}}
        for update in event.updates:
            side, price = self._sides[update.side], float(update.price_level)
            side.pop(price, None)
            if float(update.new_quantity):
                side[price] = float(update.new_quantity)
        bids = sorted(self._sides["bid"].items(), reverse=True)[: self._levels]
        asks = sorted(self._sides["offer"].items())[: self._levels]
        self.note("order book", {"bids": [*map(list, bids)], "asks": [*map(list, asks)]})


def trade(told):
    amounts = {"price": float(told.price), "amount": float(told.size)}
    at_ms = int(datetime.fromisoformat(told.time).timestamp() * 1000)
    return {"id": told.trade_id, "timestamp": at_ms, "side": told.side.lower(), **amounts}


def ticker(told):
    day = {"low": float(told.low_24_h), "high": float(told.high_24_h), "last": float(told.price)}
    return {"bid": float(told.best_bid), "ask": float(told.best_ask), **day}


def quote(told):
    prices = {"bid": float(told.best_bid), "ask": float(told.best_ask)}
    sizes = {"bidVolume": told.best_bid_quantity, "askVolume": told.best_ask_quantity}
    return prices | {name: float(size) for name, size in sizes.items()}


def candle(told):
    figures = (told.open, told.high, told.low, told.close, told.volume)
    return [int(told.start) * 1000, *map(float, figures)]


def ask(rest, levels):
    url = f"{rest}/api/v3/brokerage/market/product_book"
    asked = {"product_id": PRODUCT, "limit": levels}
    book = requests.get(url, asked, timeout=PATIENCE_S).json()["pricebook"]
    return {
        side: [[float(row["price"]), float(row["size"])] for row in book[side]]
        for side in ("bids", "asks")
    }


def run(plan):
    listener = Listener(plan["streams"], plan["levels"])
    client = WSClient(on_message=listener.hear, base_url=plan["ws"], retry=False)
    client.open()
    client.subscribe([PRODUCT], CHANNELS)
    until_s = time.monotonic() + plan["seconds"]
    while time.monotonic() < until_s:
        listener.note("depth by REST", ask(plan["rest"], plan["levels"]))
        client.raise_background_exception()
        time.sleep(POLL_S)
    client.close()
    found = {"escaped": listener.escaped, "streams": listener.streams}
    return {"version": version(DISTRIBUTION), **found}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(json.load(sys.stdin))))
