"""The desk's Coinbase and Kraken protocols on the simulated venues, from the listing on."""

import asyncio
from decimal import Decimal

import pytest
from channel_client import get
from dollar_follower import VENUES, Follower, check_books, listed
from helpers.streams import active, wanted
from simulated_day import START_MS
from socket_client import served

from desk.model.market_data import BookDelta, BookLost
from desk.model.orders import Side
from desk.sim.events import Print

BOOKS = {"coinbase": "level2", "kraken": "book"}
every_venue = pytest.mark.parametrize("name", VENUES)


async def followed(name, ms):
    """Follow a venue; return the follower, its books checked, and the market's BTC prints."""
    async with served(dialect=name) as venue:
        follower = Follower(name, await listed(venue, name))
        prints = []
        advance = venue.simulator.market.advance

        def recorded(until_ms):
            events = advance(until_ms)
            prints.extend(e for e in events["BTCUSDT.BINANCE"] if isinstance(e, Print))
            return events

        await follower.follow(venue, 50)
        venue.simulator.market.advance = recorded
        await follower.follow(venue, ms)
        check_books(follower, venue)
        return follower, prints


def taken(follower, prints):
    """Of each BTC print that the desk has told: whether it named the taker's side."""
    sides = {fill.trade_id: fill.buyer_is_taker for fill in prints}
    told = [t for t in follower.trades if t.instrument.startswith("BTC") and t.trade_id in sides]
    return [(trade.side is Side.BUY) == sides[trade.trade_id] for trade in told]


@every_venue
@pytest.mark.thorough
def test_the_desk_reads_the_dollar_listing_and_keeps_every_book(name):
    follower, prints = asyncio.run(followed(name, 20_000))
    counters = follower.protocol.counters
    assert (counters.rejected, counters.unknown_events) == (0, 0), counters
    assert len(follower.books) == VENUES[name][2]
    assert follower.counted[BookDelta] > 500
    assert all(sync.gaps == 0 for sync in counters.books.values())
    assert wanted(follower.protocol) == active(follower.protocol)
    assert len(taken(follower, prints)) > 0.9 * len(prints) > 20
    assert len(follower.tops) >= 2


@every_venue
@pytest.mark.thorough
def test_the_desk_names_the_takers_side_of_dollar_prints(name):
    right = taken(*asyncio.run(followed(name, 20_000)))
    assert all(right)


@every_venue
def test_a_dollar_book_follows_the_rate_when_it_moves(name):
    async def scenario():
        async with served(dialect=name) as venue:
            follower = Follower(name, await listed(venue, name))
            rates = set()
            await follower.follow(venue, 2_000)
            for moved in (7, -13):
                venue.simulator.market.stablecoins["USDT-USD"].known_ticks += moved
                await follower.follow(venue, 500)
                rates.add(venue.simulator.market.stablecoins["USDT-USD"].known_ticks)
                check_books(follower, venue)
            return follower, rates

    follower, rates = asyncio.run(scenario())
    assert len(rates) == 2
    assert follower.protocol.counters.rejected == 0
    assert follower.counted[BookLost] <= 2 * VENUES[name][2]  # those of sockets left


@pytest.mark.parametrize(
    "fault", ["drop", *(pytest.param(f, marks=pytest.mark.thorough) for f in ("gap", "garbage"))]
)
@every_venue
def test_lost_changes_of_dollar_books_are_found_and_the_books_come_back(name, fault):
    end = "" if fault == "gap" else ":p=0.02:for=20s"

    async def scenario():
        async with served(dialect=name, faults=f"{fault}@{BOOKS[name]}{end}") as venue:
            follower = Follower(name, await listed(venue, name))
            await follower.follow(venue, 30_000)
            check_books(follower, venue)
            return follower

    follower = asyncio.run(scenario())
    assert follower.counted[BookLost] >= 1
    snapshots = sum(sync.snapshots for sync in follower.protocol.counters.books.values())
    assert snapshots > len(follower.books)
    if name == "coinbase":
        assert follower.sockets > 1  # a hole in its sequence does not say what is missing


@pytest.mark.thorough
def test_krakens_candles_are_those_of_its_history_and_closed_when_over():
    async def scenario():
        async with served(dialect="kraken", wall_ms=START_MS + 55_000) as venue:
            follower = Follower("kraken", await listed(venue, "kraken"))
            await follower.follow(venue, 7_000)
            await follower.follow(venue, 70_000)  # on a new socket, where minutes past come first
            return follower, [(i, await history_of(venue, i)) for i in follower.instruments]

    follower, histories = asyncio.run(scenario())
    assert follower.protocol.counters.rejected == 0
    assert wanted(follower.protocol) == active(follower.protocol)
    for instrument, past in histories:
        told = list(follower.candles[instrument.id].values())
        minutes = [row for row in past if row[0] * 1000 >= told[0].start_ms]
        assert [c.start_ms for c in told] == [row[0] * 1000 for row in minutes], instrument.id
        assert [c.closed for c in told] == [True] * (len(told) - 1) + [False]
        assert len(told) >= 3 or instrument.base not in {"BTC", "ETH"}
        for candle, (_, *prices, _, volume, _) in zip(told, minutes, strict=True):
            ticks = (candle.open, candle.high, candle.low, candle.close)
            assert [instrument.price(t) for t in ticks] == list(map(Decimal, prices))
            assert candle.volume == Decimal(volume)


async def history_of(venue, instrument):
    """The rows that the venue's REST answers: start in seconds, four prices, average, volume."""
    _, answer = await get(venue, f"/0/public/OHLC?interval=1&pair={instrument.symbol}")
    (rows,) = (rows for key, rows in answer["result"].items() if key != "last")
    return rows
