"""The desk's Coinbase and Kraken protocols on simulated sockets, and the market's own books."""

import asyncio
import json
from collections import Counter
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import websockets
from channel_client import get

from desk.market.book import Book
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side
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
        self.candles = {i.id: {} for i in instruments}
        """The last word on each minute, by its start."""
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
                self.apply(event, venue)
            elif isinstance(event, BookLost):
                self.books[event.instrument].lose(event.reason)
            elif isinstance(event, Trade):
                self.trades.append(event)
            elif isinstance(event, BookTop):
                self.tops[event.instrument] = event
            elif isinstance(event, VenueCandle):
                assert not event.closed or event.start_ms + 60_000 <= venue.clock.wall_ms()
                self.candles[event.instrument][event.start_ms] = event

    def apply(self, delta, venue):
        """Apply a change; a book that crosses is asked for anew, as the engine does."""
        book = self.books[delta.instrument]
        was_synced = book.synced
        book.apply_delta(delta)
        if was_synced and not book.synced:
            self.protocol.resync(delta.instrument, self.now_ns(venue))

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
