"""OKX's dialect over real sockets, by the venue's written rules and none of our code."""

import asyncio
import itertools
from decimal import Decimal

import pytest
from channel_client import DictBook, get, market_levels, talking
from socket_client import served

PUBLIC, BUSINESS = "/ws/v5/public", "/ws/v5/business"
INSTRUMENTS = {
    "BTC-USDT-SWAP": ("BTCUSDT-PERP.BINANCE", Decimal("0.01")),
    "ETH-USDT-SWAP": ("ETHUSDT-PERP.BINANCE", Decimal("0.1")),
    "BTC-USDT": ("BTCUSDT.BINANCE", Decimal(1)),
    "ETH-USDT": ("ETHUSDT.BINANCE", Decimal(1)),
}
WINDOW = 400


def wish(*names, op="subscribe"):
    """`books:BTC-USDT` and so on as one request."""
    pairs = [name.split(":") for name in names]
    return {"op": op, "args": [{"channel": c, "instId": i} for c, i in pairs]}


def of(frames, channel):
    return [frame for frame in frames if frame["arg"]["channel"] == channel]


async def heard(venue, names, ms, path=PUBLIC):
    """Subscribe, let time pass, and return everything that came."""
    async with talking(venue, path) as talk:
        await talk.say(wish(*names), answers=len(names))
        await venue.pass_ms(ms)
        assert await talk.say("ping") == "pong"
        return talk.frames


async def heard_alone(names, ms, path=PUBLIC, **settings):
    async with served(dialect="okx", **settings) as venue:
        return await heard(venue, names, ms, path)


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_an_okx_client_keeps_the_whole_book_without_a_break(instrument):
    async def scenario():
        async with served(dialect="okx") as venue:
            await venue.pass_ms(730)
            frames = await heard(venue, [f"books:{instrument}"], 20_000)
            return frames, market_levels(venue, INSTRUMENTS[instrument][0], WINDOW, unit)

    unit = INSTRUMENTS[instrument][1]
    frames, (bids, asks) = asyncio.run(scenario())
    first, *updates = frames
    assert (first["action"], first["data"][0]["prevSeqId"]) == ("snapshot", -1)
    book = DictBook()
    book.load(first["data"][0]["bids"], first["data"][0]["asks"])
    last = first["data"][0]["seqId"]
    for frame in updates:
        (data,) = frame["data"]
        assert frame["action"] == "update"
        assert (data["prevSeqId"], data["checksum"]) == (last, 0)
        last = data["seqId"]
        book.change(data["bids"], data["asks"])
    assert len(updates) > 150
    assert (book.bids, book.asks) == (bids, asks)


def test_two_okx_clients_that_join_apart_share_one_chain_of_sequence_numbers():
    async def scenario():
        async with served(dialect="okx") as venue, talking(venue, PUBLIC) as early:
            await early.say(wish("books:BTC-USDT-SWAP"))
            await venue.pass_ms(1_050)
            late = await heard(venue, ["books:BTC-USDT-SWAP"], 2_000)
            await early.say("ping")
            return early.frames, late

    early, late = asyncio.run(scenario())
    chain = {frame["data"][0]["seqId"] for frame in early}
    snapshot, *updates = late
    assert snapshot["data"][0]["seqId"] in chain
    assert updates[0]["data"][0]["prevSeqId"] == snapshot["data"][0]["seqId"]
    assert [frame for frame in early if frame in updates] == updates


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_okx_best_prices_of_book_bbo_and_ticker_agree(instrument):
    names = [f"{channel}:{instrument}" for channel in ("books", "bbo-tbt", "tickers")]
    frames = asyncio.run(heard_alone(names, 10_000))
    book, best, checked = DictBook(), None, 0
    for frame in frames:
        (data,) = frame["data"]
        match frame["arg"]["channel"]:
            case "bbo-tbt":
                best = *data["bids"][0][:2], *data["asks"][0][:2]
            case "tickers":
                ticker = tuple(data[x] for x in ("bidPx", "bidSz", "askPx", "askSz"))
                assert ticker == best or best is None
            case "books":
                replace = frame["action"] == "snapshot"
                (book.load if replace else book.change)(data["bids"], data["asks"])
                if best is not None:
                    assert book.top() == tuple(Decimal(x) for x in best)
                    checked += 1
    assert checked > 50


