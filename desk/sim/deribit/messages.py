"""The data of Deribit's channels and answers, field by field; numbers are JSON numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from desk.sim.candles import Candle
from desk.sim.deribit.book import Levels
from desk.sim.deribit.spelling import Spelling
from desk.sim.events import Print

Body = dict[str, Any]
Top = tuple[int, int, int, int]
"""Best bid in the venue's ticks and its units, best ask likewise."""

PERPETUAL_ENDS_MS = 32_503_708_800_000
LISTED_MS = 1_534_167_754_000
BAND = 0.015
"""Orders must be priced within this fraction of the mark."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the venue says of an instrument beside its book; funding is that of 8 hours."""

    mark_price: float
    index_price: float
    current_funding: float
    funding_8h: float
    open_interest: float


def changes(spelling: Spelling, levels: Levels) -> list[list[Any]]:
    """Levels of the book as they are told: action, price, amount."""
    price, amount = spelling.price, spelling.amount
    return [[action, price(ticks), amount(units)] for action, ticks, units in levels]


def book(spelling: Spelling, sides: tuple[Levels, Levels], change_id: int, at_ms: int) -> Body:
    """`book.….100ms` whole; a change has the id before it in addition."""
    bids, asks = sides
    return {
        "type": "snapshot",
        "timestamp": at_ms,
        "instrument_name": spelling.terms.name,
        "change_id": change_id,
        "bids": changes(spelling, bids),
        "asks": changes(spelling, asks),
    }


def depth(
    spelling: Spelling, sides: tuple[list[tuple[int, int]], list[tuple[int, int]]]
) -> dict[str, list[list[float]]]:
    """Both sides without actions: price, amount."""
    price, amount = spelling.price, spelling.amount
    bids, asks = ([[price(t), amount(u)] for t, u in side] for side in sides)
    return {"bids": bids, "asks": asks}


