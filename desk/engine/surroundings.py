"""What an order is judged by that a portfolio document has no field for."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.anomalies import unresolved_s
from desk.engine.day import daily_limit, day_loss
from desk.engine.desk import Desk
from desk.engine.execution_state import unknown_orders
from desk.engine.market_views import open_coins
from desk.market.instrument_market import InstrumentMarket
from desk.model.instrument import Instrument
from desk.risk.context import Surroundings

_INTEREST_LIMIT_NS = 300_000_000_000
"""Venues tell an open interest with each ticker, every 3 s or, Binance, when asked every 5 s; of
one that refuses, the slowest question is five minutes after the last."""


def surroundings(desk: Desk, instrument: Instrument, account: str) -> Surroundings:
    """Gather funding interval, open interest and the last minute's marks of an instrument."""
    market, window = desk.market.get(instrument.id), desk.windows.get(instrument.id)
    within_s = int(desk.rules.profile.number("ord.price_collar", "window_s"))
    span = None if window is None else window.span(desk.now_ns, within_s)
    low, high = (None, None) if span is None else span
    return Surroundings(
        live=desk.settings.live,
        funding_interval_h=None if market is None else market.funding_interval_h,
        open_interest=None if market is None else _open_coins(desk, market),
        lowest_mark=low,
        highest_mark=high,
        anomaly_s=unresolved_s(desk, instrument.id),
        day_loss_unknown=daily_limit(desk) is not None and day_loss(desk) is None,
        venue_doubt=desk.execution.doubt(desk.venue.link),
        unanswered=tuple(order.id for order in unknown_orders(desk, account)),
    )


def _open_coins(desk: Desk, market: InstrumentMarket) -> Decimal | None:
    """Return the open interest; None when it is too old to know.

    In a recording the last one holds: there an unknown one would let more in.
    """
    told = market.open_interest
    if told is None:
        return None
    is_old = desk.now_ns - told.ts_recv_ns > _INTEREST_LIMIT_NS
    return None if is_old and desk.settings.live else open_coins(market)
