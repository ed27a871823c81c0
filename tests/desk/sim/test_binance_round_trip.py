"""The desk's own protocol on the simulated Binance, over real sockets, from the listing on."""

import asyncio
import json
import urllib.request
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from decimal import ROUND_FLOOR, Decimal

import pytest
import websockets
from socket_client import served

from desk.market.book import Book
from desk.model.instrument import Contract
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side
from desk.sim.events import LevelSet
from desk.venues.binance import BinanceProtocol
from desk.venues.binance_listing import SOURCES

CONNECTIONS = ("binance-spot", "binance-usdm", "binance-coinm")
FENCE = '{"method":"LIST_SUBSCRIPTIONS","id":"fence"}'
every_connection = pytest.mark.parametrize("connection", CONNECTIONS)


def section_of(connection):
    return connection.partition("-")[2]


def source_of(instrument):
    """The market's instrument that a venue's instrument is."""
    return instrument.id.replace("USD-PERP", "USDT-PERP")


def lots_of(instrument, own, ticks, lots):
    """What the market's lots at a price are in the instrument's, by arithmetic of the test's."""
    if instrument.contract is not Contract.INVERSE or not lots:
        return lots
    usd = lots * own.lot_size * ticks * own.tick_size
    return max(1, int((usd / instrument.contract_size).to_integral_value(ROUND_FLOOR)))


def get(venue, connection, path):
    url = venue.addresses[section_of(connection)]["rest"] + path
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


async def listed(venue, connection):
    source = SOURCES[connection]
    (request,) = source.requests
    listing = source.read(request, await asyncio.to_thread(get, venue, connection, request.path))
    assert not listing.refused
    return listing.instruments


class Mirror:
    """The market's own book of one instrument, moved from change to change by its events."""

    def __init__(self, venue, instrument):
        listing = venue.simulator.market.listings[source_of(instrument)]
        self.instrument, self.own = instrument, listing.instrument
        self.sides = {
            Side.BUY: dict(listing.book.bids.levels(10_000)),
            Side.SELL: dict(listing.book.asks.levels(10_000)),
        }
        self.changes = []
        self.step = 1 if instrument.connection == "binance-spot" else 31

    def move_to(self, venue_id):
        while self.changes and self.changes[0].update_id * self.step <= venue_id:
            change = self.changes.pop(0)
            side = self.sides[Side.BUY if change.is_bid else Side.SELL]
            side[change.ticks] = change.lots
            if not change.lots:
                del side[change.ticks]

    def levels(self, side):
        return {
            ticks: lots_of(self.instrument, self.own, ticks, lots)
            for ticks, lots in self.sides[side].items()
        }


