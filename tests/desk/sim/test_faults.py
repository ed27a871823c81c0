"""Faults on demand: what a specification means, and what the injector does to frames."""

import json

import pytest

from desk.model.errors import InputError
from desk.sim.faults import FOREVER_MS, Fault, FaultKind, parse_faults
from desk.sim.injector import FaultInjector

TRADE = "btcusdt@trade"
DEPTH = "btcusdt@depth@100ms"


def injector(spec, seed=1):
    return FaultInjector(parse_faults(spec), seed)


def sent(faults, stream, count, *, section="spot", at_ms=0, every_ms=0):
    """Send frames 0, 1, 2 … and return what comes out, frame by frame."""
    payloads = [b"%d" % number for number in range(count)]
    return [
        faults.frames(section, stream, payload, at_ms + every_ms * number)
        for number, payload in enumerate(payloads)
    ]


def flat(frames):
    return [frame for some in frames for frame in some]


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("drop", Fault(kind=FaultKind.DROP, chance=0.01)),
        ("dup@trade:p=0.5", Fault(kind=FaultKind.DUP, stream=("trade",), chance=0.5)),
        ("gap", Fault(kind=FaultKind.GAP, from_ms=5000, once=True)),
        ("disconnect", Fault(kind=FaultKind.DISCONNECT, from_ms=5000, once=True)),
        ("gap:at=10s", Fault(kind=FaultKind.GAP, from_ms=10_000, once=True)),
        ("silent", Fault(kind=FaultKind.SILENT)),
        ("freeze:at=2s", Fault(kind=FaultKind.FREEZE, from_ms=2000)),
        (
            "silent@usdm@btcusdt@markPrice:at=10s:for=5s",
            Fault(
                kind=FaultKind.SILENT,
                stream=("usdm", "btcusdt", "markPrice"),
                from_ms=10_000,
                until_ms=15_000,
            ),
        ),
        ("clock@okx:by=-1.27s", Fault(kind=FaultKind.CLOCK, stream=("okx",), by_ms=-1270)),
        ("late", Fault(kind=FaultKind.LATE, by_ms=3000)),
        ("old@depth:by=8s", Fault(kind=FaultKind.OLD, stream=("depth",), by_ms=8000)),
        ("partial", Fault(kind=FaultKind.PARTIAL, chance=0.5)),
        ("cut", Fault(kind=FaultKind.CUT, from_ms=5000, once=True)),
        ("stall:at=2s", Fault(kind=FaultKind.STALL, from_ms=2000)),
        ("hostile", Fault(kind=FaultKind.HOSTILE, chance=0.01)),
        (
            "status429@rest:at=1s:for=9s",
            Fault(kind=FaultKind.STATUS429, stream=("rest",), from_ms=1000, until_ms=10_000),
        ),
        (
            "shutdown:at=1s",
            Fault(kind=FaultKind.SHUTDOWN, from_ms=1000, until_ms=11_000, once=True),
        ),
        ("reorder:for=1.5s", Fault(kind=FaultKind.REORDER, until_ms=1500)),
        (
            "move@BTC:by=-0.25:at=20s:for=60s",
            Fault(
                kind=FaultKind.MOVE,
                stream=("BTC",),
                from_ms=20_000,
                until_ms=80_000,
                once=True,
                by_share=-0.25,
            ),
        ),
        (
            "move:by=0.1",
            Fault(kind=FaultKind.MOVE, from_ms=5000, until_ms=35_000, once=True, by_share=0.1),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_specification_means(spec, fault):
    assert parse_faults(spec) == [fault]


def test_specifications_are_comma_separated():
    kinds = [fault.kind for fault in parse_faults("drop, garbage@trade,gap:at=1s")]
    assert kinds == [FaultKind.DROP, FaultKind.GARBAGE, FaultKind.GAP]
    assert parse_faults("") == []


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("explode", "explode"),
        ("drop,", "nothing"),
        ("drop@", "drop@"),
        ("drop@a@@b", "drop@a@@b"),
        ("drop:q=1", "q=1"),
        ("drop:p=2", "p=2"),
        ("drop:p=-1", "p=-1"),
        ("drop:p=nan", "p=nan"),
        ("drop:p=", "p="),
        ("drop:at=soon", "at=soon"),
        ("drop:by=1s", "drop:by=1s"),
        ("clock", "clock"),
        ("late:by=-1s", "late:by=-1s"),
        ("clock:by=--1s", "by=--1s"),
        ("drop:at=-1s", "at=-1s"),
        ("drop:p=0.1:p=0.2", "drop:p=0.1:p=0.2"),
        ("move", "move"),
        ("move:by=-1", "move:by=-1"),
        ("move:by=11", "move:by=11"),
        ("move:by=3s", "by=3s"),
        ("move@btc:by=-0.1", "btc"),
        ("move@BTC@spot:by=-0.1", "BTC@spot"),
    ],
)
def test_a_bad_specification_is_refused_in_one_line(spec, found):
    with pytest.raises(InputError) as refusal:
        parse_faults(spec)
    assert found in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_nothing_is_touched_without_faults():
    assert injector("").is_idle
    assert flat(sent(injector(""), TRADE, 3)) == [b"0", b"1", b"2"]


