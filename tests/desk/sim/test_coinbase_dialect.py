"""Coinbase's dialect over real sockets, by the venue's written rules and none of our code."""

import asyncio
import json
from decimal import Decimal

import pytest
import websockets
from channel_client import get, talking
from socket_client import served

from desk.sim.events import Print

REST = "/api/v3/brokerage"


def wish(channel, *products, kind="subscribe"):
    return {"type": kind, "channel": channel, "product_ids": list(products)}


class Listener:
    """Everything of one connection, and proof that nothing of it is missing."""

    def __init__(self, connection):
        self.connection = connection
        self.frames = []

    async def say(self, *messages):
        for message in messages:
            await self.connection.send(json.dumps(message))
        await self.settle()

    async def settle(self):
        """Take what was sent before the answer to no message at all."""
        await self.connection.send("fence")
        while True:
            frame = json.loads(await asyncio.wait_for(self.connection.recv(), 10))
            if frame.get("type") == "error" and "parse" in frame["message"]:
                return
            self.frames.append(frame)

    def of(self, channel):
        """The events of a channel, in order."""
        return [e for f in self.frames if f.get("channel") == channel for e in f["events"]]


async def heard(venue, wishes, ms):
    async with talking(venue, "") as talk:
        listener = Listener(talk.connection)
        await listener.say(*wishes)
        await venue.pass_ms(ms)
        await listener.settle()
        return listener


def heard_alone(wishes, ms, **settings):
    async def scenario():
        async with served(dialect="coinbase", **settings) as venue:
            await venue.pass_ms(2_300)
            return await heard(venue, wishes, ms)

    return asyncio.run(scenario())


def test_every_frame_of_a_coinbase_connection_is_numbered_from_nought():
    channels = ("level2", "market_trades", "ticker", "candles", "status")
    wishes = [wish(channel, "BTC-USD", "ETH-USD") for channel in channels]
    listener = heard_alone([*wishes, wish("heartbeats")], 5_000)
    numbers = [frame["sequence_num"] for frame in listener.frames]
    assert numbers == list(range(len(numbers)))
    assert {frame["channel"] for frame in listener.frames} >= {"l2_data", "subscriptions", "ticker"}


def test_two_coinbase_connections_count_each_for_themselves():
    async def scenario():
        async with served(dialect="coinbase") as venue, talking(venue, "/") as talk:
            early = Listener(talk.connection)
            await early.say(wish("level2", "BTC-USD"))
            await venue.pass_ms(1_000)
            late = await heard(venue, [wish("level2", "BTC-USD")], 1_000)
            await early.settle()
            return early.frames, late.frames

    early, late = asyncio.run(scenario())
    assert [frame["sequence_num"] for frame in late] == list(range(len(late)))
    assert [frame["sequence_num"] for frame in early] == list(range(len(early)))
    assert early[-1]["events"] == late[-1]["events"]


def test_coinbase_acknowledges_with_all_that_the_connection_is_subscribed_to():
    stop = wish("level2", "ETH-USD", kind="unsubscribe")
    listener = heard_alone([wish("level2", "BTC-USDC", "ETH-USD"), wish("heartbeats"), stop], 50)
    acks = [event["subscriptions"] for event in listener.of("subscriptions")]
    assert acks == [
        {"level2": ["BTC-USD", "ETH-USD"]},
        {"heartbeats": ["heartbeats"], "level2": ["BTC-USD", "ETH-USD"]},
        {"heartbeats": ["heartbeats"], "level2": ["BTC-USD"]},
    ]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (wish("full", "BTC-USD"), "authentication failure"),
        (wish("level2", "DOGE-USD"), "product ID is invalid"),
        (wish("level2", "BTC-USD", kind="dance"), "unknown message type"),
    ],
    ids=["channel", "product", "type"],
)
def test_a_coinbase_refusal_has_no_number(message, expected):
    listener = heard_alone([message, wish("heartbeats")], 1_000)
    refusal, ack, beat = listener.frames
    assert refusal == {"type": "error", "message": expected}
    assert [ack["sequence_num"], beat["sequence_num"]] == [0, 1]


def test_coinbase_heartbeats_come_each_second_and_count():
    beats = heard_alone([wish("heartbeats")], 5_000).of("heartbeats")
    counters = [beat["heartbeat_counter"] for beat in beats]
    assert len(counters) == 5
    assert counters == list(range(counters[0], counters[0] + 5))


def test_coinbase_closes_what_is_quiet_and_what_never_subscribes():
    async def scenario():
        async with served(dialect="coinbase") as venue:
            venue.simulator.market.advance = lambda until_ms: {}
            async with (
                websockets.connect(venue.addresses["ws"]) as idle,
                talking(venue, "/") as talk,
                talking(venue, "/") as kept,
            ):
                quiet, beating = Listener(talk.connection), Listener(kept.connection)
                await quiet.say(wish("level2", "USDT-USD"))
                await beating.say(wish("level2", "USDT-USD"), wish("heartbeats"))
                await venue.pass_ms(5_100)
                with pytest.raises(websockets.ConnectionClosedOK):
                    await idle.recv()
                await venue.pass_ms(84_000)
                await quiet.settle()
                await venue.pass_ms(1_000_000, step_ms=1_000)
                with pytest.raises(websockets.ConnectionClosedOK):
                    await talk.connection.recv()
                await beating.settle()

    asyncio.run(scenario())


