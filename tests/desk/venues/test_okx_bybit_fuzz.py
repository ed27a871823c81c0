"""Any bytes on a socket of OKX or Bybit give events or a counted rejection, and no exception."""

import copy
import json

import pytest
from helpers import in_band_frames as f
from helpers.bad_values import MISSING, NEVER_GOOD, write
from helpers.sanity import check_sane
from hypothesis import given
from hypothesis import strategies as st

from desk.venues.protocol import MAX_FRAME_BYTES

PROTOCOLS = {
    "okx": f.okx,
    f.SPOT: lambda: f.bybit(f.SPOT),
    f.LINEAR: lambda: f.bybit(f.LINEAR),
    f.INVERSE: lambda: f.bybit(f.INVERSE),
}

LEVEL = [("63900", "1.5")]

OKX_GOOD = {
    "snapshot": f.okx_snapshot(100),
    "book": f.okx_book(100, 105, LEVEL),
    "top": f.okx_top(),
    "trades": f.okx_trades(f.okx_trade(7)),
    "mark": f.okx_mark(),
    "index": f.okx_index(),
    "funding": f.okx_funding(),
    "open interest": f.okx_open_interest(),
}
BYBIT_GOOD = {
    "snapshot": f.bybit_snapshot(100),
    "book": f.bybit_book(101, LEVEL),
    "top": f.bybit_snapshot(5, depth=1),
    "trades": f.bybit_trades(f.bybit_print("a")),
    "ticker": f.bybit_ticker(**f.FULL_TICKER),
    "ticker change": f.bybit_ticker("delta", 101, **f.FULL_TICKER),
}

OKX_FIELDS = [
    *(("book", ("data", 0, name)) for name in ("bids", "asks", "ts", "seqId", "prevSeqId")),
    *(("book", ("data", 0, "bids", 0, at)) for at in (0, 1)),
    ("book", ("action",)),
    *(("top", ("data", 0, name)) for name in ("bids", "asks", "ts")),
    *(("top", ("data", 0, "bids", 0, at)) for at in (0, 1)),
    *(("trades", ("data", 0, name)) for name in ("tradeId", "px", "sz", "side", "ts", "instId")),
    *(("mark", ("data", 0, name)) for name in ("markPx", "ts", "instId")),
    *(("index", ("data", 0, name)) for name in ("idxPx", "instId")),
    *(("funding", ("data", 0, name)) for name in ("fundingTime", "instId")),
    *(("open interest", ("data", 0, name)) for name in ("oi", "instId")),
]
BYBIT_FIELDS = [
    *(("book", ("data", name)) for name in "sbau"),
    *(("book", ("data", "b", 0, at)) for at in (0, 1)),
    *(("book", (name,)) for name in ("type", "ts")),
    *(("top", ("data", name)) for name in "sbau"),
    *(("trades", ("data", 0, name)) for name in "TsSvp"),
    *(("ticker", (name,)) for name in ("type", "ts")),
    ("ticker", ("data", "symbol")),
    ("ticker", ("data", "markPrice")),
]
# Fields that may be left out, and are unknown then.
OKX_OPTIONAL = [("funding", ("data", 0, name)) for name in ("fundingRate", "nextFundingTime")]
BYBIT_OPTIONAL = [
    ("ticker", ("data", name))
    for name in (
        "indexPrice",
        "fundingRate",
        "nextFundingTime",
        "fundingIntervalHour",
        "singleOpenInterest",
    )
]
LISTS = {"bids", "asks", "b", "a"}

CASES = [
    pytest.param(venue, *case, optional, id=f"{venue}-{case[0]}-{'.'.join(map(str, case[1]))}")
    for venue, needed, may_lack in (
        ("okx", OKX_FIELDS, OKX_OPTIONAL),
        (f.LINEAR, BYBIT_FIELDS, BYBIT_OPTIONAL),
    )
    for cases, optional in ((needed, False), (may_lack, True))
    for case in cases
]


def goods(venue):
    return OKX_GOOD if venue == "okx" else BYBIT_GOOD


def spoilt(message, path, bad):
    message = copy.deepcopy(message)
    *way, last = path
    target = message
    for key in way:
        target = target[key]
    if bad is MISSING:
        del target[last]
    else:
        target[last] = bad
    return message


