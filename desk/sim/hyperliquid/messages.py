"""The data of Hyperliquid's channels and answers, field by field; prices and sizes are text."""

from __future__ import annotations

import hashlib
from typing import Any

from desk.sim.candles import MINUTE_MS, Candle
from desk.sim.events import MarkUpdate, Print
from desk.sim.hyperliquid.spelling import COINS, Spelling
from desk.sim.window import Levels

Body = dict[str, Any]

HOURS_OF_RATE = 8
"""The market's rate is for so many hours; the venue's is hourly."""
_NO_HASH = "0x" + "0" * 64
_MIX = 0x9E3779B97F4A7C15F39CC0605CEDC8341082276B
"""Odd, so that multiplying by it makes different numbers of different ones."""


def levels(spelling: Spelling, side: Levels) -> list[Body]:
    """One side of a book; how many orders rest at a level is not simulated: one."""
    price, size = spelling.price, spelling.size
    return [{"px": price(ticks), "sz": size(lots), "n": 1} for ticks, lots in side]


def book(spelling: Spelling, sides: tuple[Levels, Levels], at_ms: int) -> Body:
    """`l2Book`: whole, every time."""
    told = [levels(spelling, side) for side in sides]
    return {"coin": spelling.coin.name, "time": at_ms, "levels": told}


def best(spelling: Spelling, sides: tuple[Levels, Levels], at_ms: int) -> Body:
    """`bbo`."""
    told = [levels(spelling, side)[0] for side in sides]
    return {"coin": spelling.coin.name, "time": at_ms, "bbo": told}


def trade(spelling: Spelling, fill: Print, at_ms: int, *, forced: bool) -> Body:
    """One element of `trades`; ids are unique and in no order, a forced trade has no hash."""
    coin, buys = spelling.coin.name, fill.buyer_is_taker
    digest = hashlib.blake2b(f"{coin} {fill.at_us}".encode(), digest_size=32).hexdigest()
    maker, taker = f"{fill.trade_id * _MIX % 2**160:040x}", digest[:40]
    return {
        "coin": coin,
        "side": "B" if buys else "A",
        "px": spelling.price(spelling.fill_ticks(fill.ticks, buys=buys)),
        "sz": spelling.size(fill.lots),
        "time": at_ms,
        "hash": _NO_HASH if forced else f"0x{digest}",
        "tid": fill.trade_id * _MIX % 2**50,
        "users": [f"0x{taker}", f"0x{maker}"] if buys else [f"0x{maker}", f"0x{taker}"],
    }


def candle(
    spelling: Spelling, candle: Candle, interval: str = "1m", span_ms: int = MINUTE_MS
) -> Body:
    """`candle`, of a minute on the stream."""
    price = spelling.price
    return {
        "t": candle.start_ms,
        "T": candle.start_ms + span_ms - 1,
        "s": spelling.coin.name,
        "i": interval,
        "o": price(spelling.fill_ticks(candle.open, buys=False)),
        "c": price(spelling.fill_ticks(candle.close, buys=False)),
        "h": price(spelling.fill_ticks(candle.high, buys=True)),
        "l": price(spelling.fill_ticks(candle.low, buys=False)),
        "v": spelling.size(candle.volume),
        "n": candle.trades,
    }


def context(
    spelling: Spelling, mark: MarkUpdate, day: Candle, top: tuple[int, int], interest: int
) -> Body:
    """`activeAssetCtx` of a perpetual; no time stands in it, and funding is that of an hour."""
    bid, ask = top
    return {
        "funding": figure(mark.funding_rate / HOURS_OF_RATE),
        "openInterest": spelling.size(interest),
        **_day(spelling, day),
        "premium": figure(mark.premium),
        "oraclePx": spelling.figure(mark.index_price),
        "markPx": spelling.figure(mark.mark_price),
        "midPx": spelling.mid(bid, ask),
        "impactPxs": [spelling.price(bid), spelling.price(ask)],
    }


def spot_context(spelling: Spelling, day: Candle, top: tuple[int, int]) -> Body:
    """`activeSpotAssetCtx`."""
    mid = spelling.mid(*top)
    return {
        **_day(spelling, day),
        "markPx": mid,
        "midPx": mid,
        "circulatingSupply": "2000.0",
        "totalSupply": "21000000.0",
        "coin": spelling.coin.name,
    }


def _day(spelling: Spelling, day: Candle) -> Body:
    instrument = spelling.instrument
    turnover = day.tick_lots * float(instrument.tick_size * instrument.lot_size)
    return {
        "prevDayPx": spelling.price(spelling.fill_ticks(day.open, buys=False)),
        "dayNtlVlm": figure(turnover),
        "dayBaseVlm": spelling.size(day.volume),
    }


def figure(value: float) -> str:
    """Write a rate or a turnover."""
    text = f"{value:.10f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def meta() -> Body:
    """The listing of perpetuals."""
    rows = [
        {
            "name": coin.name,
            "szDecimals": coin.size_decimals,
            "maxLeverage": coin.leverage,
            "marginTableId": coin.leverage,
        }
        for coin in COINS
        if not coin.is_spot
    ]
    return {"universe": rows, "marginTables": [], "collateralToken": 0}


def spot_meta() -> Body:
    """The listing of spot: tokens at their index, and pairs of them."""
    pairs = [coin for coin in COINS if coin.is_spot]
    names = [("USDC", 8), *((coin.token, coin.size_decimals) for coin in pairs)]
    tokens = [
        {
            "name": name,
            "szDecimals": decimals,
            "weiDecimals": 8,
            "index": index,
            "tokenId": f"0x{index * _MIX % 2**128:032x}",
            "isCanonical": index == 0,
            "evmContract": None,
            "fullName": None,
            "deployerTradingFeeShare": "0.0",
        }
        for index, (name, decimals) in enumerate(names)
    ]
    universe = [
        {
            "name": coin.name,
            "tokens": [number, 0],
            "index": int(coin.name[1:]),
            "isCanonical": False,
        }
        for number, coin in enumerate(pairs, 1)
    ]
    return {"universe": universe, "tokens": tokens}
