"""A bad value anywhere in a message of Hyperliquid is a counted rejection, and the feed goes on."""

import json

import pytest
from helpers import hyperliquid_frames as h
from helpers.bad_values import MISSING, NEVER_GOOD, Verbatim, write

GOOD = {
    "l2Book": h.book(),
    "trades": [h.trade(7)],
    "bbo": h.best(("61000.0", "1"), ("61001.0", "2")),
    "activeAssetCtx": h.context(),
    "candle": h.candle(),
}

NUMBERS = {
    "negative": "-61000.0",
    "zero": "0",
    "zero decimal": "0.0",
    "text as number": Verbatim("61000.0"),
    "minus": Verbatim("-1"),
    "exponent": "6e4",
    "null": None,
    "missing": MISSING,
    "empty": "",
    "off the tick": "61000.05000001",
}
BAD = NEVER_GOOD | NUMBERS

FIELDS = [
    ("l2Book", "time"),
    ("l2Book", "levels"),
    ("l2Book", "px"),
    ("l2Book", "sz"),
    ("l2Book", "coin"),
    *(("trades", field) for field in ("px", "sz", "side", "time", "tid", "coin")),
    ("bbo", "time"),
    ("bbo", "px"),
    ("bbo", "sz"),
    *(("activeAssetCtx", field) for field in ("markPx", "oraclePx", "funding", "openInterest")),
    *(("candle", field) for field in "tsiohlcv"),
]

# Where a value that is bad elsewhere is right, or only unknown.
ALLOWED = {
    *(("candle", "v", bad) for bad in ("zero", "zero decimal", "off the tick")),
    *(
        ("activeAssetCtx", field, bad)
        for field in ("oraclePx", "funding", "openInterest")
        for bad in ("null", "missing")
    ),
    *(
        ("activeAssetCtx", field, zero)
        for field in ("funding", "openInterest")
        for zero in ("zero", "zero decimal")
    ),
    *(
        ("activeAssetCtx", field, "off the tick")
        for field in ("markPx", "oraclePx", "openInterest")
    ),
}


def spoilt(kind, field, bad):
    data = json.loads(json.dumps(GOOD[kind]))
    target = data[0] if kind == "trades" else data
    if kind == "l2Book" and field in {"px", "sz"}:
        target = data["levels"][0][0]
    elif kind == "bbo" and field in {"px", "sz"}:
        target = data["bbo"][0]
    elif kind == "activeAssetCtx":
        target = data["ctx"]
    if bad is MISSING:
        del target[field]
    else:
        target[field] = bad
    return write({"channel": kind, "data": data}).encode()


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=[f"{k} {f}" for k, f in FIELDS])
def test_a_bad_value_in_any_field_is_a_counted_rejection(kind, field):
    protocol = h.live()
    for name, bad in BAD.items():
        if (kind, field, name) in ALLOWED:
            continue
        before = protocol.counters.rejected
        protocol.receive_frame(spoilt(kind, field, bad), 5)
        assert protocol.counters.rejected == before + 1, name
        assert protocol.events_received() == [], name
    protocol.receive_frame(h.frame(kind, GOOD[kind]), 6)
    told = 2 if kind == "activeAssetCtx" else 1
    assert len(protocol.events_received()) == told, "the feed goes on"


@pytest.mark.parametrize(
    ("frame", "key", "again"),
    [
        (h.context_frame(), b'"markPx":', b'"markPx":"1","markPx":'),
        (h.context_frame(), b'"data":', b'"data":{},"data":'),
        (h.context_frame(), b'"channel":', b'"channel":"pong","channel":'),
        (h.context_frame(), b'"markPx":', b'"mark\\u0050x":"1","markPx":'),
        (h.book_frame(), b'"time":', b'"time":1,"time":'),
        (h.book_frame(), b'"px":', b'"px":"1","px":'),
        (h.trades_frame(h.trade(7), h.trade(8)), b'"sz":', b'"sz":"1","sz":'),
        (h.best_frame(("61000.0", "1"), ("61001.0", "1")), b'"px":', b'"px":"1","px":'),
        (h.candle_frame(), b'"h":', b'"h":"61000.0","h":'),
    ],
    ids=["mark", "data", "channel", "escaped", "time", "level", "trade", "best", "candle"],
)
def test_a_key_that_stands_twice_is_refused(frame, key, again):
    protocol = h.live()
    spoiled = frame.replace(key, again, 1)
    json.loads(spoiled)  # it is JSON, of which readers make different things
    protocol.receive_frame(spoiled, 5)
    assert protocol.events_received() == []
    assert protocol.counters.rejected == 1
    protocol.receive_frame(frame, 6)
    assert protocol.events_received()


def test_depth_without_end_is_refused():
    protocol = h.live()
    for deep in (
        b"[" * 1_000_000,
        b'{"channel":"l2Book","data":' + b'{"coin":' * 100_000,
        h.book_frame().replace(b'"1.5"', b"[" * 500_000 + b"]" * 500_000),
        b'{"channel":"subscriptionResponse","data":' + b"[" * 500_000,
    ):
        protocol.receive_frame(deep, 1)
        assert protocol.events_received() == []
    assert protocol.counters.rejected == 4


def test_a_flood_of_different_faults_does_not_fill_memory():
    protocol = h.live()
    for n in range(1_000):
        protocol.receive_frame(h.book_frame(coin=str(n)), 1)
        protocol.receive_frame(h.frame(str(n), {}), 1)
        protocol.receive_frame(b"{" * (n + 1), 1)
    assert len(protocol.counters.reasons) < 10
    assert len(protocol.streams()) == 18
