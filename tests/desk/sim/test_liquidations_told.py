"""Positions closed by force, as OKX and Bybit tell of them and as the desk understands them."""

import asyncio
import json

import pytest
import websockets
from dialect_follower import listed
from socket_client import served

from desk.model.market_data import Liquidation
from desk.model.orders import Side
from desk.sim.events import Forced
from desk.venues.bybit import BybitProtocol
from desk.venues.okx import OkxProtocol

PERPETUAL = "BTCUSDT-PERP.BINANCE"
VENUES = {
    "okx": (
        "/ws/v5/public",
        {"op": "subscribe", "args": [{"channel": "liquidation-orders", "instType": "SWAP"}]},
        OkxProtocol,
    ),
    "bybit": (
        "/v5/public/linear",
        {"op": "subscribe", "args": ["allLiquidation.BTCUSDT"]},
        lambda instruments: BybitProtocol("bybit-linear", instruments),
    ),
}


def forced(market, *, buys):
    at_us = (market.time_ms - 10) * 1000
    return Forced(at_us, buys, 610_000, 2_500, 612_345, 7, 9)


async def frames_of(venue, name):
    """Let a short and a long be closed; return what is told and the listing."""
    path, wish, _ = VENUES[name]
    market = venue.simulator.market
    advance = market.advance
    due = [True, False]

    def with_forced(until_ms):
        events = advance(until_ms)
        if due:
            events[PERPETUAL].append(forced(market, buys=due.pop(0)))
        return events

    async with websockets.connect(venue.addresses["ws"] + path) as socket:
        await socket.send(json.dumps(wish))
        await socket.recv()
        market.advance = with_forced
        await venue.pass_ms(1_000)
        await socket.send("ping" if name == "okx" else '{"op":"ping"}')
        frames = []
        while True:
            text = await asyncio.wait_for(socket.recv(), 10)
            if text == "pong" or '"pong"' in text:
                break
            frames.append(text)
    return frames, await listed(venue, name)


@pytest.mark.parametrize("name", VENUES)
def test_a_forced_close_has_the_venues_own_sides_price_and_size(name):
    async def scenario():
        async with served(dialect=name) as venue:
            return await frames_of(venue, name)

    frames, instruments = asyncio.run(scenario())
    data = [row for frame in frames for row in json.loads(frame)["data"]]
    if name == "okx":
        assert {row["instId"] for row in data} == {"BTC-USDT-SWAP", "BTC-USD-SWAP"}
        linear = [row for row in data if row["instId"] == "BTC-USDT-SWAP"]
        orders = [order for row in linear for order in row["details"]]
        assert [(o["side"], o["posSide"]) for o in orders] == [("buy", "short"), ("sell", "long")]
        assert [(o["bkPx"], o["sz"]) for o in orders] == [("61234.5", "250")] * 2
    else:
        assert [row["S"] for row in data] == ["Sell", "Buy"]  # the position's side
        assert [(row["p"], row["v"]) for row in data] == [("61234.5", "2.500")] * 2
    connection = "okx" if name == "okx" else "bybit-linear"
    protocol = VENUES[name][2]([i for i in instruments if i.connection == connection])
    for frame in frames:
        protocol.receive_frame(frame.encode(), 1)
    events = [e for e in protocol.events_received() if isinstance(e, Liquidation)]
    told = [event for event in events if "USDT" in event.instrument]
    assert [event.side for event in told] == [Side.BUY, Side.SELL]
    assert protocol.counters.rejected == 0
