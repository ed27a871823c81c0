"""Bybit's dialect over real sockets, by the venue's written rules and none of our code."""

import asyncio
import itertools
from decimal import Decimal

import pytest
from channel_client import DictBook, get, market_levels, talking
from socket_client import served

LINEAR, SPOT = "/v5/public/linear", "/v5/public/spot"
INSTRUMENTS = {
    (LINEAR, "BTCUSDT"): "BTCUSDT-PERP.BINANCE",
    (LINEAR, "ETHUSDT"): "ETHUSDT-PERP.BINANCE",
    (SPOT, "BTCUSDT"): "BTCUSDT.BINANCE",
    (SPOT, "ETHUSDT"): "ETHUSDT.BINANCE",
}
every_instrument = pytest.mark.parametrize(
    ("path", "symbol"), INSTRUMENTS, ids=lambda value: value.rpartition("/")[2]
)


def wish(*topics, op="subscribe"):
    return {"op": op, "req_id": "7", "args": list(topics)}


def of(frames, topic):
    return [frame for frame in frames if frame["topic"] == topic]


async def heard(venue, path, topics, ms):
    """Subscribe, let time pass, and return everything that came."""
    async with talking(venue, path) as talk:
        assert (await talk.say(wish(*topics)))["success"] is True
        await venue.pass_ms(ms)
        assert (await talk.say({"op": "ping"}))["ret_msg"] == "pong"
        return talk.frames


async def heard_alone(path, topics, ms, **settings):
    async with served(dialect="bybit", **settings) as venue:
        return await heard(venue, path, topics, ms)


@pytest.mark.parametrize("depth", [50, 200])
@every_instrument
def test_a_bybit_client_keeps_the_whole_book_without_a_break(path, symbol, depth):
    async def scenario():
        async with served(dialect="bybit") as venue:
            await venue.pass_ms(730)
            frames = await heard(venue, path, [f"orderbook.{depth}.{symbol}"], 20_000)
            return frames, market_levels(venue, INSTRUMENTS[path, symbol], depth)

    frames, (bids, asks) = asyncio.run(scenario())
    first, *deltas = [(frame["type"], frame["data"]) for frame in frames]
    assert first[0] == "snapshot"
    book = DictBook()
    book.load(first[1]["b"], first[1]["a"])
    number, seq = first[1]["u"], first[1]["seq"]
    assert number > 1  # 1 would announce a restart of the venue
    for kind, data in deltas:
        assert (kind, data["u"]) == ("delta", number + 1)
        assert data["seq"] > seq
        number, seq = data["u"], data["seq"]
        book.change(data["b"], data["a"])
    assert len(deltas) > 150
    assert (book.bids, book.asks) == (bids, asks)


@every_instrument
def test_bybit_best_level_comes_whole_and_equals_the_book(path, symbol):
    topics = [f"orderbook.50.{symbol}", f"orderbook.1.{symbol}"]
    frames = asyncio.run(heard_alone(path, topics, 10_000))
    book, checked = DictBook(), 0
    bests = {frame["ts"]: frame for frame in of(frames, topics[1])}
    assert {frame["type"] for frame in bests.values()} == {"snapshot"}
    for frame in of(frames, topics[0]):
        data = frame["data"]
        (book.load if frame["type"] == "snapshot" else book.change)(data["b"], data["a"])
        best = bests.get(frame["ts"])
        if best is not None:
            (bid,), (ask,) = best["data"]["b"], best["data"]["a"]
            assert book.top() == tuple(Decimal(x) for x in (*bid, *ask))
            checked += 1
    assert checked > 50


def test_an_unchanged_bybit_best_level_is_told_again_every_three_seconds():
    async def scenario():
        async with served(dialect="bybit") as venue:
            market = venue.simulator.market
            none = {name: [] for name in market.listings}

            def frozen(until_ms):
                market.time_ms = until_ms // 50 * 50
                return none

            market.advance = frozen
            return await heard(venue, LINEAR, ["orderbook.1.BTCUSDT"], 7_000)

    frames = asyncio.run(scenario())
    assert len(frames) == 3
    assert len({frame["data"]["u"] for frame in frames}) == 1
    assert [b["ts"] - a["ts"] for a, b in itertools.pairwise(frames)] == [3_000, 3_000]


