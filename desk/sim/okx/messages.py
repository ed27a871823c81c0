"""The data of OKX's channels, field by field in the venue's order."""

from __future__ import annotations

from typing import Any

from desk.sim.book import Top
from desk.sim.candles import Candle
from desk.sim.events import Forced, MarkUpdate, Print
from desk.sim.okx.spelling import Spelling
from desk.sim.window import Levels

Body = dict[str, Any]

HOUR_MS = 3_600_000
MARK_DECIMALS = 2


def book(spelling: Spelling, sides: tuple[Levels, Levels], at_ms: int) -> Body:
    """The fields that every message about the book begins with."""
    bids, asks = sides
    return {
        "asks": [spelling.level(ticks, lots) for ticks, lots in asks],
        "bids": [spelling.level(ticks, lots) for ticks, lots in bids],
        "ts": str(at_ms),
    }


def book_change(
    spelling: Spelling, sides: tuple[Levels, Levels], at_ms: int, previous_id: int, update_id: int
) -> Body:
    """`books`: the checksum has been a constant 0 since 2026."""
    ids = {"checksum": 0, "seqId": update_id, "prevSeqId": previous_id}
    return {**book(spelling, sides, at_ms), **ids}


def best(spelling: Spelling, top: Top, at_ms: int, update_id: int) -> Body:
    """`bbo-tbt`."""
    bid, bid_lots, ask, ask_lots = top
    return {**book(spelling, ([(bid, bid_lots)], [(ask, ask_lots)]), at_ms), "seqId": update_id}


def trade(spelling: Spelling, fills: list[Print], at_ms: int, update_id: int) -> Body:
    """`trades`: the fills of one taker order at one price."""
    first, last = fills[0], fills[-1]
    return {
        "instId": spelling.instrument_id,
        "tradeId": str(last.trade_id),
        "px": spelling.price(first.ticks),
        "sz": spelling.size(sum(fill.lots for fill in fills)),
        "side": "buy" if first.buyer_is_taker else "sell",
        "ts": str(at_ms),
        "count": str(len(fills)),
        "source": "0",
        "seqId": update_id,
    }


def ticker(spelling: Spelling, day: Candle, top: Top, at_ms: int) -> Body:
    """`tickers`: volumes in contracts and base coin on swaps, in base and quote coin on spot."""
    price, size = spelling.price, spelling.size
    bid, bid_lots, ask, ask_lots = top
    base = spelling.base_quantity(day.volume, day.close * float(spelling.instrument.tick_size))
    quote = spelling.turnover(day.tick_lots, day.volume)
    return {
        "instType": spelling.kind,
        "instId": spelling.instrument_id,
        "last": price(day.close),
        "lastSz": size(day.last_lots),
        "askPx": price(ask),
        "askSz": size(ask_lots),
        "bidPx": price(bid),
        "bidSz": size(bid_lots),
        "open24h": price(day.open),
        "high24h": price(day.high),
        "low24h": price(day.low),
        "sodUtc0": price(day.open),
        "sodUtc8": price(day.open),
        "volCcy24h": base if spelling.is_swap else quote,
        "vol24h": size(day.volume),
        "ts": str(at_ms),
    }


def mark_price(spelling: Spelling, mark: MarkUpdate, at_ms: int) -> Body:
    """`mark-price`."""
    return {
        "instId": spelling.instrument_id,
        "instType": spelling.kind,
        "markPx": f"{mark.mark_price:.{MARK_DECIMALS}f}",
        "ts": str(at_ms),
    }


def index_ticker(index_id: str, mark: MarkUpdate, at_ms: int) -> Body:
    """`index-tickers`; the index keeps no history, so that its day is the present."""
    price = f"{mark.index_price:.{MARK_DECIMALS}f}"
    day = dict.fromkeys(("high24h", "low24h", "open24h", "sodUtc0", "sodUtc8"), price)
    return {"instId": index_id, "idxPx": price, **day, "ts": str(at_ms)}


