"""What OKX or Bybit should not send, field by field, is a counted rejection."""

import pytest
from helpers import in_band_frames as f
from helpers.hostile import spoilt

PROTOCOLS = {
    "okx": f.okx,
    f.SPOT: lambda: f.bybit(f.SPOT),
    f.LINEAR: lambda: f.bybit(f.LINEAR),
    f.INVERSE: lambda: f.bybit(f.INVERSE),
}

LEVEL = [("63900", "1.5")]

OKX_GOOD = {
    "snapshot": f.okx_snapshot(100),
    "book": f.okx_book(100, 105, LEVEL),
    "top": f.okx_top(),
    "trades": f.okx_trades(f.okx_trade(7)),
    "mark": f.okx_mark(),
    "index": f.okx_index(),
    "funding": f.okx_funding(),
    "open interest": f.okx_open_interest(),
    "candle": f.okx_candle(),
    "liquidations": f.okx_liquidations(f.okx_forced()),
}
BYBIT_GOOD = {
    "snapshot": f.bybit_snapshot(100),
    "book": f.bybit_book(101, LEVEL),
    "top": f.bybit_snapshot(5, depth=1),
    "trades": f.bybit_trades(f.bybit_print("a")),
    "ticker": f.bybit_ticker(**f.FULL_TICKER),
    "ticker change": f.bybit_ticker("delta", 101, **f.FULL_TICKER),
    "candle": f.bybit_candle(),
    "liquidations": f.bybit_forced(),
}


def goods(venue):
    return OKX_GOOD if venue == "okx" else BYBIT_GOOD


@pytest.mark.parametrize("off", ["63900.05", "63900.0500000000000001"])
@pytest.mark.parametrize(
    ("venue", "kind", "path"),
    [
        ("okx", "book", "data.0.bids.0.0"),
        ("okx", "snapshot", "data.0.asks.0.0"),
        ("okx", "trades", "data.0.px"),
        ("okx", "top", "data.0.bids.0.0"),
        (f.LINEAR, "book", "data.b.0.0"),
        (f.LINEAR, "snapshot", "data.a.0.0"),
        (f.LINEAR, "trades", "data.0.p"),
        (f.LINEAR, "top", "data.b.0.0"),
    ],
)
def test_a_price_off_the_grid_is_rejected(venue, kind, path, off):
    protocol = PROTOCOLS[venue]()
    protocol.receive_frame(f.raw(spoilt(goods(venue)[kind], path, off)), 1)
    assert protocol.events_received() == []
    assert protocol.counters.reasons == {"off the grid": 1}


@pytest.mark.parametrize("venue", ["okx", f.LINEAR])
def test_data_that_stand_twice_are_rejected(venue):
    protocol = PROTOCOLS[venue]()
    frame = f.raw(goods(venue)["trades"]).replace(b'"data"', b'"data":[],"data"')
    protocol.receive_frame(frame, 1)
    assert protocol.events_received() == []
    assert protocol.counters.reasons == {"a key twice": 1}


@pytest.mark.parametrize("venue", ["okx", f.LINEAR])
def test_a_name_written_in_escapes_cannot_hide_a_second_key(venue):
    protocol = PROTOCOLS[venue]()
    frame = f.raw(goods(venue)["snapshot"]).replace(b'"data"', b'"d\\u0061ta":[],"data"')
    protocol.receive_frame(frame, 1)
    assert protocol.events_received() == []
    assert protocol.counters.rejected == 1


@pytest.mark.parametrize("venue", ["okx", f.LINEAR])
def test_a_flood_of_different_faults_does_not_fill_memory(venue):
    protocol = PROTOCOLS[venue]()
    wanted = len(protocol.streams())
    for n in range(500):
        protocol.receive_frame(f.raw({"arg": {"channel": str(n), "instId": str(n)}}), 1)
        protocol.receive_frame(f.raw({"topic": str(n), "event": "error", "msg": str(n)}), 1)
        protocol.receive_frame(f.raw({"success": False, "ret_msg": str(n), "req_id": str(n)}), 1)
        protocol.receive_frame(b"{" * (n + 1), 1)
    assert len(protocol.counters.reasons) < 10
    assert len(protocol.streams()) == wanted
