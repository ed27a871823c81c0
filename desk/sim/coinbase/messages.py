"""The messages of Coinbase's channels, field by field in the venue's order.

Shapes: the venue's channel pages (docs.cdp.coinbase.com, 2026) and frames captured in 2026-09.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from desk.sim.book import Top
from desk.sim.candles import Candle
from desk.sim.decimals import plain
from desk.sim.dollars import DatedPrint, DollarView, Pair
from desk.sim.rfc3339 import BEGINNING, rfc3339
from desk.sim.window import Levels

Body = dict[str, Any]
EventKind = Literal["snapshot", "update"]

NUMBER = b'"sequence_num":0'
"""Where each connection's own number goes."""
NAMES = {"BTC": "Bitcoin", "ETH": "Ethereum", "USDT": "Tether", "USDC": "USDC", "USD": "US Dollar"}
MIN_FUNDS = "1"

_encode = msgspec.json.Encoder().encode


def product_id(pair: Pair) -> str:
    """Return how the venue spells a pair."""
    return f"{pair.base}-USD"


def frame(channel: str, events: list[Body], now_ms: int) -> bytes:
    """Put events into the envelope that all channels share."""
    return _encode(
        {
            "channel": channel,
            "client_id": "",
            "timestamp": rfc3339(now_ms, 9),
            "sequence_num": 0,
            "events": events,
        }
    )


def sealed(payload: bytes, number: int) -> bytes | None:
    """Write a connection's number into a frame; None for a refusal, which has none."""
    at = payload.find(NUMBER, 0, 200)
    if at < 0:
        return None
    return b'%b"sequence_num":%d%b' % (payload[:at], number, payload[at + len(NUMBER) :])


def refusal(message: str) -> bytes:
    """What is wrong with a request."""
    return _encode({"type": "error", "message": message})


def subscriptions(channels: dict[str, list[str]], now_ms: int) -> bytes:
    """All that a connection is subscribed to."""
    return frame("subscriptions", [{"subscriptions": channels}], now_ms)


def heartbeat(counter: int, now_ms: int) -> bytes:
    """`heartbeats`: the counter is the venue's, in seconds."""
    at = rfc3339(now_ms).replace("T", " ").removesuffix("Z")
    event = {"current_time": f"{at} +0000 UTC m=+{counter}.000000001", "heartbeat_counter": counter}
    return frame("heartbeats", [event], now_ms)


def book(view: DollarView, kind: EventKind, sides: tuple[Levels, Levels], now_ms: int) -> bytes:
    """`l2_data`; in a snapshot levels have no time of their own."""
    at = BEGINNING if kind == "snapshot" else rfc3339(now_ms)
    updates = [
        {
            "side": side,
            "event_time": at,
            "price_level": view.price(ticks),
            "new_quantity": view.quantity(lots) if lots else "0",
        }
        for side, levels in zip(("bid", "offer"), sides, strict=True)
        for ticks, lots in levels
    ]
    event = {"type": kind, "product_id": product_id(view.pair), "updates": updates}
    return frame("l2_data", [event], now_ms)


def trade(view: DollarView, dated: DatedPrint) -> Body:
    """One print; `side` is the maker's."""
    fill = dated.fill
    return {
        "trade_id": str(fill.trade_id),
        "product_id": product_id(view.pair),
        "price": view.price(fill.ticks),
        "size": view.quantity(fill.lots),
        "side": "SELL" if fill.buyer_is_taker else "BUY",
        "time": rfc3339(dated.at_ms),
    }


def trades(view: DollarView, kind: EventKind, prints: list[DatedPrint], now_ms: int) -> bytes:
    """`market_trades`: newest first."""
    rows = [trade(view, dated) for dated in reversed(prints)]
    return frame("market_trades", [{"type": kind, "trades": rows}], now_ms)


def ticker(view: DollarView, kind: EventKind, day: Candle, top: Top | None, now_ms: int) -> bytes:
    """`ticker`, or `ticker_batch` without `top`: that one has no best prices."""
    price = view.price
    row: Body = {
        "type": "ticker",
        "product_id": product_id(view.pair),
        "price": price(day.close),
        "volume_24_h": view.quantity(day.volume),
        "low_24_h": price(day.low),
        "high_24_h": price(day.high),
        "low_52_w": price(day.low),
        "high_52_w": price(day.high),
        "price_percent_chg_24_h": f"{(day.close / day.open - 1) * 100:.8f}",
    }
    if top is not None:
        bid, bid_lots, ask, ask_lots = top
        row |= {
            "best_bid": price(bid),
            "best_ask": price(ask),
            "best_bid_quantity": view.quantity(bid_lots),
            "best_ask_quantity": view.quantity(ask_lots),
        }
    channel = "ticker_batch" if top is None else "ticker"
    return frame(channel, [{"type": kind, "tickers": [row]}], now_ms)


def candle(view: DollarView, row: Candle) -> Body:
    """A candle of REST and, with its product, of `candles`."""
    return {
        "start": str(row.start_ms // 1000),
        "high": view.price(row.high),
        "low": view.price(row.low),
        "open": view.price(row.open),
        "close": view.price(row.close),
        "volume": view.quantity(row.volume),
    }


def candles(view: DollarView, kind: EventKind, rows: list[Candle], now_ms: int) -> bytes:
    """`candles`: newest first."""
    name = product_id(view.pair)
    bodies = [{**candle(view, row), "product_id": name} for row in reversed(rows)]
    return frame("candles", [{"type": kind, "candles": bodies}], now_ms)


def status(views: list[DollarView], now_ms: int) -> bytes:
    """`status`: the terms of products."""
    products = [
        {
            "product_type": "SPOT",
            "id": product_id(view.pair),
            "base_currency": view.pair.base,
            "quote_currency": "USD",
            "base_increment": plain(view.pair.lot),
            "quote_increment": plain(view.pair.tick),
            "display_name": f"{view.pair.base}/USD",
            "status": "online",
            "status_message": "",
            "min_market_funds": MIN_FUNDS,
        }
        for view in views
    ]
    return frame("status", [{"type": "snapshot", "products": products}], now_ms)


def product(view: DollarView, day: Candle, top: Top) -> Body:
    """What REST lists; the increments are the simulated venue's own."""
    pair, name = view.pair, product_id(view.pair)
    bid, _, ask, _ = top
    return {
        "product_id": name,
        "price": view.price(day.close),
        "price_percentage_change_24h": f"{(day.close / day.open - 1) * 100:.8f}",
        "volume_24h": view.quantity(day.volume),
        "volume_percentage_change_24h": "0",
        "base_increment": plain(pair.lot),
        "quote_increment": plain(pair.tick),
        "quote_min_size": MIN_FUNDS,
        "quote_max_size": "150000000",
        "base_min_size": plain(pair.lot),
        "base_max_size": "3400",
        "base_name": NAMES[pair.base],
        "quote_name": NAMES["USD"],
        "watched": False,
        "is_disabled": False,
        "new": False,
        "status": "online",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": False,
        "auction_mode": False,
        "product_type": "SPOT",
        "quote_currency_id": "USD",
        "base_currency_id": pair.base,
        "fcm_trading_session_details": None,
        "mid_market_price": f"{float((bid + ask) * pair.tick / 2):.8f}",
        "alias": "",
        "alias_to": [],
        "base_display_symbol": pair.base,
        "quote_display_symbol": "USD",
        "view_only": False,
        "price_increment": plain(pair.tick),
        "display_name": name,
        "product_venue": "CBE",
        "approximate_quote_24h_volume": f"{view.turnover(day.tick_lots):.2f}",
    }
