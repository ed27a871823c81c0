"""Terms that change while the market runs: another decimal of the price, a shorter interval."""

import asyncio
import json

import msgspec
import pytest
import websockets
from channel_client import get
from simulated_day import START_MS, new_market
from socket_client import served

from desk.sim.state import decode_state

PERPETUAL = "BTCUSDT-PERP.BINANCE"
HOUR_MS = 3_600_000


def test_a_relisted_book_is_the_same_book_in_smaller_ticks():
    market = new_market(7)
    market.advance(START_MS + 5_000)
    listing = market.listings[PERPETUAL]
    before = [(ticks * 10, lots) for ticks, lots in listing.book.bids.levels(100)]
    price = listing.mid_price()
    market.relist(PERPETUAL)
    assert listing.book.bids.levels(100) == before
    assert listing.mid_price() == pytest.approx(price)
    assert str(listing.instrument.tick_size) == "0.01"
    events = market.advance(market.time_ms + 10_000)[PERPETUAL]
    tops = [event for event in events if hasattr(event, "bid_ticks")]
    assert any(top.ask_ticks % 10 for top in tops)  # it uses the new decimal
    assert listing.mid_price() == pytest.approx(price, rel=0.01)
    bid, _, ask, _ = listing.top()
    assert bid < ask


def test_a_relisted_market_is_saved_and_goes_on():
    market, other = new_market(7), new_market(9)
    market.advance(START_MS + 2_000)
    market.relist(PERPETUAL)
    market.advance(START_MS + 4_000)
    state = market.saved()
    other.resume(msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=type(state)))
    assert str(other.listings[PERPETUAL].instrument.tick_size) == "0.01"
    until_ms = market.time_ms + 5_000
    assert other.advance(until_ms) == market.advance(until_ms)


def test_a_coin_moves_by_the_share_that_is_asked_for_evenly_and_alone():
    market, calm = new_market(7), new_market(7)
    market.advance(START_MS + 5_000)
    calm.advance(START_MS + 5_000)
    market.move(0, -0.25, 60_000)
    half_ms = market.time_ms + 30_000
    for until_ms, left in (
        (half_ms, 0.75**0.5),
        (half_ms + 30_000, 0.75),
        (half_ms + 90_000, 0.75),
    ):
        market.advance(until_ms)
        calm.advance(until_ms)
        for name in (PERPETUAL, "BTCUSDT.BINANCE"):
            price = market.listings[name].mid_price()
            assert price == pytest.approx(calm.listings[name].mid_price() * left, rel=0.002)
        ether = market.listings["ETHUSDT-PERP.BINANCE"].mid_price()
        assert ether == pytest.approx(calm.listings["ETHUSDT-PERP.BINANCE"].mid_price(), rel=0.002)


def test_a_crash_of_half_in_ten_seconds_and_its_return_are_lived_through():
    market = new_market(7)
    market.advance(START_MS + 2_000)
    for share in (-0.5, 1.0):
        market.move(0, share, 10_000)
        market.advance(market.time_ms + 30_000)
    assert 50_000 < market.listings[PERPETUAL].mid_price() < 70_000


def test_a_move_goes_on_where_the_market_was_saved():
    market, other = new_market(7), new_market(9)
    market.advance(START_MS + 2_000)
    market.move(1, 0.2, 30_000)
    market.advance(START_MS + 12_000)
    state = market.saved()
    other.resume(msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=type(state)))
    until_ms = market.time_ms + 25_000
    assert other.advance(until_ms) == market.advance(until_ms)


def test_marks_on_the_wire_fall_as_far_as_was_asked():
    async def scenario():
        path = "/market/ws/btcusdt@markPrice@1s"
        async with (
            served(faults="move@BTC:by=-0.1:at=1s:for=10s") as venue,
            venue.client("usdm", path) as client,
        ):
            await venue.pass_ms(13_000)
            return [float(frame["p"]) for frame in await client.settle()]

    marks = asyncio.run(scenario())
    assert marks[-1] / marks[0] == pytest.approx(0.9, rel=0.004)