def test_okx_trades_are_prints_of_the_market_in_contracts():
    async def scenario():
        async with served(dialect="okx") as venue:
            prints = []
            advance = venue.simulator.market.advance

            def recorded(until_ms):
                events = advance(until_ms)
                prints.extend(
                    event for event in events["BTCUSDT-PERP.BINANCE"] if hasattr(event, "trade_id")
                )
                return events

            venue.simulator.market.advance = recorded
            return await heard(venue, ["trades:BTC-USDT-SWAP"], 20_000), prints

    frames, prints = asyncio.run(scenario())
    trades = [frame["data"][0] for frame in frames]
    assert sum(int(trade["count"]) for trade in trades) == len(prints) > 20
    contracts = sum(Decimal(trade["sz"]) for trade in trades)
    assert contracts * Decimal("0.01") == sum(p.lots for p in prints) * Decimal("0.001")
    sides = {int(trade["tradeId"]): trade["side"] for trade in trades}
    for fill in prints:
        if fill.trade_id in sides:
            assert sides[fill.trade_id] == ("buy" if fill.buyer_is_taker else "sell")


def test_okx_inverse_swaps_count_contracts_of_us_dollars():
    async def scenario():
        async with served(dialect="okx") as venue:
            channels = ("books", "open-interest", "tickers", "mark-price")
            names = [f"{channel}:ETH-USD-SWAP" for channel in channels]
            await venue.pass_ms(3_000)
            frames = await heard(venue, names, 0)
            listing = venue.simulator.market.listings["ETHUSDT-PERP.BINANCE"]
            return frames, listing.top(), listing.open_interest_lots

    frames, (bid, lots, *_), interest = asyncio.run(scenario())
    (book, told, ticker, mark) = (
        of(frames, channel)[0]["data"][0]
        for channel in ("books", "open-interest", "tickers", "mark-price")
    )
    price, size, *_ = (Decimal(x) for x in book["bids"][0])
    coins = lots * Decimal("0.001")
    assert price == bid * Decimal("0.01")
    assert size <= coins * price / 10 < size + 1 or size == 1
    assert Decimal(told["oi"]) * 10 / Decimal(mark["markPx"]) == pytest.approx(
        Decimal(told["oiCcy"]), rel=Decimal("0.0001")
    )
    assert Decimal(told["oiCcy"]) == pytest.approx(interest * Decimal("0.001"), rel=Decimal("0.01"))
    last = Decimal(ticker["last"])
    assert Decimal(ticker["volCcy24h"]) * last / 10 == pytest.approx(
        Decimal(ticker["vol24h"]), rel=Decimal("0.01")
    )


def test_okx_marks_index_funding_and_open_interest_flow():
    swap = "BTC-USDT-SWAP"
    names = [f"{c}:{swap}" for c in ("mark-price", "funding-rate", "open-interest")]
    frames = asyncio.run(heard_alone([*names, "index-tickers:BTC-USDT"], 9_000))
    marks = [frame["data"][0] for frame in of(frames, "mark-price")]
    assert len(marks) == 10  # the present one, then one a second
    indices = [frame["data"][0] for frame in of(frames, "index-tickers")]
    assert {index["instId"] for index in indices} == {"BTC-USDT"}
    for mark, index in zip(marks, indices, strict=True):
        assert abs(float(mark["markPx"]) / float(index["idxPx"]) - 1) < 0.005
    (funding, *_) = [frame["data"][0] for frame in of(frames, "funding-rate")]
    interval_ms = int(funding["nextFundingTime"]) - int(funding["fundingTime"])
    assert interval_ms == 8 * 3_600_000
    assert abs(Decimal(funding["fundingRate"])) <= Decimal("0.003")
    interest = [frame["data"][0] for frame in of(frames, "open-interest")]
    assert len(interest) >= 3
    for row in interest:
        assert Decimal(row["oi"]) * Decimal("0.01") == Decimal(row["oiCcy"]) > 0