def test_bybit_linear_tickers_merge_to_the_state_of_the_market():
    async def scenario():
        async with served(dialect="bybit") as venue:
            frames = await heard(venue, LINEAR, ["tickers.BTCUSDT"], 10_000)
            return frames, venue.simulator.market

    frames, market = asyncio.run(scenario())
    snapshot, *deltas = frames
    assert snapshot["type"] == "snapshot"
    assert {frame["type"] for frame in deltas} == {"delta"}
    merged = dict(snapshot["data"])
    for frame in deltas:
        data = frame["data"]
        assert all(merged[name] != data[name] for name in data if name != "symbol")
        merged |= data
    listing = market.listings["BTCUSDT-PERP.BINANCE"]
    tick, lot = listing.instrument.tick_size, listing.instrument.lot_size
    bid, bid_lots, ask, ask_lots = listing.top()
    told = [Decimal(merged[x]) for x in ("bid1Price", "bid1Size", "ask1Price", "ask1Size")]
    assert told == [bid * tick, bid_lots * lot, ask * tick, ask_lots * lot]
    assert Decimal(merged["lastPrice"]) == listing.last_ticks * tick
    single = Decimal(merged["singleOpenInterest"])
    assert single == listing.open_interest_lots * lot
    assert Decimal(merged["openInterest"]) == 2 * single
    assert merged["openInterestValue"]  # without it one client takes the pair for a spot pair
    assert merged["fundingIntervalHour"] == "8"
    assert int(merged["nextFundingTime"]) == market.funding["BTCUSDT-PERP.BINANCE"].next_ms
    assert abs(float(merged["markPrice"]) / float(merged["indexPrice"]) - 1) < 0.005


def test_bybit_spot_tickers_come_whole_without_bid_and_ask():
    frames = asyncio.run(heard_alone(SPOT, ["tickers.ETHUSDT"], 10_000))
    assert len(frames) > 5
    for frame in frames:
        data = frame["data"]
        assert frame["type"] == "snapshot"
        assert not {"bid1Price", "ask1Price", "markPrice"} & data.keys()
        assert abs(float(data["usdIndexPrice"]) / float(data["lastPrice"]) - 1) < 0.005


@pytest.mark.thorough
def test_bybit_trades_add_up_to_the_candle():
    topics = ["publicTrade.BTCUSDT", "kline.1.BTCUSDT"]
    frames = asyncio.run(heard_alone(LINEAR, topics, 130_000))
    trades = [row for frame in of(frames, topics[0]) for row in frame["data"]]
    closed = [row for f in of(frames, topics[1]) for row in f["data"] if row["confirm"]]
    assert len(closed) == 2
    last = closed[-1]
    inside = [row for row in trades if last["start"] <= row["T"] <= last["end"]]
    prices = [Decimal(row["p"]) for row in inside]
    assert Decimal(last["volume"]) == sum(Decimal(row["v"]) for row in inside)
    told = [Decimal(last[x]) for x in ("open", "high", "low", "close")]
    assert told == [prices[0], max(prices), min(prices), prices[-1]]
    assert {row["S"] for row in trades} == {"Buy", "Sell"}
    assert len({row["i"] for row in trades}) == len(trades)
    before = None
    for row in trades:
        price = Decimal(row["p"])
        if before is not None:
            moved = "Plus" if price > before else "Minus" if price < before else "Zero"
            assert row["L"].startswith(moved)
        before = price


@pytest.mark.parametrize(
    ("path", "message", "said"),
    [
        (LINEAR, wish("liquidation.BTCUSDT"), "error:handler not found,topic:liquidation.BTCUSDT"),
        (LINEAR, wish("orderbook.7.BTCUSDT"), "error:handler not found,topic:orderbook.7.BTCUSDT"),
        (SPOT, wish("tickers.DOGEUSDT"), "error:handler not found,topic:tickers.DOGEUSDT"),
        (SPOT, wish(*[f"orderbook.{n}.BTCUSDT" for n in range(11)]), "args size >10"),
        (LINEAR, wish(), "error:params error"),
        (LINEAR, "no json", "error:request is no JSON command"),
        (LINEAR, "[]", "error:request is no JSON command"),
    ],
    ids=["topic", "depth", "symbol", "too many", "nothing", "text", "shape"],
)
def test_bybit_refuses_what_it_does_not_know(path, message, said):
    async def scenario():
        async with served(dialect="bybit") as venue, talking(venue, path) as talk:
            return await talk.say(message), await talk.say({"op": "ping"})

    answer, pong = asyncio.run(scenario())
    assert (answer["success"], answer["ret_msg"]) == (False, said)
    assert pong["op"] == "ping"


