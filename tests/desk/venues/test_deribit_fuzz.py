"""Any bytes from Deribit give events or a counted rejection, and never an exception."""

import json

import pytest
from helpers import deribit_frames as d
from helpers.bad_values import MISSING, NEVER_GOOD, Verbatim, write
from helpers.sanity import check_sane
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes(frames):
    protocol = synced()
    for frame in frames:
        protocol.receive_frame(frame, 1)
    check_sane(protocol)
    assert protocol.counters.messages == len(frames) + 2  # the confirmation and the snapshot


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 10**20)
    | st.floats()
    | st.sampled_from(["", "0", "61000.0", "delete", "new", "NaN", "BTC-PERPETUAL", "snapshot"])
    | st.sampled_from([61000.0, 61000.5, 20, 101, 102, 0.0, d.START_MS + 60_000, "M", "MT"]),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(
    sorted(
        {*GOOD["book"], *GOOD["ticker"], *GOOD["trades"][0], *GOOD["chart.trades"]}
        | {"liquidation", "block_trade_id"}
    )
)
channels = st.sampled_from([*map(channel_of, GOOD), "", "book..", "x"])


@given(
    st.lists(
        st.tuples(st.sampled_from(list(GOOD)), st.dictionaries(keys, values, max_size=3), channels),
        max_size=15,
    )
)
def test_any_change_of_valid_frames(changes):
    protocol = synced()
    for kind, change, channel in changes:
        good = GOOD[kind]
        data = [good[0] | change] if kind == "trades" else good | change
        protocol.receive_frame(d.notice(channel or channel_of(kind), data), 1)
        protocol.tick(1)
    check_sane(protocol)


@given(st.dictionaries(st.sampled_from(["id", "method", "params", "result", "error"]), values))
def test_any_answer(message):
    protocol = d.protocol()
    protocol.connection_made(d.PATH, 1)
    for request_id in (1, 2):
        protocol.receive_frame(d.raw({"id": request_id} | message), 1)
    check_sane(protocol)


@given(st.data())
def test_any_cut_or_flipped_byte_of_a_valid_frame(data):
    protocol = synced()
    kind = data.draw(st.sampled_from(list(GOOD)))
    frame = bytearray(d.notice(channel_of(kind), GOOD[kind]))
    at = data.draw(st.integers(0, len(frame) - 1))
    frame[at] = data.draw(st.integers(0, 255))
    protocol.receive_frame(bytes(frame[: data.draw(st.integers(at, len(frame)))]), 1)
    check_sane(protocol)


def test_a_flood_of_different_faults_does_not_fill_memory():
    protocol = synced()
    for n in range(1_000):
        protocol.receive_frame(d.trades_frame(d.trade(n, symbol=str(n))), 1)
        protocol.receive_frame(d.notice(f"book.{n}.100ms", d.book(n)), 1)
        protocol.receive_frame(b"{" * (n + 1), 1)
    assert len(protocol.counters.reasons) < 10
    assert len(protocol.streams()) == 20
