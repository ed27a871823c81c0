"""The market watch: a view for each instrument that this desk is fed."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.desk import Desk
from desk.engine.quality import fed_markets
from desk.engine.snapshot import MarketView
from desk.market.instrument_market import InstrumentMarket
from desk.model.instrument import Contract, Instrument, Kind
from desk.model.numbers import ONE

_HOUR_MS = 3_600_000


def market_views(desk: Desk) -> list[MarketView]:
    """Return every instrument that this desk is fed."""
    return [_market_view(desk, market) for market in fed_markets(desk)]


def open_coins(market: InstrumentMarket) -> Decimal | None:
    """Return the open interest in base coins, by which venues can be compared."""
    interest, terms, mark = market.open_interest, market.instrument, market.mark_price
    if interest is None:
        return None
    if terms.contract is Contract.LINEAR:
        return interest.quantity * terms.contract_size
    return terms.notional(interest.quantity, mark) if mark else None


def _market_view(desk: Desk, market: InstrumentMarket) -> MarketView:
    terms, book = market.instrument, market.book
    bid, ask = book.best_bid, book.best_ask
    mark, last = market.mark_price, market.last_price or market.candles.told_last
    standing = desk.reference.standing(market, desk.now_ns)
    return MarketView(
        instrument=terms.id,
        venue=terms.venue,
        kind=terms.kind.value,
        base=terms.base,
        tick_size=terms.tick_size,
        lot_size=terms.lot_size,
        bid=None if bid is None else terms.price(bid[0]),
        ask=None if ask is None else terms.price(ask[0]),
        bid_quantity=None if bid is None else terms.quantity(bid[1]),
        ask_quantity=None if ask is None else terms.quantity(ask[1]),
        last=last,
        mark=mark,
        index=market.index_price,
        basis_rate=_basis(desk, market),
        funding_rate=market.funding_rate,
        next_funding_ms=next_funding_ms(desk, market),
        change_24h_rate=None if last is None else market.candles.day_change(last, desk.wall_ms),
        open_interest=open_coins(market),
        spread=None if bid is None or ask is None else (ask[0] - bid[0]) * terms.tick_size,
        mark_age_ms=desk.market.mark_age_ms(terms.id, desk.now_ns),
        book_age_ms=desk.market.book_age_ms(terms.id, desk.now_ns),
        book_state=book.state,
        quality=market.quality(desk.now_ns),
        quantity_unit=_unit(terms),
        funding_interval_h=market.funding_interval_h,
        deviation=None if standing is None else standing.deviation,
    )


def _unit(terms: Instrument) -> str:
    """Return what a quantity counts: contracts, or nothing to say where it is the base coin."""
    linear = terms.contract is Contract.LINEAR and terms.contract_size == ONE
    return "" if linear else "ct"


def _basis(desk: Desk, market: InstrumentMarket) -> Decimal | None:
    """Return (perpetual − spot) / spot of the same venue, both fresh and in the same quote."""
    spot, mark = desk.reference.spot_of(market), market.mark_price
    if market.instrument.kind is Kind.SPOT or mark is None or spot is None:
        return None
    price = spot.mark_price
    same = spot.instrument.quote == market.instrument.quote
    fresh = all(m.quality(desk.now_ns) == "LIVE" for m in (spot, market))
    return (mark - price) / price if price and fresh and same else None


def next_funding_ms(desk: Desk, market: InstrumentMarket) -> int | None:
    """Return when funding is paid next: as the venue says, else the whole hour.

    A venue that pays each hour, on the hour, does not tell the time with the rate.
    """
    told = market.next_funding_ms
    if told is not None or market.funding_rate is None:
        return told
    if market.instrument.funding_interval_h != 1:
        return None
    return (desk.wall_ms // _HOUR_MS + 1) * _HOUR_MS