def test_okx_candles_flow_on_the_business_socket_and_close_once():
    frames = asyncio.run(heard_alone(["candle1m:ETH-USDT-SWAP"], 130_000, BUSINESS))
    rows = [frame["data"][0] for frame in frames]
    closed = [row for row in rows if row[8] == "1"]
    assert len(closed) == 2
    assert int(closed[1][0]) - int(closed[0][0]) == 60_000
    for row in rows:
        opened, high, low, close = (Decimal(x) for x in row[1:5])
        assert low <= min(opened, close) <= max(opened, close) <= high
        assert Decimal(row[5]) * Decimal("0.1") == Decimal(row[6])


@pytest.mark.parametrize(
    ("path", "message", "code"),
    [
        (PUBLIC, wish("candle1m:BTC-USDT"), "60018"),
        (BUSINESS, wish("books:BTC-USDT"), "60018"),
        (PUBLIC, wish("books:DOGE-USDT"), "60018"),
        (PUBLIC, wish("nothing:BTC-USDT"), "60018"),
        (PUBLIC, {"op": "subscribe", "args": []}, "60012"),
        (PUBLIC, {"op": "dance", "args": [{"channel": "books"}]}, "60012"),
        (PUBLIC, "no json", "60012"),
        (PUBLIC, "[1]", "60012"),
    ],
    ids=["route", "other route", "instrument", "channel", "nothing", "op", "text", "shape"],
)
def test_okx_answers_what_it_cannot_do_with_an_error(path, message, code):
    async def scenario():
        async with served(dialect="okx") as venue, talking(venue, path) as talk:
            return await talk.say(message), await talk.say("ping")

    answer, pong = asyncio.run(scenario())
    assert (answer["event"], answer["code"], pong) == ("error", code, "pong")
    assert answer["msg"]


def test_okx_acknowledges_each_channel_and_stops_those_left():
    async def scenario():
        async with served(dialect="okx") as venue, talking(venue, PUBLIC) as talk:
            names = "books:BTC-USDT", "wrong:BTC-USDT", "bbo-tbt:BTC-USDT"
            joined = await talk.say(wish(*names), answers=3)
            await venue.pass_ms(1_000)
            left = await talk.say(wish("books:BTC-USDT", op="unsubscribe"))
            before = len(of(talk.frames, "books"))
            await venue.pass_ms(1_000)
            await talk.say("ping")
            return joined, left, before, talk.frames

    joined, left, before, frames = asyncio.run(scenario())
    assert [answer["event"] for answer in joined] == ["subscribe", "error", "subscribe"]
    assert left["arg"] == {"channel": "books", "instId": "BTC-USDT"}
    assert len(of(frames, "books")) == before > 5
    assert len(of(frames, "bbo-tbt")) > 5


def test_an_idle_okx_book_sends_an_empty_update_that_keeps_the_chain():
    async def scenario():
        async with served(dialect="okx") as venue:
            market = venue.simulator.market
            none = {name: [] for name in market.listings}

            def frozen(until_ms):
                market.time_ms = until_ms // 50 * 50
                return none

            market.advance = frozen
            return await heard(venue, ["books:BTC-USDT-SWAP"], 125_000)

    snapshot, *updates = asyncio.run(scenario())
    seq_id = snapshot["data"][0]["seqId"]
    assert len(updates) == 2
    for frame in updates:
        (data,) = frame["data"]
        assert (data["bids"], data["asks"]) == ([], [])
        assert (data["prevSeqId"], data["seqId"]) == (seq_id, seq_id)


