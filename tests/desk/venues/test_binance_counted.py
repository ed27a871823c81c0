"""Changes of the book read at the price of their bytes: never anything but the strict way reads."""

import json
from decimal import Decimal

import pytest
from helpers import binance_frames as b
from helpers.two_ways import TwoWays
from hypothesis import given
from hypothesis import strategies as st

from desk.model.market_data import BookDelta

STREAM, SYMBOL = "btcusdt@depth@100ms", "BTCUSDT"
INSTRUMENT = b.CATALOGUE.get("BTCUSDT-PERP.BINANCE")
CLEAN = ((("61000.1", "0.016"), ("60999.9", "0.000")), (("61000.2", "12.500"),))


def frame(bids, asks, first=10, last=12, previous=9):
    """A change in the shape that the venue documents: the levels come last."""
    sides = json.dumps([bids, asks], separators=(",", ":"))[1:-1]
    bid_text, ask_text = sides[: len(_text(bids))], sides[len(_text(bids)) + 1 :]
    return (
        f'{{"stream":"{STREAM}","data":{{"e":"depthUpdate","E":{b.START_MS},"T":{b.START_MS},'
        f'"s":"{SYMBOL}","U":{first},"u":{last},"pu":{previous},'
        f'"b":{bid_text},"a":{ask_text}}}}}'
    ).encode()


def _text(levels):
    return json.dumps(levels, separators=(",", ":"))


class Pair(TwoWays):
    """A desk that has learnt to read quickly, and one that always reads the strict way."""

    def __init__(self):
        super().__init__(INSTRUMENT, STREAM)
        self.last_id = 100
        self.both(self.next(CLEAN))
        for protocol in (self.quick, self.strict):
            protocol.receive_response(protocol.snapshot_request(SYMBOL), b.snapshot(101), 1)
        for sides in (CLEAN, (CLEAN[0], ()), ((), CLEAN[1])):
            self.both(self.next(sides))
        assert len(self.counted._known) == 3

    def next(self, sides):
        """A change that follows all before."""
        self.last_id += 1
        return frame(*sides, self.last_id, self.last_id, self.last_id - 1)


def by_decimal(levels):
    return [
        (int(Decimal(p) / INSTRUMENT.tick_size), int(Decimal(q) / INSTRUMENT.lot_size))
        for p, q in levels
    ]


prices = st.integers(1, 10**9).map(lambda n: f"{n * Decimal('0.1'):f}")
quantities = st.integers(0, 10**9).map(lambda n: f"{n * Decimal('0.001'):f}")
sides = st.lists(st.tuples(prices, quantities), max_size=30)


@given(sides, sides)
def test_every_change_on_the_grid_is_what_decimal_says(bids, asks):
    pair = Pair()
    payload = pair.next((bids, asks))
    assert (pair.counted.read(payload) is not None) == bool(bids or asks)
    (delta,), refused = pair.both(payload)
    assert isinstance(delta, BookDelta)
    assert not refused
    assert (delta.bids, delta.asks) == (by_decimal(bids), by_decimal(asks))
    assert all(type(n) is int for level in delta.bids + delta.asks for n in level)


