import pytest
from bench import bare_receiver

from desk.bench import ingest, ingest_engine
from desk.bench.meter import Run, Second
from desk.bench.sender import DEPTH, MARK, MARKET, MIX, PUBLIC, TICKER, TRADE, Pieces, Sent, timed

SENT = Sent(total=20_000, seconds=1.0, ended_ns=5_000, latest_ms=1.0, backlog_bytes=0, core=1)
FUNDING_MS = 1_900_000_000_000


def side(cpu_us, *, taken=20_000, drained_ns=5_000 + 10**8, stolen=(0.0, 0.0, 0.9)):
    """A receiver that spends so much a message, ten times as much where a second is stolen."""
    seconds = [Second(1_000, 1_000 * cpu_us * (10 if s else 1), s) for s in stolen]
    run = Run(seconds, drained_ns, [1, 5, 9], 0)
    more = {"applied": {"BTC": 1_000}, "gaps": 0, "rejected": 0, "frames": 60, "resting": 1}
    sent = {f"btcusdt@{DEPTH}": 1_000, f"btcusdt@{TRADE}": 19_000}
    return ingest.Side(
        (SENT, run), (SENT, run), sent, sent | {f"btcusdt@{TRADE}": taken - 1_000}, more
    )


def test_pieces_hold_the_mix_as_whole_frames_on_their_paths():
    pieces = Pieces(FUNDING_MS)
    made = [pieces.make(20) for _ in range(20)]
    assert pieces.counts.total() == 400
    shares = {kind: MIX.count(kind) / len(MIX) for kind in (DEPTH, MARK, TRADE, TICKER)}
    assert shares == {DEPTH: 0.05, MARK: 0.05, TRADE: 0.25, TICKER: 0.65}
    for kind, share in shares.items():
        assert pieces.counts[f"btcusdt@{kind}"] == pieces.counts[f"ethusdt@{kind}"] == share * 200
    assert b"markPrice" in made[0][MARKET]
    assert b"markPrice" not in made[0][PUBLIC]
    size = made[0][MARKET][3]
    assert made[0][MARKET][:3] == b"\x81\x7e\x00"
    assert made[0][MARKET][4 : 4 + size].endswith(b"}}")


def test_a_piece_is_timed_when_it_is_sent_and_stays_as_long():
    piece = Pieces(FUNDING_MS).make(20)[PUBLIC]
    sent = timed(piece, 1_800_000_000_123)
    assert len(sent) == len(piece)
    assert b'"E":1800000000123,"T":1800000000120' in sent
    assert b"11111111111" not in sent


def test_what_is_stolen_counts_in_no_median_and_the_ratio_is_to_the_bare_loop():
    found = ingest.rows(side(30.0), side(20.0))
    cpu, lost, drained, age = found
    assert (cpu["value"], cpu["reference"], cpu["ratio"], cpu["ok"]) == (30.0, 20.0, 1.5, True)
    assert (lost["value"], lost["ok"]) == (0.0, True)
    assert (drained["value"], drained["ok"]) == (0.1, True)
    assert (age["value"], age["ok"]) == (9.0, True)


def test_a_message_that_was_not_taken_in_is_lost():
    _, lost, drained, _ = ingest.rows(side(30.0, taken=19_998, drained_ns=None), None)
    assert (lost["value"], lost["ok"]) == (2.0, False)
    assert not drained["ok"]


@pytest.mark.thorough
def test_desk_and_bare_receiver_take_in_all_that_is_sent():
    ours = ingest.run_side(ingest_engine.run, 1.2, rate=2_000, burst=3_000)
    bare = ingest.run_side(bare_receiver.run, 1.2, rate=2_000, burst=3_000)
    assert ours.lost == bare.lost == 0
    assert ours.more["gaps"] == ours.more["rejected"] == 0
    assert ours.more["resting"] == 1
    assert ours.more["frames"] > 1
    assert sum(ours.more["applied"].values()) == ingest.changes(ours)