def test_dropped_frames_are_missing_at_the_asked_rate():
    left = flat(sent(injector("drop:p=0.25"), TRADE, 4000))
    assert 2850 < len(left) < 3150
    assert left == sorted(left, key=int)


def test_same_seed_drops_the_same_frames():
    first, again, other = (
        flat(sent(injector("drop:p=0.5", seed), TRADE, 100)) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_duplicated_frames_come_twice():
    assert flat(sent(injector("dup:p=1"), TRADE, 2)) == [b"0", b"0", b"1", b"1"]


def test_reordered_frames_come_after_the_next_of_their_stream():
    assert flat(sent(injector("reorder:at=0s"), TRADE, 3)) == [b"1", b"0", b"2"]


def test_streams_are_reordered_each_for_itself():
    faults = injector("reorder:p=1")
    assert faults.frames("spot", TRADE, b"t0", 0) == []
    assert faults.frames("spot", DEPTH, b"d0", 0) == []
    assert faults.frames("spot", TRADE, b"t1", 0) == [b"t1", b"t0"]


def test_garbage_is_cut_off_in_the_middle():
    assert injector("garbage:p=1").frames("spot", TRADE, b'{"e":"trade"}', 0) == [b'{"e":"']


def test_frozen_streams_repeat_their_last_frame():
    frames = sent(injector("freeze:at=2s:for=2s"), TRADE, 6, every_ms=1000)
    assert flat(frames) == [b"0", b"1", b"1", b"1", b"4", b"5"]


def test_silent_streams_send_nothing_for_the_time_asked():
    frames = sent(injector("silent:at=2s:for=2s"), TRADE, 6, every_ms=1000)
    assert flat(frames) == [b"0", b"1", b"4", b"5"]


def test_a_gap_misses_one_depth_frame_and_nothing_else():
    faults = injector("gap:at=1s")
    assert flat(sent(faults, TRADE, 4, every_ms=1000)) == [b"0", b"1", b"2", b"3"]
    assert flat(sent(faults, DEPTH, 4, every_ms=1000)) == [b"0", b"2", b"3"]


@pytest.mark.parametrize(
    ("stream", "hit"),
    [
        ("btcusdt", True),
        ("trade", True),
        ("btcusdt@trade", True),
        ("spot", True),
        ("spot@btcusdt@trade", True),
        ("usdm", False),
        ("ethusdt", False),
        ("btc", False),
        ("spot@trade", False),
    ],
)
def test_streams_are_named_by_any_run_of_their_parts(stream, hit):
    frames = injector(f"drop@{stream}:p=1").frames("spot", TRADE, b"x", 0)
    assert (frames == []) is hit


def test_binance_is_named_as_a_whole_or_by_its_parts():
    (whole,) = parse_faults("clock@binance:by=1s")
    assert all(whole.hits(section, TRADE) for section in ("spot", "usdm", "coinm"))
    assert not whole.hits("okx", TRADE)
    (part,) = parse_faults("silent@binance@usdm")
    assert part.hits("usdm", TRADE)
    assert not part.hits("spot", TRADE)


def test_disconnections_happen_once_when_their_time_has_come():
    faults = injector("disconnect@trade:at=3s")
    assert faults.begin(2999) == []
    (broken,) = faults.begin(3000)
    assert broken.hits("spot", TRADE)
    assert not broken.hits("spot", DEPTH)
    assert faults.begin(3001) == []
    assert broken.until_ms == FOREVER_MS


def test_streamless_connections_are_meant_where_no_stream_is_named():
    (whole,), (venue,), (stream,) = map(parse_faults, ("stall", "stall@spot", "stall@spot@trade"))
    assert whole.hits_any("spot", ())
    assert venue.hits_any("spot", ())
    assert not venue.hits_any("usdm", {TRADE})
    assert not stream.hits_any("spot", ())
    assert not stream.hits_any("spot", {TRADE})  # parts follow each other


NOW_MS = 1_795_392_000_123
FRAME = (
    b'{"E":1795392000100,"T":1795420800000,"i":"2290000000000000001","p":"61000.1795392000",'
    b'"t":"2026-11-23T00:00:00.051234Z","s":1795392000,"n":"1795392000100000000",'
    b'"d":"2026-11-23 00:00:00.050000 +0000 UTC","z":"2026-99-99T99:00:00.000Z"}'
)


def test_times_of_now_are_found_in_any_spelling_and_nothing_else_is_touched():
    faults = FaultInjector(parse_faults("clock:by=-1.27s"), 1, NOW_MS)
    told = json.loads(faults.retimed("spot", TRADE, FRAME, 0))
    true = json.loads(FRAME)
    assert (told["E"], told["s"], told["n"]) == (1795391998830, 1795391998, "1795391998830000000")
    assert told["t"] == "2026-11-22T23:59:58.781234Z"
    assert told["d"].startswith("2026-11-22 23:59:58.780000")
    assert all(told[name] == true[name] for name in "Tipz")


def test_candles_keep_their_beginnings_when_a_clock_is_off():
    faults = FaultInjector(parse_faults("clock:by=-1.27s"), 1, NOW_MS)
    frame = b'{"E":1795392000001,"t":1795392000000}'
    told = faults.retimed("spot", "btcusdt@kline_1m", frame, 0)
    assert json.loads(told) == {"E": 1795391998731, "t": 1795392000000}
