"""Hyperliquid's dialect over real sockets, by the venue's written rules and none of our code."""

import asyncio
import itertools
import json
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
import websockets
from channel_client import get, post
from simulated_day import START_MS
from socket_client import served

from desk.sim.events import Forced
from desk.sim.hyperliquid.spelling import COINS, Spelling

PATH = "/ws"
DECIMALS = {"BTC": 1, "ETH": 2, "@142": 3, "@151": 4}
"""That a price may have: 6 or, on spot, 8 without those of the size."""


class Client:
    """Sends, and sorts what comes: data by channel, answers in order."""

    def __init__(self, connection):
        self.connection = connection
        self.frames = []
        self.answers = []

    async def settle(self):
        """Everything that was sent before the pong is here."""
        await self.connection.send('{"method":"ping"}')
        while True:
            frame = json.loads(await asyncio.wait_for(self.connection.recv(), 10))
            if frame["channel"] == "pong":
                return self
            kind = frame["channel"] in {"subscriptionResponse", "error"}
            (self.answers if kind else self.frames).append(frame)

    async def ask(self, method, **subscription):
        await self.connection.send(json.dumps({"method": method, "subscription": subscription}))
        await self.settle()
        return self.answers[-1]

    def data(self, channel):
        return [frame["data"] for frame in self.frames if frame["channel"] == channel]


@asynccontextmanager
async def talking(venue):
    async with websockets.connect(venue.addresses["ws"] + PATH, max_size=None) as connection:
        yield Client(connection)


async def heard(kind, coin, ms, *, before_ms=0, **settings):
    """Subscribe after a while, let time pass, and return what came with the venue's clock."""
    async with served(dialect="hyperliquid", **settings) as venue, talking(venue) as client:
        await venue.pass_ms(before_ms)
        beside = {"interval": "1m"} if kind == "candle" else {}
        await client.ask("subscribe", type=kind, coin=coin, **beside)
        await venue.pass_ms(ms)
        await client.settle()
        return client, venue.clock.wall_ms()


def is_published(text, coin):
    """Whether a price is one that the venue would publish: few figures, few decimals."""
    price = Decimal(text)
    figures = len(price.normalize().as_tuple().digits)
    decimals = max(0, -price.normalize().as_tuple().exponent)
    whole = decimals == 0
    return "." in text and (whole or figures <= 5) and decimals <= DECIMALS[coin]


# ---------------------------------------------------------------------- data


@pytest.mark.parametrize("coin", DECIMALS)
def test_books_come_whole_twice_a_second_on_a_grid_of_five_figures(coin):
    client, now_ms = asyncio.run(heard("l2Book", coin, 10_000))
    books = client.data("l2Book")
    assert len(books) == 21  # one at once, then two a second
    for book in books:
        assert book["coin"] == coin
        bids, asks = book["levels"]
        assert len(bids) == len(asks) == 20
        prices = [Decimal(level["px"]) for level in bids[::-1] + asks]
        assert prices == sorted(set(prices))  # neither crossed nor twice
        for level in bids + asks:
            assert is_published(level["px"], coin), level
            assert Decimal(level["sz"]) > 0
            assert level["n"] >= 1
    times = [book["time"] for book in books]
    assert {after - before for before, after in itertools.pairwise(times)} == {500}
    assert times[-1] <= now_ms


@pytest.mark.thorough
def test_history_comes_first_and_unmarked_then_every_trade_once():
    client, now_ms = asyncio.run(heard("trades", "BTC", 20_000, before_ms=30_000))
    first, *later = client.data("trades")
    assert len(first) == 30
    assert all(trade["time"] <= START_MS + 30_500 for trade in first)
    assert min(trade["time"] for trade in first) < START_MS + 30_000
    trades = [trade for batch in later for trade in batch]
    assert len(trades) > 20
    assert all(START_MS + 30_500 <= trade["time"] <= now_ms for trade in trades)
    ids = [trade["tid"] for trade in first + trades]
    assert len(set(ids)) == len(ids)
    assert ids != sorted(ids)
    for trade in first + trades:
        assert trade["side"] in {"A", "B"}
        assert is_published(trade["px"], "BTC")
        assert len(trade["hash"]) == 66
        assert len(trade["users"]) == 2
        assert 0 < trade["tid"] < 2**50