def test_coinbase_prints_are_the_markets_newest_first_with_the_makers_side():
    async def scenario():
        async with served(dialect="coinbase") as venue:
            prints = {}
            advance = venue.simulator.market.advance

            def recorded(until_ms):
                events = advance(until_ms)
                fills = [e for e in events["BTCUSDT.BINANCE"] if isinstance(e, Print)]
                prints.update({str(fill.trade_id): fill for fill in fills})
                return events

            venue.simulator.market.advance = recorded
            await venue.pass_ms(5_000)
            listener = await heard(venue, [wish("market_trades", "BTC-USD")], 5_000)
            rate = venue.simulator.market.stablecoins["USDT-USD"].known_ticks
            return listener.of("market_trades"), prints, rate

    (first, *updates), prints, rate = asyncio.run(scenario())
    assert first["type"] == "snapshot"
    assert {update["type"] for update in updates} == {"update"}
    assert len(updates) <= 20  # four times a second
    ids = [int(row["trade_id"]) for row in first["trades"]]
    assert ids == sorted(ids, reverse=True)
    rows = [row for update in updates for row in update["trades"]]
    for row in rows:
        fill = prints[row["trade_id"]]
        assert row["side"] == ("SELL" if fill.buyer_is_taker else "BUY")
        assert Decimal(row["size"]) == fill.lots * Decimal("0.00001")
        dollars = fill.ticks * Decimal("0.01") * rate / 100_000
        assert abs(Decimal(row["price"]) / dollars - 1) < Decimal("0.0002")
    assert len(rows) > 20


def test_coinbase_tickers_follow_matches_and_batches_have_no_best_prices():
    wishes = [wish("ticker", "BTC-USD"), wish("ticker_batch", "BTC-USD")]
    listener = heard_alone(wishes, 15_000)
    tickers, batches = (
        [e["tickers"][0] for e in listener.of(c)] for c in ("ticker", "ticker_batch")
    )
    assert len(tickers) > 10
    assert all(Decimal(t["best_bid"]) < Decimal(t["best_ask"]) for t in tickers)
    assert 3 <= len(batches) <= 4
    assert not any("best_bid" in batch for batch in batches)


def test_coinbase_candles_are_buckets_of_five_minutes():
    events = heard_alone([wish("candles", "ETH-USD")], 30_000).of("candles")
    assert events[0]["type"] == "snapshot"
    assert len(events) == 31
    for row in (row for event in events for row in event["candles"]):
        assert int(row["start"]) % 300 == 0
        low, high = Decimal(row["low"]), Decimal(row["high"])
        assert low <= min(Decimal(row["open"]), Decimal(row["close"])) <= high


def test_coinbase_rest_answers_what_clients_ask_first():
    async def scenario():
        async with served(dialect="coinbase") as venue:
            await venue.pass_ms(3_000)
            paths = [
                f"{REST}/market/products?product_type=SPOT",
                f"{REST}/market/products?product_type=FUTURE",
                f"{REST}/market/products/BTC-USD",
                f"{REST}/market/product_book?product_id=BTC-USD&limit=3",
                f"{REST}/market/products/BTC-USD/ticker?limit=5",
                f"{REST}/market/products/BTC-USD/candles?granularity=ONE_MINUTE",
                f"{REST}/time",
                "/v2/currencies",
                "/v2/currencies/crypto",
                "/v2/exchange-rates",
            ]
            answers = [await get(venue, path) for path in paths]
            wrong = [
                await get(venue, path)
                for path in (
                    "/nothing",
                    f"{REST}/market/products/DOGE-USD",
                    f"{REST}/market/products/BTC-USD/candles",
                    f"{REST}/market/product_book?product_id=BTC-USD&limit=-3",
                )
            ]
            return answers, wrong

    answers, wrong = asyncio.run(scenario())
    assert [status for status, _ in answers] == [200] * len(answers)
    spot, future, product, book, ticker, candles, _, _, crypto, rates = (a for _, a in answers)
    names = [row["product_id"] for row in spot["products"]]
    assert names == ["BTC-USD", "ETH-USD", "USDT-USD"]
    assert future["products"] == []
    assert (product["price_increment"], product["status"]) == ("0.01", "online")
    assert [len(book["pricebook"][side]) for side in ("bids", "asks")] == [3, 3]
    assert len(ticker["trades"]) == 5
    assert len(candles["candles"]) >= 1
    assert {row["code"] for row in crypto["data"]} == {"BTC", "ETH", "USDT"}
    assert float(rates["data"]["rates"]["BTC"]) == pytest.approx(1 / 61_000, rel=0.1)
    assert [status for status, _ in wrong] == [404, 404, 400, 400]
