"""One report for every venue and every format: own recordings, and what others recorded."""

import json
from contextlib import suppress

import msgspec
import pytest
from helpers import binance_frames as b
from helpers import in_band_frames as f
from helpers.recordings import Recording
from helpers.shared import shared
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.cli.replay import run
from desk.cli.shipped import shipped
from desk.io.captures import read_capture
from desk.io.hftbacktest import with_answers
from desk.io.playing import play
from desk.model.errors import InputError
from desk.model.market_data import BookLost, BookSnapshot
from desk.venues.connections import protocol_of
from desk.venues.protocol import RestRequest

SWAP = "BTC-USDT-SWAP.OKX"
LINEAR = "BTCUSDT-PERP.BYBIT"
CATALOGUE = shipped().catalogue


def instruments(*names):
    return [CATALOGUE.get(name) for name in names]


@pytest.fixture
def report(capsys):
    def report(*argv):
        assert run(list(argv)) == 0
        printed = capsys.readouterr()
        report.err = printed.err
        return json.loads(printed.out)

    return report


def okx_frames():
    return [
        f.raw({"event": "subscribe", "arg": {"channel": "books", "instId": f.SWAP}}),
        f.raw(f.okx_snapshot(10)),
        f.raw(f.okx_trades(f.okx_trade(1), f.okx_trade(2, side="sell", size="2.5"))),
        f.raw(f.okx_book(10, 12, bids=[("63920.9", "4")])),
        b"\xff\xfe",
    ]


def test_an_own_recording_gives_the_report(report, tmp_path):
    recording = Recording(*instruments(SWAP)).open("okx").receive("okx", *okx_frames())
    recording.say("okx", "sent", b"ping").receive("okx", b"pong")
    path = recording.write(tmp_path / "x.jsonl")
    document = report(path)
    row = document["instruments"].pop(SWAP)
    assert document == {
        "venue": "okx",
        "files": [path],
        "messages": 6,
        "duration_s": 0.006,
        "rejected": 1,
        "instruments": {},
    }
    assert (row["state"], row["book_events_applied"], row["trades"]) == ("SYNCED", 2, 2)
    assert row["best_bid"] == ["63921.0", "779.30"]
    assert row["bids"][1] == ["63920.9", "4.00"]
    assert row["trade_volume"] == {"buy": "1.00", "sell": "2.50"}
    assert (row["top_of_book_checked"], row["top_of_book_equal"]) == (0, 0)


def test_a_recording_is_replayed_with_its_own_ticks(report, tmp_path):
    (swap,) = instruments(SWAP)
    finer = msgspec.structs.replace(swap, tick_size=swap.tick_size / 10)
    frames = [f.raw(f.okx_snapshot(10, bids=[("63920.99", "1")]))]
    kept = Recording(swap).open("okx").receive("okx", *frames).write(tmp_path / "kept")
    fine = Recording(finer).open("okx").receive("okx", *frames).write(tmp_path / "finer")
    assert report(kept)["rejected"] == 1
    document = report(fine)
    assert document["rejected"] == 0
    assert document["instruments"][SWAP]["best_bid"] == ["63920.99", "1.00"]


