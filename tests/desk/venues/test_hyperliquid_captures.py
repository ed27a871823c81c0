"""What Hyperliquid really sent is understood: public captures of 2024 to 2026."""

import gzip
import json
from decimal import Decimal
from itertools import pairwise

import pytest
from helpers import hyperliquid_frames as h
from helpers.sanity import check_sane
from helpers.shared import shared

from desk.market.book import Book
from desk.model.market_data import (
    BookSnapshot,
    BookTop,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)


@pytest.fixture
def recorded():
    """Lines of half a minute of BTC as (receive time, frame)."""
    path = shared("data/captures/hyperliquid/raw_btc_20250126.jsonl.gz")
    lines = gzip.decompress(path.read_bytes()).splitlines()
    return [(int(at), frame) for at, _, frame in (line.partition(b" ") for line in lines)]


def samples(name, field):
    lines = shared(f"data/captures/hyperliquid/{name}").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return [json.dumps(s[field]).encode() for s in found if s.get("dir", "in") == "in"]


def test_half_a_minute_of_books_and_trades(recorded):
    protocol = h.opened()
    book, trades, tops = Book(h.BTC), [], set()
    for at_ns, frame in recorded:
        protocol.receive_frame(frame, at_ns)
        for event in check_sane(protocol):
            if isinstance(event, Trade):
                trades.append(event)
                continue
            assert isinstance(event, BookSnapshot)
            book.apply_snapshot(event)
            told = json.loads(frame)["data"]["levels"]
            instrument = h.CATALOGUE.get(h.BTC)
            for (price, size), side in zip((book.best_bid, book.best_ask), told, strict=True):
                assert instrument.price(price) == Decimal(side[0]["px"])
                assert instrument.quantity(size) == Decimal(side[0]["sz"])
            tops.add((book.best_bid[0], book.best_ask[0]))
    counters = protocol.counters
    assert counters.messages == 55 + 18  # with the confirmations
    assert counters.rejected == 0
    assert counters.books[h.BTC].snapshots == 46
    assert book.crossed == 0
    assert len(tops) > 3, "the price moved"
    assert counters.ignored_trades == 30, "the history at the start"
    assert len(trades) == 34
    assert all(0 < t.ts_recv_ns // 10**6 - t.ts_venue_ms < 2_000 for t in trades), "all is news"
    assert all(a.trade_id < b.trade_id for a, b in pairwise(trades))


def test_a_recording_told_twice_is_told_once(recorded):
    protocol = h.opened()
    for at_ns, frame in recorded:
        protocol.receive_frame(frame, at_ns)
    check_sane(protocol)
    for at_ns, frame in recorded:
        protocol.receive_frame(frame, at_ns)
    assert not any(isinstance(event, Trade) for event in check_sane(protocol))


def test_a_context_of_2026_is_a_mark_and_candles_are_a_minute():
    protocol = h.opened()
    for frame in samples("captured_202608_ccxt_static.jsonl", "raw"):
        protocol.receive_frame(frame, 5)
    *marks, first, second = check_sane(protocol)
    start_ms, figures = 1_786_539_540_000, (640_820, 641_000, 640_820)
    assert first == VenueCandle(h.BTC, start_ms, *figures, 640_990, Decimal("6.39125"), False, 5)
    assert second == VenueCandle(h.BTC, start_ms, *figures, 641_000, Decimal("6.392"), False, 5)
    assert marks == [
        MarkPrice(
            h.BTC, Decimal("64040.0"), Decimal("64063.1"), Decimal("0.0000125"), None, 5, None, 1
        ),
        OpenInterest(h.BTC, Decimal("38485.06546"), 5),
    ]
    assert protocol.counters.rejected == protocol.counters.unknown_events == 0


def test_samples_of_other_coins_are_refused_and_those_of_btc_understood():
    protocol = h.opened()
    protocol.receive_frame(h.trades_frame(h.trade(1)), 1)
    for frame in samples("tardis_mapper_samples.jsonl", "msg"):
        protocol.receive_frame(frame, 5)
    events = check_sane(protocol)
    assert [(e.price, e.quantity) for e in events if isinstance(e, Trade)] == [
        (699_970, 38_111),
        (699_970, 33_458),
        (699_970, 83_613),
        (699_980, 714),
    ]
    assert not any(isinstance(event, BookTop) for event in events)  # of which one side is missing
    assert protocol.counters.reasons == {"unknown symbol": 6}
    assert protocol.counters.unknown_events == 1
