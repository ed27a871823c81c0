"""Deribit's dialect over real sockets, by the venue's written rules and none of our code."""

import asyncio
import itertools
import json
import urllib.parse
from contextlib import asynccontextmanager

import pytest
import websockets
from channel_client import get
from simulated_day import START_MS
from socket_client import served

from desk.sim.events import Forced

PATH = "/ws/api/v2"
PERPETUAL = "BTC-PERPETUAL"
HOUR_MS = 3_600_000
BOOK, TRADES, TICKER = (f"{kind}.{PERPETUAL}.100ms" for kind in ("book", "trades", "ticker"))


def request(method, number=1, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


class Client:
    """A JSON-RPC client: answers by id, notifications in order."""

    def __init__(self, connection):
        self.connection = connection
        self.ids = itertools.count(1)
        self.notices = []
        self.heartbeats = []

    async def call(self, method, **params):
        number = next(self.ids)
        await self.connection.send(request(method, number, **params))
        return await self.answer_to(number)

    async def answer_to(self, number):
        while True:
            frame = json.loads(await asyncio.wait_for(self.connection.recv(), 10))
            method = frame.get("method")
            if method == "subscription":
                self.notices.append(frame["params"])
            elif method == "heartbeat":
                self.heartbeats.append(frame["params"]["type"])
            elif frame.get("id") == number:
                return frame

    def data(self, channel):
        return [notice["data"] for notice in self.notices if notice["channel"] == channel]

    async def subscribe(self, *channels):
        return (await self.call("public/subscribe", channels=list(channels)))["result"]


@asynccontextmanager
async def talking(venue):
    async with websockets.connect(venue.addresses["ws"] + PATH, max_size=None) as connection:
        yield Client(connection)


async def heard(venue, channels, ms):
    async with talking(venue) as client:
        await client.subscribe(*channels)
        await venue.pass_ms(ms)
        await client.call("public/test")
        return client


async def heard_alone(channels, ms, **settings):
    async with served(dialect="deribit", **settings) as venue:
        return await heard(venue, channels, ms)


# ---------------------------------------------------------------------- data


def test_a_deribit_book_is_a_snapshot_and_an_unbroken_chain_of_changes():
    client = asyncio.run(heard_alone([BOOK], 10_000))
    first, *changes = client.data(BOOK)
    assert first["type"] == "snapshot"
    assert "prev_change_id" not in first
    held = {"bids": {}, "asks": {}}
    for data in (first, *changes):
        for side, levels in held.items():
            for action, price, amount in data[side]:
                assert (price in levels) == (action != "new")
                assert price * 2 == int(price * 2)
                assert amount % 10 == 0
                if action == "delete":
                    assert amount == 0
                    del levels[price]
                else:
                    assert amount > 0
                    levels[price] = amount
        assert max(held["bids"]) < min(held["asks"])
    for before, after in itertools.pairwise([first, *changes]):
        assert after["prev_change_id"] == before["change_id"] < after["change_id"]
        assert after["timestamp"] > before["timestamp"]
    jumps = {after["change_id"] - after["prev_change_id"] for after in changes}
    assert len(jumps) > 1  # ids prove an order, and not how much happened
    assert len(changes) > 80


def test_a_book_of_few_levels_comes_whole_each_time():
    channel = f"book.{PERPETUAL}.none.10.100ms"
    client = asyncio.run(heard_alone([channel, f"quote.{PERPETUAL}"], 5_000))
    books, quotes = client.data(channel), client.data(f"quote.{PERPETUAL}")
    assert len(books) > 20
    for book in books:
        bids, asks = book["bids"], book["asks"]
        assert len(bids) == len(asks) == 10
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0][0] < asks[0][0]
    best = quotes[-1]
    assert books[-1]["bids"][0] == [best["best_bid_price"], best["best_bid_amount"]]
    assert books[-1]["asks"][0] == [best["best_ask_price"], best["best_ask_amount"]]


def test_deribit_trades_are_numbered_and_say_which_were_forced():
    async def scenario():
        async with served(dialect="deribit", seed=2) as venue:
            market, forced = venue.simulator.market, []
            advance = market.advance

            def forcing(until_ms):
                """Let some orders have been forced, for real ones are rare."""
                events = advance(until_ms)
                told = events["BTCUSDT-PERP.BINANCE"]
                prints = [event for event in told if hasattr(event, "trade_id")]
                for fill in prints[-1:]:
                    told.append(
                        Forced(
                            fill.at_us,
                            fill.buyer_is_taker,
                            fill.ticks,
                            fill.lots,
                            fill.ticks,
                            fill.trade_id,
                            fill.trade_id,
                        )
                    )
                    forced.append(fill.trade_id)
                return events

            market.advance = forcing
            client = await heard(venue, [TRADES], 20_000)
            return client.data(TRADES), forced

    batches, forced = asyncio.run(scenario())
    trades = [trade for batch in batches for trade in batch]
    numbers = [trade["trade_seq"] for trade in trades]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(numbers) > 20
    marked = [trade["trade_seq"] for trade in trades if trade.get("liquidation") == "T"]
    assert marked == [number for number in forced if number in numbers] != []
    for trade in trades:
        assert trade["amount"] == trade["contracts"] * 10
        assert trade["direction"] in {"buy", "sell"}
        assert trade["tick_direction"] in {0, 1, 2, 3}


