"""Kraken frames made by hand, in the documented shapes.

The checksum is worked out from the text of the levels, as the venue's documentation tells it to,
and not by the code under test.
"""

import json
import zlib
from decimal import Decimal

from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.venues.kraken import KrakenProtocol

CATALOGUE = load_catalogue(resource("instruments/kraken.toml"), "kraken.toml")
BTC, ETH, USDC = "BTC/USD.KRAKEN", "ETH/USD.KRAKEN", "USDC/USD.KRAKEN"
PRECISION = {"BTC/USD": (1, 8), "ETH/USD": (2, 8), "USDT/USD": (5, 8), "USDC/USD": (5, 8)}
TIME = "2026-11-23T12:00:00.123456Z"
TIME_MS = 1_795_435_200_123
NOON_MS, MINUTE_MS = 1_795_435_200_000, 60_000
S = 1_000_000_000


def protocol(*symbols):
    rows = CATALOGUE.of_connection("kraken")
    return KrakenProtocol([rows[symbol] for symbol in symbols or rows])


def opened(*symbols, at=1):
    made = protocol(*symbols)
    made.connection_made("/v2", at)
    made.events_received()
    made.frames_to_send("/v2")
    return made


def sent(made):
    return [json.loads(frame) for frame in made.frames_to_send("/v2")]


def checksum(symbol, bids, asks):
    """By the venue's description: at the pair's precision, no point, no leading zeros."""
    price, quantity = PRECISION[symbol]
    text = ""
    for levels in (sorted(asks, key=number)[:10], sorted(bids, key=number, reverse=True)[:10]):
        for p, q in levels:
            for value, digits in ((p, price), (q, quantity)):
                text += f"{Decimal(value):.{digits}f}".replace(".", "").lstrip("0")
    return zlib.crc32(text.encode())


def number(level):
    return Decimal(level[0])


def levels(side):
    return "[" + ",".join(f'{{"price":{p},"qty":{q}}}' for p, q in side) + "]"


def book(bids=(), asks=(), crc=0, *, symbol="BTC/USD", kind="update", time=TIME):
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":{levels(bids)},'
        f'"asks":{levels(asks)},"checksum":{crc},"timestamp":"{time}"}}]}}'
    ).encode()


class Venue:
    """The venue's side of one book: it knows what is true, and frames it."""

    def __init__(
        self, symbol="BTC/USD", bids=(("61000.0", "1.00000000"),), asks=(("61000.1", "2.00000000"),)
    ):
        self.symbol = symbol
        self.bids, self.asks = dict(bids), dict(asks)

    def crc(self):
        return checksum(self.symbol, self.bids.items(), self.asks.items())

    def snapshot(self):
        return book(
            self.bids.items(), self.asks.items(), self.crc(), symbol=self.symbol, kind="snapshot"
        )

    def update(self, bids=(), asks=(), **more):
        """Change the truth, cut it at ten, and frame the change; nothing says what was cut."""
        for held, changes, top in ((self.bids, bids, True), (self.asks, asks, False)):
            for price, quantity in changes:
                if Decimal(quantity):
                    held[price] = quantity
                else:
                    held.pop(price, None)
            for price in sorted(held, key=Decimal, reverse=top)[10:]:
                del held[price]
        return book(bids, asks, self.crc(), symbol=self.symbol, **more)


def trade(trade_id, price="61000.0", qty="0.01000000", *, side="buy", symbol="BTC/USD", time=TIME):
    return (
        f'{{"symbol":"{symbol}","side":"{side}","price":{price},"qty":{qty},"ord_type":"market",'
        f'"trade_id":{trade_id},"timestamp":"{time}"}}'
    )


def trades(*prints, kind="update"):
    return f'{{"channel":"trade","type":"{kind}","data":[{",".join(prints)}]}}'.encode()


def ticker(bid="61000.0", ask="61000.1", *, symbol="BTC/USD", time=TIME):
    return (
        f'{{"channel":"ticker","type":"update","data":[{{"symbol":"{symbol}","bid":{bid},'
        f'"bid_qty":1.00000000,"ask":{ask},"ask_qty":2.00000000,"last":{bid},"volume":7.5,'
        f'"timestamp":"{time}"}}]}}'
    ).encode()


def candle(
    minute=0, prices=("61000.0",) * 4, volume="0.04121249", *, symbol="BTC/USD", interval=1, **more
):
    """A minute after noon: open, high, low and close."""
    told = dict(zip(("open", "high", "low", "close"), prices, strict=True))
    told |= {"volume": volume, "interval": interval, "trades": 27} | more
    numbers = ",".join(f'"{name}":{value}' for name, value in told.items())
    begin = f"2026-11-23T12:{minute:02}:00.000000000Z"
    return f'{{"symbol":"{symbol}",{numbers},"interval_begin":"{begin}","timestamp":"{TIME}"}}'


def candles(*told, kind="update"):
    head = f'{{"channel":"ohlc","type":"{kind}","timestamp":"{TIME}"'
    return f'{head},"data":[{",".join(told)}]}}'.encode()


def ack(channel="ticker", symbol="BTC/USD"):
    return json.dumps(
        {
            "method": "subscribe",
            "req_id": 1,
            "success": True,
            "time_in": TIME,
            "time_out": TIME,
            "result": {"channel": channel, "symbol": symbol, "snapshot": True, "warnings": []},
        }
    ).encode()


HEARTBEAT = b'{"channel":"heartbeat"}'