def trade(
    spelling: Spelling, fill: Print, mark: Mark, at_ms: int, *, direction: int, forced: bool
) -> Body:
    """One element of `trades.….100ms`; `direction`: 0 up, 2 down, and one more for no change."""
    terms, buys = spelling.terms, fill.buyer_is_taker
    ticks = -(-fill.ticks // spelling.step) if buys else fill.ticks // spelling.step
    units = spelling.units(ticks, fill.lots)
    body: Body = {
        "timestamp": at_ms,
        "price": spelling.price(ticks),
        "direction": "buy" if buys else "sell",
        "index_price": round(mark.index_price, 2),
        "trade_id": trade_id(spelling, fill),
        "instrument_name": terms.name,
        "trade_seq": fill.trade_id,
        "amount": spelling.amount(units),
        "mark_price": round(mark.mark_price, 2),
        "tick_direction": direction,
        "starbase_match_id": str(fill.trade_id * 1_000_003),
        "contracts": float(units),
        "starbase_timestamp": at_ms * 1_000_000,
    }
    return {**body, "liquidation": "T"} if forced else body


def trade_id(spelling: Spelling, fill: Print) -> str:
    """Return a trade's id; only those of the first instruments are plain numbers."""
    name = spelling.terms.name
    return f"{fill.trade_id}" if name.startswith("BTC-") else f"{name[:8]}-{fill.trade_id}"


def quote(spelling: Spelling, top: Top, at_ms: int) -> Body:
    """`quote.…`."""
    return {"timestamp": at_ms, "instrument_name": spelling.terms.name, **best(spelling, top)}


def best(spelling: Spelling, top: Top) -> Body:
    """The best of the book."""
    bid, bid_units, ask, ask_units = top
    return {
        "best_bid_price": spelling.price(bid),
        "best_bid_amount": spelling.amount(bid_units),
        "best_ask_price": spelling.price(ask),
        "best_ask_amount": spelling.amount(ask_units),
    }


def stats(spelling: Spelling, day: Candle) -> Body:
    """The last 24 hours."""
    volume, dollars = turnover(spelling, day)
    return {
        "high": spelling.nearest(day.high),
        "low": spelling.nearest(day.low),
        "price_change": round((day.close / day.open - 1) * 100, 4),
        "volume": volume,
        "volume_usd": dollars,
        "volume_notional": dollars,
    }


def turnover(spelling: Spelling, candle: Candle) -> tuple[float, float]:
    """Return a candle's trades in base coin and in quote currency."""
    instrument = spelling.instrument
    lot = float(instrument.lot_size)
    quoted = candle.tick_lots * lot * float(instrument.tick_size)
    return round(candle.volume * lot, 8), round(quoted, 2)


def ticker(spelling: Spelling, day: Candle, top: Top, mark: Mark, at_ms: int) -> Body:
    """`ticker.….100ms`; funding and open interest are of perpetuals only."""
    marked = round(mark.mark_price, 2)
    body: Body = {
        "timestamp": at_ms,
        "state": "open",
        "stats": stats(spelling, day),
        "index_price": round(mark.index_price, 2),
        "instrument_name": spelling.terms.name,
        "last_price": spelling.nearest(day.close),
        "settlement_price": spelling.nearest(day.open),
        "min_price": spelling.price(int(marked * (1 - BAND) / float(spelling.terms.tick))),
        "max_price": spelling.price(int(marked * (1 + BAND) / float(spelling.terms.tick))),
        "mark_price": marked,
        "estimated_delivery_price": round(mark.index_price, 2),
        **best(spelling, top),
    }
    return body if spelling.terms.is_spot else {**body, **_perpetual(mark)}


def _perpetual(mark: Mark) -> Body:
    return {
        "open_interest": mark.open_interest,
        "interest_value": round((mark.mark_price / mark.index_price - 1) * 100, 6),
        "current_funding": round(mark.current_funding, 8),
        "funding_8h": round(mark.funding_8h, 8),
    }


def interest(mark: Mark, at_ms: int) -> Body:
    """`perpetual.….100ms`."""
    return {
        "timestamp": at_ms,
        "interest": round(mark.current_funding, 8),
        "index_price": round(mark.index_price, 2),
    }


def chart(spelling: Spelling, candle: Candle) -> Body:
    """`chart.trades.….1`."""
    volume, cost = turnover(spelling, candle)
    return {
        "volume": volume,
        "tick": candle.start_ms,
        "open": spelling.nearest(candle.open),
        "low": spelling.nearest(candle.low),
        "high": spelling.nearest(candle.high),
        "cost": cost,
        "close": spelling.nearest(candle.close),
    }


def description(spelling: Spelling, number: int) -> Body:
    """What `get_instruments` tells of an instrument."""
    terms = spelling.terms
    body: Body = {
        "instrument_id": number,
        "instrument_name": terms.name,
        "kind": "spot" if terms.is_spot else "future",
        "instrument_type": "reversed" if terms.is_inverse else "linear",
        "base_currency": terms.base,
        "counter_currency": terms.quote,
        "quote_currency": terms.quote,
        "price_index": terms.index_name,
        "tick_size": float(terms.tick),
        "tick_size_steps": [],
        "min_trade_amount": float(terms.smallest),
        "contract_size": float(terms.unit),
        "maker_commission": 0.0,
        "taker_commission": 0.0 if terms.is_spot else 0.0005,
        "is_active": True,
        "state": "open",
        "rfq": False,
        "creation_timestamp": LISTED_MS,
        "expiration_timestamp": PERPETUAL_ENDS_MS,
        "block_trade_commission": 0.00025,
        "block_trade_min_trade_amount": 25_000.0,
        "block_trade_tick_size": 0.01,
    }
    if terms.is_spot:
        return {**body, "contract_size": float(terms.smallest), "qty_tick_size": float(terms.unit)}
    return {
        **body,
        "future_type": body["instrument_type"],
        "settlement_currency": terms.settle,
        "settlement_period": "perpetual",
        "max_leverage": 50,
        "max_non_default_leverage": 50,
        "max_liquidation_commission": 0.0075,
    }
