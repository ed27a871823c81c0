"""The data of Bybit's topics, field by field."""

from __future__ import annotations

import uuid
from typing import Any

from desk.model.instrument import Instrument
from desk.sim.book import Top
from desk.sim.bybit.spelling import Spelling
from desk.sim.candles import MINUTE_MS, Candle
from desk.sim.events import Forced, MarkUpdate, Print
from desk.sim.window import Levels

Body = dict[str, Any]

FUNDING_CAP = "0.003"
HOUR_MINUTES = 60


def book(spelling: Spelling, sides: tuple[Levels, Levels], *, number: int, update_id: int) -> Body:
    """`orderbook.N`: `u` counts the topic's frames, `seq` orders books of different depths."""
    bids, asks = sides
    return {
        "s": spelling.symbol,
        "b": [spelling.level(level) for level in bids],
        "a": [spelling.level(level) for level in asks],
        "u": number,
        "seq": update_id,
    }


def trade(spelling: Spelling, fill: Print, at_ms: int, *, direction: str, update_id: int) -> Body:
    """One fill of `publicTrade`; `S` is the taker's side."""
    body: Body = {
        "T": at_ms,
        "s": spelling.symbol,
        "S": "Buy" if fill.buyer_is_taker else "Sell",
        "v": spelling.quantity(fill.lots),
        "p": spelling.price(fill.ticks),
    }
    if spelling.is_spot:
        body["i"] = str(2_290_000_000_000_000_000 + fill.trade_id)
    else:
        body["L"] = direction
        body["i"] = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{spelling.symbol} {fill.trade_id}"))
    return {**body, "BT": False, "RPI": False, "seq": update_id}


def spot_ticker(spelling: Spelling, day: Candle, index_price: float | None) -> Body:
    """`tickers` of a spot pair: no bid, no ask."""
    return {
        "symbol": spelling.symbol,
        **_day(spelling, day),
        "usdIndexPrice": "" if index_price is None else f"{index_price:.6f}",
    }


def contract_ticker(
    spelling: Spelling,
    day: Candle,
    *,
    hour_ago: int,
    top: Top,
    mark: MarkUpdate,
    open_interest_lots: int,
    funding_ms: int,
    direction: str,
) -> Body:
    """`tickers` of a perpetual, whole; `openInterest` counts both sides of every contract."""
    price, quantity = spelling.price, spelling.quantity
    bid, bid_lots, ask, ask_lots = top
    single, both = quantity(open_interest_lots), quantity(2 * open_interest_lots)
    return {
        "symbol": spelling.symbol,
        "tickDirection": direction,
        **_day(spelling, day),
        "prevPrice1h": price(hour_ago),
        "markPrice": f"{mark.mark_price:.2f}",
        "indexPrice": f"{mark.index_price:.2f}",
        "openInterest": both,
        "openInterestValue": spelling.worth(2 * open_interest_lots, mark.mark_price),
        "singleOpenInterest": single,
        "singleOpenInterestValue": spelling.worth(open_interest_lots, mark.mark_price),
        "fundingIntervalHour": str(mark.funding_interval_h),
        "fundingCap": FUNDING_CAP,
        "nextFundingTime": str(funding_ms),
        "fundingRate": f"{mark.funding_rate:.8f}",
        "bid1Price": price(bid),
        "bid1Size": quantity(bid_lots),
        "ask1Price": price(ask),
        "ask1Size": quantity(ask_lots),
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
    }


def _day(spelling: Spelling, day: Candle) -> Body:
    """The fields that tell of the last 24 hours."""
    price = spelling.price
    return {
        "lastPrice": price(day.close),
        "prevPrice24h": price(day.open),
        "price24hPcnt": f"{(day.close - day.open) / day.open:.6f}",
        "highPrice24h": price(day.high),
        "lowPrice24h": price(day.low),
        "volume24h": spelling.quantity(day.volume),
        "turnover24h": spelling.turnover(day.tick_lots, day.volume),
    }


def kline(spelling: Spelling, candle: Candle, now_ms: int, *, closed: bool) -> Body:
    """`kline.1`."""
    price = spelling.price
    return {
        "start": candle.start_ms,
        "end": candle.start_ms + MINUTE_MS - 1,
        "interval": "1",
        "open": price(candle.open),
        "close": price(candle.close),
        "high": price(candle.high),
        "low": price(candle.low),
        "volume": spelling.quantity(candle.volume),
        "turnover": spelling.turnover(candle.tick_lots, candle.volume),
        "confirm": closed,
        "timestamp": now_ms,
    }


def kline_row(spelling: Spelling, candle: Candle) -> list[str]:
    """A candle as REST answers it."""
    price = spelling.price
    return [
        str(candle.start_ms),
        price(candle.open),
        price(candle.high),
        price(candle.low),
        price(candle.close),
        spelling.quantity(candle.volume),
        spelling.turnover(candle.tick_lots, candle.volume),
    ]


def liquidation(spelling: Spelling, forced: Forced, at_ms: int) -> Body:
    """One row of `allLiquidation`: `S` is the side of the position, `p` where it was bankrupt."""
    return {
        "T": at_ms,
        "s": spelling.symbol,
        "S": "Sell" if forced.buys else "Buy",
        "v": spelling.quantity(forced.lots),
        "p": spelling.price(forced.bankruptcy_ticks),
    }


def description(spelling: Spelling, instrument: Instrument) -> Body:
    """What REST tells of an instrument; the increments are the simulated market's own."""
    tick, lot = spelling.price(1), spelling.quantity(1)
    head: Body = {
        "symbol": spelling.symbol,
        "baseCoin": instrument.base,
        "quoteCoin": instrument.quote,
        "status": "Trading",
    }
    most = "25000000" if spelling.is_inverse else "1190.000"
    prices = {"minPrice": tick, "maxPrice": "1999999.80", "tickSize": tick}
    if spelling.is_spot:
        sizes = {
            "basePrecision": lot,
            "quotePrecision": "0.0000001",
            "minOrderQty": lot,
            "maxOrderQty": "17000",
            "minOrderAmt": "5",
            "maxOrderAmt": "8000000",
        }
        own: Body = {"innovation": "0", "marginTrading": "both", "stTag": "0"}
        return {**head, **own, "lotSizeFilter": sizes, "priceFilter": {"tickSize": tick}}
    return {
        **head,
        "contractType": "InversePerpetual" if spelling.is_inverse else "LinearPerpetual",
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(max(0, -int(instrument.tick_size.as_tuple().exponent))),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": prices,
        "lotSizeFilter": {
            "maxOrderQty": most,
            "minOrderQty": lot,
            "qtyStep": lot,
            "postOnlyMaxOrderQty": most,
            "maxMktOrderQty": most,
            "minNotionalValue": "5",
        },
        "unifiedMarginTrade": True,
        "fundingInterval": (instrument.funding_interval_h or 8) * HOUR_MINUTES,
        "settleCoin": instrument.settle,
        "copyTrading": "both",
        "upperFundingRate": FUNDING_CAP,
        "lowerFundingRate": f"-{FUNDING_CAP}",
        "isPreListing": False,
        "preListingInfo": None,
    }
