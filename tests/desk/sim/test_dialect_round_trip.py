"""The desk's own protocols on the simulated venues, over real sockets, from the listing on."""

import asyncio
import json
from collections import Counter
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import pytest
import websockets
from channel_client import get, post
from socket_client import served

from desk.market.book import Book
from desk.model.instrument import Contract, Kind
from desk.model.market_data import BookDelta, BookLost, BookSnapshot, MarkPrice, Trade
from desk.model.orders import Side
from desk.sim.events import Print
from desk.sim.funding import Terms, average_premium, funding_rate
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
CHAINED = [connection for connection in PROTOCOLS if connection != "hyperliquid"]
"""Those whose books are chains of changes; the other's come whole."""
INSTRUMENTS = {"okx": 6, "bybit-linear": 2, "bybit-inverse": 2, "bybit-spot": 2}
INSTRUMENTS |= {"deribit": 5, "hyperliquid": 4}
MARKS = {"okx": 4, "bybit-linear": 2, "bybit-inverse": 2, "bybit-spot": 0}
MARKS |= {"deribit": 4, "hyperliquid": 2}
DEPTHS = {"okx": 400, "bybit": 200, "deribit": 10_000, "hyperliquid": 20}
TOPICS = {"okx": "books", "bybit": "orderbook", "deribit": "book"}
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


@pytest.mark.parametrize("fault", ["drop", "gap", "garbage"])
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
