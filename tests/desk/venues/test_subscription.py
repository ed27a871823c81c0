"""A stream from being wanted to being shown, and what it takes to ask for it again."""

from itertools import pairwise

import pytest
from helpers.protocols import CONNECTIONS, protocol

from desk.venues.protocol import StreamHealth
from desk.venues.subscription import SETTLED_NS, SILENT_NS, Subscription

S = 1_000_000_000
SILENT_CANDLES = {"candle:@142", "candle:@151", "ohlc:USDT/USD", "ohlc:USDC/USD"}
"""They come with trades, of which a minute may have none."""
IN_BAND = [name for name in CONNECTIONS if not name.startswith("binance")]


def subscription(limit_ms=2_000, **more):
    broken = []
    return Subscription("book", "X", StreamHealth("book:X", limit_ms=limit_ms), broken, **more)


def times_asked(stream, until_ns, answered_after_ns=None):
    """Ask whenever it is due, and break it 0.1 s after it was shown."""
    times, shown_ns = [], None
    for now in range(0, until_ns, S // 10):
        if stream.active and now - shown_ns >= S // 10:
            stream.restart(now)
        if stream.is_due(now):
            times.append(now)
            stream.asked(now)
        if answered_after_ns is not None and times and now - times[-1] == answered_after_ns:
            stream.shown(now)
            shown_ns = now
    return [(later - earlier) / S for earlier, later in pairwise(times)]


def test_what_is_not_shown_is_asked_for_at_doubling_distances():
    stream = subscription()
    stream.opened(0)
    assert times_asked(stream, 130 * S) == [5, 10, 20, 30, 30, 30]


def test_what_breaks_again_and_again_is_asked_for_at_doubling_distances():
    stream = subscription()
    stream.opened(0)
    assert times_asked(stream, 100 * S, S // 10) == [2, 4, 8, 16, 30, 30]


def test_a_stream_that_lived_for_a_while_is_asked_for_at_once_when_it_breaks():
    stream = subscription()
    stream.opened(0)
    for now in range(0, 10 * SETTLED_NS, SETTLED_NS):
        assert stream.is_due(now)
        stream.asked(now)
        stream.shown(now)
        stream.restart(now + SETTLED_NS)


def test_nothing_is_asked_for_while_no_socket_is_open():
    stream = subscription()
    stream.opened(1)
    stream.asked(1)
    stream.shown(2)
    stream.closed()
    stream.restart(3)
    assert not stream.active
    assert not stream.is_due(900 * S)
    stream.opened(901 * S)
    assert stream.is_due(901 * S)
    assert not stream.is_repeat


def test_an_answer_does_not_stand_for_a_snapshot():
    stream = subscription(begins_whole=True)
    stream.opened(0)
    stream.asked(0)
    stream.confirmed(1)
    assert not stream.active
    stream.shown(2)
    assert stream.active


@pytest.mark.parametrize(
    ("limit_ms", "after_ns"), [(2_000, SILENT_NS), (60_000, 120 * S), (None, None)]
)
def test_a_silent_stream_is_noticed_by_its_limit(limit_ms, after_ns):
    stream = subscription(limit_ms)
    stream.opened(0)
    stream.asked(0)
    stream.shown(5 * S)
    stream.received(6 * S)
    if after_ns is None:
        assert not stream.is_silent(10_000 * S)
    else:
        assert not stream.is_silent(6 * S + after_ns - 1)
        assert stream.is_silent(6 * S + after_ns)


@pytest.mark.parametrize("connection", IN_BAND)
def test_trades_and_tops_that_fall_silent_alone_are_asked_for_again(connection):
    """No limit calls them STALE, and the other streams keep their socket alive."""
    made = protocol(connection)
    path = made.endpoints()[0].path
    made.connection_made(path, 0)
    quiet = [s for s in made._subscriptions.values() if s.health.kind in {"trades", "top"}]
    assert {s.health.kind for s in quiet} >= {"trades"}
    for stream in quiet:
        stream.shown(S)
        stream.received(5 * S)
    made.tick(64 * S)
    assert all(stream.asked_ns == 0 or stream.health.limit_ms for stream in quiet)
    made.tick(65 * S)
    assert all(stream.asked_ns > 0 for stream in quiet)


@pytest.mark.parametrize("connection", IN_BAND)
def test_every_stream_tells_what_it_is_about_and_how_long_it_may_be_silent(connection):
    made = protocol(connection)
    silent_kinds = {"trades", "top", "liquidations"}
    for stream in made.streams():
        about_many = stream.kind == "heartbeat" or stream.name == "liquidation-orders:SWAP"
        assert (stream.instrument is None) is about_many, stream
        assert about_many or stream.instrument in made.counters.books, stream
        if stream.name in SILENT_CANDLES:
            assert (stream.kind, stream.limit_ms) == ("candles", None)
            continue
        assert stream.limit_ms is not None or stream.kind in silent_kinds, stream
        if stream.kind == "mark":
            assert 2_000 <= stream.limit_ms <= 5_000
    books = [stream.instrument for stream in made.streams() if stream.kind == "book"]
    assert sorted(books) == sorted(made.counters.books)


@pytest.mark.parametrize("connection", IN_BAND)
def test_every_wanted_stream_flows_on_one_socket_and_none_is_active_unasked(connection):
    made = protocol(connection)
    flowing = [name for endpoint in made.endpoints() for name in endpoint.streams]
    assert sorted(flowing) == sorted(stream.name for stream in made.streams())
    for endpoint in made.endpoints():
        made.connection_made(endpoint.path, 1)
    assert not any(stream.active for stream in made.streams())


def test_what_is_handed_out_does_not_change_when_the_stream_does():
    made = protocol("kraken")
    before = made.streams()[0]
    before.active, before.messages = True, 99
    assert (made.streams()[0].active, made.streams()[0].messages) == (False, 0)
