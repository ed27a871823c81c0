"""A bad value anywhere in a message of Deribit is a counted rejection, and the feed goes on."""

import json

import pytest
from helpers import deribit_frames as d
from helpers.bad_values import MISSING, NEVER_GOOD, Verbatim, write

GOOD = {
    "book": d.book(101, 100, bids=[["change", 61000.0, 70]]),
    "trades": [d.trade(7)],
    "ticker": d.ticker(),
    "chart.trades": d.candle(),
}


def channel_of(kind):
    return f"{kind}.BTC-PERPETUAL.{'1' if kind == 'chart.trades' else '100ms'}"


NUMBERS = {
    "negative": -61000.0,
    "zero": 0,
    "zero float": 0.0,
    "minus zero": Verbatim("-0"),
    "number as text": "61000.0",
    "null": None,
    "missing": MISSING,
    "empty": "",
}
BAD = NEVER_GOOD | NUMBERS

FIELDS = [
    *(("book", field) for field in ("timestamp", "change_id", "prev_change_id", "bids", "asks")),
    *(("book", field) for field in ("price", "amount", "instrument_name", "type")),
    *(("trades", field) for field in ("timestamp", "trade_seq", "price", "amount", "direction")),
    *(("ticker", field) for field in ("timestamp", "mark_price", "index_price", "state")),
    ("ticker", "open_interest"),
    *(("ticker", field) for field in ("current_funding", "best_bid_price", "best_ask_amount")),
    *(("chart.trades", field) for field in ("tick", "open", "high", "low", "close", "cost")),
]

OPTIONAL = ("index_price", "current_funding", "open_interest")
ZEROS = ("zero", "zero float", "minus zero")
# Where a value that is bad elsewhere is right, or only unknown.
ALLOWED = {
    *(("book", side, "list") for side in ("bids", "asks")),
    ("chart.trades", "tick", "zero"),
    ("chart.trades", "tick", "minus zero"),
    *(("chart.trades", "cost", zero) for zero in ZEROS),
    *(("book", "timestamp", zero) for zero in ("zero", "minus zero")),
    *(("book", "prev_change_id", zero) for zero in ("zero", "minus zero")),  # a gap
    *(("trades", field, "zero") for field in ("timestamp", "trade_seq")),
    *(("trades", field, "minus zero") for field in ("timestamp", "trade_seq")),
    *(("ticker", "timestamp", zero) for zero in ("zero", "minus zero")),
    *(("ticker", field, zero) for field in ("current_funding", "open_interest") for zero in ZEROS),
    *(("ticker", field, "missing") for field in OPTIONAL),
    *(("ticker", field, "null") for field in OPTIONAL),
    *(
        ("ticker", field, nothing)
        for field in ("best_bid_price", "best_ask_amount")
        for nothing in ("zero", "zero float", "missing", "null")
    ),
}


def spoilt(kind, field, bad):
    data = json.loads(json.dumps(GOOD[kind]))
    target, key = (data[0] if kind == "trades" else data), field
    if kind == "book" and field in {"price", "amount"}:
        target, key = data["bids"][0], ("action", "price", "amount").index(field)
    if bad is MISSING:
        del target[key]
    else:
        target[key] = bad
    params = {"channel": channel_of(kind), "data": data}
    return write({"jsonrpc": "2.0", "method": "subscription", "params": params}).encode()


def synced():
    protocol = d.opened()
    protocol.receive_frame(d.snapshot_frame(100), 1)
    protocol.events_received()
    return protocol


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=[f"{k} {f}" for k, f in FIELDS])
def test_a_bad_value_in_any_field_is_a_counted_rejection(kind, field):
    protocol = synced()
    for name, bad in BAD.items():
        if (kind, field, name) in ALLOWED:
            continue
        before = protocol.counters.rejected
        protocol.receive_frame(spoilt(kind, field, bad), 5)
        assert protocol.counters.rejected == before + 1, name
        assert protocol.events_received() == [], name
    protocol.receive_frame(d.notice(channel_of(kind), GOOD[kind]), 6)
    assert protocol.events_received(), "the feed goes on"


@pytest.mark.parametrize("price", [60999.75, 61000.000001, 0.25, 5e-324, 1e16])
def test_a_price_off_the_tick_is_refused(price):
    protocol = synced()
    protocol.receive_frame(d.trades_frame(d.trade(7, price)), 5)
    assert protocol.counters.rejected == 1
    assert protocol.events_received() == []


@pytest.mark.parametrize(
    ("key", "again"),
    [
        (b'"mark_price":', b'"mark_price":1,"mark_price":'),
        (b'"data":', b'"data":{},"data":'),
        (b'"channel":', b'"channel":"x","channel":'),
        (b'"method":', b'"method":"heartbeat","method":'),
        (b'"timestamp":', b'"timestamp":1,"timestamp" :'),
        (b'"mark_price":', b'"\\u006dark_price":1,"mark_price":'),
    ],
    ids=["mark", "data", "channel", "method", "spaced", "escaped"],
)
def test_a_key_that_stands_twice_is_refused(key, again):
    protocol = synced()
    frame = d.ticker_frame().replace(key, again, 1)
    json.loads(frame)  # it is JSON, of which readers make different things
    protocol.receive_frame(frame, 5)
    assert protocol.events_received() == []
    assert protocol.counters.rejected == 1


def test_a_key_twice_in_one_of_several_trades_is_refused():
    protocol = synced()
    frame = d.trades_frame(d.trade(7), d.trade(8))
    protocol.receive_frame(frame.replace(b'"price":', b'"price":1,"price":', 1), 5)
    assert protocol.counters.reasons == {"a key twice": 1}
    protocol.receive_frame(frame, 5)
    assert len(protocol.events_received()) == 2


def test_depth_without_end_is_refused():
    protocol = synced()
    frame = d.ticker_frame()
    for deep in (
        b"[" * 1_000_000,
        b'{"params":' * 100_000,
        frame.replace(b"61003.33", b"[" * 500_000 + b"]" * 500_000),
        b'{"id":1,"result":' + b"[" * 500_000,
    ):
        protocol.receive_frame(deep, 1)
        assert protocol.events_received() == []
    assert protocol.counters.rejected == 4


def test_a_flood_of_different_faults_does_not_fill_memory():
    protocol = synced()
    for n in range(1_000):
        protocol.receive_frame(d.trades_frame(d.trade(n, symbol=str(n))), 1)
        protocol.receive_frame(d.notice(f"book.{n}.100ms", d.book(n)), 1)
        protocol.receive_frame(b"{" * (n + 1), 1)
    assert len(protocol.counters.reasons) < 10
    assert len(protocol.streams()) == 20
