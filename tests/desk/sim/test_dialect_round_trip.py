"""The desk's own protocols on the simulated venues, over real sockets, from the listing on."""

import asyncio
import json
from collections import Counter
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import pytest
import websockets
from channel_client import get
from socket_client import served

from desk.market.book import Book
from desk.model.instrument import Contract, Kind
from desk.model.market_data import BookDelta, BookLost, BookSnapshot, MarkPrice, Trade
from desk.model.orders import Side
from desk.sim.events import Print
from desk.venues import bybit_listing, deribit_listing, okx_listing
from desk.venues.bybit import BybitProtocol
from desk.venues.deribit import DeribitProtocol
from desk.venues.okx import OkxProtocol

LISTINGS = {"okx": okx_listing, "bybit": bybit_listing, "deribit": deribit_listing}
CONNECTIONS = {
    "okx": "okx",
    "bybit-linear": "bybit",
    "bybit-spot": "bybit",
    "deribit": "deribit",
}
INSTRUMENTS = {"okx": 4, "bybit-linear": 2, "bybit-spot": 2, "deribit": 5}
MARKS = {"okx": 2, "bybit-linear": 2, "bybit-spot": 0, "deribit": 4}
DEPTHS = {"okx": 400, "bybit-linear": 200, "bybit-spot": 200, "deribit": 10_000}
TOPICS = {"okx": "books", "bybit": "orderbook", "deribit": "book"}
PINGS = {
    "okx": ("ping", b"pong"),
    "bybit": ('{"op":"ping","req_id":"fence"}', b'"req_id":"fence"'),
    "deribit": ('{"jsonrpc":"2.0","id":987654321,"method":"public/test"}', b'"id":987654321'),
}
"""What is asked, and what only the answer has in it."""
every_connection = pytest.mark.parametrize("connection", CONNECTIONS)


async def listed(venue, name):
    """Read the listing that the simulated venue answers."""
    instruments = []
    requests = [(r, s.read) for s in LISTINGS[name].SOURCES.values() for r in s.requests]
    for request, read in requests:
        _, document = await get(venue, request.path)
        listing = read(request, json.dumps(document).encode())
        assert not listing.refused
        instruments += listing.instruments
    return instruments


class Follower:
    """One protocol on one socket: carries bytes, keeps books and counts events."""

    def __init__(self, connection, instruments):
        self.instruments = [i for i in instruments if i.connection == connection]
        if connection == "okx":
            self.protocol = OkxProtocol(self.instruments)
        elif connection == "deribit":
            self.protocol = DeribitProtocol(self.instruments)
        else:
            self.protocol = BybitProtocol(connection, self.instruments)
        (self.endpoint,) = self.protocol.endpoints()
        self.books = {i.id: Book(i.id) for i in self.instruments}
        self.ping, self.pong = PINGS[CONNECTIONS[connection]]
        self.marks = {}
        self.trades = {i.id: [] for i in self.instruments}
        self.counted = Counter()

    async def follow(self, venue, ms):
        path = self.endpoint.path
        async with websockets.connect(venue.addresses["ws"] + path, max_size=None) as socket:
            self.protocol.connection_made(path, self.now_ns(venue))
            for _ in range(ms // 50):
                for frame in self.protocol.frames_to_send(path):
                    if frame != self.ping.encode():  # whose answer would look like that to ours
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
            if self.pong in frame:
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
            elif isinstance(event, Trade):
                self.trades[event.instrument].append(event)

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
            exact = own_ticks * own.tick_size / instrument.tick_size
            ticks = int(exact.to_integral_value(rounding))
            merged[ticks] = merged.get(ticks, 0) + lots * own.lot_size
        sides.append([(t, lots_of(instrument, t, q)) for t, q in merged.items()][:depth])
    return sides


def lots_of(instrument, ticks, coins):
    """A quantity of base coin in lots; inverse contracts are counted at their price."""
    if instrument.contract is Contract.INVERSE:
        contracts = coins * ticks * instrument.tick_size / instrument.contract_size
        return max(1, int(contracts.to_integral_value(ROUND_HALF_UP)))
    return int(coins / instrument.lot_size / instrument.contract_size)


def check_books(follower, venue):
    for instrument in follower.instruments:
        bids, asks = own_levels(venue, instrument, DEPTHS[instrument.connection])
        book = follower.books[instrument.id]
        assert book.synced, (instrument.id, book.lost_reason)
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            assert list(book.levels(side)) == levels, instrument.id


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


@every_connection
def test_the_desk_reads_the_listing_and_keeps_every_book(connection):
    async def scenario():
        async with served(dialect=CONNECTIONS[connection]) as venue:
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
        assert (sync.gaps, sync.snapshots) == (0, 1)
    check_marks(follower, market, MARKS[connection])
    check_trades(follower, market, prints)


def check_marks(follower, market, number):
    assert len(follower.marks) == number
    for name, mark in follower.marks.items():
        assert 0 < mark.mark < 1_000_000
        if follower.protocol.connection == "deribit":  # continuous: there is no next time
            assert mark.next_funding_ms is None
            assert abs(mark.mark / mark.index - 1) < Decimal("0.005")
            premium = max(min(mark.mark / mark.index - 1, Decimal("0.005")), Decimal("-0.005"))
            dead = Decimal("0.00025")
            expected = max(dead, premium) + min(-dead, premium)
            assert abs(mark.funding_rate - expected) < Decimal("0.000005")  # prices have cents
        else:
            assert mark.next_funding_ms == market.funding[name[:3] + "USDT-PERP.BINANCE"].next_ms


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


@pytest.mark.parametrize("fault", ["drop", "gap", "garbage"])
@every_connection
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
