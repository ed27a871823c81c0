"""The data of Kraken's channels, field by field in the venue's order.

Shapes: docs.kraken.com/api, websocket version 2, and frames captured in 2026-08.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from desk.sim.book import Top
from desk.sim.candles import MINUTE_MS, Candle
from desk.sim.decimals import plain
from desk.sim.dollars import DatedPrint
from desk.sim.kraken.spelling import Spelling, checksum
from desk.sim.rfc3339 import rfc3339
from desk.sim.window import Levels

Body = dict[str, Any]
Kind = Literal["snapshot", "update"]

SMALLEST_COST = "0.5"
HEARTBEAT = b'{"channel":"heartbeat"}'

_encode = msgspec.json.Encoder().encode


def frame(channel: str, kind: Kind, data: Any, **more: str) -> bytes:
    """Put data into the envelope that all channels share."""
    return _encode({"channel": channel, "type": kind, **more, "data": data})


def status(connection_id: str) -> bytes:
    """The first frame of a connection; its id does not fit a binary floating point number."""
    number = (1 << 62) + int(connection_id, 16)
    data = {
        "version": "2.0.10",
        "system": "online",
        "api_version": "v2",
        "connection_id": number,
    }
    return frame("status", "update", [data])


def book(
    spelling: Spelling,
    kind: Kind,
    sides: tuple[Levels, Levels],
    best: tuple[Levels, Levels],
    at: int,
) -> bytes:
    """`book`: the levels told, and the checksum of the best ones as they are then."""
    data = {
        "symbol": spelling.symbol,
        "bids": spelling.levels(sides[0]),
        "asks": spelling.levels(sides[1]),
        "checksum": checksum(*best),
        "timestamp": rfc3339(at),
    }
    return frame("book", kind, [data])


def trade(spelling: Spelling, dated: DatedPrint) -> Body:
    """One print; `side` is the taker's."""
    fill = dated.fill
    return {
        "symbol": spelling.symbol,
        "side": "buy" if fill.buyer_is_taker else "sell",
        "price": spelling.price(fill.ticks),
        "qty": spelling.quantity(fill.lots),
        "ord_type": "market",
        "trade_id": fill.trade_id,
        "timestamp": rfc3339(dated.at_ms),
    }


def ticker(spelling: Spelling, day: Candle, top: Top, at_ms: int) -> Body:
    """`ticker`."""
    bid, bid_lots, ask, ask_lots = top
    change = day.close - day.open
    sign = "-" if change < 0 else ""
    return {
        "symbol": spelling.symbol,
        "bid": spelling.price(bid),
        "bid_qty": spelling.quantity(bid_lots),
        "ask": spelling.price(ask),
        "ask_qty": spelling.quantity(ask_lots),
        "last": spelling.price(day.close),
        "volume": spelling.quantity(day.volume),
        "vwap": spelling.average(day.tick_lots, day.volume),
        "low": spelling.price(day.low),
        "high": spelling.price(day.high),
        "change": msgspec.Raw(f"{sign}{spelling.view.price(abs(change))}".encode()),
        "change_pct": round(change / day.open * 100, 2),
        "trades": day.trades,
        "timestamp": rfc3339(at_ms),
    }


def candle(spelling: Spelling, row: Candle, minutes: int) -> Body:
    """`ohlc`: `timestamp` is the candle's end and deprecated."""
    return {
        "symbol": spelling.symbol,
        "open": spelling.price(row.open),
        "high": spelling.price(row.high),
        "low": spelling.price(row.low),
        "close": spelling.price(row.close),
        "trades": row.trades,
        "volume": spelling.quantity(row.volume),
        "vwap": spelling.average(row.tick_lots, row.volume),
        "interval_begin": rfc3339(row.start_ms, 9),
        "interval": minutes,
        "timestamp": rfc3339(row.start_ms + minutes * MINUTE_MS),
    }


def instruments(spellings: list[Spelling]) -> bytes:
    """`instrument`: precisions and increments of all pairs; those of the simulated venue."""
    coins = [spelling.base for spelling in spellings]
    assets = [
        {
            "id": coin,
            "status": "enabled",
            "precision": 10,
            "precision_display": 5,
            "borrowable": False,
            "collateral_value": 1.0,
            "margin_rate": 0.0,
        }
        for coin in (*coins, "USD")
    ]
    return frame("instrument", "snapshot", {"assets": assets, "pairs": [*map(_pair, spellings)]})


def _pair(spelling: Spelling) -> Body:
    tick, lot = (msgspec.Raw(plain(step).encode()) for step in _steps(spelling))
    return {
        "symbol": spelling.symbol,
        "base": spelling.base,
        "quote": "USD",
        "status": "online",
        "qty_precision": spelling.quantity_decimals,
        "qty_increment": lot,
        "price_precision": spelling.price_decimals,
        "cost_precision": 5,
        "marginable": False,
        "has_index": True,
        "cost_min": msgspec.Raw(SMALLEST_COST.encode()),
        "tick_size": tick,
        "price_increment": tick,
        "qty_min": lot,
    }


def _steps(spelling: Spelling) -> tuple[Any, Any]:
    return spelling.view.pair.tick, spelling.view.pair.lot
