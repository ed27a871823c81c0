"""A million damaged frames to each protocol with snapshots in band."""

import random

import pytest
from helpers import deribit_frames as d
from helpers import hyperliquid_frames as h
from helpers.sanity import check_sane

GOOD = {
    "deribit": [
        d.snapshot_frame(100),
        d.book_frame(101, 100, bids=[("change", 61000.0, 70), ("delete", 60999.5, 0.0)]),
        d.trades_frame(d.trade(7), d.trade(8)),
        d.ticker_frame(),
        d.trades_frame(d.trade(9, liquidation="MT")),
        d.candle_frame(),
        d.candle_frame(d.START_MS + d.MINUTE_MS),
        d.heartbeat("test_request"),
        d.answer(2, ["ticker.BTC-PERPETUAL.100ms"]),
    ],
    "hyperliquid": [
        h.book_frame(),
        h.trades_frame(h.trade(7), h.trade(8)),
        h.best_frame(("61000.0", "1"), None),
        h.context_frame(),
        h.candle_frame(),
        h.candle_frame(h.START_MS + h.MINUTE_MS),
        h.frame("error", "x"),
    ],
}
PIECES = [
    b"NaN",
    b"1e999",
    b"-",
    b"0",
    b"null",
    b'"',
    b"{",
    b"[",
    b"]",
    b"}",
    b"\\",
    b",",
    b"9" * 40,
]


def damage(chance, frame, other):
    """Cut, splice, overwrite, or repeat some of a frame."""
    at, to = sorted(chance.randrange(len(frame) + 1) for _ in range(2))
    match chance.randrange(5):
        case 0:
            return frame[:at]
        case 1:
            return frame[:at] + other[chance.randrange(len(other)) :]
        case 2:
            return frame[:at] + chance.choice(PIECES) + frame[to if to - at < 20 else at :]
        case 3:
            return frame[:to] + frame[at:]
        case _:
            return frame[:at] + chance.randbytes(chance.randrange(1, 4)) + frame[at + 1 :]


@pytest.mark.slow
@pytest.mark.parametrize("venue", [d, h], ids=["deribit", "hyperliquid"])
def test_a_million_damaged_frames_raise_nothing(venue):
    chance, protocol = random.Random(3), venue.opened()
    good = GOOD[protocol.connection]
    before = protocol.counters.messages
    for n in range(1_000_000):
        frame = damage(chance, chance.choice(good), chance.choice(good))
        protocol.receive_frame(frame, n)
        if n % 100 == 0:
            check_sane(protocol)
            protocol.tick(n)
            protocol.frames_to_send(venue.PATH)
    assert protocol.counters.messages == before + 1_000_000
    assert protocol.counters.rejected > 500_000
    for frame in good:
        protocol.receive_frame(frame, 2_000_000)
    assert check_sane(protocol), "the feed goes on"
