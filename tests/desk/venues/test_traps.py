"""What differs between venues in ways that look alike; each has cost somebody money."""

import msgspec
import pytest
from helpers import binance_frames as b
from helpers import hyperliquid_frames as h
from helpers import in_band_frames as f
from helpers.protocols import CONNECTIONS, protocol

from desk.model.market_data import BookDelta, BookSnapshot, BookTop, MarkPrice, Trade

PUBLIC, MARKET = "/public/stream", "/market/stream"
LARGE = (1 << 60) + 1
"""A float does not hold it."""


@pytest.fixture
def usdm():
    made = b.protocol()
    for path in (PUBLIC, MARKET):
        made.connection_made(path, 1)
    made.receive_frame(b.depth_frame(99, 105, 98), 2)
    made.receive_response(made.snapshot_request("BTCUSDT"), b.snapshot(100), 3)
    made.events_received()
    return made


def heard(made, *frames):
    for at, frame in enumerate(frames, start=10):
        made.receive_frame(frame, at)
    assert made.counters.rejected == 0
    return made.events_received()


def test_times_that_run_backwards_on_one_socket_drop_nothing(usdm):
    """854 steps back in six minutes of a real recording: each stream has its own."""
    late, early = b.START_MS + 500, b.START_MS - 500
    events = heard(
        usdm,
        b.depth_frame(106, 110, 105, bids=[("61000.0", "3.000")], time_ms=late),
        b.wrapped("btcusdt@trade", b.trade(7, time_ms=early)),
        b.wrapped("btcusdt@bookTicker", b.ticker(109, e="bookTicker", E=early)),
        b.wrapped("btcusdt@markPrice@1s", b.mark(time_ms=early)),
        b.depth_frame(111, 115, 110, bids=[("61000.0", "4.000")], time_ms=early),
        b.wrapped("btcusdt@markPrice@1s", b.mark(time_ms=early - 1)),
    )
    kinds = [BookDelta, Trade, BookTop, MarkPrice, BookDelta, MarkPrice]
    assert [type(event) for event in events] == kinds
    assert [event.last_id for event in events if isinstance(event, BookDelta)] == [110, 115]


def test_ids_beyond_a_float_are_kept_to_the_last_digit(usdm):
    usdm.resync("BTCUSDT-PERP.BINANCE", 4)
    usdm.events_received()
    heard(usdm, b.depth_frame(LARGE - 1, LARGE + 1, LARGE - 2))
    usdm.receive_response(usdm.snapshot_request("BTCUSDT"), b.snapshot(LARGE), 5)
    events = heard(
        usdm,
        b.depth_frame(LARGE + 2, LARGE + 4, LARGE + 1),
        b.wrapped("btcusdt@trade", b.trade(LARGE)),
    )
    assert [e.last_id for e in events[:-1]] == [LARGE, LARGE + 1, LARGE + 4]
    assert events[-1].trade_id == LARGE


def test_a_chain_of_ids_that_a_float_takes_for_equal_is_a_gap():
    okx = protocol("okx")
    okx.connection_made("/ws/v5/public", 1)
    okx.receive_frame(f.raw(f.okx_snapshot(LARGE)), 2)
    okx.receive_frame(f.raw(f.okx_book(LARGE + 1, LARGE + 2)), 3)
    assert okx.counters.books["BTC-USDT-SWAP.OKX"].gaps == 1


def test_a_rejection_repeats_nothing_that_the_venue_said():
    """Reasons are kept, and shown on a terminal."""
    okx = protocol("okx")
    for n in range(100):
        side = f"\x1b[2J'{n}' - at \n" + "x" * 100_000
        okx.receive_frame(f.raw(f.okx_trades(f.okx_trade(1, side=side))), 2)
    assert okx.counters.reasons == {"Invalid enum value - at `$.data[0].side`": 100}


@pytest.mark.parametrize("name", CONNECTIONS)
def test_why_a_socket_was_closed_is_one_short_line_whatever_the_venue_wrote(name):
    made = protocol(name)
    path = made.endpoints()[0].path
    made.connection_made(path, 1)
    made.connection_lost(path, "closed: \x1b[2J\n" + "x" * 1_000, 2)
    reason = made.events_received()[-1].reason
    assert reason.isprintable()
    assert len(reason) <= 200


def with_more(frame):
    """The same frame, with fields at every level that nobody has heard of."""

    def grown(value):
        if isinstance(value, dict):
            return {"zz": {"st": [1, None]}} | {k: grown(v) for k, v in value.items()} | {"ns": 1}
        if isinstance(value, list):
            return [grown(item) for item in value]
        return value

    return msgspec.json.encode(grown(msgspec.json.decode(frame)))


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("okx", [f.raw(f.okx_snapshot(10)), f.raw(f.okx_trades(f.okx_trade(1)))]),
        ("okx", [f.raw(f.okx_funding()), f.raw(f.okx_index()), f.raw(f.okx_mark())]),
        ("bybit-linear", [f.raw(f.bybit_ticker(**f.FULL_TICKER))]),
        ("hyperliquid", [h.book_frame(h.START_MS), h.context_frame(), h.best_frame()]),
    ],
)
def test_fields_that_nobody_knows_yet_are_passed_over(name, frames):
    told = []
    for made, wire in ((protocol(name), frames), (protocol(name), map(with_more, frames))):
        made.connection_made(made.endpoints()[0].path, 1)
        made.events_received()
        told.append(heard(made, *wire))
    assert told[0] == told[1] != []


def test_a_whole_book_that_is_sent_again_is_alive_and_no_news_of_a_price():
    made = h.live()
    first, again = heard(made, h.book_frame(h.START_MS), h.book_frame(h.START_MS))
    assert isinstance(again, BookSnapshot)
    assert (again.bids, again.asks) == (first.bids, first.asks)
    assert again.ts_recv_ns > first.ts_recv_ns
    assert again.ts_venue_ms == first.ts_venue_ms, "the venue's time stands still: no news"
