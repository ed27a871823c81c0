"""A million spoilt frames of Kraken and of Coinbase each: nothing escapes, nothing hangs."""

import random
import re
import time

import pytest
from helpers import coinbase_frames as c
from helpers import kraken_frames as k

FRAMES = 1_000_000
HANG_S = 0.1

NUMBER = re.compile(rb'"sequence_num":\d+')
"""Coinbase counts its frames, so each that is sent is numbered anew; Kraken does not."""

SCRAPS = [
    *(b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"1e999", b"-1", b"0", b"9" * 25),
    *(b"\\u0071", b"\xff", b"\x00", b'"price":', b'"channel":"book"', b'"type":"snapshot"'),
]


def kraken():
    venue = k.Venue()
    frames = [venue.snapshot(), venue.update(bids=[("60999.0", "1.0")]), k.trades(k.trade(7)),
              k.ticker(), k.ack(), k.HEARTBEAT, k.candles(k.candle(1)),
              k.candles(k.candle(), k.candle(1), kind="snapshot")]  # fmt: skip
    return k.opened(), frames


def coinbase():
    venue = c.Venue()
    frames = [venue.frame("l2_data", c.book(kind="snapshot")), venue.frame("l2_data", c.book()),
              venue.frame("market_trades", c.trades(c.trade(7))), venue.frame("ticker", c.ticker()),
              venue.frame("heartbeats", c.heartbeat(1))]  # fmt: skip
    return venue.protocol, frames


def spoil(draw, frame):
    at = draw.randrange(len(frame))
    way = draw.randrange(5)
    if way == 0:
        return frame[:at]
    if way == 1:
        return frame[:at] + bytes([draw.randrange(256)]) + frame[at + 1 :]
    if way == 2:
        return frame[:at] + draw.choice(SCRAPS) + frame[at:]
    if way == 3:
        return frame[:at] + frame[at + draw.randrange(40) :]
    return frame


@pytest.mark.slow
@pytest.mark.parametrize("venue", [kraken, coinbase])
def test_a_million_spoilt_frames(venue):
    made, frames = venue()
    draw = random.Random(20261123)
    path = made.endpoints()[0].path
    slowest, unread = 0.0, 0
    for n in range(1, FRAMES + 1):
        number = b'"sequence_num":%d' % n
        frame = spoil(draw, NUMBER.sub(number, draw.choice(frames)))
        before = time.thread_time()
        made.receive_frame(frame, n * 1_000_000)
        slowest = max(slowest, time.thread_time() - before)
        if n % 250 == 0:
            made.tick(n * 1_000_000)
            made.frames_to_send(path)
        if n % 50_000 == 0:
            made.connection_lost(path, "cut", n * 1_000_000)
            made.connection_made(path, n * 1_000_000)
        unread += len(made.events_received())
    assert made.counters.messages == FRAMES
    assert sum(made.counters.reasons.values()) == made.counters.rejected > FRAMES // 4
    assert unread > 1_000, "valid ones go on being understood"
    assert slowest < HANG_S
