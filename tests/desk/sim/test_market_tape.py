"""Books and tape agree with each other at every update."""

from collections import defaultdict

import pytest
from simulated_day import instruments, new_market

from desk.sim.events import LevelSet, MarkUpdate, Print, TopOfBook

MINUTES = 5


@pytest.fixture(scope="module")
def recording():
    """Five minutes of events by instrument, with the books they start from."""
    market = new_market(seed=2)
    start = {
        name: (dict(listing.book.bids.levels(10_000)), dict(listing.book.asks.levels(10_000)))
        for name, listing in market.listings.items()
    }
    events = market.advance(market.time_ms + MINUTES * 60_000)
    return market, start, events


def copied(start):
    return [(name, (dict(bids), dict(asks))) for name, (bids, asks) in start.items()]


@pytest.mark.thorough
def test_best_levels_equal_the_ticker_at_every_update(recording):
    _, start, events = recording
    for name, (bids, asks) in copied(start):
        checked = 0
        for event in events[name]:
            if type(event) is LevelSet:
                side = bids if event.is_bid else asks
                side[event.ticks] = event.lots
                if not event.lots:
                    del side[event.ticks]
            elif type(event) is TopOfBook:
                bid, ask = max(bids), min(asks)
                assert (bid, bids[bid], ask, asks[ask]) == (
                    event.bid_ticks, event.bid_lots, event.ask_ticks, event.ask_lots,
                )  # fmt: skip
                assert bid < ask
                checked += 1
        assert checked > 500, name


def test_the_book_that_is_served_is_the_book_that_was_told(recording):
    market, start, events = recording
    for name, (bids, asks) in copied(start):
        for event in events[name]:
            if type(event) is LevelSet:
                (bids if event.is_bid else asks)[event.ticks] = event.lots
        book = market.listings[name].book
        assert dict(book.bids.levels(10_000)) == {t: q for t, q in bids.items() if q}
        assert dict(book.asks.levels(10_000)) == {t: q for t, q in asks.items() if q}


def test_a_taker_order_prints_what_it_takes_from_the_book(recording):
    _, start, events = recording
    for name, (bids, asks) in copied(start):
        printed = defaultdict(int)
        for event in events[name]:
            if type(event) is Print:
                printed[event.buyer_is_taker, event.ticks] += event.lots
            elif type(event) is LevelSet:
                side = bids if event.is_bid else asks
                taken = printed.pop((not event.is_bid, event.ticks), 0)
                if taken:
                    assert side[event.ticks] - event.lots == taken
                side[event.ticks] = event.lots
        assert not printed, name


def test_ids_and_times_only_grow(recording):
    market, _, events = recording
    for name, told in events.items():
        times = [event.at_us for event in told]
        assert times == sorted(times)
        assert times[-1] <= market.time_ms * 1000
        updates = [event.update_id for event in told if type(event) is LevelSet]
        trades = [event.trade_id for event in told if type(event) is Print]
        for ids in (updates, trades):
            assert ids == list(range(ids[0], ids[0] + len(ids))), name


def test_perpetuals_have_a_mark_every_second_and_spot_has_none(recording):
    _, _, events = recording
    for instrument in instruments():
        marks = [event for event in events[instrument.id] if type(event) is MarkUpdate]
        expected = MINUTES * 60 if instrument.connection == "binance-usdm" else 0
        assert len(marks) == expected
        assert all(event.at_us % 1_000_000 == 0 for event in marks)


def test_books_are_deep_enough_to_trade_in(recording):
    market, _, _ = recording
    for name, listing in market.listings.items():
        for side in (listing.book.bids, listing.book.asks):
            levels = side.levels(10_000)
            best = levels[0][0]
            near = sum(t * q for t, q in levels if abs(t - best) <= 0.01 * best)
            notional = near * listing.tick * listing.lot
            assert len(levels) > 250, name
            assert notional > 1e6, (name, notional)