def funding_rate(spelling: Spelling, mark: MarkUpdate, at_ms: int, funding_ms: int) -> Body:
    """`funding-rate`: the interval is the time between the two funding times."""
    interval_ms = mark.funding_interval_h * HOUR_MS
    return {
        "formulaType": "withRate",
        "fundingRate": f"{mark.funding_rate:.10f}",
        "fundingTime": str(funding_ms),
        "impactValue": "25000",
        "instId": spelling.instrument_id,
        "instType": spelling.kind,
        "interestRate": "0.0001",
        "maxFundingRate": "0.003",
        "method": "current_period",
        "minFundingRate": "-0.003",
        "nextFundingRate": "",
        "nextFundingTime": str(funding_ms + interval_ms),
        "premium": f"{mark.premium:.10f}",
        "settFundingRate": "",
        "settState": "settled",
        "ts": str(at_ms),
    }


def open_interest(spelling: Spelling, lots: int, price: float, at_ms: int) -> Body:
    """`open-interest`: in contracts, base coin and US dollars."""
    base = spelling.base_quantity(lots, price)
    return {
        "instType": spelling.kind,
        "instId": spelling.instrument_id,
        "oi": spelling.size(lots),
        "oiCcy": base,
        "oiUsd": f"{float(base) * price:.2f}",
        "ts": str(at_ms),
    }


def candle(spelling: Spelling, candle: Candle, *, closed: bool) -> list[str]:
    """`candle1m`."""
    price = spelling.price
    return [
        str(candle.start_ms),
        price(candle.open),
        price(candle.high),
        price(candle.low),
        price(candle.close),
        spelling.size(candle.volume),
        spelling.base_quantity(candle.volume, candle.close * float(spelling.instrument.tick_size)),
        spelling.turnover(candle.tick_lots, candle.volume),
        "1" if closed else "0",
    ]


def settled_funding(spelling: Spelling, rate: float, at_ms: int) -> Body:
    """One row of `funding-rate-history`."""
    return {
        "instType": "SWAP",
        "instId": spelling.instrument_id,
        "formulaType": "withRate",
        "fundingRate": f"{rate:.8f}",
        "realizedRate": f"{rate:.8f}",
        "fundingTime": str(at_ms),
        "method": "current_period",
    }


def liquidation(spelling: Spelling, forced: Forced, at_ms: int) -> Body:
    """`liquidation-orders`: `side` is the order's, the price that of bankruptcy."""
    order = {
        "bkLoss": "0",
        "bkPx": spelling.price(forced.bankruptcy_ticks),
        "ccy": "",
        "posSide": "short" if forced.buys else "long",
        "side": "buy" if forced.buys else "sell",
        "sz": spelling.size(forced.lots),
        "ts": str(at_ms),
    }
    return {
        "details": [order],
        "instFamily": spelling.index_id,
        "instId": spelling.instrument_id,
        "instType": spelling.kind,
        "uly": spelling.index_id,
    }


def description(spelling: Spelling) -> Body:
    """What REST tells of an instrument; the increments are the simulated market's own."""
    instrument = spelling.instrument
    swap, inverse = spelling.is_swap, spelling.is_inverse
    lot = spelling.size(1) if not swap or inverse else "0.01"
    return {
        "alias": "",
        "auctionEndTime": "",
        "baseCcy": "" if swap else instrument.base,
        "category": "1",
        "ctMult": "1" if swap else "",
        "ctType": ("inverse" if inverse else "linear") if swap else "",
        "ctVal": f"{spelling.contract_value}" if swap else "",
        "ctValCcy": (instrument.quote if inverse else instrument.base) if swap else "",
        "expTime": "",
        "instFamily": spelling.index_id if swap else "",
        "instId": spelling.instrument_id,
        "instType": spelling.kind,
        "lever": "100" if swap else "10",
        "listTime": "1573557408000",
        "lotSz": lot,
        "maxLmtSz": "100000000",
        "maxMktSz": "20000",
        "minSz": lot,
        "optType": "",
        "quoteCcy": "" if swap else instrument.quote,
        "ruleType": "normal",
        "settleCcy": instrument.settle if swap else "",
        "state": "live",
        "stk": "",
        "tickSz": spelling.price(1),
        "uly": spelling.index_id if swap else "",
    }
