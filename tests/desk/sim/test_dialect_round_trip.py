"""The desk's own protocols on the simulated venues, over real sockets, from the listing on."""

import asyncio
from decimal import Decimal

import pytest
from dialect_follower import (
    CONNECTIONS,
    PROTOCOLS,
    Follower,
    check_books,
    coins_of,
    listed,
    own_name,
    smallest_of,
)
from socket_client import served

from desk.model.market_data import BookLost
from desk.model.orders import Side
from desk.sim.events import Print
from desk.sim.funding import Terms, average_premium, funding_rate

CHAINED = [connection for connection in PROTOCOLS if connection != "hyperliquid"]
"""Those whose books are chains of changes; the other's come whole."""
INSTRUMENTS = {"okx": 6, "bybit-linear": 2, "bybit-inverse": 2, "bybit-spot": 2}
INSTRUMENTS |= {"deribit": 5, "hyperliquid": 4}
MARKS = {"okx": 4, "bybit-linear": 2, "bybit-inverse": 2, "bybit-spot": 0}
MARKS |= {"deribit": 4, "hyperliquid": 2}
TOPICS = {"okx": "books", "bybit": "orderbook", "deribit": "book"}


def remember_prints(venue):
    """Keep every print of the market from now on, by the market's names."""
    prints = {name: [] for name in venue.simulator.market.listings}
    advance = venue.simulator.market.advance

    def recorded(until_ms):
        events = advance(until_ms)
        for name, kept in prints.items():
            kept += [event for event in events[name] if isinstance(event, Print)]
        return events

    venue.simulator.market.advance = recorded
    return prints


@pytest.mark.parametrize("connection", PROTOCOLS)
@pytest.mark.thorough
def test_the_desk_reads_the_listing_and_keeps_every_book(connection):
    async def scenario():
        async with served(dialect=CONNECTIONS[connection]) as venue:
            await venue.pass_ms(3_000)
            follower = Follower(connection, await listed(venue, CONNECTIONS[connection]))
            prints = remember_prints(venue)
            await follower.follow(venue, 15_000)
            check_books(follower, venue)
            return follower, venue.simulator.market, prints

    follower, market, prints = asyncio.run(scenario())
    counters = follower.protocol.counters
    assert (counters.rejected, counters.unknown_events) == (0, 0), counters
    assert len(follower.books) == INSTRUMENTS[connection]
    assert follower.counted[BookLost] == 0
    for sync in counters.books.values():
        assert sync.gaps == 0
        assert (sync.snapshots == 1) == (connection in CHAINED)
    assert len(follower.marks) == MARKS[connection]
    for name, mark in follower.marks.items():
        assert 0 < mark.mark < 1_000_000
        MARK_CHECKS[CONNECTIONS[connection]](market.funding[name[:3] + "USDT-PERP.BINANCE"], mark)
    check_trades(follower, market, prints)


def check_next_funding(own, mark):
    assert mark.next_funding_ms == own.next_ms


def check_continuous_funding(own, mark):
    """By the venue's formula: max(0.025 %, premium) + min(-0.025 %, premium), and no next time."""
    del own
    premium, dead = mark.mark / mark.index - 1, Decimal("0.00025")
    expected = max(dead, premium) + min(-dead, premium)
    assert abs(premium) < Decimal("0.005")
    assert abs(mark.funding_rate - expected) < Decimal("0.000005")  # prices have cents
    assert mark.next_funding_ms is None


def check_hourly_funding(own, mark):
    """The rate of an hour is an eighth of what the market's eight hours come to."""
    eight_hours = funding_rate(average_premium(own), Terms())
    assert abs(float(mark.funding_rate) * 8 - eight_hours) < 1e-8
    assert mark.next_funding_ms is None
    assert mark.ts_venue_ms is None


MARK_CHECKS = {
    "okx": check_next_funding,
    "bybit": check_next_funding,
    "deribit": check_continuous_funding,
    "hyperliquid": check_hourly_funding,
}


def check_trades(follower, market, prints):
    """What was bought and sold comes to what the market printed, but for whole contracts."""
    told = 0
    for instrument in follower.instruments:
        name = own_name(instrument)
        lot = market.listings[name].instrument.lot_size
        for side, buys in ((Side.BUY, True), (Side.SELL, False)):
            fills = [fill for fill in prints[name] if fill.buyer_is_taker is buys]
            trades = [t for t in follower.trades[instrument.id] if t.side is side]
            coins = sum(coins_of(instrument, trade) for trade in trades)
            own = sum(fill.lots for fill in fills) * lot
            slack = len(fills) * smallest_of(instrument)
            assert abs(coins - own) <= slack, instrument.id
            told += len(trades)
    assert told > 20


@pytest.mark.parametrize("fault", ["drop", "garbage"])
def test_books_that_come_whole_heal_by_themselves(fault):
    async def scenario():
        faults = f"{fault}@l2Book:p=0.3:for=8s"
        async with served(dialect="hyperliquid", faults=faults) as venue:
            follower = Follower("hyperliquid", await listed(venue, "hyperliquid"))
            await follower.follow(venue, 12_000)
            check_books(follower, venue)
            return follower.protocol.counters

    counters = asyncio.run(scenario())
    snapshots = sum(sync.snapshots for sync in counters.books.values())
    assert 60 < snapshots < 4 * 25
    assert (counters.rejected > 0) == (fault == "garbage")


@pytest.mark.parametrize(
    "fault", ["drop", *(pytest.param(f, marks=pytest.mark.thorough) for f in ("gap", "garbage"))]
)
@pytest.mark.parametrize("connection", CHAINED)
def test_lost_changes_are_found_and_the_books_come_back(connection, fault):
    topic = TOPICS[CONNECTIONS[connection]]
    end = "" if fault == "gap" else ":p=0.02:for=20s"

    async def scenario():
        async with served(dialect=CONNECTIONS[connection], faults=f"{fault}@{topic}{end}") as venue:
            follower = Follower(connection, await listed(venue, CONNECTIONS[connection]))
            await follower.follow(venue, 30_000)
            check_books(follower, venue)
            return follower

    follower = asyncio.run(scenario())
    assert follower.counted[BookLost] >= 1
    assert sum(sync.snapshots for sync in follower.protocol.counters.books.values()) > len(
        follower.books
    )