def test_okx_rest_describes_what_flows():
    async def scenario():
        async with served(dialect="okx") as venue:
            path = "/api/v5/public/instruments?instType="
            kinds = ("SPOT", "SWAP", "FUTURES", "OPTION")
            listed = {kind: await get(venue, path + kind) for kind in kinds}
            book = await get(venue, "/api/v5/market/books?instId=BTC-USDT-SWAP&sz=5")
            time = await get(venue, "/api/v5/public/time")
            wrong = [
                await get(venue, path + "HOUSE"),
                await get(venue, "/api/v5/market/books?instId=BTC"),
                await get(venue, "/api/v5/market/books?instId=BTC-USDT&sz=-1"),
            ]
            own = market_levels(venue, "BTCUSDT-PERP.BINANCE", 5, Decimal("0.01"))
            return listed, book, time, wrong, own, venue.clock.wall_ms()

    listed, book, time, wrong, own, now_ms = asyncio.run(scenario())
    assert {status for status, _ in listed.values()} == {200}
    rows = {kind: answer["data"] for kind, (_, answer) in listed.items()}
    assert rows["FUTURES"] == rows["OPTION"] == []
    assert {row["instId"] for row in rows["SPOT"]} == {"BTC-USDT", "ETH-USDT"}
    terms = {
        row["instId"]: (row["ctVal"], row["ctMult"], row["lotSz"], row["ctType"], row["settleCcy"])
        for row in rows["SWAP"]
    }
    assert terms == {
        "BTC-USDT-SWAP": ("0.01", "1", "0.01", "linear", "USDT"),
        "ETH-USDT-SWAP": ("0.1", "1", "0.01", "linear", "USDT"),
        "BTC-USD-SWAP": ("100", "1", "1", "inverse", "BTC"),
        "ETH-USD-SWAP": ("10", "1", "1", "inverse", "ETH"),
    }
    assert all(row["state"] == "live" for row in rows["SWAP"] + rows["SPOT"])
    assert int(time[1]["data"][0]["ts"]) == now_ms
    (data,) = book[1]["data"]
    bids, asks = ({Decimal(p): Decimal(q) for p, q, *_ in data[s]} for s in ("bids", "asks"))
    assert (bids, asks) == own
    assert [answer["code"] for _, answer in wrong] == ["51000", "51001", "51000"]


@pytest.mark.parametrize(
    ("path", "channel"),
    [
        ("/api/v5/public/funding-rate?", "funding-rate"),
        ("/api/v5/public/open-interest?instType=SWAP&", "open-interest"),
        ("/api/v5/public/mark-price?instType=SWAP&", "mark-price"),
        ("/api/v5/market/ticker?", "tickers"),
    ],
)
def test_okx_rest_tells_of_a_swap_what_its_channel_tells(path, channel):
    async def scenario():
        async with served(dialect="okx") as venue:
            frames = await heard(venue, [f"{channel}:BTC-USDT-SWAP"], 0)
            answer = await get(venue, f"{path}instId=BTC-USDT-SWAP")
            unknown = await get(venue, f"{path}instId=BTC")
            spot = await get(venue, f"{path}instId=BTC-USDT")
            return frames, answer, unknown, spot

    frames, (status, answer), (_, unknown), (_, spot) = asyncio.run(scenario())
    assert (status, answer["code"]) == (200, "0")
    assert answer["data"] == frames[-1]["data"]
    assert unknown["code"] == "51001"
    assert spot["code"] == ("0" if channel == "tickers" else "51000")


def test_a_gap_on_an_okx_book_is_one_break_of_its_chain():
    names = ["books:BTC-USDT-SWAP", "bbo-tbt:BTC-USDT-SWAP"]
    frames = asyncio.run(heard_alone(names, 4_000, faults="gap@books:at=2s"))
    books = [frame["data"][0] for frame in of(frames, "books")]
    breaks = [b for a, b in itertools.pairwise(books) if b["prevSeqId"] != a["seqId"]]
    assert len(breaks) == 1
    assert len(books) > 30


def test_a_silent_okx_sends_not_even_a_snapshot_and_answers_pings():
    assert asyncio.run(heard_alone(["books:BTC-USDT"], 2_000, faults="silent@okx")) == []


def test_okx_stamps_are_wall_time_at_any_speed():
    async def scenario():
        async with served(dialect="okx", speed=20) as venue:
            frames = await heard(venue, ["bbo-tbt:BTC-USDT-SWAP", "books:BTC-USDT-SWAP"], 1_000)
            return frames, venue.clock.wall_ms()

    frames, now_ms = asyncio.run(scenario())
    stamps = [int(frame["data"][0]["ts"]) for frame in frames]
    assert now_ms - 1_100 <= min(stamps) <= max(stamps) <= now_ms
    assert len(of(frames, "books")) == 11  # a snapshot, then ten a second however fast it goes
