"""The replay report: of captures made by hand, and of the real ones beside the checkout."""

import gzip
import json

import pytest
from helpers import binance_frames as b
from helpers.shared import shared

from desk.app.entry import main
from desk.cli.replay import run
from desk.model.errors import InputError

START_S = 1_700_000_000
PERP, SPOT = "BTCUSDT-PERP.BINANCE", "BTCUSDT.BINANCE"
SPREAD = {"bids": [("61000.0", "1.000"), ("60999.0", "2.500")], "asks": [("61000.1", "2.000")]}


@pytest.fixture
def report(tmp_path, capsys):
    """Play payloads, 250 ms apart, or several lists of them as several files."""

    def report(*files, options=("--venue", "binance-usdm")):
        paths, number = [], 0
        for name, payloads in enumerate(files):
            path = tmp_path / f"{name}.jsonl"
            lines = []
            for payload in payloads:
                lines.append(b"%d %s\n" % (START_S * 10**9 + number * 250_000_000, payload))
                number += 1
            path.write_bytes(b"".join(lines))
            paths.append(str(path))
        assert run([*paths, "--format", "hftbacktest", *options]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        document = json.loads(printed.out)
        assert document["files"] == paths
        return document

    return report


def top(update_id, bid=("61000.0", "1.000"), ask=("61000.1", "2.000")):
    names = {"b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1]}
    return b.wrapped("btcusdt@bookTicker", b.ticker(update_id, e="bookTicker") | names)


def test_a_capture_by_hand_gives_the_report_by_hand(report):
    t = b.START_MS
    sold = b.trade(2, "61000.0", "0.030", sell=True, time_ms=t + 59_999)
    document = report(
        [
            b.depth_frame(90, 95, 85),
            b.wrapped("btcusdt@trade", b.trade(1, "61000.1", "0.100", time_ms=t + 1, X="MARKET")),
            b.depth_frame(97, 104, 95, bids=[("60998.0", "0.000")], asks=[("61000.3", "0.004")]),
            b.snapshot(100, **SPREAD),
            top(103),
            b.depth_frame(110, 115, 104, bids=[("61000.0", "0.000")]),
            top(112, bid=("60999.0", "2.500")),
            b.wrapped("btcusdt@trade", sold),
            b.depth_frame(116, 118, 115, asks=[("61000.2", "7.000")]),
            b.wrapped("btcusdt@trade", b.trade(3, "60990.0", "0.005", time_ms=t + 180_000)),
            b.depth_frame(116, 118, 115),
            b.wrapped("btcusdt@trade", {"e": "trade", "s": "BTCUSDT"}),
        ]
    )
    instruments = document.pop("instruments")
    document.pop("files")
    assert document == {
        "venue": "binance-usdm",
        "messages": 12,
        "duration_s": 2.75,
        "rejected": 1,
    }
    assert instruments == {
        PERP: {
            "state": "SYNCED",
            "book_events_applied": 3,
            "buffered_before_snapshot": 2,
            "buffered_applied": 1,
            "stale_dropped": 1,
            "sequence_gaps": 0,
            "crossed_books": 0,
            "orphan_deletes": 1,
            "top_of_book_checked": 3,
            "top_of_book_equal": 3,
            "trades": 3,
            "trade_volume": {"buy": "0.105", "sell": "0.030"},
            "best_bid": ["60999.0", "2.500"],
            "best_ask": ["61000.1", "2.000"],
            "bids": [["60999.0", "2.500"]],
            "asks": [["61000.1", "2.000"], ["61000.2", "7.000"], ["61000.3", "0.004"]],
            "candles_1m": [
                {
                    "start": "2027-01-15T08:00:00Z",
                    "open": "61000.1",
                    "high": "61000.1",
                    "low": "61000.0",
                    "close": "61000.0",
                    "volume": "0.130",
                    "trades": 2,
                },
                {
                    "start": "2027-01-15T08:03:00Z",
                    "open": "60990.0",
                    "high": "60990.0",
                    "low": "60990.0",
                    "close": "60990.0",
                    "volume": "0.005",
                    "trades": 1,
                },
            ],
        }
    }


def test_a_ticker_that_differs_in_price_or_quantity_is_not_equal(report):
    frames = [b.snapshot(100, **SPREAD), b.depth_frame(99, 104, 98)]
    for ours in (top(104), top(103)):
        row = report([*frames, ours])["instruments"][PERP]
        assert (row["top_of_book_checked"], row["top_of_book_equal"]) == (1, 1)
    for theirs in (top(104, bid=("60999.9", "1.000")), top(104, ask=("61000.1", "2.001"))):
        row = report([*frames, theirs])["instruments"][PERP]
        assert (row["top_of_book_checked"], row["top_of_book_equal"]) == (1, 0)


def test_the_ticker_is_the_newest_not_beyond_the_event_whenever_it_came(report):
    frames = [
        top(106, bid=("1.0", "1.000")),
        b.snapshot(100, **SPREAD),
        b.depth_frame(99, 105, 98),
        top(101, bid=("2.0", "1.000")),
        top(104),
    ]
    row = report(frames)["instruments"][PERP]
    assert (row["top_of_book_checked"], row["top_of_book_equal"]) == (1, 1)


def test_an_event_before_every_ticker_is_not_checked(report):
    frames = [b.snapshot(100, **SPREAD), b.depth_frame(99, 105, 98), top(106)]
    assert report(frames)["instruments"][PERP]["top_of_book_checked"] == 0


def test_without_a_snapshot_there_is_no_book(report):
    row = report([b.depth_frame(99, 105, 98, bids=[("61000.0", "1.000")]), top(105)])
    row = row["instruments"][PERP]
    assert row["state"] == "UNSYNCED"
    assert row["best_bid"] is row["best_ask"] is None
    assert row["bids"] == row["asks"] == row["candles_1m"] == []
    assert (row["book_events_applied"], row["buffered_before_snapshot"]) == (0, 1)


def test_after_a_gap_there_is_no_book_until_the_next_snapshot(report):
    before = [b.snapshot(100, **SPREAD), b.depth_frame(99, 105, 98)]
    gap = [b.depth_frame(120, 125, 119), b.depth_frame(126, 130, 125)]
    row = report(before + gap)["instruments"][PERP]
    assert (row["state"], row["sequence_gaps"], row["best_bid"]) == ("UNSYNCED", 1, None)
    for more in ({}, {"symbol": "BTCUSDT"}):
        row = report(before + gap, [b.snapshot(122, **SPREAD, **more)])["instruments"][PERP]
        assert (row["state"], row["book_events_applied"], row["sequence_gaps"]) == ("SYNCED", 3, 1)


def test_a_crossed_book_is_counted_and_never_shown(report):
    frames = [
        b.snapshot(100, **SPREAD),
        b.depth_frame(99, 105, 98, bids=[("61000.1", "1.000")]),
        b.depth_frame(106, 110, 105, bids=[("61000.1", "0.000")]),
    ]
    row = report(frames)["instruments"][PERP]
    assert (row["crossed_books"], row["state"], row["best_bid"]) == (1, "UNSYNCED", None)


def test_several_files_are_one_stream(report):
    first = [b.snapshot(100, **SPREAD), b.depth_frame(99, 105, 98)]
    second = [b.depth_frame(106, 110, 105, bids=[("60000.0", "1.000")])]
    document = report(first, second)
    row = document["instruments"][PERP]
    assert (row["state"], row["book_events_applied"]) == ("SYNCED", 2)
    assert (document["messages"], document["duration_s"]) == (3, 0.5)


def test_a_venue_is_told_by_its_frames(report):
    frames = [b.snapshot(100, **SPREAD), b.depth_frame(101, 105)]
    for options in ((), ("--venue", "binance")):
        document = report(frames, options=options)
        assert document["venue"] == "binance-spot"
        assert document["instruments"][SPOT]["best_bid"] == ["61000.00", "1.00000"]


def test_a_pace_may_be_set(report):
    frames = [b.snapshot(100, **SPREAD), b.depth_frame(99, 105, 98)]
    assert report(frames, options=["--venue", "binance-usdm", "--speed", "1000"])


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "required: FILE"),
        (["{file}", "--venue", "ftx"], "--venue: expected one of binance-usdm, binance-spot"),
        (["{file}", "--format", "desk"], "x.jsonl:1: expected the listing that a recording"),
        (["{file}", "--format", "cryptofeed"], "x.jsonl:1: expected <receive time, unix s>"),
        (["{file}", "--format", "csv"], "invalid choice"),
        (["{file}", "--speed", "0"], "--speed: expected max or a number above 0, found 0"),
        (["{file}", "--speed", "nan"], "--speed: expected max or a number above 0, found nan"),
        (["{file}", "--speed", "fast"], "--speed: expected max or a number above 0, found fast"),
        (["{file}", "--wrong"], "--wrong"),
        (["{file}"], "expected frames that tell their connection"),
        (["/no/such/file"], "/no/such/file: expected a readable file"),
        (["{file}", "{file}.gz", "--venue", "binance-usdm"], "x.jsonl.gz: expected"),
    ],
    ids=str,
)
def test_bad_usage_is_one_line_and_2(tmp_path, capsys, argv, says):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"1 " + b.raw(b.trade(1)) + b"\n")
    assert main(["replay", *(word.format(file=path) for word in argv)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err
    assert printed.err.count("\n") == 1


def test_nothing_is_printed_for_a_file_that_breaks_off(tmp_path, capsys):
    path = tmp_path / "cut.gz"
    data = b"".join(b"%d %s\n" % (n, b.depth_frame(n, n)) for n in range(1, 500))
    path.write_bytes(gzip.compress(data)[:-20])
    with pytest.raises(InputError, match="expected a capture, plain or gzip"):
        run([str(path), "--venue", "binance-spot"])
    assert capsys.readouterr().out == ""


CAPTURES = [
    ("raw_coinm_ethusd_perp_20240808", "binance-coinm", "ETHUSD-PERP.BINANCE"),
    ("raw_spot_ethusdt_20240808", "binance-spot", "ETHUSDT.BINANCE"),
    ("dev_usdm_ethusdt_20240808_first60s", "binance-usdm", "ETHUSDT-PERP.BINANCE"),
]

# Counted apart from this code, by the reference and by the captures' own manifest.
FACTS = {
    "raw_coinm_ethusd_perp_20240808": {
        "messages": 40454,
        "duration_s": 343.816,
        "book_events_applied": 22887,
        "buffered_before_snapshot": 24,
        "buffered_applied": 2,
        "orphan_deletes": 31244,
        "top_of_book_checked": 22887,
        "trades": 1732,
    },
    "raw_spot_ethusdt_20240808": {"messages": 33618, "trades": 6106},
    "dev_usdm_ethusdt_20240808_first60s": {"messages": 13447, "trades": 2097},
}


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "venue", "instrument"), CAPTURES, ids=lambda x: x)
def test_a_real_capture_ends_in_the_venues_own_book(capsys, name, venue, instrument):
    path = shared(f"data/captures/binance/{name}.jsonl.gz")
    assert run([str(path), "--format", "hftbacktest", "--venue", venue]) == 0
    document = json.loads(capsys.readouterr().out)
    row = document["instruments"].pop(instrument)
    assert document["instruments"] == {}
    assert document["rejected"] == 0
    assert (row["state"], row["sequence_gaps"], row["crossed_books"]) == ("SYNCED", 0, 0)
    assert row["stale_dropped"] == 0
    assert row["top_of_book_equal"] == row["top_of_book_checked"] >= row["book_events_applied"] - 1
    flat = document | row
    assert {key: flat[key] for key in FACTS[name]} == FACTS[name]
