"""The bodies of the venue's messages, field by field in the venue's order."""

from __future__ import annotations

from typing import Any

import msgspec

from desk.sim.binance.spelling import FUTURES_ID_STEP, Spelling
from desk.sim.binance.streams import USDM
from desk.sim.binance.wire import mark_number, rate_number
from desk.sim.candles import MINUTE_MS, Candle, PremiumBar
from desk.sim.events import Forced, MarkUpdate, Print, TopOfBook

Body = dict[str, Any]

DAY_MS = 86_400_000


class AggregateTrade(msgspec.Struct, frozen=True):
    """The fills of one taker order at one price."""

    at_ms: int
    first_id: int
    last_id: int
    ticks: int
    lots: int
    buyer_is_taker: bool


def shutdown_notice(at_ms: int) -> bytes:
    """What spot tells every connection before it shuts down, without a fixed lead (2026-06)."""
    return msgspec.json.encode({"e": "serverShutdown", "E": at_ms})


def book_ticker(spelling: Spelling, top: TopOfBook, at_ms: int) -> Body:
    """`@bookTicker`; spot gives neither a type nor a time."""
    numbers = spelling.numbers
    quote: Body = {
        "b": numbers.price(top.bid_ticks),
        "B": numbers.quantity(top.bid_lots),
        "a": numbers.price(top.ask_ticks),
        "A": numbers.quantity(top.ask_lots),
    }
    update_id = spelling.update_id(top.update_id)
    if spelling.is_spot:
        return {"u": update_id, "s": spelling.symbol, **quote}
    head: Body = {"e": "bookTicker", "u": update_id, "s": spelling.symbol, "ps": spelling.pair}
    return {**head, **quote, "T": at_ms, "E": at_ms, **spelling.stamp}


def trade(spelling: Spelling, fill: Print, at_ms: int) -> Body:
    """`@trade`."""
    head: Body = {"e": "trade", "E": at_ms}
    if not spelling.is_spot:
        head["T"] = at_ms
    head |= {
        "s": spelling.symbol,
        "t": fill.trade_id,
        "p": spelling.numbers.price(fill.ticks),
        "q": spelling.numbers.quantity(fill.lots),
    }
    if spelling.is_spot:
        return {**head, "T": at_ms, "m": not fill.buyer_is_taker, "M": True}
    return {**head, "X": "MARKET", "m": not fill.buyer_is_taker}


def aggregate_fields(spelling: Spelling, trade: AggregateTrade) -> Body:
    """The fields that stream and REST share; an aggregate's id is that of its first fill."""
    quantity = spelling.numbers.quantity(trade.lots)
    fields: Body = {"a": trade.first_id, "p": spelling.numbers.price(trade.ticks), "q": quantity}
    if spelling.section == USDM:
        fields["nq"] = quantity
    fields |= {"f": trade.first_id, "l": trade.last_id, "T": trade.at_ms}
    fields["m"] = not trade.buyer_is_taker
    return {**fields, "M": True} if spelling.is_spot else fields


def aggregate_trade(spelling: Spelling, trade: AggregateTrade) -> Body:
    """`@aggTrade`."""
    head: Body = {"e": "aggTrade", "E": trade.at_ms, "s": spelling.symbol}
    return {**head, **aggregate_fields(spelling, trade), **spelling.stamp}


def depth_update(spelling: Spelling, cut: Body, at_ms: int) -> Body:
    """`@depth`: `cut` holds first, last and previous id and the levels of both sides."""
    symbol, pair = spelling.symbol, spelling.pair
    ids = {name: spelling.update_id(cut[name]) for name in ("U", "u", "pu")}
    if spelling.is_spot:
        del ids["pu"]
        return {"e": "depthUpdate", "E": at_ms, "s": symbol, **ids, "b": cut["b"], "a": cut["a"]}
    head: Body = {"e": "depthUpdate", "E": at_ms, "T": at_ms, "s": symbol, "ps": pair}
    return {**head, **ids, "b": cut["b"], "a": cut["a"], **spelling.stamp}


def partial_depth(spelling: Spelling, update_id: int, levels: Body, at_ms: int) -> Body:
    """`@depth5/10/20`: on spot without symbol, on futures a depthUpdate to look at."""
    if spelling.is_spot:
        return {"lastUpdateId": update_id, **levels}
    symbol, pair = spelling.symbol, spelling.pair
    head: Body = {"e": "depthUpdate", "E": at_ms, "T": at_ms, "s": symbol, "ps": pair}
    ids = {"U": update_id, "u": update_id, "pu": update_id - FUTURES_ID_STEP}
    return {**head, **ids, "b": levels["bids"], "a": levels["asks"], **spelling.stamp}


def mark_price_update(
    spelling: Spelling, mark: MarkUpdate, at_ms: int, next_funding_ms: int
) -> Body:
    """`@markPrice`: `r` is the rate the running interval would pay now."""
    price = mark_number(mark.mark_price)
    moving = {"ap": price} if spelling.section == USDM else {}
    return {
        "e": "markPriceUpdate",
        "E": at_ms,
        "s": spelling.symbol,
        "p": price,
        **moving,
        "P": mark_number(mark.settle_price),
        "i": mark_number(mark.index_price),
        "r": rate_number(mark.funding_rate),
        "T": next_funding_ms,
        **spelling.stamp,
    }


