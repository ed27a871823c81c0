"""The desk's protocols on simulated sockets, and the market's own books in each venue's terms."""

import asyncio
import json
from collections import Counter
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import websockets
from channel_client import get, post

from desk.market.book import Book
from desk.model.instrument import Contract, Kind
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    Liquidation,
    MarkPrice,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side
from desk.venues import bybit_listing, deribit_listing, hyperliquid_listing, okx_listing
from desk.venues.bybit import BybitProtocol
from desk.venues.deribit import DeribitProtocol
from desk.venues.hyperliquid import HyperliquidProtocol
from desk.venues.okx import OkxProtocol

LISTINGS = {
    "okx": okx_listing,
    "bybit": bybit_listing,
    "deribit": deribit_listing,
    "hyperliquid": hyperliquid_listing,
}
PROTOCOLS = {
    "okx": OkxProtocol,
    "deribit": DeribitProtocol,
    "hyperliquid": HyperliquidProtocol,
    "bybit-linear": lambda instruments: BybitProtocol("bybit-linear", instruments),
    "bybit-inverse": lambda instruments: BybitProtocol("bybit-inverse", instruments),
    "bybit-spot": lambda instruments: BybitProtocol("bybit-spot", instruments),
}
CONNECTIONS = {connection: connection.partition("-")[0] for connection in PROTOCOLS}
MINUTE_MS = 60_000
DEPTHS = {"okx": 400, "bybit": 200, "deribit": 10_000, "hyperliquid": 20}
PINGS = {
    "okx": ("ping", b"pong"),
    "bybit": ('{"op":"ping","req_id":"fence"}', b'"req_id":"fence"'),
    "deribit": ('{"jsonrpc":"2.0","id":987654321,"method":"public/test"}', b'"id":987654321'),
    "hyperliquid": ('{"method":"ping"}', b'{"channel":"pong"}'),
}
"""What is asked, and what only the answer has in it."""


async def listed(venue, name):
    """Read the listing that the simulated venue answers."""
    instruments = []
    requests = [(r, s.read) for s in LISTINGS[name].SOURCES.values() for r in s.requests]
    for request, read in requests:
        path, body = request.path, request.body
        _, document = await (get(venue, path) if body is None else post(venue, path, body))
        listing = read(request, json.dumps(document).encode())
        assert not listing.refused
        instruments += listing.instruments
    return instruments


class Follower:
    """One protocol on one socket: carries bytes, keeps books and counts events."""

    def __init__(self, connection, instruments):
        self.instruments = [i for i in instruments if i.connection == connection]
        self.protocol = PROTOCOLS[connection](self.instruments)
        self.endpoint, *_ = self.protocol.endpoints()
        self.books = {i.id: Book(i.id) for i in self.instruments}
        self.ping, self.pong = PINGS[CONNECTIONS[connection]]
        self.unanswered = 0
        self.marks = {}
        self.trades = {i.id: [] for i in self.instruments}
        self.liquidations = {i.id: [] for i in self.instruments}
        self.candles = {i.id: {} for i in self.instruments}
        """The last word on each minute, by its start."""
        self.counted = Counter()

    async def follow(self, venue, ms):
        path = self.endpoint.path
        async with websockets.connect(venue.addresses["ws"] + path, max_size=None) as socket:
            self.protocol.connection_made(path, self.now_ns(venue))
            for _ in range(ms // 50):
                for frame in self.protocol.frames_to_send(path):
                    await socket.send(frame, text=True)
                    self.unanswered += frame == self.ping.encode()
                await self.hear(venue, socket)
                await venue.pass_ms(50)
                self.protocol.tick(self.now_ns(venue))
            await self.hear(venue, socket)

    async def hear(self, venue, socket):
        """Take everything the venue has sent: what comes before its answer to our own ping."""
        await socket.send(self.ping)
        self.unanswered += 1
        while self.unanswered:
            frame = await asyncio.wait_for(socket.recv(decode=False), 10)
            self.take(frame, venue)
            self.unanswered -= self.pong in frame

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
            elif isinstance(event, Trade):
                self.trades[event.instrument].append(event)
            elif isinstance(event, Liquidation):
                self.liquidations[event.instrument].append(event)
            elif isinstance(event, VenueCandle):
                assert not event.closed or event.start_ms + MINUTE_MS <= venue.clock.wall_ms()
                self.candles[event.instrument][event.start_ms] = event

    @staticmethod
    def now_ns(venue):
        return venue.clock.wall_ms() * 1_000_000


def own_name(instrument):
    """The market's name of the instrument that a venue's instrument is."""
    kind = "USDT-PERP.BINANCE" if instrument.kind is Kind.PERPETUAL else "USDT.BINANCE"
    return instrument.base[-3:] + kind


def own_levels(venue, instrument, depth):
    """The simulator's bids and asks in the venue's ticks and lots, best first."""
    listing = venue.simulator.market.listings[own_name(instrument)]
    own = listing.instrument
    sides = []
    for side, rounding in ((listing.book.bids, ROUND_FLOOR), (listing.book.asks, ROUND_CEILING)):
        merged = {}
        for own_ticks, lots in side.levels(10_000):
            price = own_ticks * own.tick_size
            step = step_of(instrument, price)
            ticks = int((price / step).to_integral_value(rounding) * step / instrument.tick_size)
            merged[ticks] = merged.get(ticks, 0) + lots * own.lot_size
        sides.append([(t, lots_of(instrument, t, q)) for t, q in merged.items()][:depth])
    return sides


def step_of(instrument, price):
    """The grid of published prices: Hyperliquid's have five figures, or are whole."""
    if instrument.connection != "hyperliquid":
        return instrument.tick_size
    return min(Decimal(1), Decimal(1).scaleb(price.adjusted() - 4))


def lots_of(instrument, ticks, coins):
    """A quantity of base coin in lots; inverse contracts are counted at their price."""
    if instrument.contract is Contract.INVERSE:
        contracts = coins * ticks * instrument.tick_size / instrument.contract_size
        nearest = instrument.venue == "DERIBIT"
        rounding = ROUND_HALF_UP if nearest else ROUND_FLOOR
        return max(1, int(contracts.to_integral_value(rounding)))
    return int(coins / instrument.lot_size / instrument.contract_size)


def check_books(follower, venue):
    for instrument in follower.instruments:
        bids, asks = own_levels(venue, instrument, DEPTHS[CONNECTIONS[instrument.connection]])
        book = follower.books[instrument.id]
        assert book.synced, (instrument.id, book.lost_reason)
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            assert list(book.levels(side)) == levels, instrument.id


def coins_of(instrument, trade):
    quantity = trade.quantity * instrument.lot_size * instrument.contract_size
    if instrument.contract is Contract.INVERSE:
        return quantity / (trade.price * instrument.tick_size)
    return quantity


def smallest_of(instrument):
    """A contract in base coin where trades are rounded to contracts, else nothing."""
    if instrument.contract is Contract.INVERSE:
        return instrument.contract_size / 1_000
    return 0