@pytest.mark.parametrize(
    ("path", "topic", "message"),
    [
        (SPOT, "tickers.BTCUSDT", "subscribe"),
        (LINEAR, "allLiquidation.BTCUSDT", ""),
        ("/v5/public/inverse", "tickers.BTCUSD", ""),
        ("/v5/public/option", "tickers.BTC-25DEC26-60000-C", ""),
    ],
    ids=["spot", "linear", "inverse", "option"],
)
def test_bybit_acknowledges_by_category(path, topic, message):
    async def scenario():
        async with served(dialect="bybit") as venue, talking(venue, path) as talk:
            answer = await talk.say(wish(topic))
            await venue.pass_ms(1_000)
            pong = await talk.say({"op": "ping"})
            return answer, pong, talk.frames

    answer, pong, frames = asyncio.run(scenario())
    assert (answer["success"], answer["ret_msg"]) == (True, message)
    assert (answer["req_id"], answer["op"]) == ("7", "subscribe")
    assert "pong" in pong.values()
    assert bool(frames) == topic.startswith("tickers.BTCUSD")


def test_bybit_stops_what_is_unsubscribed():
    async def scenario():
        async with served(dialect="bybit") as venue, talking(venue, LINEAR) as talk:
            await talk.say(wish("orderbook.50.BTCUSDT"))
            await venue.pass_ms(1_000)
            answer = await talk.say(wish("orderbook.50.BTCUSDT", op="unsubscribe"))
            before = len(talk.frames)
            await venue.pass_ms(1_000)
            await talk.say({"op": "ping"})
            return answer, before, len(talk.frames)

    answer, before, after = asyncio.run(scenario())
    assert answer["success"] is True
    assert before == after > 5


def test_bybit_inverse_contracts_are_us_dollars():
    async def scenario():
        async with served(dialect="bybit") as venue:
            await venue.pass_ms(3_000)
            path = "/v5/market/instruments-info?category=inverse&symbol=BTCUSD"
            _, listing = await get(venue, path)
            _, tickers = await get(venue, "/v5/market/tickers?category=inverse&symbol=BTCUSD")
            own = venue.simulator.market.listings["BTCUSDT-PERP.BINANCE"]
            return listing["result"]["list"], tickers["result"]["list"], own.top()

    (terms,), (ticker,), (bid, lots, *_) = asyncio.run(scenario())
    assert (terms["contractType"], terms["settleCoin"], terms["quoteCoin"]) == (
        "InversePerpetual",
        "BTC",
        "USD",
    )
    assert terms["lotSizeFilter"]["qtyStep"] == "1"
    price = bid * Decimal("0.1")
    assert Decimal(ticker["bid1Price"]) == price
    assert Decimal(ticker["bid1Size"]) == int(lots * Decimal("0.001") * price)
    single, worth = Decimal(ticker["singleOpenInterest"]), ticker["singleOpenInterestValue"]
    assert single / Decimal(ticker["markPrice"]) == pytest.approx(
        Decimal(worth), rel=Decimal("0.0001")
    )
    turnover = Decimal(ticker["volume24h"]) / Decimal(ticker["lastPrice"])
    assert Decimal(ticker["turnover24h"]) == pytest.approx(turnover, rel=Decimal("0.01"))


