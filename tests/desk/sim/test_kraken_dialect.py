"""Kraken's dialect over real sockets, by the venue's written rules and none of our code."""

import asyncio
import json
import zlib
from decimal import Decimal

import pytest
from channel_client import get, talking
from socket_client import served

PATH = "/v2"
DECIMALS = {"BTC/USD": (1, 8), "ETH/USD": (2, 8), "USDT/USD": (5, 8), "USDC/USD": (4, 8)}


def wish(channel, *symbols, method="subscribe", **params):
    return {
        "method": method,
        "params": {"channel": channel, "symbol": list(symbols), **params},
        "req_id": 7,
    }


class Listener:
    """Everything of one connection."""

    def __init__(self, connection):
        self.connection = connection
        self.frames = []
        self.texts = []

    async def say(self, *messages):
        for message in messages:
            await self.connection.send(message if isinstance(message, str) else json.dumps(message))
        await self.settle()

    async def settle(self):
        await self.connection.send('{"method":"ping","req_id":99}')
        while True:
            text = await asyncio.wait_for(self.connection.recv(), 10)
            frame = json.loads(text, parse_float=Decimal)
            if frame.get("req_id") == 99:
                assert frame["method"] == "pong"
                return
            self.frames.append(frame)
            self.texts.append(text)

    def of(self, channel):
        return [frame for frame in self.frames if frame.get("channel") == channel]

    def answers(self):
        return [frame for frame in self.frames if "success" in frame]


def heard_alone(wishes, ms, **settings):
    async def scenario():
        async with served(dialect="kraken", **settings) as venue:
            await venue.pass_ms(2_300)
            async with talking(venue, PATH) as talk:
                listener = Listener(talk.connection)
                await listener.say(*wishes)
                await venue.pass_ms(ms)
                await listener.settle()
                return listener

    return asyncio.run(scenario())


class DepthBook:
    """A book cut to its depth after each message, with the checksum of the venue's guide."""

    def __init__(self, depth, decimals):
        self.depth = depth
        self.decimals = decimals
        self.sides = {"bids": {}, "asks": {}}

    def change(self, data):
        for name, side in self.sides.items():
            for level in data[name]:
                price = Decimal(level["price"])
                if level["qty"]:
                    side[price] = Decimal(level["qty"])
                else:
                    del side[price]  # nothing is removed that is not there
            best_first = sorted(side, reverse=name == "bids")
            for price in best_first[self.depth :]:
                del side[price]

    def checksum(self):
        text = ""
        for name in ("asks", "bids"):
            side = self.sides[name]
            for price in sorted(side, reverse=name == "bids")[:10]:
                for value, places in zip((price, side[price]), self.decimals, strict=True):
                    text += f"{value:.{places}f}".replace(".", "").lstrip("0")
        return zlib.crc32(text.encode())


@pytest.mark.parametrize(
    ("symbol", "depth"),
    [*((symbol, 10) for symbol in DECIMALS), ("BTC/USD", 25), ("USDC/USD", 1000)],
)
@pytest.mark.thorough
def test_a_kraken_client_that_cuts_its_book_agrees_with_every_checksum(symbol, depth):
    ms = 15_000 if symbol[:3] in {"BTC", "ETH"} else 60_000
    frames = heard_alone([wish("book", symbol, depth=depth)], ms).of("book")
    assert [frame["type"] for frame in frames[:2]] == ["snapshot", "update"]
    book = DepthBook(depth, DECIMALS[symbol])
    for frame in frames:
        (data,) = frame["data"]
        assert data["symbol"] == symbol
        book.change(data)
        assert book.checksum() == data["checksum"]
        assert max(book.sides["bids"]) < min(book.sides["asks"])
    assert len(frames) > (100 if symbol[:3] in {"BTC", "ETH"} else 5)


def test_kraken_numbers_are_json_numbers_with_all_decimals_of_the_pair():
    listener = heard_alone([wish("book", "BTC/USD")], 100)
    level = listener.of("book")[0]["data"][0]["bids"][0]
    assert (level["price"].as_tuple().exponent, level["qty"].as_tuple().exponent) == (-1, -8)


def test_kraken_greets_with_its_status_and_answers_each_symbol():
    symbols = ("BTC/USD", "DOGE/USD", "ETH/USD")
    listener = heard_alone([wish("ticker", *symbols), wish("ticker", "BTC/USD", depth=3)], 50)
    status = listener.frames[0]
    assert (status["channel"], status["data"][0]["system"]) == ("status", "online")
    assert status["data"][0]["connection_id"] > 1 << 53
    first, second, third, *_ = listener.answers()
    assert [answer["success"] for answer in (first, second, third)] == [True, False, True]
    assert first["result"] == {
        "channel": "ticker",
        "event_trigger": "trades",
        "symbol": "BTC/USD",
        "snapshot": True,
    }
    assert second["error"].endswith("DOGE/USD")
    assert {answer["req_id"] for answer in listener.answers()} == {7}


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[1]",
        {"method": "dance"},
        wish("level3", "BTC/USD"),
        wish("book", "BTC/USD", depth=11),
        wish("ohlc", "BTC/USD", interval=2),
        wish("book"),
    ],
    ids=["text", "shape", "method", "channel", "depth", "interval", "no symbol"],
)
def test_kraken_answers_what_it_cannot_do_with_an_error(message):
    (answer,) = heard_alone([message], 50).answers()
    assert answer["success"] is False
    assert answer["error"]