def force_order(
    spelling: Spelling, forced: Forced, fills: list[AggregateTrade], times_ms: tuple[int, int]
) -> Body:
    """`@forceOrder`: `fills` are the order's; the times are those of the message and the order."""
    numbers = spelling.numbers
    lots = sum(fill.lots for fill in fills)
    average = round(sum(fill.ticks * fill.lots for fill in fills) / lots)
    return {
        "e": "forceOrder",
        "E": times_ms[0],
        "o": {
            "s": spelling.symbol,
            **spelling.pair_field,
            "S": "BUY" if forced.buys else "SELL",
            "o": "LIMIT",
            "f": "IOC",
            "q": numbers.quantity(lots),
            "p": numbers.price(forced.bankruptcy_ticks),
            "ap": numbers.price(average),
            "X": "FILLED",
            "l": numbers.quantity(fills[-1].lots),
            "z": numbers.quantity(lots),
            "T": times_ms[1],
        },
    }


def mini_ticker(spelling: Spelling, day: Candle, now_ms: int) -> Body:
    """`@miniTicker`."""
    numbers = spelling.numbers
    return {
        "e": "24hrMiniTicker",
        "E": now_ms,
        "s": spelling.symbol,
        **spelling.pair_field,
        "c": numbers.price(day.close),
        "o": numbers.price(day.open),
        "h": numbers.price(day.high),
        "l": numbers.price(day.low),
        "v": numbers.quantity(day.volume),
        "q": numbers.turnover(day.volume, day.tick_lots),
    }


def ticker(spelling: Spelling, day: Candle, top: tuple[int, int, int, int], now_ms: int) -> Body:
    """`@ticker`; best prices on spot only."""
    numbers = spelling.numbers
    change, percent, average = day_change(spelling, day)
    body: Body = {
        "e": "24hrTicker",
        "E": now_ms,
        "s": spelling.symbol,
        **spelling.pair_field,
        "p": change,
        "P": percent,
        "w": average,
        "c": numbers.price(day.close),
        "Q": numbers.quantity(day.last_lots),
    }
    if spelling.is_spot:
        body |= {
            "x": numbers.price(day.open),
            "b": numbers.price(top[0]),
            "B": numbers.quantity(top[1]),
            "a": numbers.price(top[2]),
            "A": numbers.quantity(top[3]),
        }
    return body | {
        "o": numbers.price(day.open),
        "h": numbers.price(day.high),
        "l": numbers.price(day.low),
        "v": numbers.quantity(day.volume),
        "q": numbers.turnover(day.volume, day.tick_lots),
        "O": now_ms - DAY_MS,
        "C": now_ms,
        "F": day.first_trade_id,
        "L": day.last_trade_id,
        "n": day.trades,
    }


def day_change(spelling: Spelling, day: Candle) -> tuple[str, str, str]:
    """Return a day's price change, in percent too, and its average price, as text."""
    numbers = spelling.numbers
    change = day.close - day.open
    sign = "-" if change < 0 else ""
    average = round(day.tick_lots / day.volume) if day.volume else day.close
    percent = f"{100 * change / day.open:.3f}"
    return sign + numbers.price(abs(change)), percent, numbers.price(average)


def kline(spelling: Spelling, candle: Candle, now_ms: int, *, closed: bool) -> Body:
    """`@kline_1m`."""
    numbers = spelling.numbers
    return {
        "e": "kline",
        "E": now_ms,
        "s": spelling.symbol,
        "k": {
            "t": candle.start_ms,
            "T": candle.start_ms + MINUTE_MS - 1,
            "s": spelling.symbol,
            "i": "1m",
            "f": candle.first_trade_id,
            "L": candle.last_trade_id,
            "o": numbers.price(candle.open),
            "c": numbers.price(candle.close),
            "h": numbers.price(candle.high),
            "l": numbers.price(candle.low),
            "v": numbers.quantity(candle.volume),
            "n": candle.trades,
            "x": closed,
            "q": numbers.turnover(candle.volume, candle.tick_lots),
            "V": numbers.quantity(candle.taker_buy_volume),
            "Q": numbers.turnover(candle.taker_buy_volume, candle.taker_buy_tick_lots),
            "B": "0",
        },
    }


def kline_row(spelling: Spelling, candle: Candle, span_ms: int = MINUTE_MS) -> list[Any]:
    """A candle as REST answers it."""
    numbers = spelling.numbers
    return [
        candle.start_ms,
        numbers.price(candle.open),
        numbers.price(candle.high),
        numbers.price(candle.low),
        numbers.price(candle.close),
        numbers.quantity(candle.volume),
        candle.start_ms + span_ms - 1,
        numbers.turnover(candle.volume, candle.tick_lots),
        candle.trades,
        numbers.quantity(candle.taker_buy_volume),
        numbers.turnover(candle.taker_buy_volume, candle.taker_buy_tick_lots),
        "0",
    ]


def premium_kline(bar: PremiumBar) -> list[Any]:
    """A minute of the premium index as REST answers it: like a candle, without volumes."""
    prices = [rate_number(bar.open), rate_number(bar.high), rate_number(bar.low)]
    end_ms = bar.start_ms + MINUTE_MS - 1
    closing = [rate_number(bar.close), "0", end_ms, "0", bar.samples, "0", "0", "0"]
    return [bar.start_ms, *prices, *closing]