@pytest.mark.parametrize(("venue", "kind", "path", "optional"), CASES)
def test_a_bad_value_in_any_field_is_a_counted_rejection(venue, kind, path, optional):
    protocol = PROTOCOLS[venue]()
    good = goods(venue)
    protocol.receive_frame(f.raw(good["snapshot"]), 1)
    protocol.events_received()
    bad_values = dict(NEVER_GOOD)
    if not optional:
        bad_values |= {"null": None, "missing": MISSING}
    if path[-1] in LISTS:
        del bad_values["list"]  # a side without levels
        bad_values["half a level"] = [["63900"]]
    if path[-1] in (0, "px", "p", "markPx", "idxPx"):
        bad_values |= {"zero": "0.00", "minus zero": "-0"}
    for name, bad in bad_values.items():
        before = protocol.counters.rejected
        protocol.receive_frame(write(spoilt(good[kind], path, bad)).encode(), 5)
        assert protocol.counters.rejected == before + 1, name
        assert protocol.events_received() == [], name
    protocol.receive_frame(f.raw(good[kind]), 6)
    assert protocol.counters.rejected == before + 1, "the feed goes on"


@pytest.mark.parametrize("off", ["63900.05", "63900.0500000000000001"])
@pytest.mark.parametrize(
    ("venue", "kind", "path"),
    [
        ("okx", "book", ("data", 0, "bids", 0, 0)),
        ("okx", "snapshot", ("data", 0, "asks", 0, 0)),
        ("okx", "trades", ("data", 0, "px")),
        ("okx", "top", ("data", 0, "bids", 0, 0)),
        (f.LINEAR, "book", ("data", "b", 0, 0)),
        (f.LINEAR, "snapshot", ("data", "a", 0, 0)),
        (f.LINEAR, "trades", ("data", 0, "p")),
        (f.LINEAR, "top", ("data", "b", 0, 0)),
    ],
)
def test_a_price_off_the_grid_is_rejected(venue, kind, path, off):
    protocol = PROTOCOLS[venue]()
    protocol.receive_frame(f.raw(spoilt(goods(venue)[kind], path, off)), 1)
    assert protocol.events_received() == []
    assert protocol.counters.reasons == {"off the grid": 1}


@pytest.mark.parametrize("size", ["0", "-1", "0.000"])
@pytest.mark.parametrize(
    ("venue", "kind", "path"),
    [
        ("okx", "snapshot", ("data", 0, "bids", 0, 1)),
        ("okx", "trades", ("data", 0, "sz")),
        ("okx", "top", ("data", 0, "bids", 0, 1)),
        (f.LINEAR, "snapshot", ("data", "b", 0, 1)),
        (f.LINEAR, "trades", ("data", 0, "v")),
        (f.LINEAR, "top", ("data", "b", 0, 1)),
    ],
)
def test_a_size_of_nothing_is_rejected_where_it_removes_nothing(venue, kind, path, size):
    protocol = PROTOCOLS[venue]()
    protocol.receive_frame(f.raw(spoilt(goods(venue)[kind], path, size)), 1)
    assert protocol.events_received() == []
    assert protocol.counters.rejected == 1


@pytest.mark.parametrize(
    ("venue", "kind", "once", "twice"),
    [
        ("okx", "book", b'"seqId":105', b'"seqId":105,"seqId":105'),
        ("okx", "book", b'"action"', b'"action":"snapshot","action"'),
        ("okx", "mark", b'"markPx"', b'"markPx":"1","markPx"'),
        ("okx", "mark", b'"data"', b'"data":[],"data"'),
        ("okx", "trades", b'"instId":', b'"instId":"BTC-USDT-SWAP","instId":'),
        (f.LINEAR, "book", b'"u":101', b'"u":101,"u":101'),
        (f.LINEAR, "ticker", b'"markPrice"', b'"markPrice":"1","markPrice"'),
        (f.LINEAR, "ticker", b'"type"', b'"type":"delta","type"'),
        (f.LINEAR, "trades", b'"p":', b'"p":"1.0","p":'),
    ],
)
def test_a_key_that_stands_twice_is_rejected(venue, kind, once, twice):
    protocol = PROTOCOLS[venue]()
    protocol.receive_frame(f.raw(goods(venue)["snapshot"]), 1)
    protocol.events_received()
    frame = f.raw(goods(venue)[kind])
    assert once in frame
    protocol.receive_frame(frame.replace(once, twice, 1), 2)
    assert protocol.events_received() == []
    assert protocol.counters.reasons == {"a key twice": 1}


