"""A connection whose venue lists other things while it runs."""

import asyncio
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from helpers.live_market import CATALOGUE, PATIENCE_S, instruments, live_market

from desk.app import listed_connection
from desk.app.listed_connection import ListedConnection
from desk.app.terms import TermsStore
from desk.io.clock import SystemClock
from desk.io.connect_limits import ConnectLimits
from desk.market.state import MarketState
from desk.model.catalogue import Catalogue
from desk.model.market_data import BookLost, FeedStatus
from desk.venues.binance import BinanceProtocol
from desk.venues.listing_figures import Listing, ListingSource

NAME = "binance-usdm"


class Listed:
    """A connection to the simulator, with a listing that the test writes."""

    def __init__(self, monkeypatch, tmp_path):
        self.rows = instruments(NAME)
        self.refused = {}
        self.asked = 0
        true = listed_connection.LISTINGS[NAME]
        monkeypatch.setattr(
            listed_connection, "LISTINGS", {NAME: ListingSource(true.requests, self.read)}
        )
        monkeypatch.setattr(listed_connection, "LOOK_S", 0.05)
        monkeypatch.setattr(listed_connection, "RETRY_S", 0.1)
        self.clock = SystemClock()
        self.catalogue = Catalogue(list(CATALOGUE.of_connection(NAME).values()), "2026-11-01")
        self.market = MarketState(self.catalogue)
        self.store = TermsStore(tmp_path, live=True)
        self.events = []
        self.heard = asyncio.Event()
        self.connection = ListedConnection(
            NAME,
            catalogue=self.catalogue,
            traded=lambda _: True,
            sink=self.take,
            clock=self.clock,
            limits=ConnectLimits(),
            store=self.store,
        )

    def read(self, *_):
        self.asked += 1
        return Listing(self.rows, self.refused)

    def take(self, events):
        self.events += events
        for event in events:
            self.market.apply(event)
        self.heard.set()

    def quality(self, row):
        return self.market.quality(row.id, self.clock.boot_ns())

    def book_state(self, row):
        return self.market.get(row.id).book.state

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.heard.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.heard.wait(), 0.1)

    def is_whole(self):
        return all(
            self.quality(row) == "LIVE" and self.book_state(row) == "SYNCED"
            for row in instruments(NAME)
        )

    @asynccontextmanager
    async def running(self):
        async with live_market("binance") as urls:
            task = asyncio.create_task(self.connection.run(urls[NAME]))
            try:
                yield task
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


@pytest.fixture
def listed(monkeypatch, tmp_path):
    return Listed(monkeypatch, tmp_path)


@pytest.mark.thorough
def test_a_listing_of_nothing_ends_every_price_and_says_why_until_it_is_whole(monkeypatch, listed):
    monkeypatch.setattr(listed_connection, "RELIST_S", 0.1)

    async def scene():
        async with listed.running():
            await listed.until(listed.is_whole)
            rows, listed.rows = listed.rows, []
            await listed.until(lambda: listed.connection.note("").note)
            await listed.until(lambda: all(listed.book_state(row) == "UNSYNCED" for row in rows))
            await listed.until(lambda: all(listed.quality(row) == "STALE" for row in rows))
            said = listed.connection.note("all feeds").note
            assert said.startswith("all feeds; ")
            assert all(f"{row.id}: not listed (no such row)" in said for row in rows)
            status = [e for e in listed.events if isinstance(e, FeedStatus)][-1]
            assert not status.up
            asked = listed.asked
            await listed.until(lambda: listed.asked > asked + 2)
            listed.rows = rows
            await listed.until(listed.is_whole)
            assert listed.connection.note("").note == ""

    asyncio.run(scene())


@pytest.mark.thorough
def test_what_is_left_out_is_asked_for_again_soon_and_its_terms_are_kept(monkeypatch, listed):
    monkeypatch.setattr(listed_connection, "RELIST_S", 3600.0)
    first, *others = listed.rows
    listed.rows, listed.refused = others, {first.symbol: "not trading"}

    async def scene():
        async with listed.running():
            await listed.until(lambda: all(listed.quality(row) == "LIVE" for row in others))
            assert listed.quality(first) == "UNKNOWN"
            assert "not listed (not trading)" in listed.connection.note("").note
            overlaid, dates = listed.store.overlaid(CATALOGUE)
            assert overlaid.get(first.id) == first
            assert NAME in dates
            listed.rows, listed.refused = [first, *others], {}
            await listed.until(listed.is_whole)

    asyncio.run(scene())


