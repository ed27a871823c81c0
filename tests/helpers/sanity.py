"""What must hold of market events, whatever they came from."""

from desk.model.market_data import (
    BookDelta,
    BookSnapshot,
    BookTop,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)


def check_event(event):
    if isinstance(event, BookDelta | BookSnapshot):
        levels = event.bids + event.asks
        assert all(type(x) is int for level in levels for x in level)
        assert all(ticks > 0 and lots >= 0 for ticks, lots in levels)
        assert 0 <= event.last_id < 1 << 63
    elif isinstance(event, Trade):
        assert type(event.price) is type(event.quantity) is int
        assert event.price > 0
        assert event.quantity > 0
    elif isinstance(event, BookTop):
        assert min(event.bid, event.ask, event.bid_lots, event.ask_lots) > 0
    elif isinstance(event, MarkPrice):
        assert 0 < event.mark < 10**12
        assert event.index is None or 0 < event.index < 10**12
        assert event.funding_rate is None or abs(event.funding_rate) <= 1
    elif isinstance(event, OpenInterest):
        assert 0 <= event.quantity < 10**15
    elif isinstance(event, Liquidation):
        assert 0 < event.price < 10**12
        assert 0 < event.quantity < 10**15
    elif isinstance(event, VenueCandle):
        assert 0 < event.low <= min(event.open, event.close)
        assert max(event.open, event.close) <= event.high
        assert 0 <= event.volume < 10**15


def check_sane(protocol):
    """Take what came out, and check it and the counters."""
    events = protocol.events_received()
    for event in events:
        check_event(event)
    counters = protocol.counters
    assert sum(counters.reasons.values()) == counters.rejected
    assert len(counters.reasons) <= 65
    return events