def test_a_forced_trade_has_no_hash():
    async def scenario():
        async with served(dialect="hyperliquid") as venue, talking(venue) as client:
            market = venue.simulator.market
            advance = market.advance

            def forcing(until_ms):
                events = advance(until_ms)
                told = events["BTCUSDT-PERP.BINANCE"]
                for fill in [event for event in told if hasattr(event, "trade_id")]:
                    number = fill.trade_id
                    told.append(Forced(fill.at_us, True, 1, 1, 1, number, number))
                return events

            await client.ask("subscribe", type="trades", coin="BTC")
            market.advance = forcing
            await venue.pass_ms(10_000)
            return (await client.settle()).data("trades")

    _, *later = asyncio.run(scenario())
    assert {trade["hash"] for batch in later for trade in batch} == {"0x" + "0" * 64}


def test_best_prices_are_those_of_the_book():
    async def scenario():
        async with served(dialect="hyperliquid") as venue, talking(venue) as client:
            for kind in ("bbo", "l2Book"):
                await client.ask("subscribe", type=kind, coin="ETH")
            await venue.pass_ms(10_000)
            return (await client.settle()).frames

    best, told, books = None, 0, 0
    for frame in asyncio.run(scenario()):
        if frame["channel"] == "bbo":
            assert frame["data"]["bbo"] != best
            best = frame["data"]["bbo"]
            told += 1
        else:
            assert [side[0] for side in frame["data"]["levels"]] == best
            books += 1
    assert told > 20
    assert books == 21


def test_contexts_have_an_hourly_rate_and_no_time():
    client, _ = asyncio.run(heard("activeAssetCtx", "BTC", 9_000))
    told = client.data("activeAssetCtx")
    assert len(told) == 10  # the present one, then one a second
    for data in told:
        assert set(data) == {"coin", "ctx"}
        ctx = data["ctx"]
        assert "time" not in ctx
        assert abs(float(ctx["markPx"]) / float(ctx["oraclePx"]) - 1) < 0.005
        assert abs(float(ctx["funding"])) <= 0.003 / 8
        assert float(ctx["openInterest"]) > 0
        bid, ask = (float(price) for price in ctx["impactPxs"])
        assert bid < float(ctx["midPx"]) < ask


def test_a_spot_pair_has_a_context_of_its_own():
    client, _ = asyncio.run(heard("activeAssetCtx", "@142", 3_000))
    told = client.data("activeSpotAssetCtx")
    assert {data["coin"] for data in told} == {"@142"}
    assert all("funding" not in data["ctx"] for data in told)


def test_candles_are_told_with_every_trade():
    client, _ = asyncio.run(heard("candle", "BTC", 70_000))
    rows = client.data("candle")
    assert len({row["t"] for row in rows}) == 2
    for row in rows:
        assert (row["T"] - row["t"], row["s"], row["i"]) == (59_999, "BTC", "1m")
        low, opened, close, high = (Decimal(row[name]) for name in "loch")
        assert low <= min(opened, close) <= max(opened, close) <= high
        assert row["n"] > 0


def test_all_mids_name_every_coin():
    client, _ = asyncio.run(heard("allMids", None, 2_000))
    told = client.data("allMids")
    assert len(told) == 5
    assert set(told[-1]["mids"]) == set(DECIMALS)


def test_hyperliquid_stamps_are_wall_time_at_any_speed():
    client, now_ms = asyncio.run(heard("l2Book", "BTC", 2_000, speed=20))
    times = [book["time"] for book in client.data("l2Book")]
    assert len(times) == 5
    assert now_ms - 2_600 <= min(times) <= max(times) <= now_ms


@pytest.mark.parametrize(
    ("ticks", "text"),
    [(999_999, "99999.0"), (1_000_004, "100000.0"), (1_000_016, "100001.0"), (99_994, "9999.4")],
)
def test_prices_of_any_height_have_five_figures_or_are_whole(ticks, text):
    class Tenths:
        tick_size = Decimal("0.1")
        lot_size = Decimal("0.001")

    spelling = Spelling(COINS[0], Tenths)
    assert spelling.price(spelling.rounded(ticks)) == text


# ---------------------------------------------------------------------- conversations


