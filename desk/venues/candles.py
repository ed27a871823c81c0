"""A minute as a venue draws it: what must hold before it is one."""

from __future__ import annotations

from decimal import Decimal

from desk.model.instrument import InstrumentId, Ticks
from desk.model.market_data import VenueCandle
from desk.venues.unreadable import Unusable

MINUTE_MS = 60_000


def minute_candle(
    instrument: InstrumentId,
    start_ms: int,
    prices: tuple[Ticks, Ticks, Ticks, Ticks],
    volume: Decimal,
    ts_recv_ns: int,
    *,
    closed: bool,
) -> VenueCandle:
    """Return a candle by its open, high, low and close; raise Unusable where they cannot be."""
    first, high, low, last = prices
    if start_ms % MINUTE_MS:
        raise Unusable("not a candle of a minute")
    if not low <= min(first, last) <= max(first, last) <= high:
        raise Unusable("prices outside their candle")
    return VenueCandle(instrument, start_ms, *prices, volume, closed, ts_recv_ns)