def test_every_later_frame_and_listing_is_on_the_new_grid_and_old_sockets_break():
    async def scenario():
        spec = f"relist@{PERPETUAL}:at=2s"
        async with served(faults=spec) as venue:
            path = "/public/ws/btcusdt@depth@100ms/ethusdt@bookTicker"
            async with venue.client("usdm", path) as client:
                await venue.pass_ms(2_100)
                await client.until_broken()
            async with venue.client("usdm", path) as client:
                await venue.pass_ms(3_000)
                frames = await client.settle()
            _, info = await venue.get("usdm", "/fapi/v1/exchangeInfo")
            return frames, info, decode_state(venue.simulator.state())

    frames, info, state = asyncio.run(scenario())
    diffs = [frame for frame in frames if frame.get("e") == "depthUpdate"]
    prices = [price for diff in diffs for price, _ in diff["b"]]
    assert all(len(price.partition(".")[2]) == 2 for price in prices)
    assert any(price[-1] != "0" for price in prices)
    ticks = {
        row["symbol"]: next(f["tickSize"] for f in row["filters"] if "tickSize" in f)
        for row in info["symbols"]
    }
    assert (float(ticks["BTCUSDT"]), float(ticks["ETHUSDT"])) == (0.01, 0.01)
    closes = [candle.close for candle in state.history[PERPETUAL].minutes]
    assert closes
    assert all(5_000_000 < close < 7_000_000 for close in closes)


@pytest.mark.parametrize("dialect", ["okx", "bybit"])
def test_venues_of_channels_list_anew_as_well(dialect):
    paths = {
        "okx": "/api/v5/public/instruments?instType=SWAP&instId=BTC-USDT-SWAP",
        "bybit": "/v5/market/instruments-info?category=linear&symbol=BTCUSDT",
    }
    routes = {"okx": "/ws/v5/public", "bybit": "/v5/public/linear"}

    async def scenario():
        async with served(dialect=dialect, faults="relist:at=1s") as venue:
            _, before = await get(venue, paths[dialect])
            url = venue.addresses["ws"] + routes[dialect]
            async with websockets.connect(url) as connection:
                await venue.pass_ms(1_100)
                with pytest.raises(websockets.ConnectionClosedError):
                    await asyncio.wait_for(connection.recv(), 10)
            _, after = await get(venue, paths[dialect])
            return json.dumps(before), json.dumps(after)

    before, after = asyncio.run(scenario())
    name = '"tickSz": ' if dialect == "okx" else '"tickSize": '
    assert f'{name}"0.1' in before
    assert f'{name}"0.01"' in after


def test_a_shorter_interval_is_told_by_every_venue_that_tells_intervals():
    async def told(dialect, read):
        async with served(dialect=dialect, faults="interval:at=2s", wall_ms=START_MS) as venue:
            before = await read(venue)
            await venue.pass_ms(3_100)
            return before, await read(venue)

    async def okx(venue):
        _, answer = await get(venue, "/api/v5/public/funding-rate?instId=BTC-USDT-SWAP")
        (row,) = answer["data"]
        length = int(row["nextFundingTime"]) - int(row["fundingTime"])
        return length // HOUR_MS, (int(row["fundingTime"]) - START_MS) // HOUR_MS

    async def bybit(venue):
        _, answer = await get(venue, "/v5/market/tickers?category=linear&symbol=BTCUSDT")
        (row,) = answer["result"]["list"]
        _, listing = await get(venue, "/v5/market/instruments-info?category=linear&symbol=BTCUSDT")
        assert listing["result"]["list"][0]["fundingInterval"] in {240, 480}
        hours = (int(row["nextFundingTime"]) - START_MS) // HOUR_MS
        return int(row["fundingIntervalHour"]), hours

    async def binance(venue):
        _, info = await venue.get("usdm", "/fapi/v1/fundingInfo")
        _, mark = await venue.get("usdm", "/fapi/v1/premiumIndex?symbol=BTCUSDT")
        hours = {row["symbol"]: row["fundingIntervalHours"] for row in info}.get("BTCUSDT", 8)
        return hours, (mark["nextFundingTime"] - START_MS) // HOUR_MS

    for dialect, read in (("okx", okx), ("bybit", bybit), ("binance", binance)):
        assert asyncio.run(told(dialect, read)) == ((8, 8), (4, 4)), dialect