NASTY = [
    *(
        "NaN",
        "nan",
        "Infinity",
        "inf",
        "1e3",
        "1E3",
        "1e-1",
        "-1",
        "-0",
        "-0.0",
        "+1",
        "",
        " ",
        ".",
    ),
    *("1.", ".1", "1.2.3", "1..2", " 1", "1 ", "1_0", "0x1", "007", "00.5", "٣", "1,5", "1\\u0030"),
    *(
        "0",
        "0.0",
        "0.00",
        "0.05",
        "61000.15",
        "61000.10",
        "61000.1000000000",
        "0.0005",
        "0.0000005",
    ),
    *(
        "61000.10000000001",
        "61000.100000000000001",
        "61000.09999999999999999",
        "0.99999999999999999",
    ),
    *(
        "9007199254740992",
        "9007199254740993",
        "900719925474099.3",
        "99999999999999.9",
        "999999999999999",
    ),
    *(
        "1000000000000000",
        "100000000000000.1",
        "1" * 17,
        "1" * 25,
        "9" * 400,
        "0" * 17,
        "0." + "0" * 20,
    ),
    *('1","2', "[", "]", '"', "e1", "1e", "null", "true"),
]


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("at", ["price", "quantity"])
@pytest.mark.parametrize("side", ["bids", "asks"])
def test_a_nasty_number_is_read_or_refused_as_the_strict_way_does(text, at, side):
    level = (text, "0.016") if at == "price" else ("61000.1", text)
    for levels in ((level,), (*CLEAN[0], level), (level, *CLEAN[0])):
        pair = Pair()
        pair.both(pair.next((levels, CLEAN[1]) if side == "bids" else (CLEAN[0], levels)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"U":', b'"U":"'),
        (b'"u":', b'"u":0'),
        (b',"pu"', b'.0,"pu"'),
        (b',"b"', b'.0,"b"'),
        (b'"e"', b'"b":[["1","1"]],"e"'),
        (b'"T"', b'"E"'),
        (b'"T"', b'"pu"'),
        (b'"T"', b'"s"'),
        (b'"T"', b'"a"'),
        (b'"T"', b'"E1"'),
        (b'"s":"BTCUSDT"', b'"s":"BTCUSDT1"'),
        (b'"s":"BTCUSDT"', b'"s":"ETHUSDT"'),
        (b'[["61000.1"', b'[[61000.1'),
        (b'"0.016"', b"16"),
        (b'"0.016"]', b'"0.016","1"]'),
        (b'"0.016"]', b'"0.016",["1","2"]]'),
        (b'"0.016"]', b'["1","2"],"0.016"]'),
        (b'["61000.1","0.016"],', b'["61000.1"],'),
        (b'["61000.1","0.016"],', b'["61000.1","0.016"]1,'),
        (b'["61000.1","0.016"],', b'1["61000.1","0.016"],'),
        (b'["61000.1","0.016"],', b'["61000.1","0.016"],7,'),
        (b"]]}}", b"]]}}1"),
        (b"]]}}", b"]]1}}"),
        (b"]]}}", b"]]}1}"),
        (b"]]}}", b'],["1","2"],]}}'),
        (b"]]}}", b'],1]}}'),
        (b'"a":[[', b'"a":[1['),
        (b'"a":[[', b'"a":1[['),
        (b'"a"', b'"a1"'),
        (b'"b"', b'"b1"'),
        (b'"data"', b'"data":1,"data"'),
    ],
)  # fmt: skip
def test_a_frame_that_is_bent_is_read_or_refused_as_the_strict_way_does(old, new):
    pair = Pair()
    straight = pair.next(CLEAN)
    bent = straight.replace(old, new)
    assert bent != straight
    pair.both(bent)


LETTERS = st.sampled_from([bytes([c]) for c in b'0123456789.[]{}",:-+eEN \\ab\x00\xff'])
CHUNKS = st.sampled_from([b'["1","2"],', b'["",""],', b'"],["', b'","', b"]]", b'[["', b"00000"])


@pytest.mark.thorough
@given(st.data())
def test_a_frame_with_anything_put_in_or_taken_out_is_read_as_the_strict_way_does(data):
    pair = Pair()
    payload = pair.next(data.draw(st.sampled_from([CLEAN, (CLEAN[0], ()), ((), CLEAN[1])])))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(payload)))
        out = data.draw(st.integers(0, 3))
        put = data.draw(LETTERS | CHUNKS | st.just(b""))
        payload = payload[:at] + put + payload[at + out :]
    pair.both(payload)


def test_what_was_refused_is_not_learnt():
    pair = Pair()
    known = pair.counted._known.copy()
    for text in ("1e3", "-0", "NaN"):
        bad = pair.next(((*CLEAN[0], (text, "0.016")), CLEAN[1]))
        for _ in range(3):
            assert pair.both(bad)[1] == {"not a plain number"}
    assert pair.counted._known == known


def test_orders_off_the_grid_make_it_read_the_strict_way_for_a_while():
    pair = Pair()
    (delta,), refused = pair.both(pair.next((CLEAN[0], (("61000.2", "0.0015"),))))
    assert (delta.asks, refused) == ([(610_002, 1)], set())
    clean = pair.next(CLEAN)
    read = [pair.counted.read(clean) for _ in range(65)]
    assert read[:64] == [None] * 64
    assert read[64] is not None
