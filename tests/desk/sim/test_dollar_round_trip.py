"""The desk's Coinbase and Kraken protocols on the simulated venues, from the listing on."""

import asyncio
import json
from collections import Counter
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pytest
import websockets
from channel_client import get
from helpers.streams import active, wanted
from socket_client import served

from desk.market.book import Book
from desk.model.market_data import BookDelta, BookLost, BookSnapshot, BookTop, Trade
from desk.model.orders import Side
from desk.sim.events import Print
from desk.venues import coinbase_listing, kraken_listing
from desk.venues.coinbase import CoinbaseProtocol
from desk.venues.kraken import KrakenProtocol

VENUES = {
    "coinbase": (coinbase_listing, CoinbaseProtocol, 3, 100_000),
    "kraken": (kraken_listing, KrakenProtocol, 4, 10),
}
"""Listing, protocol, how many pairs, how deep the books are."""
FENCES = {
    "coinbase": ("no message", b"failed to parse"),
    "kraken": ('{"method":"ping","req_id":987654321}', b"987654321"),
}
"""What is sent to learn that everything before the answer has come, and what the answer has."""
BOOKS = {"coinbase": "level2", "kraken": "book"}
every_venue = pytest.mark.parametrize("name", VENUES)


async def listed(venue, name):
    (path,) = VENUES[name][0].LISTING_PATHS
    _, document = await get(venue, path)
    listing = VENUES[name][0].read_listing(json.dumps(document).encode())
    assert not listing.refused
    return listing.instruments


class Follower:
    """One protocol on a socket at a time: carries bytes, keeps books and counts events."""

    def __init__(self, name, instruments):
        self.name = name
        self.instruments = instruments
        self.protocol = VENUES[name][1](instruments)
        (self.endpoint,) = self.protocol.endpoints()
        self.books = {i.id: Book(i.id) for i in instruments}
        self.trades = []
        self.tops = {}
        self.counted = Counter()
        self.sockets = 0

    async def follow(self, venue, ms):
        """Keep up for so long, on a new socket whenever the old one breaks or is to be left."""
        end_ms = venue.clock.wall_ms() + ms
        while venue.clock.wall_ms() < end_ms:
            path = self.endpoint.path
            self.sockets += 1
            async with websockets.connect(venue.addresses["ws"] + path, max_size=None) as socket:
                self.protocol.connection_made(path, self.now_ns(venue))
                await self.on(socket, venue, end_ms)
            if venue.clock.wall_ms() < end_ms:
                self.protocol.connection_lost(path, "left", self.now_ns(venue))

    async def on(self, socket, venue, end_ms):
        path = self.endpoint.path
        try:
            while venue.clock.wall_ms() < end_ms and not self.protocol.roll_wanted(path):
                for frame in self.protocol.frames_to_send(path):
                    await socket.send(frame, text=True)
                await self.hear(venue, socket)
                await venue.pass_ms(50)
                self.protocol.tick(self.now_ns(venue))
            await self.hear(venue, socket)
        except websockets.ConnectionClosed:
            return

    async def hear(self, venue, socket):
        question, answer = FENCES[self.name]
        await socket.send(question)
        while True:
            frame = await asyncio.wait_for(socket.recv(decode=False), 10)
            if answer in frame:
                return
            self.take(frame, venue)

    def take(self, frame, venue):
        self.protocol.receive_frame(frame, self.now_ns(venue))
        for event in self.protocol.events_received():
            self.counted[type(event)] += 1
            if isinstance(event, BookSnapshot):
                self.books[event.instrument].apply_snapshot(event)
            elif isinstance(event, BookDelta):
                self.books[event.instrument].apply_delta(event)
            elif isinstance(event, BookLost):
                self.books[event.instrument].lose(event.reason)
            elif isinstance(event, Trade):
                self.trades.append(event)
            elif isinstance(event, BookTop):
                self.tops[event.instrument] = event

    @staticmethod
    def now_ns(venue):
        return venue.clock.wall_ms() * 1_000_000


def own_levels(venue, instrument, depth):
    """The market's book at its USDT/USD, on the venue's grid; arithmetic of the test's own."""
    market = venue.simulator.market
    rate = Decimal(1)
    if instrument.base in {"BTC", "ETH"}:
        listing = market.listings[f"{instrument.base}USDT.BINANCE"]
        rate = market.stablecoins["USDT-USD"].known_ticks * Decimal("0.00001")
    else:
        listing = market.stablecoins[f"{instrument.base}-USD"].listing
    own = listing.instrument
    for side, rounding in ((listing.book.bids, ROUND_FLOOR), (listing.book.asks, ROUND_CEILING)):
        levels = Counter()
        for ticks, lots in side.levels(100_000):
            price = ticks * own.tick_size * rate
            at = (price / instrument.tick_size).to_integral_value(rounding)
            levels[int(at)] += int(lots * own.lot_size / instrument.lot_size)
        yield list(levels.items())[:depth]


def check_books(follower, venue):
    for instrument in follower.instruments:
        book = follower.books[instrument.id]
        assert book.synced, (instrument.id, book.lost_reason)
        bids, asks = own_levels(venue, instrument, VENUES[follower.name][3])
        assert list(book.levels(Side.BUY)) == bids, instrument.id
        assert list(book.levels(Side.SELL)) == asks, instrument.id
        assert bids[0][0] < asks[0][0]


@every_venue
def test_the_desk_reads_the_dollar_listing_and_keeps_every_book(name):
    async def scenario():
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
            await follower.follow(venue, 20_000)
            check_books(follower, venue)
            return follower, prints

    follower, prints = asyncio.run(scenario())
    counters = follower.protocol.counters
    assert (counters.rejected, counters.unknown_events) == (0, 0), counters
    assert len(follower.books) == VENUES[name][2]
    assert follower.counted[BookDelta] > 500
    assert all(sync.gaps == 0 for sync in counters.books.values())
    assert wanted(follower.protocol) == active(follower.protocol)
    sides = {fill.trade_id: fill.buyer_is_taker for fill in prints}
    told = [t for t in follower.trades if t.instrument.startswith("BTC") and t.trade_id in sides]
    assert len(told) > 0.9 * len(prints) > 20
    assert len(follower.tops) >= 2
    if name == "kraken":  # of Coinbase's prints the desk works the taker's side out
        assert all((trade.side is Side.BUY) == sides[trade.trade_id] for trade in told)


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


@pytest.mark.parametrize("fault", ["drop", "gap", "garbage"])
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
