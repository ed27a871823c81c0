"""The desk's own protocols on the simulated venues, over real sockets, from the listing on."""

import asyncio
import json
from collections import Counter

import pytest
import websockets
from channel_client import get
from socket_client import served

from desk.market.book import Book
from desk.model.market_data import BookDelta, BookLost, BookSnapshot, MarkPrice
from desk.model.orders import Side
from desk.venues import bybit_listing, okx_listing
from desk.venues.bybit import BybitProtocol
from desk.venues.okx import OkxProtocol

LISTINGS = {"okx": okx_listing, "bybit": bybit_listing}
CONNECTIONS = {"okx": "okx", "bybit-linear": "bybit", "bybit-spot": "bybit"}
every_connection = pytest.mark.parametrize("connection", CONNECTIONS)


async def listed(venue, name):
    """Read the listing that the simulated venue answers."""
    instruments = []
    for path in LISTINGS[name].LISTING_PATHS:
        _, document = await get(venue, path)
        listing = LISTINGS[name].read_listing(json.dumps(document).encode())
        assert not listing.refused
        instruments += listing.instruments
    return instruments


class Follower:
    """One protocol on one socket: carries bytes, keeps books and counts events."""

    def __init__(self, connection, instruments):
        self.instruments = [i for i in instruments if i.connection == connection]
        if connection == "okx":
            self.protocol = OkxProtocol(self.instruments)
        else:
            self.protocol = BybitProtocol(connection, self.instruments)
        (self.endpoint,) = self.protocol.endpoints()
        self.books = {i.id: Book(i.id) for i in self.instruments}
        self.ping = "ping" if connection == "okx" else '{"op":"ping","req_id":"fence"}'
        self.marks = {}
        self.counted = Counter()

    async def follow(self, venue, ms):
        path = self.endpoint.path
        async with websockets.connect(venue.addresses["ws"] + path, max_size=None) as socket:
            self.protocol.connection_made(path, self.now_ns(venue))
            for _ in range(ms // 50):
                for frame in self.protocol.frames_to_send(path):
                    await socket.send(frame, text=True)
                await self.hear(venue, socket)
                await venue.pass_ms(50)
                self.protocol.tick(self.now_ns(venue))
            await self.hear(venue, socket)

    async def hear(self, venue, socket):
        """Take everything the venue has sent: what comes before its answer to our own ping."""
        await socket.send(self.ping)
        while True:
            frame = await asyncio.wait_for(socket.recv(decode=False), 10)
            self.take(frame, venue)
            if frame == b"pong" or b'"req_id":"fence"' in frame:
                return

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
            elif isinstance(event, MarkPrice):
                self.marks[event.instrument] = event

    @staticmethod
    def now_ns(venue):
        return venue.clock.wall_ms() * 1_000_000


def own_levels(venue, name, depth):
    """The simulator's book of the instrument that a venue's instrument is."""
    base = name[:3]
    kind = "USDT-PERP.BINANCE" if "SWAP" in name or "PERP" in name else "USDT.BINANCE"
    listing = venue.simulator.market.listings[base + kind]
    book = listing.book
    return listing.instrument, book.bids.levels(depth), book.asks.levels(depth)


def check_books(follower, venue):
    depth = 400 if follower.protocol.connection == "okx" else 200
    for instrument in follower.instruments:
        own, bids, asks = own_levels(venue, instrument.id, depth)
        lots = own.lot_size / (instrument.lot_size * instrument.contract_size)
        assert own.tick_size == instrument.tick_size
        book = follower.books[instrument.id]
        assert book.synced, (instrument.id, book.lost_reason)
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            assert list(book.levels(side)) == [(t, n * lots) for t, n in levels]


@every_connection
def test_the_desk_reads_the_listing_and_keeps_every_book(connection):
    async def scenario():
        async with served(dialect=CONNECTIONS[connection]) as venue:
            follower = Follower(connection, await listed(venue, CONNECTIONS[connection]))
            await follower.follow(venue, 15_000)
            check_books(follower, venue)
            return follower, venue.simulator.market

    follower, market = asyncio.run(scenario())
    counters = follower.protocol.counters
    assert (counters.rejected, counters.unknown_events) == (0, 0), counters
    assert len(follower.books) == (4 if connection == "okx" else 2)
    assert follower.counted[BookLost] == 0
    for sync in counters.books.values():
        assert (sync.gaps, sync.snapshots) == (0, 1)
    for name, mark in follower.marks.items():
        assert 0 < mark.mark < 1_000_000
        assert mark.next_funding_ms == market.funding[name[:3] + "USDT-PERP.BINANCE"].next_ms
    assert len(follower.marks) == (0 if connection == "bybit-spot" else 2)


@pytest.mark.parametrize("fault", ["drop", "gap", "garbage"])
@every_connection
def test_lost_changes_are_found_and_the_books_come_back(connection, fault):
    topic = "books" if connection == "okx" else "orderbook"
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
