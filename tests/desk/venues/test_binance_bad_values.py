"""A bad value in any field of a Binance message is a counted rejection, and the feed goes on."""

import json

import pytest
from helpers import binance_frames as b

FIVE_THOUSAND_DIGITS = "9" * 5_000


class Verbatim(int):
    """A number that JSON writes as it is told."""

    def __new__(cls, text):
        number = super().__new__(cls, 0)
        number.text = text
        return number

    def __repr__(self):
        return self.text


def write(event):
    """JSON with numbers that Python's own writer would not let through."""

    def value(x):
        if isinstance(x, Verbatim):
            return x.text
        if isinstance(x, dict):
            return "{" + ",".join(f"{json.dumps(k)}:{value(v)}" for k, v in x.items()) + "}"
        if isinstance(x, list):
            return "[" + ",".join(map(value, x)) + "]"
        return json.dumps(x)

    return value(event).encode()


BAD_NUMBERS = {
    "NaN": "NaN",
    "infinite": "Infinity",
    "minus infinite": "-Infinity",
    "1e999": "1e999",
    "exponent": "6e4",
    "negative": "-61000.0",
    "zero": "0.00000000",
    "minus zero": "-0",
    "10^30": "1" + "0" * 30,
    "empty": "",
    "space": " 61000.0",
    "word": "price",
    "5,000 digits": FIVE_THOUSAND_DIGITS,
    "null": None,
    "boolean": True,
    "list": [],
    "object": {},
    "deep": [[[[[[[[[["61000.0"]]]]]]]]]],
    "surrogate": "\ud800",
    "bare NaN": Verbatim("NaN"),
    "bare infinity": Verbatim("-Infinity"),
    "bare 1e999": Verbatim("1e999"),
    "bare 5,000 digits": Verbatim(FIVE_THOUSAND_DIGITS),
    "bare float": Verbatim("61000.0"),
    "bare negative": Verbatim("-1"),
    "bare 10^30": Verbatim("1" + "0" * 30),
    "missing": ...,
}

GOOD = {
    "depth": ("btcusdt@depth@100ms", b.diff(101, 105, 100, bids=[("60999.0", "1.000")])),
    "trade": ("btcusdt@trade", b.trade(7)),
    "ticker": ("btcusdt@bookTicker", b.ticker(42)),
    "mark": ("btcusdt@markPrice@1s", b.mark()),
    "candle": ("btcusdt@kline_1m", b.candle()),
    "forced": ("btcusdt@forceOrder", b.forced()),
}

INSIDE = {"candle": "k", "forced": "o"}
"""Where an event keeps its figures, if not at its top."""

NUMBERS = [
    *(("depth", field) for field in ("U", "u", "pu", "b", "a", "price", "quantity")),
    *(("trade", field) for field in "tpqTm"),
    *(("ticker", field) for field in "ubBaA"),
    *(("mark", field) for field in "pirT"),
    *(("candle", field) for field in "tohlcvxi"),
    *(("forced", field) for field in ("S", "X", "ap", "z", "T")),
]

# Where a value that is bad elsewhere is only unknown, or is right.
ALLOWED = {
    *((kind, field, "boolean") for kind, field in [("trade", "m")]),
    *(("depth", field, "list") for field in "ba"),
    *(("mark", field, "missing") for field in "irT"),
    *(("mark", field, "empty") for field in "ir"),
    *(("mark", "r", zero) for zero in ("zero", "minus zero")),
    ("depth", "quantity", "zero"),
    ("candle", "x", "boolean"),
    *(("candle", "v", zero) for zero in ("zero", "minus zero")),
    *(("forced", "z", zero) for zero in ("zero", "minus zero")),
    ("forced", "T", "missing"),
    ("forced", "T", "null"),
}


def spoilt(kind, field, bad):
    stream, event = GOOD[kind]
    event = json.loads(json.dumps(event))
    target, key = event.get(INSIDE.get(kind), event), field
    if field in {"price", "quantity"}:
        target, key = event["b"][0], ("price", "quantity").index(field)
    if bad is ...:
        del target[key]
    else:
        target[key] = bad
    return stream, event