def test_a_deribit_ticker_has_continuous_funding_and_the_best_of_the_book():
    channels = [TICKER, BOOK, f"perpetual.{PERPETUAL}.100ms", "deribit_price_index.btc_usd"]
    client = asyncio.run(heard_alone(channels, 9_000))
    tickers = client.data(TICKER)
    assert len(tickers) > 30
    last = tickers[-1]
    assert last["open_interest"] % 10 == 0
    assert last["min_price"] < last["best_bid_price"] < last["best_ask_price"] < last["max_price"]
    assert abs(last["mark_price"] / last["index_price"] - 1) < 0.005
    assert "next_funding" not in " ".join(last)
    interest = client.data(f"perpetual.{PERPETUAL}.100ms")[-1]
    assert interest["interest"] == last["current_funding"]
    index = client.data("deribit_price_index.btc_usd")
    assert len(index) == 10  # the present one, then one a second
    assert index[-1]["price"] == last["index_price"]


def test_a_spot_ticker_has_no_funding():
    client = asyncio.run(heard_alone(["ticker.BTC_USDC.100ms"], 3_000))
    last = client.data("ticker.BTC_USDC.100ms")[-1]
    assert not {"current_funding", "funding_8h", "open_interest"} & last.keys()
    assert last["mark_price"] == last["index_price"]


def test_deribit_candles_grow_and_close():
    client = asyncio.run(heard_alone([f"chart.trades.{PERPETUAL}.1"], 130_000))
    rows = client.data(f"chart.trades.{PERPETUAL}.1")
    starts = {row["tick"] for row in rows}
    assert {start % 60_000 for start in starts} == {0}
    assert len(starts) == 3
    for row in rows:
        assert row["low"] <= min(row["open"], row["close"])
        assert row["high"] >= max(row["open"], row["close"])


def test_deribit_stamps_are_wall_time_at_any_speed():
    async def scenario():
        async with served(dialect="deribit", speed=20) as venue:
            client = await heard(venue, [BOOK, TICKER], 1_000)
            return client, venue.clock.wall_ms()

    client, now_ms = asyncio.run(scenario())
    for channel in (BOOK, TICKER):
        stamps = [data["timestamp"] for data in client.data(channel)]
        assert START_MS <= min(stamps) <= max(stamps) <= now_ms
    assert len(client.data(BOOK)) == 11  # a snapshot, then ten a second however fast it goes


# ---------------------------------------------------------------------- conversations


def test_only_channels_that_exist_are_accepted_and_nothing_is_said_of_the_others():
    async def scenario():
        async with served(dialect="deribit") as venue, talking(venue) as client:
            some = await client.subscribe(BOOK, "book.DOGE-PERPETUAL.100ms", "platform_state")
            again = await client.subscribe(BOOK)
            left = await client.call("public/unsubscribe", channels=[BOOK, TICKER])
            await client.subscribe(BOOK)
            everything = await client.call("public/unsubscribe_all")
            count = len(client.notices)
            await venue.pass_ms(1_000)
            await client.call("public/test")
            assert len(client.notices) == count
            return some, again, left["result"], everything["result"], client.data(BOOK)

    some, again, left, everything, books = asyncio.run(scenario())
    assert some == [BOOK, "platform_state"]
    assert (again, left, everything) == ([BOOK], [BOOK, TICKER], "ok")
    # Twice: when it was subscribed to, and after it was left; not when it was asked for twice.
    assert [book["type"] for book in books] == ["snapshot", "snapshot"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (request("public/dance"), -32601),
        (request("public/subscribe"), -32602),
        (request("public/subscribe", channels=[1]), -32602),
        (request("public/set_heartbeat", interval=9), -32602),
        (request("public/ticker", instrument_name=[]), -32602),
        (request("public/subscribe", channels=[BOOK, f"book.{PERPETUAL}.raw"]), 13778),
        ("no json", -32700),
        ("[1]", -32600),
    ],
    ids=["method", "nothing", "no text", "interval", "instrument", "raw", "text", "shape"],
)
def test_deribit_answers_what_it_cannot_do_with_an_error(text, code):
    async def scenario():
        async with served(dialect="deribit") as venue, talking(venue) as client:
            await client.connection.send(text)
            answer = json.loads(await client.connection.recv())
            return answer, await client.call("public/test")

    answer, alive = asyncio.run(scenario())
    assert answer["error"]["code"] == code
    assert answer["error"]["message"]
    assert answer["usIn"].isdigit()
    assert alive["result"]["version"]


def test_a_heartbeat_that_is_answered_keeps_the_connection():
    async def scenario():
        silent = served(dialect="deribit", faults="silent@deribit")
        async with silent as venue, talking(venue) as client:
            await client.call("public/set_heartbeat", interval=10)
            for _ in range(12):
                await venue.pass_ms(5_000)
                await client.call("public/test")
            return client.heartbeats

    beats = asyncio.run(scenario())
    assert beats.count("test_request") == beats.count("heartbeat") == 5


