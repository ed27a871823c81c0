"""Millions of messages: spoilt frames, and streams of changes that are lost, repeated, swapped."""

import random
import time

import pytest
from helpers import binance_frames as b
from test_binance_faulty_stream import TENTH_NS, Line, TrueVenue
from test_binance_fuzz import ANSWERS, GOOD, everything_is_sane, requests_of

FRAMES = 1_000_000
HANG_S = 0.1

SCRAPS = [
    *(b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"1e999", b"-1", b"0", b"9" * 25),
    *(b"\\u0071", b"\xff", b"\x00", b'"s":', b'"stream":"btcusdt@trade"', b'"result":null,"id":1'),
]


def spoil(draw, frame):
    at = draw.randrange(len(frame))
    ways = (
        lambda: frame,
        lambda: frame[:at],
        lambda: frame[:at] + bytes([draw.randrange(256)]) + frame[at + 1 :],
        lambda: frame[:at] + draw.choice(SCRAPS) + frame[at:],
        lambda: frame[:at] + frame[at + draw.randrange(40) :],
    )
    return draw.choice(ways)()


@pytest.mark.slow
@pytest.mark.parametrize("connection", [b.SPOT, b.USDM, b.COINM])
def test_a_million_spoilt_frames_and_answers(connection):
    symbol = "BTCUSD_PERP" if connection == b.COINM else "BTCUSDT"
    frames = [
        b.wrapped(stream, event).replace(b"btcusdt", symbol.lower().encode())
        for stream, event in GOOD.values()
    ]
    frames = [frame.replace(b'"BTCUSDT"', b'"%b"' % symbol.encode()) for frame in frames]
    answers = [b.raw(answer) for answer in ANSWERS.values()]
    draw = random.Random(20261128)
    protocol = b.protocol(connection)
    requests = requests_of(protocol)
    slowest, understood = 0.0, 0
    for n in range(1, FRAMES + 1):
        is_answer = n % 10 == 0
        frame = spoil(draw, draw.choice(answers if is_answer else frames))
        before = time.thread_time()
        if is_answer:
            protocol.receive_response(draw.choice(requests), frame, n * 1_000_000)
        else:
            protocol.receive_frame(frame, n * 1_000_000)
        slowest = max(slowest, time.thread_time() - before)
        if n % 250 == 0:
            protocol.tick(n * 1_000_000)
            protocol.requests_to_send()
            events = protocol.events_received()
            understood += len(events)
            everything_is_sane(events, protocol)
        if n % 50_000 == 0:
            for endpoint in protocol.endpoints():
                protocol.connection_lost(endpoint.path, "cut", n * 1_000_000)
                protocol.connection_made(endpoint.path, n * 1_000_000)
                protocol.frames_to_send(endpoint.path)
    assert protocol.counters.messages == FRAMES
    assert protocol.counters.rejected > FRAMES // 4
    assert understood > 1_000, "valid ones go on being understood"
    assert slowest < HANG_S


@pytest.mark.slow
@pytest.mark.parametrize("connection", [b.SPOT, b.USDM])
def test_a_million_changes_with_one_in_a_hundred_lost_repeated_or_swapped(connection):
    """Whatever is called synced is the venue's own book; the line checks it at every event."""
    draw = random.Random(20261128)
    line = Line(connection, TrueVenue(draw, futures=connection != b.SPOT))
    faults, synced = 0, 0
    for _ in range(FRAMES):
        fault = "none"
        if draw.random() < 0.01:
            fault = draw.choice(["lost", "twice", "late", "spoilt"])
        faults += fault not in {"none", "twice"}
        line.carry(fault, step_ns=TENTH_NS // 10)
        synced += line.book.synced
        if len(line.venue.history) > 1_000:
            for old in list(line.venue.history)[:500]:
                del line.venue.history[old]
    for _ in range(32):
        line.carry("none", step_ns=10 * TENTH_NS)
    gaps = line.protocol.counters.books[line.book.instrument].gaps
    assert line.book.synced
    assert line.book.crossed == 0
    assert faults // 4 < gaps <= faults
    assert synced > FRAMES // 2
