import msgspec
import pytest
from bench.plain_book import PlainBook

from desk.bench import book, replay
from desk.bench.book import CONNECTION, INSTRUMENT, LOT, TICK
from desk.bench.frames import Market
from desk.bench.row import Given
from desk.bench.way import Heard, Way
from desk.model.orders import Side
from desk.venues.protocol import RestRequest

COUNT = 300


def story():
    """The frames of a market with a snapshot behind the first."""
    market = Market("BTCUSDT", 610_000, 1)
    yield Heard(market.depth(25, 1_800_000_000_000), 1)
    yield Heard(market.snapshot(market.last_id), 1, RestRequest(CONNECTION, "", "BTCUSDT"))
    for number in range(1, COUNT):
        time_ms = 1_800_000_000_000 + number
        for frame in (
            market.depth(25, time_ms),
            market.ticker(time_ms, market.last_id),
            market.aggregate(time_ms),
            market.mark(time_ms, 1_800_003_600_000),
        ):
            yield Heard(frame, 1 + number * 1_000_000)


def test_made_frames_are_all_understood_and_both_ways_end_at_the_same_book():
    heard, way, plain = list(story()), Way(CONNECTION), PlainBook(TICK, LOT)
    way.hear(heard)
    for payload, _, request in heard:
        plain.receive(payload) if request is None else plain.receive_snapshot(payload)
    counters, market = way.protocol.counters, way.market.get(INSTRUMENT)
    assert counters.rejected == counters.unknown_events == counters.ignored_trades == 0
    assert counters.books[INSTRUMENT].gaps == plain.gaps == 0
    assert market.book.applied == plain.applied == COUNT
    assert dict(market.book.levels(Side.BUY)) == plain.bids
    assert dict(market.book.levels(Side.SELL)) == plain.asks
    top = market.top
    assert (top.bid, top.bid_lots, top.ask, top.ask_lots) == plain.ticker
    assert float(market.mark_price) == plain.mark
    assert market.last_trade.price == plain.price


def test_a_lost_change_is_seen_by_both_ways():
    heard, way, plain = list(story()), Way(CONNECTION), PlainBook(TICK, LOT)
    lost = next(h for h in heard[50:] if b"depthUpdate" in h.payload)
    heard.remove(lost)
    way.hear(heard)
    for payload, _, request in heard:
        plain.receive(payload) if request is None else plain.receive_snapshot(payload)
    assert way.protocol.counters.books[INSTRUMENT].gaps == plain.gaps == 1


def test_replay_says_that_its_capture_is_not_there(monkeypatch):
    monkeypatch.setattr(replay, "CAPTURE", "nothing.jsonl.gz")
    (found,) = replay.measure(Given())
    assert (found["value"], found["ok"]) == (None, True)
    assert "not here" in found["note"]


@pytest.mark.thorough
def test_bytes_to_book_stand_beside_json_and_the_plain_loop(monkeypatch):
    monkeypatch.setattr(book, "CHANGES", 100)
    beside_json, beside_loop = book.measure(Given())
    assert beside_json["target"] == "ratio <= 2.5"
    assert beside_json["value"] < 10 * beside_json["reference"]
    assert beside_loop["value"] < 10 * beside_loop["reference"]
    assert msgspec.json.encode([beside_json, beside_loop])
