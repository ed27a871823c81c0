"""A planned change of sockets over real ones: nothing is lost, doubled, or stale for a moment."""

import asyncio
import itertools
from collections import Counter
from contextlib import asynccontextmanager

import pytest
from helpers.hasty import Hasty
from helpers.live_market import Listener, live_market, maker
from helpers.proxy import proxied

from desk.io import connection
from desk.model.market_data import BookDelta, BookLost, BookSnapshot, FeedStatus, Trade

LIFE_MS = 800


def only_first(number, change):
    """Wrap the first protocols that a connection makes; those after are left as they are."""
    made = []

    def wrap(protocol):
        made.append(protocol)
        return change(protocol) if len(made) <= number else protocol

    return wrap


def short_lived(protocol):
    return Hasty(protocol, life_ms=LIFE_MS)


class Asked(Hasty):
    """The venue has asked to leave its sockets."""

    def roll_wanted(self, path):
        return True


class Deaf(Hasty):
    """Hears nothing, as on sockets that bring no data."""

    def receive_frame(self, frame, ts_recv_ns):
        return


@asynccontextmanager
async def listening(name, **options):
    """A connection to a market of its own, once all its marks are live."""
    async with live_market(name.split("-")[0]) as urls:
        listener = Listener(name, urls.get(name) or urls[name.split("-")[0]], **options)
        async with listener.running():
            await listener.until(lambda: is_live(listener) and listener.of(Trade))
            yield listener


async def watch_quality(listener, seen):
    """Note what an engine tick each 20 ms would see."""
    while True:
        seen.update(listener.qualities().values())
        await asyncio.sleep(0.02)


def is_live(listener):
    return set(listener.qualities().values()) == {"LIVE"}


def moves(listener):
    return [s.reason for s in listener.of(FeedStatus) if s.reason.startswith("moved")]


def doubled(trades):
    counts = Counter((t.instrument, t.trade_id) for t in trades)
    return [name for name, count in counts.items() if count > 1]


def assert_chained(events):
    """Every delta of a Binance spot book continues what came before it."""
    last = {}
    for event in events:
        if isinstance(event, BookSnapshot):
            last[event.instrument] = event.last_id
        elif isinstance(event, BookDelta):
            assert event.first_id <= last[event.instrument] + 1 <= event.last_id
            last[event.instrument] = event.last_id


@pytest.mark.parametrize(
    "name",
    [
        "binance-spot",
        "okx",
        pytest.param("binance-usdm", marks=pytest.mark.slow),
        pytest.param("bybit-linear", marks=pytest.mark.slow),
        pytest.param("hyperliquid", marks=pytest.mark.slow),
    ],
)
def test_a_change_before_the_end_of_life_is_not_seen(name):
    async def scene():
        async with listening(name, wrap=only_first(1, short_lived)) as listener:
            qualities, first = set(), listener.connection.protocol
            watch = asyncio.create_task(watch_quality(listener, qualities))
            await listener.until(lambda: moves(listener))
            heard = len(listener.of(Trade))
            await listener.until(lambda: len(listener.of(Trade)) > heard + 20)
            watch.cancel()
            second, counters = listener.connection.protocol, listener.connection.counters
            assert second is not first
            # What was under way to the old sockets when they were left counts nowhere.
            both = first.counters.messages + second.counters.messages
            assert both - 100 <= counters.messages <= both
            assert not any(book.gaps for book in counters.books.values())
            return listener, qualities

    listener, qualities = asyncio.run(scene())
    assert moves(listener) == ["moved to new sockets: left before its end of life"]
    assert qualities == {"LIVE"}
    assert not listener.of(BookLost)
    assert not doubled(listener.of(Trade))
    if name == "binance-spot":
        assert_chained(listener.events)


@pytest.mark.thorough
def test_sockets_that_the_venue_wants_left_are_left_and_counters_survive():
    async def scene():
        async with listening("binance-usdm", wrap=only_first(1, Asked)) as listener:
            instrument = next(iter(listener.qualities()))
            listener.connection.protocol.counters.books[instrument].gaps = 3
            listener.connection.protocol.counters.reject("nonsense")
            await listener.until(lambda: moves(listener))
            counters = listener.connection.counters
            assert counters.books[instrument].gaps == 3
            assert counters.reasons == {"nonsense": 1}
            assert moves(listener) == ["moved to new sockets: left at the venue's wish"]
            assert not listener.of(BookLost)

    asyncio.run(scene())