def test_what_is_subscribed_to_twice_is_an_error_and_can_be_left_once():
    async def scenario():
        async with served(dialect="hyperliquid") as venue, talking(venue) as client:
            book = {"type": "l2Book", "coin": "BTC"}
            first = await client.ask("subscribe", **book)
            twice = await client.ask("subscribe", **book)
            left = await client.ask("unsubscribe", **book)
            again = await client.ask("unsubscribe", **book)
            count = len(client.data("l2Book"))
            await venue.pass_ms(2_000)
            await client.settle()
            assert len(client.data("l2Book")) == count == 1
            return first, twice, left, again

    first, twice, left, again = asyncio.run(scenario())
    book = {"type": "l2Book", "coin": "BTC"}
    assert first["data"] == {"method": "subscribe", "subscription": book}
    assert left["data"] == {"method": "unsubscribe", "subscription": book}
    assert (twice["channel"], again["channel"]) == ("error", "error")
    assert twice["data"].startswith("Already subscribed")
    assert again["data"].startswith("Already unsubscribed")


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[1]",
        '{"method":"dance"}',
        '{"method":"subscribe","subscription":{"type":"l2Book","coin":"DOGE"}}',
        '{"method":"subscribe","subscription":{"type":"l2Book","coin":["BTC"]}}',
        '{"method":"subscribe","subscription":{"type":"candle","coin":"BTC"}}',
        '{"method":"subscribe","subscription":{"type":"candle","coin":"BTC","interval":"7m"}}',
        '{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC","nSigFigs":2}}',
    ],
)
def test_hyperliquid_answers_what_it_cannot_do_with_an_error(text):
    async def scenario():
        async with served(dialect="hyperliquid") as venue, talking(venue) as client:
            await client.connection.send(text)
            return (await client.settle()).answers

    ((answer),) = asyncio.run(scenario())
    assert answer["channel"] == "error"
    assert isinstance(answer["data"], str)


@pytest.mark.thorough
def test_a_connection_that_nothing_is_sent_to_for_a_minute_is_closed():
    async def scenario():
        async with served(dialect="hyperliquid") as venue, talking(venue) as client:
            await venue.pass_ms(50_000)
            await client.settle()
            await venue.pass_ms(50_000)
            await client.settle()
            await venue.pass_ms(61_000)
            with pytest.raises(websockets.ConnectionClosed):
                await client.settle()

    asyncio.run(scenario())


# ---------------------------------------------------------------------- POST /info


async def info(venue, **request):
    return await post(venue, "/info", json.dumps(request).encode())


def test_the_listing_is_what_flows():
    async def scenario():
        async with served(dialect="hyperliquid") as venue:
            names = ("meta", "metaAndAssetCtxs", "spotMeta", "spotMetaAndAssetCtxs", "perpDexs")
            answers = {name: await info(venue, type=name) for name in names}
            return answers, await info(venue, type="allMids")

    answers, mids = asyncio.run(scenario())
    assert {status for status, _ in answers.values()} == {200}
    told = {name: document for name, (_, document) in answers.items()}
    meta, contexts = told["metaAndAssetCtxs"]
    assert meta == told["meta"]
    assert [(row["name"], row["szDecimals"]) for row in meta["universe"]] == [
        ("BTC", 5),
        ("ETH", 4),
    ]
    assert [set(ctx) >= {"funding", "markPx", "oraclePx"} for ctx in contexts] == [True, True]
    spot, contexts = told["spotMetaAndAssetCtxs"]
    assert spot == told["spotMeta"]
    names = {token["index"]: token["name"] for token in spot["tokens"]}
    pairs = {
        row["name"]: tuple(names[index] for index in row["tokens"]) for row in spot["universe"]
    }
    assert pairs == {"@142": ("UBTC", "USDC"), "@151": ("UETH", "USDC")}
    assert [ctx["coin"] for ctx in contexts] == ["@142", "@151"]
    assert told["perpDexs"] == [None]
    assert set(mids[1]) == set(DECIMALS)


def test_a_book_and_candles_can_be_asked_for():
    async def scenario():
        async with served(dialect="hyperliquid") as venue:
            await venue.pass_ms(20_000)
            book = await info(venue, type="l2Book", coin="BTC")
            trades = await info(venue, type="recentTrades", coin="BTC")
            asked = {"coin": "BTC", "interval": "1m", "startTime": 0, "endTime": START_MS + 60_000}
            return book, trades, await info(venue, type="candleSnapshot", req=asked)

    (_, book), (_, trades), (_, candles) = asyncio.run(scenario())
    assert [len(side) for side in book["levels"]] == [20, 20]
    assert trades[0]["time"] >= trades[-1]["time"]
    assert [row["t"] for row in candles][-1] == START_MS


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/info", b"no json", 422),
        ("/info", b'{"type":"dance"}', 422),
        ("/info", b'{"type":"l2Book","coin":"DOGE"}', 500),
        ("/info", b'{"type":"candleSnapshot"}', 500),
        ("/exchange", b"{}", 404),
    ],
)
def test_what_does_not_exist_is_refused(path, body, status):
    async def scenario():
        async with served(dialect="hyperliquid") as venue:
            assert (await get(venue, path))[0] == 405
            return await post(venue, path, body)

    assert asyncio.run(scenario())[0] == status