class Follower:
    """One protocol: carries bytes and answers, compares every book with the market's own."""

    def __init__(self, venue, connection, instruments):
        self.venue = venue
        self.connection = connection
        self.instruments = {instrument.id: instrument for instrument in instruments}
        self.protocol = BinanceProtocol(connection, instruments)
        self.books = {i: Book(i) for i in self.instruments}
        self.mirrors = {i: Mirror(venue, instrument) for i, instrument in self.instruments.items()}
        self.counted = Counter()
        self.heard = defaultdict(list)
        self.flowing = {}
        """By socket, the streams that the venue last said there are."""
        self.compares = True
        self.compared = Counter()
        self._record_changes()

    def _record_changes(self):
        market = self.venue.simulator.market
        advance = market.advance

        def recording(until_ms):
            events = advance(until_ms)
            for mirror in self.mirrors.values():
                told = events[source_of(mirror.instrument)]
                mirror.changes += [event for event in told if isinstance(event, LevelSet)]
            return events

        market.advance = recording

    async def follow(self, ms):
        async with AsyncExitStack() as stack:
            sockets = {}
            for endpoint in self.protocol.endpoints():
                url = self.venue.url(section_of(self.connection), endpoint.path)
                socket = await stack.enter_async_context(websockets.connect(url, max_size=None))
                sockets[endpoint.path] = socket
                self.protocol.connection_made(endpoint.path, self.now_ns)
            for _ in range(ms // 50):
                await self.turn(sockets)
                await self.venue.pass_ms(50)
                self.protocol.tick(self.now_ns)
            await self.turn(sockets)
            self.active = {stream.name for stream in self.protocol.streams() if stream.active}

    async def turn(self, sockets):
        for path, socket in sockets.items():
            for frame in self.protocol.frames_to_send(path):
                await socket.send(frame, text=True)
            await socket.send(FENCE)
            while True:
                frame = await asyncio.wait_for(socket.recv(decode=False), 10)
                if b'"id":"fence"' in frame:
                    self.flowing[path] = set(json.loads(frame)["result"])
                    break
                self.protocol.receive_frame(frame, self.now_ns)
        for request in self.protocol.requests_to_send():
            body = await asyncio.to_thread(get, self.venue, self.connection, request.path)
            self.protocol.receive_response(request, body, self.now_ns)
        for event in self.protocol.events_received():
            self.take(event)

    def take(self, event):
        self.counted[type(event)] += 1
        if isinstance(event, BookSnapshot):
            self.books[event.instrument].apply_snapshot(event)
        elif isinstance(event, BookDelta):
            self.books[event.instrument].apply_delta(event)
        elif isinstance(event, BookLost):
            self.books[event.instrument].lose(event.reason)
        else:
            self.heard[type(event)].append(event)
            return
        self.compare(event.instrument)

    def compare(self, name):
        """Hold the desk's book against the market's at the same id."""
        book, mirror = self.books[name], self.mirrors[name]
        if not (book.synced and self.compares):
            return
        mirror.move_to(book.last_id)
        for side in Side:
            assert dict(book.levels(side)) == mirror.levels(side), (name, book.last_id)
        self.compared[name] += 1

    @property
    def now_ns(self):
        return self.venue.clock.wall_ms() * 1_000_000


def followed(connection, ms, faults="", *, compares=True, **settings):
    async def scenario():
        async with served(faults=faults, **settings) as venue:
            follower = Follower(venue, connection, await listed(venue, connection))
            follower.compares = compares
            await follower.follow(ms)
            return follower

    return asyncio.run(scenario())


@every_connection
@pytest.mark.thorough
def test_the_desks_book_is_the_markets_at_every_update_id(connection):
    follower = followed(connection, 10_000)
    counters = follower.protocol.counters
    assert (counters.rejected, counters.unknown_events) == (0, 0), counters
    assert len(follower.books) == 2
    assert all(count > 80 for count in follower.compared.values())
    assert follower.counted[BookLost] == 0
    for sync in counters.books.values():
        assert (sync.gaps, sync.snapshots) == (0, 1)


@pytest.mark.parametrize("fault", ["drop", "dup"])
@every_connection
@pytest.mark.thorough
def test_whatever_is_lost_a_synced_book_is_the_markets(connection, fault):
    follower = followed(connection, 10_000, f"{fault}@depth:p=0.05:for=6s")
    assert all(book.synced for book in follower.books.values())
    assert all(count > 40 for count in follower.compared.values())
    assert (follower.counted[BookLost] >= 1) is (fault != "dup")


@every_connection
def test_all_that_is_wanted_becomes_active(connection):
    follower = followed(connection, 3_000)
    wanted = {name for endpoint in follower.protocol.endpoints() for name in endpoint.streams}
    polled = {"openInterest"} if connection != "binance-spot" else set()
    names = {name.partition("@")[2] for name in follower.active - wanted}
    assert wanted <= follower.active
    assert names == polled


@every_connection
@pytest.mark.thorough
def test_what_is_accepted_and_left_out_is_found_and_becomes_active_all_the_same(connection):
    follower = followed(connection, 30_000, "partial:p=0.5:for=10s", compares=False)
    wanted = {name for endpoint in follower.protocol.endpoints() for name in endpoint.streams}
    assert wanted <= follower.active
    assert set.union(*follower.flowing.values()) == wanted


@pytest.mark.parametrize("connection", ["binance-usdm", "binance-coinm"])
def test_a_funding_interval_that_changes_is_told_with_the_next_marks(connection):
    follower = followed(connection, 8_000, "interval:at=4s", compares=False)
    told = {name: [] for name in follower.instruments}
    for mark in follower.heard[MarkPrice]:
        told[mark.instrument].append(mark.funding_interval_h)
    for hours in told.values():
        assert (hours[0], hours[-1]) == (8, 4)
        assert set(hours) <= {8, 4, None}


@pytest.mark.parametrize("connection", ["binance-usdm", "binance-coinm"])
def test_marks_bring_the_funding_interval_and_open_interest_is_in_the_contracts_unit(connection):
    follower = followed(connection, 6_000)
    market = follower.venue.simulator.market
    marks = {event.instrument: event for event in follower.heard[MarkPrice]}
    interests = {event.instrument: event for event in follower.heard[OpenInterest]}
    assert marks.keys() == interests.keys() == follower.instruments.keys()
    for name, instrument in follower.instruments.items():
        source = source_of(instrument)
        mark, listing = marks[name], market.listings[source]
        assert mark.funding_interval_h == 8
        assert mark.next_funding_ms == market.funding[source].next_ms
        assert mark.index is not None
        coins = Decimal(listing.open_interest_lots) * listing.instrument.lot_size
        expected = coins
        if instrument.contract is Contract.INVERSE:
            expected = coins * mark.mark / instrument.contract_size
        assert float(interests[name].quantity) == pytest.approx(float(expected), rel=0.01)


@pytest.mark.thorough
def test_the_candle_that_closes_is_the_minute_of_the_trades():
    minute_ms = 1_795_392_000_000
    follower = followed("binance-coinm", 63_000, wall_ms=minute_ms - 1_000, compares=False)
    for name in follower.instruments:
        trades = [t for t in follower.heard[Trade] if t.instrument == name]
        minute = [t for t in trades if 0 <= t.ts_venue_ms - minute_ms < 60_000]
        closed = [c for c in follower.heard[VenueCandle] if c.instrument == name and c.closed]
        (candle,) = (c for c in closed if c.start_ms == minute_ms)
        prices = [trade.price for trade in minute]
        assert (candle.open, candle.close) == (prices[0], prices[-1])
        assert (candle.low, candle.high) == (min(prices), max(prices))
        assert candle.volume == sum(trade.quantity for trade in minute)


def test_frames_of_coin_margined_contracts_are_made_only_for_who_wants_them():
    async def scenario():
        async with served() as venue:
            await venue.pass_ms(2_000)
            path = "/stream?streams=btcusd_perp@trade"
            async with venue.client("coinm", path) as client:
                await venue.pass_ms(5_000)
                return await client.settle()

    frames = asyncio.run(scenario())
    assert {frame["stream"] for frame in frames} == {"btcusd_perp@trade"}
    assert all(json.dumps(frame["data"]["q"]).strip('"').isdigit() for frame in frames)


@pytest.mark.thorough
def test_positions_that_the_market_closes_by_force_are_liquidations():
    follower = followed("binance-usdm", 8_000, compares=False, speed=60)
    trades = follower.heard[Trade]
    assert follower.heard[Liquidation]
    for closed in follower.heard[Liquidation]:
        order = [
            trade
            for trade in trades
            if (trade.instrument, trade.ts_venue_ms) == (closed.instrument, closed.ts_venue_ms)
        ]
        instrument = follower.instruments[closed.instrument]
        assert closed.side in {trade.side for trade in order}
        prices = [instrument.price(trade.price) for trade in order]
        assert min(prices) <= closed.price <= max(prices)
        assert closed.quantity <= sum(instrument.quantity(trade.quantity) for trade in order)


@every_connection
def test_an_instrument_that_is_listed_anew_is_followed_in_its_new_ticks(connection):
    async def scenario():
        async with served(faults="relist:at=1s") as venue:
            before = {i.id: i.tick_size for i in await listed(venue, connection)}
            await venue.pass_ms(3_000)
            follower = Follower(venue, connection, await listed(venue, connection))
            await follower.follow(4_000)
            return before, follower

    before, follower = asyncio.run(scenario())
    for name, instrument in follower.instruments.items():
        assert instrument.tick_size == before[name] / 10
        assert follower.compared[name] > 30
    assert follower.protocol.counters.rejected == 0