def test_a_connection_that_leaves_a_heartbeat_unanswered_is_ended():
    async def scenario():
        async with served(dialect="deribit") as venue, talking(venue) as client:
            await client.call("public/set_heartbeat", interval=10)
            await venue.pass_ms(25_000)
            with pytest.raises(websockets.ConnectionClosedError):
                await client.answer_to("nothing")
            return client.heartbeats

    assert asyncio.run(scenario()) == ["heartbeat", "test_request"]


# ---------------------------------------------------------------------- methods


async def result_of(venue, method, **params):
    query = urllib.parse.urlencode(params)
    status, document = await get(venue, f"/api/v2/public/{method}?{query}")
    assert status == 200, document
    return document["result"]


def test_rest_and_socket_give_the_same_answers():
    calls = {
        "get_currencies": {},
        "get_instruments": {"currency": "any", "kind": "future"},
        "get_instrument": {"instrument_name": PERPETUAL},
        "ticker": {"instrument_name": PERPETUAL},
        "get_order_book": {"instrument_name": PERPETUAL, "depth": 5},
        "get_last_trades_by_instrument": {"instrument_name": PERPETUAL, "count": 3},
        "get_index_price": {"index_name": "btc_usd"},
        "get_funding_rate_value": {
            "instrument_name": PERPETUAL,
            "start_timestamp": START_MS - 28_800_000,
            "end_timestamp": START_MS,
        },
        "get_book_summary_by_currency": {"currency": "BTC", "kind": "future"},
        "get_tradingview_chart_data": {
            "instrument_name": PERPETUAL,
            "start_timestamp": START_MS,
            "end_timestamp": START_MS + 60_000,
            "resolution": "1",
        },
        "get_time": {},
    }

    async def scenario():
        async with served(dialect="deribit") as venue, talking(venue) as client:
            await venue.pass_ms(20_000)
            answers = {}
            for method, params in calls.items():
                over_socket = await client.call(f"public/{method}", **params)
                answers[method] = over_socket["result"], await result_of(venue, method, **params)
            return answers, venue.clock.wall_ms()

    answers, now_ms = asyncio.run(scenario())
    for method, (over_socket, by_rest) in answers.items():
        assert over_socket == by_rest, method
    assert answers["get_time"][0] == now_ms
    assert {row["currency"] for row in answers["get_currencies"][0]} == {"BTC", "ETH", "USDC"}
    assert len(answers["get_instruments"][0]) == 4
    assert answers["get_funding_rate_value"][0] == answers["ticker"][0]["funding_8h"]
    book = answers["get_order_book"][0]
    assert len(book["bids"]) == len(book["asks"]) == 5
    assert book["bids"][0] == [book["best_bid_price"], book["best_bid_amount"]]
    trades = answers["get_last_trades_by_instrument"][0]["trades"]
    numbers = [trade["trade_seq"] for trade in trades]
    assert numbers == [numbers[0], numbers[0] - 1, numbers[0] - 2]
    chart = answers["get_tradingview_chart_data"][0]
    assert chart["ticks"] == [START_MS]
    assert len({len(column) for column in chart.values() if isinstance(column, list)}) == 1


def test_the_funding_of_a_period_is_its_share_of_eight_hours():
    async def scenario():
        async with served(dialect="deribit") as venue:
            await venue.pass_ms(20_000)
            value = "get_funding_rate_value"
            end = {"end_timestamp": START_MS + HOUR_MS}
            whole = {"start_timestamp": START_MS - 7 * HOUR_MS, **end}
            hour = {"start_timestamp": START_MS, **end}
            ticker = await result_of(venue, "ticker", instrument_name=PERPETUAL)
            of_whole = await result_of(venue, value, instrument_name=PERPETUAL, **whole)
            of_hour = await result_of(venue, value, instrument_name=PERPETUAL, **hour)
            path = f"/api/v2/public/{value}?instrument_name=BTC_USDC"
            return ticker["funding_8h"], of_whole, of_hour, await get(venue, path)

    told, of_whole, of_hour, (status, refused) = asyncio.run(scenario())
    assert told != 0
    assert of_whole == pytest.approx(told)
    assert of_hour == pytest.approx(told / 8)
    assert (status, refused["error"]["code"]) == (400, -32602)


def test_deribit_rest_refuses_what_does_not_exist():
    async def scenario():
        async with served(dialect="deribit") as venue:
            prefix = "/api/v2/public/"
            return [
                await get(venue, prefix + path)
                for path in (
                    "dance",
                    "ticker?instrument_name=DOGE-PERPETUAL",
                    "get_instruments?currency=DOGE",
                    "get_instruments?kind=house",
                    f"get_order_book?instrument_name={PERPETUAL}&depth=-1",
                )
            ]

    answers = asyncio.run(scenario())
    assert [status for status, _ in answers] == [404, 400, 400, 400, 400]
    assert {document["error"]["code"] for _, document in answers} == {-32601, -32602}
