"""Tickers read at the price of their bytes: never anything but the strict way reads."""

from decimal import Decimal

import pytest
from helpers import binance_frames as b
from helpers.two_ways import TwoWays
from hypothesis import given
from hypothesis import strategies as st

from desk.model.market_data import BookTop

STREAM = "btcusdt@bookTicker"
INSTRUMENT = b.CATALOGUE.get("BTCUSDT-PERP.BINANCE")


def frame(update_id=42, bid="61000.0", ask="61000.1", quantity="1.500", **more):
    """A ticker in the shape that the venue documents."""
    times = {"T": b.START_MS, "E": b.START_MS} | more
    ticker = b.ticker(update_id, bid, ask, quantity=quantity, e="bookTicker", **times)
    return b.wrapped(STREAM, ticker)


class Pair(TwoWays):
    """A desk that has learnt to read quickly, and one that always reads the strict way."""

    def __init__(self):
        super().__init__(INSTRUMENT, STREAM)
        self.both(frame())
        assert self.counted.read(frame()) is not None


prices = st.integers(10**5, 10**6 - 1).map(lambda n: n * Decimal("0.1"))
sizes = st.integers(1, 9_999).map(lambda n: n * Decimal("0.001"))


@given(prices, prices, sizes, st.integers(10, 99))
def test_every_ticker_of_a_known_form_is_what_decimal_says(bid, ask, size, update_id):
    pair = Pair()
    payload = frame(update_id, f"{bid:f}", f"{ask:f}", f"{size:f}")
    assert pair.counted.read(payload) is not None
    (top,), refused = pair.both(payload)
    assert isinstance(top, BookTop)
    assert not refused
    assert (top.update_id, top.bid * INSTRUMENT.tick_size) == (update_id, bid)
    assert (top.ask * INSTRUMENT.tick_size, top.bid_lots * INSTRUMENT.lot_size) == (ask, size)
    assert all(type(n) is int for n in (top.bid, top.bid_lots, top.ask, top.ask_lots))


@pytest.mark.parametrize("text", [
    *("0.016", "0.000", "0", "1", "12", "1.5", "1.50", "1.5000", "1.50000", "12.500", "1.5e3"),
    *("-1.500", "+1.500", " 1.500", "1.500 ", "1..500", ".1500", "1500.", "1.5\\u0030", "١.500"),
    *("NaN", "Infinity", "", "007", "00.50", "9" * 17, "1" * 400, "999999999999.999"),
    *("1000000000000.001", "9007199254740.993", "true", "null", "[1]"),
])  # fmt: skip
@pytest.mark.parametrize("field", ["bid", "ask", "quantity"])
def test_a_nasty_number_is_read_or_refused_as_the_strict_way_does(text, field):
    pair = Pair()
    for payload in (frame(**{field: text}), frame(43), frame(**{field: text}), frame(44)):
        pair.both(payload)
    bare = frame(45).replace(b'"61000.0"', text.encode(), 1)
    pair.both(bare)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"u":42', b'"u":"42"'),
        (b'"u":42', b'"u":4.2'),
        (b'"u":42', b'"u":42.0'),
        (b'"u":42', b'"u":4e2'),
        (b'"u":42', b'"u":-2'),
        (b'"E"', b'"u"'),
        (b'"E"', b'"b"'),
        (b'"T"', b'"E"'),
        (b'"T"', b'"\\u0045"'),
        (b'"T":18', b'"T":1.8'),
        (b'"E":18', b'"E":1.8'),
        (b'"E":18', b'"E":99'),
        (b'"s":"BTCUSDT"', b'"s":"BTC.USDT"'),
        (b'"s":"BTCUSDT"', b'"s":"BTCUSDT1"'),
        (b'"s":"BTCUSDT"', b'"s":"ETHUSDT"'),
        (b'"61000.1"', b"61000.1"),
        (b'"61000.1"', b'["61000.1"]'),
        (b"}}", b"}}1"),
        (b"}}", b"}1}"),
        (b"}}", b"}}}"),
        (b'"data"', b'"data":1,"data"'),
        (b'"data"', b'"data1"'),
    ],
)
def test_a_frame_that_is_bent_is_read_or_refused_as_the_strict_way_does(old, new):
    pair = Pair()
    bent = frame().replace(old, new, 1)
    assert bent != frame()
    for payload in (bent, frame(43), bent.replace(b"61000.0", b"61234.5")):
        pair.both(payload)


LETTERS = st.sampled_from([bytes([c]) for c in b'0123456789.[]{}",:-+eEuBAN \\ab\x00\xff'])
CHUNKS = st.sampled_from([b'"b":"1.0",', b'"u":7,', b'","', b"}}", b"00000", b"."])


@pytest.mark.thorough
@given(st.data())
def test_frames_with_anything_put_in_or_taken_out_are_read_as_the_strict_way_does(data):
    pair = Pair()
    for _ in range(data.draw(st.integers(1, 4))):
        payload = frame(data.draw(st.integers(10, 99)))
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(payload)))
            out = data.draw(st.integers(0, 3))
            put = data.draw(LETTERS | CHUNKS | st.just(b""))
            payload = payload[:at] + put + payload[at + out :]
        pair.both(payload)
        pair.both(payload.replace(b"1", b"7"))


@pytest.mark.parametrize("name", ["u.", ".u", "0.u", "0.0u", "0.00u"])
def test_a_name_that_would_become_another_without_its_point_is_never_known(name):
    pair = Pair()
    payload = frame()
    known = set(pair.counted._known)
    for count in (42, 43):  # first the same as the id, then not
        bent = payload.replace(b'"u":42', f'"u":42,"{name}":{count}'.encode())
        for _ in range(70):
            pair.both(bent)
    assert pair.counted._known == known


def test_what_cannot_be_learnt_is_not_tried_with_every_frame():
    """A quantity that says fewer digits than a lot has is another number without its point."""
    pair = Pair()
    small = frame(quantity="12.5")
    pair.both(small)
    long = frame(bid="161000.0")
    for _ in range(64):
        pair.both(long)
    assert pair.counted.read(long) is None
    pair.both(long)
    assert pair.counted.read(long) is not None
    assert pair.counted.read(small) is None


def test_forms_are_forgotten_before_they_are_too_many():
    pair = Pair()
    for whole in range(1, 12):
        for fraction in range(1, 25):
            more = {"x" * fraction: "y" * whole}
            pair.both(frame(**more))
    assert 0 < len(pair.counted._known) <= 256


def test_the_form_of_a_frame_that_is_far_too_long_is_not_kept():
    """Of a hostile feed each could be a megabyte."""
    pair = Pair()
    known = set(pair.counted._known)
    for letter in "ABCDEFGH":
        pair.both(frame(**{letter * 3: "y" * 4_000}))
    assert pair.counted._known == known