@pytest.mark.slow
def test_a_venue_that_asks_every_socket_to_go_is_obeyed_ever_more_slowly():
    async def scene():
        async with listening("okx", wrap=Asked) as listener:
            await listener.until(lambda: len(moves(listener)) == 4)
            return [s.ts_recv_ns / 1e9 for s in listener.of(FeedStatus) if "moved" in s.reason]

    times = asyncio.run(scene())
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert [pause > least for pause, least in zip(pauses, (0.5, 1.0, 2.0), strict=True)] == [
        True
    ] * 3


@pytest.mark.thorough
def test_another_make_takes_over_without_a_stale_moment_and_gives_up_what_it_lacks():
    async def scene():
        async with listening("binance-usdm") as listener:
            kept, gone = sorted(listener.qualities())
            terms = [listener.market.get(kept).instrument]
            make = maker("binance-usdm", terms=terms)
            listener.connection.remake(make, "the listing has changed")
            await listener.until(lambda: moves(listener))
            (lost,) = listener.of(BookLost)
            assert (lost.instrument, lost.reason) == (gone, "not in sync on new sockets")
            assert set(listener.connection.protocol.counters.books) == {kept}
            assert set(listener.connection.counters.books) == {kept, gone}
            assert listener.qualities()[kept] == "LIVE"

    asyncio.run(scene())


def test_another_make_before_the_start_is_the_one_that_starts():
    async def scene():
        async with live_market("okx") as urls:
            listener = Listener("okx", urls["okx"])
            first = listener.connection.protocol
            listener.connection.remake(maker("okx"), "the cache was old")
            assert listener.connection.protocol is not first
            async with listener.running():
                await listener.until(lambda: is_live(listener))
            assert listener.connection.protocol is not first
            assert not listener.of(BookLost)[:-4]  # at the end every book is lost

    asyncio.run(scene())


@pytest.mark.thorough
def test_new_sockets_without_data_do_not_take_over(monkeypatch):
    monkeypatch.setattr(connection, "ROLL_PATIENCE_NS", 200_000_000)

    async def scene():
        async with listening("binance-spot") as listener:
            live = listener.connection.protocol
            listener.connection.remake(maker("binance-spot", Deaf), "a test")
            await asyncio.sleep(1.0)
            assert listener.connection.protocol is live
            assert is_live(listener)
            assert not moves(listener)

    asyncio.run(scene())


@pytest.mark.thorough
def test_new_sockets_that_never_get_everything_take_over_after_their_patience(monkeypatch):
    monkeypatch.setattr(connection, "ROLL_PATIENCE_NS", 500_000_000)

    class Bookless(Hasty):
        """Never gets the answer that its books wait for."""

        def receive_response(self, request, body, ts_recv_ns):
            self._inner.receive_response(request, None, ts_recv_ns)

    async def scene():
        async with listening("binance-usdm") as listener:
            listener.connection.remake(maker("binance-usdm", Bookless), "a test")
            await listener.until(lambda: moves(listener))
            lost = {event.instrument for event in listener.of(BookLost)}
            assert lost == set(listener.qualities())
            assert not any(book.synced for book in listener.market.books.values())

    asyncio.run(scene())


def test_when_the_old_sockets_die_the_new_ones_take_over_at_once():
    class Slow(Deaf):
        """Gets ready only when it is let."""

        ready = False

        def receive_frame(self, frame, ts_recv_ns):
            if Slow.ready:
                self._inner.receive_frame(frame, ts_recv_ns)

    async def scene():
        async with live_market("okx") as urls, proxied(urls["okx"]) as way:
            listener = Listener("okx", way.urls)
            async with listener.running():
                await listener.until(lambda: is_live(listener))
                old = listener.connection.protocol
                listener.connection.remake(maker("okx", Slow), "a test")
                await listener.until(lambda: way.accepted == 2)
                assert listener.connection.protocol is old
                way.reset()
                await listener.until(lambda: listener.connection.protocol is not old)
                Slow.ready, heard = True, old.counters.messages
                await listener.until(lambda: listener.connection.protocol.counters.messages > 50)
                assert is_live(listener)
                assert old.counters.messages == heard, "its sockets were not opened again"

    asyncio.run(scene())


@pytest.mark.fault("T21")
@pytest.mark.slow
def test_what_is_left_after_many_changes_is_two_sockets_and_their_tasks(monkeypatch):
    monkeypatch.setattr(connection, "ROLL_DISTANCE_NS", 0)

    async def scene():
        async with listening("binance-usdm", wrap=Asked) as listener:
            await listener.until(lambda: len(moves(listener)) == 3)
            tasks = len(asyncio.all_tasks())
            await listener.until(lambda: len(moves(listener)) == 12)
            assert len(asyncio.all_tasks()) <= tasks + 12  # those of two sockets more
            assert not doubled(listener.of(Trade))
            assert not listener.of(BookLost)

    asyncio.run(scene())