def test_kraken_beats_each_second_while_nothing_else_comes():
    async def scenario():
        async with served(dialect="kraken") as venue, talking(venue, PATH) as talk:
            listener = Listener(talk.connection)
            await listener.say(wish("trade", "USDC/USD"))
            venue.simulator.market.advance = lambda until_ms: {}
            before = len(listener.frames)
            await venue.pass_ms(10_000)
            await listener.settle()
            return listener.frames[before:]

    assert asyncio.run(scenario()) == [{"channel": "heartbeat"}] * 10


def test_kraken_has_no_beat_on_a_busy_connection():
    listener = heard_alone([wish("book", "BTC/USD"), wish("book", "ETH/USD")], 5_000)
    assert listener.of("heartbeat") == []


def test_kraken_trades_come_with_a_snapshot_of_the_last_ones():
    frames = heard_alone([wish("trade", "BTC/USD")], 5_000).of("trade")
    assert [frame["type"] for frame in frames] == ["snapshot"] + ["update"] * (len(frames) - 1)
    ids = [row["trade_id"] for frame in frames for row in frame["data"]]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert len(ids) > len(frames[0]["data"]) > 5


def test_kraken_tickers_follow_trades_or_best_prices_as_asked():
    wishes = [wish("ticker", "BTC/USD", event_trigger="bbo"), wish("trade", "BTC/USD")]
    many = len(heard_alone(wishes, 5_000).of("ticker"))
    few = len(heard_alone([wish("ticker", "BTC/USD")], 5_000).of("ticker"))
    assert many > few > 5
    (none,) = heard_alone([wish("ticker", "BTC/USD", snapshot=False)], 0).answers()
    assert none["result"]["snapshot"] is False


def test_kraken_candles_and_instruments_flow():
    listener = heard_alone([wish("ohlc", "ETH/USD", interval=5), wish("instrument")], 3_000)
    first, *updates = listener.of("ohlc")
    assert first["type"] == "snapshot"
    assert len(updates) > 3
    for row in (row for frame in (first, *updates) for row in frame["data"]):
        assert row["interval"] == 5
        assert row["low"] <= min(row["open"], row["close"]) <= row["high"]
        assert row["interval_begin"].endswith(":00.000000000Z")
    (frame,) = listener.of("instrument")
    precisions = {
        pair["symbol"]: (pair["price_precision"], pair["qty_precision"])
        for pair in frame["data"]["pairs"]
    }
    assert precisions == DECIMALS


def test_kraken_rest_answers_what_clients_ask_first():
    async def scenario():
        async with served(dialect="kraken") as venue:
            await venue.pass_ms(3_000)
            methods = [
                "Time",
                "SystemStatus",
                "Assets",
                "AssetPairs",
                "Ticker?pair=XBTUSD",
                "OHLC?pair=XXBTZUSD&interval=1",
                "Depth?pair=ETHUSD&count=5",
                "Trades?pair=XBT/USD",
            ]
            answers = [await get(venue, f"/0/public/{method}") for method in methods]
            wrong = [
                await get(venue, f"/0/public/{method}")
                for method in (
                    "Nothing",
                    "Depth?pair=DOGEUSD",
                    "Depth",
                    "OHLC?pair=XBTUSD&interval=7",
                )
            ]
            return answers, wrong

    answers, wrong = asyncio.run(scenario())
    assert all(status == 200 and not answer["error"] for status, answer in answers)
    _, _, assets, pairs, ticker, candles, depth, trades = (a["result"] for _, a in answers)
    assert {"XXBT", "XETH", "USDT", "USDC", "ZUSD"} == assets.keys()
    names = {row["wsname"]: (row["pair_decimals"], row["lot_decimals"]) for row in pairs.values()}
    assert names == {("XBT/USD" if n == "BTC/USD" else n): d for n, d in DECIMALS.items()}
    assert float(ticker["XXBTZUSD"]["b"][0]) < float(ticker["XXBTZUSD"]["a"][0])
    assert len(candles["XXBTZUSD"]) >= 1
    assert [len(depth["XETHZUSD"][side]) for side in ("bids", "asks")] == [5, 5]
    assert len(trades["XXBTZUSD"]) > 5
    assert all(answer["error"] for _, answer in wrong)