def test_a_rest_snapshot_belongs_to_its_request(report, tmp_path):
    recording = Recording(*instruments("BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"))
    recording.open(b.USDM)
    recording.receive(b.USDM, b.depth_frame(99, 105, 98), b.depth_frame(106, 110, 105))
    request = RestRequest(b.USDM, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000", "BTCUSDT")
    recording.say(b.USDM, "answered", path=request.path, request=request)
    recording.say(b.USDM, "answered", b.snapshot(104), path=request.path, request=request)
    document = report(recording.write(tmp_path / "x"))
    row = document["instruments"].pop("BTCUSDT-PERP.BINANCE")
    assert document["instruments"] == {}
    assert (row["state"], row["book_events_applied"], row["buffered_applied"]) == ("SYNCED", 2, 2)


def test_a_lost_socket_takes_the_book_and_a_new_one_brings_it_back(report, tmp_path):
    recording = Recording(*instruments(SWAP)).open("okx").receive("okx", *okx_frames())
    recording.say("okx", "closed", b"no data for 3000 ms")
    lost = report(recording.write(tmp_path / "lost"))["instruments"][SWAP]
    assert (lost["state"], lost["best_bid"]) == ("UNSYNCED", None)
    recording.open("okx").receive("okx", f.raw(f.okx_snapshot(7)))
    back = report(recording.write(tmp_path / "back"))["instruments"][SWAP]
    assert (back["state"], back["sequence_gaps"]) == ("SYNCED", 0)


def rolling():
    recording = Recording(*instruments(SWAP)).open("okx").receive("okx", *okx_frames())
    recording.open("okx", generation=1)
    recording.receive("okx", f.raw(f.okx_snapshot(900, bids=[("63900", "1")])), generation=1)
    return recording.receive("okx", f.raw(f.okx_book(12, 13, bids=[("63921", "0")])))


def test_while_a_connection_moves_the_old_sockets_count(report, tmp_path):
    row = report(rolling().write(tmp_path / "x"))["instruments"][SWAP]
    assert (row["state"], row["best_bid"]) == ("SYNCED", ["63920.9", "4.00"])


def test_new_sockets_count_once_the_old_ones_are_closed(report, tmp_path):
    recording = rolling().close("okx", b"rolled")
    recording.receive("okx", f.raw(f.okx_book(900, 901, bids=[("63901", "2")])), generation=1)
    row = report(recording.write(tmp_path / "x"))["instruments"][SWAP]
    assert (row["state"], row["best_bid"]) == ("SYNCED", ["63901.0", "2.00"])
    assert row["sequence_gaps"] == 0


def test_what_old_and_new_sockets_both_told_is_told_once_as_it_was_live(report, tmp_path):
    recording = rolling()
    for number, generation in ((2, 1), (3, 0), (3, 1), (4, 1), (4, 0), (5, 1)):
        print_ = f.raw(f.okx_trades(f.okx_trade(number)))
        recording.receive("okx", print_, generation=generation)
    recording.close("okx", b"stopped")
    recording.receive("okx", f.raw(f.okx_trades(f.okx_trade(6))), generation=1)
    row = report(recording.write(tmp_path / "x"))["instruments"][SWAP]
    assert row["trades"] == 6


def test_a_book_that_moved_to_new_sockets_is_at_no_time_lost(tmp_path):
    """The old sockets of a planned change are closed one by one, after it."""
    recording = rolling().close("okx", b"stopped")
    path = recording.write(tmp_path / "x")
    protocol = protocol_of("okx", instruments(SWAP))
    heard = [e for p in play(read_capture([path], "desk"), protocol) for e in p.events]
    assert not [e for e in heard if isinstance(e, BookLost)]
    assert [e.last_id for e in heard if isinstance(e, BookSnapshot)] == [10, 900]


def test_new_sockets_that_are_given_up_never_count(report, tmp_path):
    recording = rolling().close("okx", b"stopped", generation=1)
    recording.close("okx", b"lost").open("okx")
    recording.receive("okx", f.raw(f.okx_snapshot(20)))
    row = report(recording.write(tmp_path / "x"))["instruments"][SWAP]
    assert (row["state"], row["best_bid"]) == ("SYNCED", ["63921.0", "779.30"])


def test_another_recording_begins_with_sockets_of_its_own(report, tmp_path):
    """The first was killed: nothing says that its sockets are closed."""
    first = Recording(*instruments(SWAP)).open("okx").receive("okx", *okx_frames())
    second = Recording(*instruments(SWAP), started_ns=10**9)
    second.open("okx").receive("okx", f.raw(f.okx_snapshot(3, bids=[("63000", "1")])))
    paths = first.write(tmp_path / "a"), second.write(tmp_path / "b")
    document = report(*paths)
    row = document["instruments"][SWAP]
    assert (document["messages"], row["best_bid"]) == (6, ["63000.0", "1.00"])


def two_venues(tmp_path):
    recording = Recording(*instruments(SWAP, LINEAR)).open("okx").open("bybit-linear")
    recording.receive("okx", *okx_frames())
    recording.receive("bybit-linear", f.raw(f.bybit_snapshot(5)))
    return recording.write(tmp_path / "two")


def test_of_several_connections_one_is_chosen(report, tmp_path):
    path = two_venues(tmp_path)
    assert report(path, "--venue", "okx")["messages"] == 5
    for name in ("bybit", "bybit-linear"):
        document = report(path, "--venue", name)
        assert (document["venue"], document["messages"]) == ("bybit-linear", 1)
        assert list(document["instruments"]) == [LINEAR]


@pytest.mark.parametrize("venue", [(), ("--venue", "kraken"), ("--venue", "bybit-spot")])
def test_a_recording_of_several_asks_which_is_meant(tmp_path, venue):
    path = two_venues(tmp_path)
    with pytest.raises(InputError, match="expected --venue with one of okx, bybit-linear"):
        run([path, *venue])


def test_a_recording_of_an_unknown_connection_is_refused(tmp_path):
    path = Recording(*instruments(SWAP)).open("okx").write(tmp_path / "x")
    renamed = (tmp_path / "x").read_bytes().replace(b'"okx"', b'"ftx"')
    (tmp_path / "x").write_bytes(renamed)
    with pytest.raises(InputError, match="expected --venue with one of ftx"):
        run([path])


def test_a_recording_that_was_cut_short_is_reported_and_said_so(report, tmp_path):
    path = tmp_path / "x.part"
    Recording(*instruments(SWAP)).open("okx").receive("okx", *okx_frames()).write(path)
    path.write_bytes(path.read_bytes()[:-5])
    document = report(str(path))
    assert (document["messages"], document["rejected"]) == (4, 0)
    assert "cut short; read as far as line 7" in report.err


@pytest.mark.thorough
def test_the_same_frames_give_the_same_report_in_either_format(report, tmp_path):
    source = str(shared("data/captures/binance/dev_usdm_ethusdt_20240808_first60s.jsonl.gz"))
    recording = Recording(CATALOGUE.get("ETHUSDT-PERP.BINANCE")).open(b.USDM, after_ms=0)
    lines = with_answers(read_capture([source], "hftbacktest"), b.USDM)
    began_ns = None
    for line in lines:
        began_ns = began_ns or line.ts_recv_ns
        recording.now_ns = line.ts_recv_ns - began_ns
        recording.say(b.USDM, line.what, line.payload, request=line.request, after_ms=0)
    path = recording.write(tmp_path / "x")
    ours, theirs = report(path), report(source)
    assert ours | {"files": []} == theirs | {"files": []}
    row = ours["instruments"]["ETHUSDT-PERP.BINANCE"]
    assert row["top_of_book_equal"] == row["top_of_book_checked"] == 1148


# Figures: lines of that form in the file, and its first and last stamp.
CRYPTOFEED = [
    ("binance/raw_cryptofeed_usdm_alts_20210722", "binance-usdm", 1535, 30.14),
    ("bybit/raw_cryptofeed_OBSOLETE_v2_20210417", "bybit-inverse", 1098, 29.7),
    ("deribit/raw_cryptofeed_20210722", "deribit", 136, 30.361),
    ("okx/raw_cryptofeed_20220513", "okx", 410, 10.838),
]


@pytest.mark.parametrize(("name", "venue", "messages", "duration_s"), CRYPTOFEED)
def test_what_cryptofeed_recorded_is_reported(report, name, venue, messages, duration_s):
    """Other instruments and old protocols: counted, and no book is made of them."""
    path = str(shared(f"data/captures/{name}.txt.gz"))
    document = report(path)
    assert report(path, "--format", "cryptofeed", "--venue", venue) == document
    assert (document["venue"], document["messages"]) == (venue, messages)
    assert document["duration_s"] == duration_s
    for row in document["instruments"].values():
        assert (row["state"], row["best_bid"], row["bids"]) == ("UNSYNCED", None, [])


def test_a_hyperliquid_capture_needs_its_venue_only(report):
    path = str(shared("data/captures/hyperliquid/raw_btc_20250126.jsonl.gz"))
    document = report(path, "--venue", "hyperliquid")
    row = document["instruments"]["BTC-PERP.HYPERLIQUID"]
    assert (document["messages"], document["rejected"], row["state"]) == (55, 0, "SYNCED")
    assert row["book_events_applied"] == 46  # whole books, as the capture's manifest counts them
    bid, ask = float(row["best_bid"][0]), float(row["best_ask"][0])
    assert bid < ask < bid + 10


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
@pytest.mark.thorough
def test_a_recording_with_any_bytes_changed_is_reported_or_refused(tmp_path, capsys, data):
    recording = Recording(*instruments(SWAP)).open("okx").receive("okx", *okx_frames())
    request = RestRequest("okx", "/api/v5/public/instruments", SWAP)
    recording.say("okx", "answered", b"{}", request=request).say("okx", "closed", b"\xff")
    spoilt = bytearray(b"".join(recording.lines))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(spoilt) - 1))
        spoilt[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = tmp_path / "spoilt"
    path.write_bytes(spoilt)
    with suppress(InputError):
        assert run([str(path), "--format", "desk"]) == 0
    capsys.readouterr()
