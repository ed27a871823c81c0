"""What the desk's protocols hear beside books and trades, and which streams they hear."""

import asyncio
from decimal import Decimal

import pytest
from dialect_follower import (
    CONNECTIONS,
    MINUTE_MS,
    PROTOCOLS,
    Follower,
    listed,
    own_name,
    smallest_of,
    step_of,
)
from helpers.streams import active
from simulated_day import START_MS
from socket_client import served

from desk.model.instrument import Contract
from desk.model.orders import Side
from desk.sim.events import Forced, Print
from desk.sim.state import decode_state


def force_some(venue):
    """Make every seventh print of a perpetual a forced close; return these, by name."""
    forced = {name: [] for name in venue.simulator.market.listings if "-PERP" in name}
    advance = venue.simulator.market.advance

    def with_forced(until_ms):
        events = advance(until_ms)
        for name, kept in forced.items():
            told = [event for event in events[name] if not isinstance(event, Forced)]
            for fill in [x for x in told if isinstance(x, Print) and x.trade_id % 7 == 0]:
                close = (fill.at_us, fill.buyer_is_taker, fill.ticks, fill.lots, fill.ticks)
                kept.append(Forced(*close, fill.trade_id, fill.trade_id))
                told.insert(told.index(fill) + 1, kept[-1])
            events[name] = told
        return events

    venue.simulator.market.advance = with_forced
    return forced


def test_every_forced_close_is_a_liquidation_by_the_closing_order():
    async def scenario():
        async with served(dialect="deribit") as venue:
            follower = Follower("deribit", await listed(venue, "deribit"))
            await follower.follow(venue, 1_000)
            before = {name: len(told) for name, told in follower.liquidations.items()}
            forced = force_some(venue)
            await follower.follow(venue, 15_000)
            return follower, forced, before, venue.simulator.market

    follower, forced, before, market = asyncio.run(scenario())
    assert follower.protocol.counters.rejected == 0
    for instrument in follower.instruments:
        told = follower.liquidations[instrument.id][before[instrument.id] :]
        name = own_name(instrument)
        closes = forced.get(name, [])
        sides = [Side.BUY if close.buys else Side.SELL for close in closes]
        assert [liquidation.side for liquidation in told] == sides, instrument.id
        for liquidation, close in zip(told, closes, strict=True):
            own = market.listings[name].instrument
            assert abs(liquidation.price - close.ticks * own.tick_size) < instrument.tick_size
            coins = liquidation.quantity * instrument.contract_size
            if instrument.contract is Contract.INVERSE:
                coins /= liquidation.price
            assert abs(coins - close.lots * own.lot_size) <= smallest_of(instrument)
    assert sum(map(len, forced.values())) > 5


@pytest.mark.thorough
@pytest.mark.parametrize("connection", ["deribit", "hyperliquid", "bybit-linear", "bybit-spot"])
def test_candles_are_those_of_the_venues_history_and_closed_when_over(connection):
    async def scenario():
        wall_ms = START_MS + 55_000
        async with served(dialect=CONNECTIONS[connection], wall_ms=wall_ms) as venue:
            follower = Follower(connection, await listed(venue, CONNECTIONS[connection]))
            await follower.follow(venue, 75_000)
            history = decode_state(venue.simulator.state()).history
            return follower, venue.simulator.market, history

    follower, market, history = asyncio.run(scenario())
    assert follower.protocol.counters.rejected == 0
    for instrument in follower.instruments:
        own = market.listings[own_name(instrument)].instrument
        past = history[own_name(instrument)].minutes
        minutes = [minute for minute in past if minute.start_ms >= START_MS]
        told = follower.candles[instrument.id]
        assert [(c.start_ms, c.closed) for c in told.values()] == [
            (START_MS, True),
            (START_MS + MINUTE_MS, True),
            (START_MS + 2 * MINUTE_MS, False),
        ]
        for minute in minutes[:2]:  # the third still runs
            check_candle(instrument, own, told[minute.start_ms], minute)


def check_candle(instrument, own, candle, minute):
    """Hold a candle against the simulator's, on the grid that the venue publishes."""
    told = (candle.open, candle.high, candle.low, candle.close)
    true = (minute.open, minute.high, minute.low, minute.close)
    for ticks, own_ticks in zip(told, true, strict=True):
        price = own_ticks * own.tick_size
        step = step_of(instrument, price)
        assert abs(ticks * instrument.tick_size - price) < step
        assert ticks * instrument.tick_size % step == 0
    if instrument.contract is Contract.INVERSE:  # dollars, of which a contract is worth some
        volume = minute.tick_lots * own.tick_size * own.lot_size / instrument.contract_size
        assert abs(candle.volume - volume) < Decimal("0.01")
    else:
        assert candle.volume * instrument.contract_size == minute.volume * own.lot_size


@pytest.mark.parametrize("connection", PROTOCOLS)
@pytest.mark.thorough
def test_every_stream_is_active_on_each_of_several_sockets(connection):
    async def scenario():
        async with served(dialect=CONNECTIONS[connection]) as venue:
            follower = Follower(connection, await listed(venue, CONNECTIONS[connection]))
            for _ in range(3):
                await follower.follow(venue, 3_000)
                assert active(follower.protocol) == set(follower.endpoint.streams)
                path = follower.endpoint.path
                follower.protocol.connection_lost(path, "cut", follower.now_ns(venue))
                assert active(follower.protocol) == set()

    asyncio.run(scenario())


@pytest.mark.parametrize("connection", ["deribit", "hyperliquid"])
@pytest.mark.thorough
def test_streams_that_a_venue_leaves_out_are_not_active_until_it_no_longer_does(connection):
    async def scenario():
        faults = "partial:p=0.4:for=12s"
        async with served(dialect=CONNECTIONS[connection], faults=faults) as venue:
            follower = Follower(connection, await listed(venue, CONNECTIONS[connection]))
            everything = set(follower.endpoint.streams)
            await follower.follow(venue, 4_000)
            early = active(follower.protocol)
            follower.protocol.connection_lost(follower.endpoint.path, "cut", follower.now_ns(venue))
            await follower.follow(venue, 30_000)
            return early, active(follower.protocol), everything

    early, late, everything = asyncio.run(scenario())
    assert 0 < len(early) < len(everything)
    assert late == everything
