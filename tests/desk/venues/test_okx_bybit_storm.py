"""A million damaged frames to OKX's protocol and to Bybit's."""

import random

import pytest
from helpers import in_band_frames as f
from helpers.sanity import check_sane

ACK = {"channel": "trades", "instId": f.SWAP}

GOOD = {
    "okx": [
        f.okx_snapshot(100),
        f.okx_book(100, 105, [("63900", "1.5")], [("63950.5", "0")]),
        f.okx_top(),
        f.okx_trades(f.okx_trade(7), f.okx_trade(8)),
        f.okx_mark(),
        f.okx_index(),
        f.okx_funding(),
        f.okx_open_interest(),
        {"event": "subscribe", "arg": ACK, "connId": "49d9b4fc"},
        {"event": "error", "code": "60018", "msg": "wrong URL", "connId": "25ebf8bb"},
    ],
    "bybit": [
        f.bybit_snapshot(100),
        f.bybit_book(101, [("63900.00", "1.5")], [("63950.50", "0")]),
        f.bybit_snapshot(5, depth=1),
        f.bybit_trades(f.bybit_print("a"), f.bybit_print("b")),
        f.bybit_ticker(**f.FULL_TICKER),
        f.bybit_ticker("delta", 101, indexPrice="63986.66"),
        {"success": True, "ret_msg": "", "conn_id": "d9", "req_id": "1", "op": "subscribe"},
    ],
}
WORDS = [b"NaN", b"-Infinity", b"1e999", b"-1", b"null", b'"', b"{", b"]", b"\\u0022", b"7" * 400]


def damaged(chance, frame):
    """One to three of: a byte changed, a stretch cut, a word put in, a stretch told twice."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(frame) + 1)
        to = min(len(frame), at + chance.randrange(30))
        middle = chance.choice(
            (bytes([chance.randrange(256)]), b"", chance.choice(WORDS), frame[at:to] * 2)
        )
        frame = frame[:at] + middle + frame[to:]
    return frame


@pytest.mark.slow
@pytest.mark.parametrize("venue", ["okx", "bybit"])
def test_a_million_damaged_frames_raise_nothing(venue):
    chance = random.Random(5)
    protocol = f.okx() if venue == "okx" else f.bybit(f.LINEAR)
    path = protocol.endpoints()[0].path
    protocol.connection_made(path, 1)
    good = [f.raw(message) for message in GOOD[venue]]
    for n in range(1_000_000):
        protocol.receive_frame(damaged(chance, chance.choice(good)), n * 1_000_000)
        if n % 100 == 0:
            protocol.tick(n * 1_000_000)
            protocol.frames_to_send(path)
            check_sane(protocol)
    assert protocol.counters.messages == 1_000_000
    assert protocol.counters.rejected > 500_000
    for frame in good:
        protocol.receive_frame(frame, 1_000_000_000_000)
    assert len(check_sane(protocol)) >= 5, "the feed goes on"