def test_terms_that_were_listed_once_are_kept_when_the_venue_lists_them_no_more(listed):
    (first, *others) = listed.rows
    finer = msgspec.structs.replace(first, tick_size=first.tick_size / 10)
    listed.catalogue.replace(finer)  # as listed on another day
    listed.rows = others

    async def scene():
        async with live_market("binance") as urls:
            await listed.connection.learn(urls[NAME])

    asyncio.run(scene())
    overlaid, _ = listed.store.overlaid(CATALOGUE)
    assert overlaid.get(first.id) == finer


class Fault(Exception):
    pass


@pytest.mark.thorough
def test_a_fault_in_a_venues_code_is_that_venues_alone_and_it_is_begun_anew(
    monkeypatch, caplog, listed
):
    monkeypatch.setattr(listed_connection, "FAULT_PAUSE_S", 0.05)
    true, faults = BinanceProtocol.receive_frame, []

    def fail_once(protocol, frame, ts_recv_ns):
        if not faults and listed.is_whole():
            faults.append(1)
            raise Fault("a byte that nobody thought of")
        true(protocol, frame, ts_recv_ns)

    monkeypatch.setattr(BinanceProtocol, "receive_frame", fail_once)

    async def scene():
        async with listed.running():
            await listed.until(lambda: faults)
            await listed.until(lambda: any(isinstance(e, BookLost) for e in listed.events))
            await listed.until(listed.is_whole)
            return listed.connection.note("").note

    assert "stopped by a fault of the desk's own (Fault), begun anew" in asyncio.run(scene())
    assert "a byte that nobody thought of" in caplog.text


def test_a_fault_while_it_is_being_ended_does_not_keep_it_going(monkeypatch, caplog, listed):
    """Of a group of tasks the fault comes out alone, and that it was to end would be forgotten."""

    listening, faults = asyncio.Event(), []

    async def fail_once_at_its_end():
        listening.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            faults.append(1)
            if len(faults) == 1:
                raise Fault("a socket that was closed already")

    monkeypatch.setattr(listed.connection, "_keep_sockets", fail_once_at_its_end)
    monkeypatch.setattr(listed_connection, "FAULT_PAUSE_S", 0.05)

    async def scene():
        async with listed.running() as task:
            await listening.wait()
            task.cancel()
            await asyncio.wait([task], timeout=PATIENCE_S)
            return task.cancelled()

    assert asyncio.run(scene())
    assert "a socket that was closed already" in caplog.text


def test_a_fault_brings_back_no_instrument_that_the_listing_does_not_have(
    monkeypatch, expected_logs, listed
):
    expected_logs("a fault in the code of")
    monkeypatch.setattr(listed_connection, "FAULT_PAUSE_S", 0.05)
    out, *listed.rows = instruments(NAME)
    true, faults = BinanceProtocol.receive_frame, []

    def synced():
        return all(listed.book_state(row) == "SYNCED" for row in listed.rows)

    def fail_once(protocol, frame, ts_recv_ns):
        if not faults and synced():
            faults.append(1)
            raise Fault("a byte that nobody thought of")
        true(protocol, frame, ts_recv_ns)

    monkeypatch.setattr(BinanceProtocol, "receive_frame", fail_once)

    async def scene():
        async with listed.running():
            await listed.until(lambda: faults)
            await listed.until(lambda: any(isinstance(e, BookLost) for e in listed.events))
            await listed.until(synced)
            return {stream.instrument for stream in listed.connection.connection.streams()}

    assert out.id not in asyncio.run(scene())
    assert listed.market.get(out.id).mark is None


def test_a_fault_behind_the_events_is_not_survived(listed):
    def fail(_):
        raise Fault("the engine")

    async def scene():
        listed.connection._sink = fail
        async with live_market("binance") as urls, asyncio.timeout(PATIENCE_S):
            await listed.connection.run(urls[NAME])

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(scene())
    assert raised.group_contains(Fault)
