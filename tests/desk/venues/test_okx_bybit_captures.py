"""Frames that OKX and Bybit really sent; skipped where the recordings are not beside the checkout.

Recordings of channels and depths that the desk does not ask for are renamed to those it does:
their shape is the same.
"""

import gzip
import json
from decimal import Decimal

import msgspec
import pytest
from helpers import in_band_frames as f
from helpers.sanity import check_event
from helpers.shared import shared

from desk.market.book import Book
from desk.model.market_data import (
    BookDelta,
    BookSnapshot,
    BookTop,
    FeedStatus,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side
from desk.venues.bybit import BybitProtocol
from desk.venues.okx import OkxProtocol


def messages(path, key="raw", **only):
    """Messages of a file of samples, as bytes."""
    for line in shared(f"data/captures/{path}").read_text().splitlines():
        row = json.loads(line)
        if key in row and all(row.get(name) == value for name, value in only.items()):
            message = row[key]
            yield message.encode() if isinstance(message, str) else json.dumps(message).encode()


def play(protocol, frames):
    for frame in frames:
        protocol.receive_frame(frame, 1)
    events = protocol.events_received()
    for event in events:
        check_event(event)
    return events


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


def okx_swap(symbol, tick, lot):
    """A protocol of one swap that the catalogue does not have."""
    row = f.OKX.get("BTC-USDT-SWAP.OKX")
    changed = {"symbol": symbol, "tick_size": Decimal(tick), "lot_size": Decimal(lot)}
    return OkxProtocol([msgspec.structs.replace(row, **changed)])


# --- OKX ------------------------------------------------------------------------------------------


def test_okx_of_august_2026():
    protocol = f.okx()
    frames = list(messages("okx/captured_202608_ccxt_static.jsonl", dir="in"))
    events = play(protocol, frames)
    trades = of_kind(events, Trade)
    assert [(t.trade_id, t.price, t.quantity, t.side) for t in trades] == [
        (2_832_749_635, 639_135, 100, Side.BUY),
        (2_832_749_645, 639_134, 3_495, Side.SELL),
    ]
    (refusal,) = of_kind(events, FeedStatus)
    assert "60018" in refusal.reason
    assert protocol.counters.reasons == {"refused by the venue": 1}
    candles = of_kind(events, VenueCandle)
    assert [(c.start_ms, c.open, c.high, c.low, c.close) for c in candles] == [
        (1_786_540_440_000, *(639_130, 639_518, 639_130, 639_518)),
        (1_786_540_440_000, *(639_130, 639_520, 639_130, 639_520)),
    ]
    assert candles[0].volume == Decimal("1803.61")
    # Tickers and books5 are not asked for; their acknowledgements are of no channel.
    assert protocol.counters.unknown_events == 4


def test_okx_liquidation_of_2023():
    """Of a future, whose frames are those of swaps but for the type."""
    protocol = okx_swap("XRP-USD-230929", "0.00001", "1")
    frames = messages("okx/tardis_mapper_samples.jsonl", "msg")
    told = [
        frame.replace(b"FUTURES", b"SWAP") for frame in frames if b"liquidation-orders" in frame
    ]
    ours = of_kind(play(protocol, told), Liquidation)
    assert {(x.side, x.price, x.quantity, x.ts_venue_ms) for x in ours} == {
        (Side.BUY, Decimal("0.55205"), 39, 1_680_173_247_614)
    }
    assert protocol.counters.rejected == 0


def test_okx_of_2022_numbers_no_book_and_none_is_shown():
    path = shared("data/captures/okx/raw_cryptofeed_20220513.txt.gz")
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    frames = [line.partition(": ")[2].encode() for line in lines if line[:1].isdigit()]
    assert len(frames) > 400
    protocol = f.okx("BTC-USDT")
    events = play(protocol, frames)
    books = [frame for frame in frames if b'"books","instId":"BTC-USDT"}' in frame]
    wanted = [frame for frame in books if b'"action"' in frame]
    assert protocol.counters.rejected == len(wanted) > 50
    assert {type(event) for event in events} == {Trade}
    told = [json.loads(frame) for frame in frames if b'"trades","instId":"BTC-USDT"}' in frame]
    prices = [Decimal(row["px"]) for message in told for row in message.get("data", [])]
    assert [event.price * Decimal("0.1") for event in events] == prices


@pytest.mark.parametrize(
    ("symbol", "tick", "lot", "top"),
    [
        ("BTC-USDT-SWAP", "0.1", "1", (203_867, 50, 203_868, 7)),
        ("BTC-USD-SWAP", "0.1", "1", (199_189, 34, 199_200, 3)),
    ],
)
def test_okx_best_bid_and_ask(symbol, tick, lot, top):
    events = play(okx_swap(symbol, tick, lot), messages("okx/crypto_msg_parser_samples.jsonl"))
    (heard,) = of_kind(events, BookTop)
    assert (heard.bid, heard.bid_lots, heard.ask, heard.ask_lots) == top
    trades = of_kind(events, Trade)
    assert len(trades) == 1


def test_okx_marks_index_funding_and_open_interest():
    protocol = okx_swap("WNCG-USDT-SWAP", "0.0001", "1")
    frames = list(messages("okx/tardis_mapper_samples.jsonl", "msg"))
    events = play(protocol, frames)
    (mark,) = of_kind(events, MarkPrice)
    assert (mark.mark, mark.ts_venue_ms) == (Decimal("2.1729"), 1_640_131_259_180)
    assert mark.funding_rate is None, "it was paid already when the mark came"
    assert mark.index == Decimal("2.1675")
    (interest,) = of_kind(events, OpenInterest)
    assert interest.quantity == 644_195
    others = set(protocol.counters.reasons)
    assert others == {"neither data nor an answer"}, "frames of the version before"


def test_okx_funding_of_2022():
    protocol = f.okx(f.SWAP)
    frames = [*messages("okx/crypto_msg_parser_samples.jsonl"), f.raw(f.okx_mark(ms=1646313000000))]
    mark = of_kind(play(protocol, frames), MarkPrice)[-1]
    assert mark.funding_rate == Decimal("0.0001534702159002")
    assert mark.next_funding_ms == 1_646_323_200_000


# --- Bybit ----------------------------------------------------------------------------------------


def test_bybit_ticker_of_august_2026():
    protocol = f.bybit(f.LINEAR)
    frames = messages("bybit/captured_202608_ccxt_static.jsonl", dir="in")
    # The file holds a ticker of the spot socket too, which nothing but its content tells apart.
    events = play(protocol, [frame for frame in frames if b"usdIndexPrice" not in frame])
    first, second = of_kind(events, MarkPrice)
    assert (first.mark, first.index) == (Decimal("63958.60"), Decimal("63986.67"))
    assert (second.mark, second.index) == (Decimal("63958.60"), Decimal("63986.66"))
    assert second.funding_rate == Decimal("0.0000544")
    assert second.next_funding_ms == 1_786_550_400_000
    assert second.funding_interval_h == 8
    assert [x.quantity for x in of_kind(events, OpenInterest)] == [Decimal("28899.069")] * 2
    (refusal,) = of_kind(events, FeedStatus)
    assert "handler not found" in refusal.reason


def test_bybit_spot_of_august_2026():
    protocol = f.bybit(f.SPOT)
    events = play(protocol, messages("bybit/captured_202608_ccxt_static.jsonl", dir="in"))
    first, second = of_kind(events, BookTop)
    assert (first.bid, first.bid_lots, first.ask) == (637_053, 2_045_546, 637_054)
    assert (first.update_id, second.update_id) == (72_212_457, 72_212_458)
    assert of_kind(events, MarkPrice) == []


def test_bybit_book_of_a_recording_is_the_one_its_frames_add_up_to():
    path = shared("data/captures/bybit/raw_v5_linear_ob500_xrpusdt_20241201.jsonl")
    frames = path.read_bytes().replace(b"orderbook.500.", b"orderbook.200.").splitlines()
    row = f.BYBIT.get("BTCUSDT-PERP.BYBIT")
    changed = {"symbol": "XRPUSDT", "tick_size": Decimal("0.0001"), "lot_size": Decimal(1)}
    protocol = BybitProtocol(f.LINEAR, [msgspec.structs.replace(row, **changed)])
    book = Book(row.id)
    sides = {"b": {}, "a": {}}
    for frame in frames:
        (event,) = play(protocol, [frame])
        message = json.loads(frame)
        if isinstance(event, BookSnapshot):
            assert message["type"] == "snapshot"
            sides = {"b": {}, "a": {}}
            book.apply_snapshot(event)
        else:
            assert isinstance(event, BookDelta)
            book.apply_delta(event)
        for side, levels in sides.items():
            levels.update((Decimal(p), Decimal(q)) for p, q in message["data"][side])
            sides[side] = {price: size for price, size in levels.items() if size}
        for key, side in (("b", Side.BUY), ("a", Side.SELL)):
            held = {t * Decimal("0.0001"): lots for t, lots in book.levels(side)}
            assert held == sides[key]
    assert len(frames) == 50
    assert book.synced
    assert book.orphan_deletes == 0


def test_bybit_inverse_trades_and_ticker_of_2023():
    protocol = f.bybit(f.INVERSE)
    events = play(protocol, messages("bybit/tardis_mapper_samples.jsonl", "msg"))
    trades = of_kind(events, Trade)
    assert [(t.price, t.quantity, t.side) for t in trades] == [
        (285_605, 5_823, Side.BUY),
        (285_605, 3, Side.BUY),
        (285_605, 5_593, Side.BUY),
    ]
    first, second = of_kind(events, MarkPrice)
    assert first.mark == second.mark == Decimal("28560.00")
    assert second.index == Decimal("28566.94")
    assert second.funding_interval_h is None, "not told in 2023"
    assert of_kind(events, OpenInterest) == []


def test_bybit_of_its_second_version_is_no_data():
    path = shared("data/captures/bybit/raw_cryptofeed_OBSOLETE_v2_20210417.txt.gz")
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    frames = [line.partition(": ")[2].encode() for line in lines if line[:1].isdigit()]
    protocol = f.bybit(f.INVERSE)
    assert of_kind(play(protocol, frames), Trade | BookSnapshot | BookDelta | MarkPrice) == []
    assert protocol.counters.unknown_events + protocol.counters.rejected > 1_000