def test_bybit_rest_describes_what_flows():
    async def scenario():
        async with served(dialect="bybit") as venue:
            path = "/v5/market/instruments-info?category="
            queries = ("linear", "spot", "linear&status=PreLaunch", "inverse", "option&baseCoin=X")
            listed = {query: await get(venue, path + query) for query in queries}
            book = await get(venue, "/v5/market/orderbook?category=linear&symbol=ETHUSDT&limit=3")
            time = await get(venue, "/v5/market/time")
            wrong = [
                await get(venue, path + "house"),
                await get(venue, "/v5/market/orderbook?category=spot&symbol=X"),
            ]
            own = market_levels(venue, "ETHUSDT-PERP.BINANCE", 3)
            return listed, book, time, wrong, own, venue.clock.wall_ms()

    listed, book, time, wrong, own, now_ms = asyncio.run(scenario())
    assert {answer["retCode"] for _, answer in listed.values()} == {0}
    rows = {query: answer["result"]["list"] for query, (_, answer) in listed.items()}
    assert [bool(some) for some in rows.values()] == [True, True, False, True, False]
    terms = {
        row["symbol"]: (
            row["contractType"],
            row["settleCoin"],
            row["fundingInterval"],
            Decimal(row["priceFilter"]["tickSize"]),
            Decimal(row["lotSizeFilter"]["qtyStep"]),
        )
        for row in rows["linear"]
    }
    assert terms == {
        "BTCUSDT": ("LinearPerpetual", "USDT", 480, Decimal("0.1"), Decimal("0.001")),
        "ETHUSDT": ("LinearPerpetual", "USDT", 480, Decimal("0.01"), Decimal("0.001")),
    }
    for row in rows["spot"]:
        assert row["status"] == "Trading"
        assert row["baseCoin"] + row["quoteCoin"] == row["symbol"]
        assert Decimal(row["lotSizeFilter"]["basePrecision"]) > 0
        assert Decimal(row["priceFilter"]["tickSize"]) > 0
    data = book[1]["result"]
    sides = tuple({Decimal(p): Decimal(q) for p, q in data[side]} for side in "ba")
    assert sides == own
    assert int(time[1]["result"]["timeNano"]) == now_ms * 1_000_000
    assert [answer["retCode"] for _, answer in wrong] == [10001, 10001]


def test_bybit_rest_tells_the_ticker_that_the_stream_tells():
    async def scenario():
        async with served(dialect="bybit") as venue:
            frames = await heard(venue, LINEAR, ["tickers.BTCUSDT"], 0)
            one = await get(venue, "/v5/market/tickers?category=linear&symbol=BTCUSDT")
            every = await get(venue, "/v5/market/tickers?category=spot")
            wrong = await get(venue, "/v5/market/tickers?category=linear&symbol=X")
            return frames, one, every, wrong

    frames, (_, one), (_, every), (_, wrong) = asyncio.run(scenario())
    assert one["result"] == {"category": "linear", "list": [frames[-1]["data"]]}
    assert {row["symbol"] for row in every["result"]["list"]} == {"BTCUSDT", "ETHUSDT"}
    assert wrong["retCode"] == 10001


def test_bybit_rest_tells_open_interest_as_of_the_interval_that_runs():
    async def scenario():
        async with served(dialect="bybit") as venue:
            path = "/v5/market/open-interest?category="
            asked = await get(venue, path + "linear&symbol=BTCUSDT&intervalTime=1h")
            wrong = [
                await get(venue, path + "linear&symbol=BTCUSDT&intervalTime=2h"),
                await get(venue, path + "linear&symbol=X&intervalTime=1h"),
                await get(venue, path + "spot&symbol=BTCUSDT&intervalTime=1h"),
            ]
            listing = venue.simulator.market.listings["BTCUSDT-PERP.BINANCE"]
            return asked, wrong, listing, venue.clock.wall_ms()

    (_, asked), wrong, listing, now_ms = asyncio.run(scenario())
    (row,) = asked["result"]["list"]
    assert Decimal(row["openInterest"]) == 2 * Decimal(listing.open_interest_lots) / 1000
    assert int(row["timestamp"]) == now_ms - now_ms % 3_600_000
    assert [answer["retCode"] for _, answer in wrong] == [10001] * 3


def test_a_gap_on_a_bybit_book_is_one_break_of_its_count():
    topics = ["orderbook.1.BTCUSDT", "orderbook.50.BTCUSDT"]
    frames = asyncio.run(heard_alone(LINEAR, topics, 4_000, faults="gap@linear:at=2s"))
    for topic, breaks in zip(topics, [0, 1], strict=True):
        numbers = [frame["data"]["u"] for frame in of(frames, topic)]
        steps = [b - a for a, b in itertools.pairwise(numbers)]
        assert sum(step > 1 for step in steps) == breaks
    assert len(of(frames, topics[1])) > 30
