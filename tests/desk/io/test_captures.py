"""Recorded files: what is read, what is refused, and what a refusal says."""

import gzip

import pytest
from helpers import binance_frames as b
from hypothesis import given
from hypothesis import strategies as st

from desk.io.captures import connections_in, read_capture
from desk.io.hftbacktest import with_answers
from desk.io.playing import play
from desk.model.errors import InputError
from desk.model.market_data import BookDelta, BookSnapshot, Trade


def read_hftbacktest(paths, progress=None):
    return read_capture(paths, "hftbacktest", progress)


NS = 1_700_000_000_000_000_000


def capture(*payloads, start=NS):
    return b"".join(b"%d %s\n" % (start + n, payload) for n, payload in enumerate(payloads))


@pytest.fixture
def write(tmp_path):
    def write(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return str(path)

    return write


TRADES = [b.wrapped("btcusdt@trade", b.trade(n)) for n in range(1, 4)]


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress], ids=["plain", "gzip"])
def test_a_line_is_a_receive_time_and_a_frame(write, pack):
    path = write("whatever.name", pack(capture(*TRADES) + b"\n"))
    lines = list(read_hftbacktest([path]))
    assert [line.payload for line in lines] == TRADES
    assert [line.ts_recv_ns for line in lines] == [NS, NS + 1, NS + 2]
    assert [line.number for line in lines] == [1, 2, 3]


def test_several_files_are_one_stream(write):
    paths = [write("a", capture(TRADES[0])), write("b", capture(*TRADES[1:]))]
    assert [line.payload for line in read_hftbacktest(paths)] == TRADES


def test_progress_is_told_in_bytes(write, monkeypatch):
    monkeypatch.setattr("desk.io.capture_files._PROGRESS_LINES", 2)
    path = write("a", capture(*TRADES, *TRADES))
    told = []
    list(read_hftbacktest([path, path], lambda done, total: told.append((done, total))))
    size = len(capture(*TRADES, *TRADES))
    assert len(told) == 6
    assert told == sorted(told)
    assert told[-1][0] <= told[-1][1] == 2 * size


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "an empty file"),
        (gzip.compress(b"", mtime=0), "an empty file"),
        (gzip.compress(capture(*TRADES))[:-9], ":4: expected a capture"),
        (b"\x1f\x8bnot gzip at all", "expected a capture"),
        (b"wss://x <-> 1 sent\n", ":1: expected <receive time, unix ns> <json>, found wss://x"),
        (capture(*TRADES) + b"nonsense\n", ":4: expected <receive time"),
        (capture(*TRADES) + b"17231612", ":4: expected <receive time"),
        (b"1.5e9 {}\n", ":1: expected <receive time"),
        (b"-5 {}\n", ":1: expected <receive time"),
        (b"9" * 5_000 + b" {}\n", ":1: expected <receive time"),
        ("١٢٣ {}\n".encode(), ":1: expected <receive time"),
        (b"\x00\x01\x02\x03\n", ":1: expected <receive time"),
    ],
)
def test_a_file_that_is_no_capture_is_refused_in_one_line(write, data, says):
    path = write("bad", data)
    with pytest.raises(InputError) as refused:
        list(read_hftbacktest([path]))
    text = str(refused.value)
    assert text.startswith(path)
    assert says in text
    assert text.isprintable()


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError, match=path.name):
            list(read_hftbacktest([str(path)]))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("capture", numbered=True) / "any"
    path.write_bytes(data)
    try:
        lines = list(read_hftbacktest([str(path)]))
    except InputError:
        return
    assert all(line.ts_recv_ns >= 0 and line.payload for line in lines)


def played(path, connection=b.USDM):
    protocol = b.protocol(connection)
    return [
        e
        for p in play(with_answers(read_hftbacktest([path]), protocol.connection), protocol)
        for e in p.events
    ], protocol


def test_a_snapshot_belongs_to_the_instrument_of_its_file(write):
    eth = b.snapshot(10, bids=[("2600.00", "1.000")], asks=[])
    data = capture(b.depth_frame(9, 10, 8, symbol="ETHUSDT"), eth)
    events, _ = played(write("eth", data))
    assert [type(e) for e in events] == [BookSnapshot, BookDelta]
    assert events[0].instrument == "ETHUSDT-PERP.BINANCE"


def test_a_snapshot_at_the_head_waits_for_the_first_frame(write):
    data = capture(b.snapshot(100), b.depth_frame(99, 105, 98), *TRADES)
    events, protocol = played(write("head", data))
    assert [type(e) for e in events] == [BookSnapshot, BookDelta, Trade, Trade, Trade]
    assert protocol.counters.books["BTCUSDT-PERP.BINANCE"].buffered == 0


def test_a_snapshot_that_names_its_symbol_needs_no_frame(write):
    events, _ = played(write("named", capture(b.snapshot(100, symbol="BTCUSDT"))))
    assert [type(e) for e in events] == [BookSnapshot]


def test_a_snapshot_of_nobody_is_rejected(write):
    events, protocol = played(write("alone", capture(b.snapshot(100))))
    assert events == []
    assert protocol.counters.reasons == {"unknown symbol": 1}


def test_two_instruments_in_two_files_keep_their_snapshots(write):
    btc = write("btc", capture(b.snapshot(100), b.depth_frame(99, 105, 98)))
    eth_book = b.snapshot(10, bids=[("2600.00", "1.000")], asks=[])
    eth = write("eth", capture(eth_book, b.depth_frame(9, 12, 8, symbol="ETHUSDT")))
    protocol = b.protocol()
    events = [
        e
        for p in play(with_answers(read_hftbacktest([btc, eth]), protocol.connection), protocol)
        for e in p.events
    ]
    assert [e.instrument.partition("-")[0] for e in events] == ["BTCUSDT"] * 2 + ["ETHUSDT"] * 2
    assert protocol.counters.rejected == 0


@pytest.mark.parametrize(
    ("payload", "connection"),
    [
        (b.depth_frame(1, 2), b.SPOT),
        (b.depth_frame(1, 2, 0), b.USDM),
        (b.depth_frame(1, 2, 0, symbol="BTCUSD_PERP"), b.COINM),
        (b.wrapped("btcusdt@bookTicker", b.ticker(1)), b.SPOT),
        (b.raw(b.ticker(1)), b.SPOT),
        (b.raw(b.ticker(1, e="bookTicker")), b.USDM),
        (b.raw(b.ticker(1, e="bookTicker", symbol="ETHUSD_PERP")), b.COINM),
        (b.raw(b.trade(1)), None),
        (b.snapshot(5), None),
        (b"{", None),
    ],
    ids=lambda x: x if isinstance(x, str) or x is None else x[:50].decode(),
)
def test_a_capture_tells_its_connection_by_its_frames(write, payload, connection):
    path = write("x", capture(TRADES[0], payload))
    assert connections_in([path], "hftbacktest") == ([] if connection is None else [connection])
