"""What Deribit really sent is understood: public captures of 2019 to 2026."""

import gzip
import json
from decimal import Decimal

import msgspec
from helpers import deribit_frames as d
from helpers.sanity import check_sane
from helpers.shared import shared

from desk.market.book import Book
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)
from desk.venues.deribit import DeribitProtocol


def samples(name, field):
    lines = shared(f"data/captures/deribit/{name}").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return [s[field] for s in found if s.get("dir", "in") == "in"]


def frame_of(sample):
    text = sample if isinstance(sample, str) else json.dumps(sample)
    return text.encode()


def played(protocol, frames):
    for frame in frames:
        protocol.receive_frame(frame, 5)
    return check_sane(protocol)


def test_frames_of_2026_are_marks_tops_and_trades():
    protocol = d.protocol()
    frames = [frame_of(sample) for sample in samples("captured_202608_ccxt_static.jsonl", "raw")]
    events = played(protocol, frames)
    assert protocol.counters.rejected == 0
    marks = [event for event in events if isinstance(event, MarkPrice)]
    assert marks[0] == MarkPrice(
        d.BTC,
        Decimal("63346.33"),
        Decimal("63329.18"),
        Decimal("0.00002081"),
        None,
        5,
        1786563120494,
        8,
    )
    tops = [event for event in events if isinstance(event, BookTop)]
    assert [(t.bid, t.bid_lots, t.ask_lots) for t in tops] == [
        (126_688, 5_806, 998),
        (126_688, 4_857, 2_068),
    ]
    trades = [event for event in events if isinstance(event, Trade)]
    assert [(t.trade_id, t.quantity, t.side.value) for t in trades] == [
        (296152987, 2, "BUY"),
        (296152988, 4, "SELL"),
    ]
    assert protocol.missed_trades[d.BTC] == 0


def test_byte_exact_frames_of_earlier_years_are_understood():
    frames = [
        frame_of(sample).replace(b".raw", b".100ms")
        for sample in samples("crypto_msg_parser_samples.jsonl", "raw")
        if '"channel":"' in sample and ".BTC-PERPETUAL." in sample
    ]
    protocol = d.protocol()
    events = played(protocol, frames)
    assert protocol.counters.rejected == 0
    assert [type(event) for event in events] == [
        Trade,
        Trade,
        BookSnapshot,
        BookLost,  # the samples of one book are seconds apart
        VenueCandle,
        MarkPrice,
        BookTop,
        OpenInterest,
    ]
    assert protocol.counters.unknown_events == 1  # a grouped book
    assert events[4] == VenueCandle(d.BTC, 1_654_079_340_000, *[63_191] * 4, Decimal(67), False, 5)


def option(symbol):
    """An instrument like the shipped ones, with an option's increments."""
    like = d.CATALOGUE.get("BTC_USDC-PERPETUAL.DERIBIT")
    changes = {"id": f"{symbol}.DERIBIT", "symbol": symbol}
    increments = {"tick_size": Decimal("0.0005"), "lot_size": Decimal("0.1")}
    return msgspec.structs.replace(like, **changes | increments)


def recorded():
    """Lines of the recording as (receive time, frame)."""
    path = shared("data/captures/deribit/raw_cryptofeed_20210722.txt.gz")
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        time, _, text = line.partition(": ")
        if text.startswith('{"jsonrpc"') and time.replace(".", "").isdigit():
            yield int(float(time) * 1e9), text.replace(".raw", ".100ms").encode()


def test_a_recording_keeps_every_chain_and_every_book_agrees_with_its_ticker():
    frames = list(recorded())
    names = {
        json.loads(frame)["params"]["data"]["instrument_name"]
        for _, frame in frames
        if b'"method"' in frame
    }
    assert len(names) >= 10
    protocol = DeribitProtocol([option(name) for name in sorted(names)])
    books = {f"{name}.DERIBIT": Book(f"{name}.DERIBIT") for name in names}
    tops, compared = {}, 0
    for at_ns, frame in frames:
        protocol.receive_frame(frame, at_ns)
        for event in check_sane(protocol):
            book = books[event.instrument]
            if isinstance(event, BookTop):  # the ticker comes before the change it tells of
                tops[event.instrument] = event
            elif isinstance(event, BookSnapshot):
                book.apply_snapshot(event)
            elif isinstance(event, BookDelta):
                book.apply_delta(event)
                top = tops.get(event.instrument)
                if top is not None and top.ts_venue_ms == event.ts_venue_ms:
                    compared += 1
                    assert book.best_bid == (top.bid, top.bid_lots)
                    assert book.best_ask == (top.ask, top.ask_lots)
            else:
                assert isinstance(event, MarkPrice | OpenInterest | Trade), event
    assert protocol.counters.rejected == 0
    assert sum(sync.gaps for sync in protocol.counters.books.values()) == 0
    assert sum(book.applied for book in books.values()) == 36
    assert compared > 25


def test_a_missing_line_of_the_recording_is_found_at_the_next_of_its_book():
    frames = [frame for _, frame in recorded() if b'"channel":"book.BTC-24SEP21-8000-P' in frame]
    protocol = DeribitProtocol([option("BTC-24SEP21-8000-P")])
    kept = [frame for n, frame in enumerate(frames) if n != 2]
    events = played(protocol, kept[:3])
    assert [type(event) for event in events] == [BookSnapshot, BookDelta, BookLost]


def test_samples_without_the_type_of_a_book_are_refused_not_guessed():
    frames = [
        frame_of(sample).replace(b".raw", b".100ms")
        for sample in samples("tardis_mapper_samples.jsonl", "msg")
    ]
    protocol = d.protocol()
    events = played(protocol, frames)
    assert protocol.counters.reasons == {"Object missing required field `type`": 2}
    trades = [event for event in events if isinstance(event, Trade)]
    # 112 is the first of another month: an id so far from the last is doubted until the next.
    assert [trade.quantity for trade in trades] == [200, 5, 250]
    assert len([event for event in events if isinstance(event, MarkPrice)]) == 2
    assert [(e.side.value, e.price, e.quantity) for e in events if isinstance(e, Liquidation)] == [
        ("SELL", Decimal("4458.5"), 250)
    ]  # what the taker bought from the maker's order
