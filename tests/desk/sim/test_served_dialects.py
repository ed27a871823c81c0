"""One market in several dialects: the same prices everywhere, whoever listens."""

import asyncio
import itertools
import json

import pytest
import websockets
from simulated_day import START_MS, instruments

from desk.io.clock import ManualClock
from desk.sim.dialects import DIALECTS
from desk.sim.simulator import Settings, Simulator
from desk.sim.state import decode_state

ALL = tuple(DIALECTS)


def simulator_of(dialects, *, clock=None, saved=None):
    clock = clock or ManualClock(wall_ms=START_MS)
    settings = Settings(dialects=dialects, seed=5)
    return Simulator(instruments(), settings, wall_ms=clock.wall_ms, saved=saved), clock


def let_pass(simulator, clock, steps):
    for _ in range(steps):
        clock.advance_ms(100)
        simulator.step()


@pytest.mark.parametrize(
    "dialects",
    [
        *(pytest.param((name,), marks=pytest.mark.thorough, id=name) for name in ALL),
        pytest.param(ALL[::-1], id="all of them"),
    ],
)
def test_the_market_and_what_is_saved_do_not_depend_on_the_dialects(dialects):
    one, first = simulator_of(("binance",))
    other, second = simulator_of(dialects)
    let_pass(one, first, 700)
    let_pass(other, second, 700)
    assert one.state() == other.state()
    history = decode_state(one.state()).history["BTCUSDT-PERP.BINANCE"]
    assert len(history.minutes) >= 2


@pytest.mark.thorough
def test_a_market_saved_in_one_dialect_goes_on_in_another():
    one, clock = simulator_of(("binance",))
    let_pass(one, clock, 100)
    saved = decode_state(one.state())
    count = sum(candle.trades for candle in saved.history["BTCUSDT-PERP.BINANCE"].minutes)
    trade_id = saved.market.listings["BTCUSDT-PERP.BINANCE"].trade_id
    other, clock = simulator_of(("okx", "bybit"), clock=clock, saved=saved)
    let_pass(other, clock, 600)
    after = decode_state(other.state())
    assert after.market.listings["BTCUSDT-PERP.BINANCE"].trade_id > trade_id
    minutes = after.history["BTCUSDT-PERP.BINANCE"].minutes
    assert sum(candle.trades for candle in minutes) > count
    ids = [(c.first_trade_id, c.last_trade_id) for c in minutes if c.last_trade_id > trade_id]
    assert all(last < first for (_, last), (first, _) in itertools.pairwise(ids))


@pytest.mark.thorough
def test_every_dialect_prints_the_same_trades():
    streams = {
        "binance": ("usdm", "/public/ws/btcusdt@trade", None, lambda f: [f["p"]]),
        "okx": (
            None,
            "/ws/v5/public",
            {"op": "subscribe", "args": [{"channel": "trades", "instId": "BTC-USDT-SWAP"}]},
            lambda f: [row["px"] for row in f["data"] for _ in range(int(row["count"]))],
        ),
        "bybit": (
            None,
            "/v5/public/linear",
            {"op": "subscribe", "args": ["publicTrade.BTCUSDT"]},
            lambda f: [row["p"] for row in f["data"]],
        ),
    }

    async def prices(ready, venue, ended):
        section, path, message, read = streams[venue]
        urls = ready[venue] if section is None else ready[venue][section]
        found = []
        async with websockets.connect(urls["ws"] + path) as connection:
            if message is not None:
                await connection.send(json.dumps(message))
                await connection.recv()
            listening.release()
            await ended.wait()
            try:
                while True:
                    text = await asyncio.wait_for(connection.recv(), 0.3)
                    found += [float(price) for price in read(json.loads(text))]
            except TimeoutError:
                return found

    async def scenario():
        simulator, clock = simulator_of(ALL)
        ready = await simulator.start()
        ended = asyncio.Event()
        tasks = [asyncio.create_task(prices(ready, venue, ended)) for venue in streams]
        for _ in tasks:
            await listening.acquire()
        for _ in range(100):
            let_pass(simulator, clock, 1)
            await asyncio.sleep(0)
        ended.set()
        tapes = await asyncio.gather(*tasks)
        await simulator.stop()
        return list(ready), tapes

    listening = asyncio.Semaphore(0)
    names, tapes = asyncio.run(scenario())
    assert names == list(ALL)
    assert tapes[0] == tapes[1] == tapes[2]
    assert len(tapes[0]) > 20