@pytest.mark.parametrize("venue", ["okx", f.LINEAR])
def test_a_name_written_in_escapes_cannot_hide_a_second_key(venue):
    protocol = PROTOCOLS[venue]()
    frame = f.raw(goods(venue)["snapshot"]).replace(b'"data"', b'"d\\u0061ta":[],"data"')
    protocol.receive_frame(frame, 1)
    assert protocol.events_received() == []
    assert protocol.counters.rejected == 1


@pytest.mark.parametrize("venue", PROTOCOLS)
def test_a_giant_and_a_nest_of_a_million_brackets_are_rejected(venue):
    protocol = PROTOCOLS[venue]()
    frames = [
        b"[" * 1_000_000,
        b'{"arg":' * 100_000,
        b'{"topic":"tickers.BTCUSDT","data":' + b'{"a":' * 150_000,
        b'{"x":"' + b"x" * MAX_FRAME_BYTES + b'"}',
    ]
    for frame in frames:
        protocol.receive_frame(frame, 1)
    assert protocol.counters.rejected == len(frames)
    assert protocol.counters.reasons["oversize"] == 1


@given(st.sampled_from(list(PROTOCOLS)), st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes(venue, frames):
    protocol = PROTOCOLS[venue]()
    for frame in frames:
        protocol.receive_frame(frame, 1)
        protocol.tick(1)
    check_sane(protocol)
    assert protocol.counters.messages == len(frames)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 10**20)
    | st.floats()
    | st.sampled_from(["", "0", "63900.1", "1.5", "-1", "NaN", "1e5", "BTCUSDT", f.SWAP, "delta"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def paths(value, way=()):
    """Every place in a message."""
    yield way
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries if isinstance(value, dict | list) else ():
        if isinstance(inner, dict | list):
            yield from paths(inner, (*way, key))
        else:
            yield (*way, key)


def places(venue):
    return [
        (kind, path)
        for kind, message in goods(venue).items()
        for path in paths(json.loads(json.dumps(message)))
        if path
    ]


PLACES = {venue: places(venue) for venue in PROTOCOLS}


@given(st.data())
def test_any_change_of_valid_frames(data):
    venue = data.draw(st.sampled_from(list(PROTOCOLS)))
    protocol = PROTOCOLS[venue]()
    protocol.receive_frame(f.raw(goods(venue)["snapshot"]), 1)
    for _ in range(data.draw(st.integers(1, 8))):
        kind, path = data.draw(st.sampled_from(PLACES[venue]))
        bad = data.draw(values | st.just(MISSING))
        message = spoilt(json.loads(json.dumps(goods(venue)[kind])), path, bad)
        protocol.receive_frame(json.dumps(message).encode(), 2)
        protocol.tick(2)
    check_sane(protocol)


@given(st.data())
def test_any_cut_or_flipped_byte_of_a_valid_frame(data):
    venue = data.draw(st.sampled_from(list(PROTOCOLS)))
    protocol = PROTOCOLS[venue]()
    frame = bytearray(f.raw(data.draw(st.sampled_from(list(goods(venue).values())))))
    at = data.draw(st.integers(0, len(frame) - 1))
    frame[at] = data.draw(st.integers(0, 255))
    protocol.receive_frame(bytes(frame[: data.draw(st.integers(at, len(frame)))]), 1)
    check_sane(protocol)


@pytest.mark.parametrize("venue", ["okx", f.LINEAR])
def test_a_flood_of_different_faults_does_not_fill_memory(venue):
    protocol = PROTOCOLS[venue]()
    wanted = len(protocol.streams())
    for n in range(500):
        protocol.receive_frame(f.raw({"arg": {"channel": str(n), "instId": str(n)}}), 1)
        protocol.receive_frame(f.raw({"topic": str(n), "event": "error", "msg": str(n)}), 1)
        protocol.receive_frame(f.raw({"success": False, "ret_msg": str(n), "req_id": str(n)}), 1)
        protocol.receive_frame(b"{" * (n + 1), 1)
    assert len(protocol.counters.reasons) < 10
    assert len(protocol.streams()) == wanted