@pytest.mark.parametrize(("kind", "field"), NUMBERS, ids="-".join)
@pytest.mark.parametrize("wrap", [True, False], ids=["wrapped", "raw"])
def test_a_bad_value_in_any_field_is_a_counted_rejection(kind, field, wrap):
    protocol = b.protocol(b.USDM)
    protocol.receive_frame(b.depth_frame(100, 100, 99), 1)
    protocol.receive_response(protocol.snapshot_request("BTCUSDT"), b.snapshot(100), 1)
    protocol.events_received()
    for name, bad in BAD_NUMBERS.items():
        if (kind, field, name) in ALLOWED:
            continue
        stream, event = spoilt(kind, field, bad)
        if not wrap and kind == "ticker" and field == "A" and name == "missing":
            continue  # nothing tells any more that this is a ticker: an unknown event
        frame = write({"stream": stream, "data": event} if wrap else event)
        before = protocol.counters.rejected
        protocol.receive_frame(frame, 5)
        assert protocol.counters.rejected == before + 1, name
        assert protocol.events_received() == [], name
    stream, event = GOOD[kind]
    protocol.receive_frame(b.wrapped(stream, event), 6)
    assert len(protocol.events_received()) == 1, "the feed goes on"


def test_a_nest_of_a_million_brackets_is_rejected():
    protocol = b.protocol()
    for frame in (b"[" * 1_000_000, b'{"stream":"btcusdt@trade","data":' + b'{"a":' * 190_000):
        protocol.receive_frame(frame, 1)
    assert protocol.counters.rejected == 2


def test_a_flood_of_different_faults_does_not_fill_memory():
    protocol = b.protocol()
    for n in range(1_000):
        protocol.receive_frame(b.wrapped(f"{n}@trade", b.trade(n, symbol=str(n))), 1)
        protocol.receive_frame(b.wrapped(f"btcusdt@{n}", b.trade(n)), 1)
        protocol.receive_frame(b"{" * (n + 1), 1)
    assert len(protocol.counters.reasons) < 10
    assert len(protocol.streams()) == 14


@pytest.mark.thorough
def test_a_flood_of_stream_names_does_not_fill_memory():
    protocol = b.protocol()
    for n in range(3_000):
        protocol.receive_frame(b.wrapped(f"btcusdt@trade@{n}", b.trade(n)), 1)
    assert len(protocol.streams()) < 1_100
    assert protocol.counters.reasons == {"too many streams": 3_000 - (1_024 - 12)}
    protocol.receive_frame(b.wrapped("btcusdt@trade", b.trade(9_000)), 1)
    assert protocol.events_received()[-1].trade_id == 9_000


def objects_in(value):
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects_in(inner)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("wrap", [True, False], ids=["wrapped", "raw"])
def test_any_key_that_stands_twice_is_a_counted_rejection(kind, wrap):
    protocol = b.protocol()
    protocol.receive_frame(b.depth_frame(100, 100, 99), 1)
    protocol.receive_response(protocol.snapshot_request("BTCUSDT"), b.snapshot(100), 1)
    stream, event = GOOD[kind]
    document = {"stream": stream, "data": event} if wrap else event
    frame = write(document)
    twice = [
        frame.replace(write(inner), b'{"%b":%b,' % (key.encode(), write(value)) + write(inner)[1:])
        for inner in objects_in(document)
        for key, value in inner.items()
    ]
    for shape_is_known in (False, True):
        protocol.events_received()
        before = protocol.counters.reasons.get("repeated key", 0)
        for spoilt_frame in twice:
            protocol.receive_frame(spoilt_frame, 1)
        assert protocol.events_received() == []
        assert protocol.counters.reasons["repeated key"] == before + len(twice)
        if not shape_is_known:
            protocol.receive_frame(frame, 1)
            assert len(protocol.events_received()) == 1
