"""What cryptofeed's raw data collection wrote is told apart and kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.io.captures import connections_in, format_of, read_capture
from desk.model.errors import InputError

OKX = b"wss://ws.okx.com:8443/ws/v5/public"


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="OKX.ws.1.0"):
        path = tmp_path / name
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return str(path)

    return write


def read(*paths):
    return list(read_capture(paths, "cryptofeed"))


def test_every_form_of_line_is_understood(write):
    path = write(
        b"configuration: {'trades': ['BTC-USDT']}",
        OKX + b" <-> 1652459224.5300605",
        OKX + b' <- 1652459225.2987883: {"op":"subscribe"}',
        b'1652459225.5: {"event":"subscribe"}',
        b"https://api.binance.com/api/v3/depth?symbol=btcusdt&limit=1000 -> 1652459226: {}",
        b"1652459227: ",
    )
    assert format_of(path) == "cryptofeed"
    assert connections_in([path], "cryptofeed") == ["okx"]
    opened, sent, received, answered, empty = read(path)
    assert (opened.what, opened.path, opened.payload) == ("opened", "/ws/v5/public", b"")
    assert opened.ts_recv_ns == 1_652_459_224_530_060_500
    assert (sent.what, sent.payload) == ("sent", b'{"op":"subscribe"}')
    assert (received.what, received.connection) == ("received", "okx")
    assert (received.path, received.payload) == ("/ws/v5/public", b'{"event":"subscribe"}')
    assert received.ts_recv_ns == 1_652_459_225_500_000_000
    assert (answered.what, answered.connection) == ("answered", "binance-spot")
    assert answered.request.key == "BTCUSDT"
    assert (empty.payload, empty.ts_recv_ns) == (b"", 1_652_459_227_000_000_000)


def test_a_later_file_goes_on_where_the_first_ended(write):
    first = write(OKX + b" <-> 1.5", b"2: {}")
    second = write(b"3: {}", name="OKX.ws.1.1")
    assert [line.connection for line in read(first, second)] == ["okx"] * 3


@pytest.mark.parametrize(
    ("url", "connection"),
    [
        (b"wss://stream.binance.com:9443/stream?streams=btcusdt@trade", "binance-spot"),
        (b"wss://fstream.binance.com/stream?streams=btcusdt@trade", "binance-usdm"),
        (b"wss://dstream.binance.com/stream?streams=btcusd_perp@trade", "binance-coinm"),
        (b"wss://stream.bybit.com/v5/public/spot", "bybit-spot"),
        (b"wss://stream.bybit.com/v5/public/linear", "bybit-linear"),
        (b"wss://stream.bybit.com/v5/public/inverse", "bybit-inverse"),
        (b"wss://stream.bybit.com/realtime", "bybit-inverse"),
        (b"wss://stream.bybit.com/realtime_public", "bybit-linear"),
        (b"wss://www.deribit.com/ws/api/v2", "deribit"),
        (b"wss://api.hyperliquid.xyz/ws", "hyperliquid"),
        (b"wss://advanced-trade-ws.coinbase.com", "coinbase"),
        (b"wss://ws.kraken.com/v2", "kraken"),
        (b"wss://example.org/ws", None),
    ],
)
def test_an_address_tells_the_connection(write, url, connection):
    path = write(url + b" <-> 1626992740.179554", b"1626992741.0: nonsense")
    assert connections_in([path], "cryptofeed") == ([] if connection is None else [connection])


@pytest.mark.parametrize(
    "bad",
    [
        b"nonsense",
        b"1626992741.06217 {}",
        b"-1.5: {}",
        b"1e9: {}",
        b"wss://[ <-> 1.5",
        b"wss://x <-> soon",
        b"99999999999999999999: {}",
        b"9" * 5_000 + b": {}",
        b"\x00\xff",
    ],
)
def test_a_line_of_no_form_is_refused(write, bad):
    path = write(b"1: {}", bad)
    with pytest.raises(InputError) as refused:
        read(path)
    assert ":2: expected <receive time, unix s>" in str(refused.value)
    assert str(refused.value).isprintable()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("capture", numbered=True) / "any"
    path.write_bytes(b"wss://x <-> 1\n" + data)
    try:
        assert all(line.ts_recv_ns >= 0 for line in read(str(path)))
    except InputError:
        return
