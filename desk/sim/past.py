"""What a market did before anybody looked: candles that lead to its present price.

A market that begins has a year behind it, and one that stood still went on meanwhile and came
back to its price. Both are drawn from the seed, once, and kept like what was seen. Candles that
are no longer kept are drawn anew into the longer ones that are: the same each time, and together
exactly the longer one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from desk.sim.calibration import COINS
from desk.sim.candles import (
    DAY_MS,
    DAYS_KEPT,
    HOUR_MS,
    MINUTE_MS,
    QUARTER_MS,
    Candle,
    History,
    grouped,
    put,
)
from desk.sim.dice import Dice
from desk.sim.drawing import drawn_into, made, normals
from desk.sim.funding import INTEREST
from desk.sim.listing import Listing

HOURS_MS = 3 * DAY_MS
MINUTES_MS = 2 * HOUR_MS
"""How far back whole hours, and minutes, are drawn and kept at once."""

_PEG_STD = 0.0003
_REACH = 0.35
"""How far high and low lie beyond open and close, in standard deviations of a candle's move."""
_REGIMES = 1.3
"""What changing volatility adds to the ordinary one on average."""
_SIZES_STD = 0.4
_RATE_STD = 0.00006


@dataclass(frozen=True, slots=True)
class Habits:
    """How one instrument moves and trades, in wall time."""

    day_std: float
    """Of the log price over a day."""
    lots_per_ms: float
    trades_per_ms: float
    swings: bool = False
    """The price swings about its present one instead of walking away from it."""


def habits(listing: Listing, speed: int) -> Habits:
    """Return what an instrument's behaviour comes to where the market runs at a speed."""
    how = listing.behaviour
    coin = next((coin for coin in COINS if coin.asset == listing.instrument.base), None)
    mean_coins = math.exp(how.order_log_mean + how.order_log_std**2 / 2)
    orders_per_ms = how.taker_rate_hz * speed / 1000
    walked = 0.0 if coin is None else _REGIMES * coin.volatility * math.sqrt(speed / 365)
    return Habits(
        day_std=walked or _PEG_STD,
        lots_per_ms=orders_per_ms * mean_coins / listing.lot,
        trades_per_ms=orders_per_ms * 2,
        swings=coin is None,
    )


def live_through(history: History, now_ms: int, listing: Listing, how: Habits) -> None:
    """Draw what happened from the last candle up to the present minute, and to the last price."""
    until_ms = now_ms // MINUTE_MS * MINUTE_MS
    newest = history.minutes[-1] if history.minutes and history.days else None
    first_ms = until_ms // DAY_MS * DAY_MS - (DAYS_KEPT - 1) * DAY_MS
    since_ms = first_ms if newest is None else max(first_ms, newest.start_ms + MINUTE_MS)
    bounds = _bounds(since_ms, until_ms)
    if len(bounds) < 2:
        return
    logs = _walk(bounds, how, history.key)
    if newest is not None:
        logs = _bridged(logs, bounds, math.log(newest.close / listing.last_ticks))
    prices = [max(1, round(listing.last_ticks * math.exp(log))) for log in logs]
    trade_id = listing.book.trade_id if newest is None else newest.last_trade_id
    _forget(history, since_ms, until_ms)
    for span, ends in zip(pairwise(bounds), pairwise(prices), strict=True):
        _keep(history, _span(span, ends, how, history.key, trade_id), span[1], until_ms)


def _forget(history: History, since_ms: int, until_ms: int) -> None:
    """Forget what would have a hole after it: longer candles know enough of it."""
    if since_ms < until_ms - HOURS_MS:
        history.hours.clear()
    if since_ms < until_ms - MINUTES_MS:
        history.minutes.clear()
    if since_ms <= until_ms // DAY_MS * DAY_MS - (DAYS_KEPT - 1) * DAY_MS:
        history.days.clear()
        history.quarters.clear()


def candles(history: History, span_ms: int, since_ms: int, until_ms: int) -> list[Candle]:
    """Return candles of whole minutes that start in a span of time, both included, in order."""
    first_ms = since_ms // span_ms * span_ms
    units = ((DAY_MS, _days), (HOUR_MS, _hours), (MINUTE_MS, _minutes))
    found = next(find(history, first_ms) for unit_ms, find in units if span_ms % unit_ms == 0)
    within = [one for one in found if first_ms <= one.start_ms < until_ms + span_ms]
    return [one for one in grouped(within, span_ms) if since_ms <= one.start_ms <= until_ms]


def settlements(
    key: str, interval_h: int, speed: int, now_ms: int, count: int
) -> list[tuple[int, float]]:
    """Return the newest fundings up to now, oldest first: wall time and rate.

    They are drawn: a market keeps no more of its own than the last.
    """
    interval_ms = interval_h * HOUR_MS
    newest_ms = now_ms * speed // interval_ms * interval_ms
    stamps = [newest_ms - at * interval_ms for at in range(count)][::-1]
    return [(at // speed, _drawn_rate(key, at, interval_h)) for at in stamps]


def _drawn_rate(key: str, at_ms: int, interval_h: int) -> float:
    (drawn,) = normals(key, f"funding {at_ms}", 1)
    return round((INTEREST + _RATE_STD * drawn) * interval_h / 8, 8)


def _bounds(since_ms: int, until_ms: int) -> list[int]:
    """Return where candles begin and end: days first, then hours."""
    bounds, at_ms = [since_ms], since_ms
    while at_ms < until_ms:
        span_ms = DAY_MS if at_ms < (until_ms - HOURS_MS) // DAY_MS * DAY_MS else HOUR_MS
        at_ms = min((at_ms // span_ms + 1) * span_ms, until_ms)
        bounds.append(at_ms)
    return bounds


def _walk(bounds: list[int], how: Habits, key: str) -> list[float]:
    """Return logarithms of the price at the bounds, over that at the last one."""
    steps = normals(key, f"from {bounds[0]}", len(bounds) - 1)
    if how.swings:
        return [how.day_std * step for step in steps] + [0.0]
    logs = [0.0]
    for step, (begin, end) in zip(reversed(steps), pairwise(reversed(bounds)), strict=True):
        logs.append(logs[-1] - how.day_std * math.sqrt((begin - end) / DAY_MS) * step)
    return logs[::-1]


def _bridged(logs: list[float], bounds: list[int], first: float) -> list[float]:
    """Return a walk that begins where it has to, and ends where it did."""
    whole_ms, off = bounds[-1] - bounds[0], first - logs[0]
    return [log + off * (bounds[-1] - at) / whole_ms for log, at in zip(logs, bounds, strict=True)]


def _span(
    span: tuple[int, int], ends: tuple[int, int], how: Habits, key: str, trade_id: int
) -> Candle:
    begin, end = span
    dice = Dice(f"candle {key} {begin}")
    reach = _REACH * how.day_std * math.sqrt((end - begin) / DAY_MS)
    size = (end - begin) * math.exp(dice.gauss(0.0, _SIZES_STD))
    return made(
        begin,
        ends,
        (
            round(max(ends) * (1 + reach * abs(dice.gauss(0.0, 1.0)))),
            max(1, round(min(ends) * (1 - reach * abs(dice.gauss(0.0, 1.0))))),
        ),
        round(how.lots_per_ms * size) + 1,
        round(how.trades_per_ms * size) + 1,
        trade_id,
    )


def _keep(history: History, candle: Candle, end_ms: int, until_ms: int) -> None:
    put(history.days, candle, DAY_MS)
    length_ms = end_ms - candle.start_ms
    if length_ms <= HOUR_MS and candle.start_ms >= (until_ms - HOURS_MS) // DAY_MS * DAY_MS:
        put(history.hours, candle, HOUR_MS)
    if end_ms > until_ms - DAY_MS - HOUR_MS and length_ms <= HOUR_MS:
        quarters = max(1, length_ms // QUARTER_MS)
        for part in drawn_into(candle, quarters, QUARTER_MS, history.key):
            put(history.quarters, part, QUARTER_MS)
    if candle.start_ms >= (until_ms - MINUTES_MS) // HOUR_MS * HOUR_MS:
        for part in drawn_into(candle, length_ms // MINUTE_MS, MINUTE_MS, history.key):
            put(history.minutes, part, MINUTE_MS)


def _days(history: History, since_ms: int) -> Iterator[Candle]:
    return (day for day in history.days if day.start_ms >= since_ms)


def _hours(history: History, since_ms: int) -> Iterator[Candle]:
    kept_ms = history.hours[0].start_ms if history.hours else None
    for day in _days(history, since_ms - DAY_MS):
        if kept_ms is None or day.start_ms < kept_ms:
            yield from drawn_into(day, 24, HOUR_MS, history.key)
    yield from history.hours


def _minutes(history: History, since_ms: int) -> Iterator[Candle]:
    kept_ms = history.minutes[0].start_ms if history.minutes else None
    for hour in _hours(history, since_ms - HOUR_MS):
        if (kept_ms is None or hour.start_ms < kept_ms) and hour.start_ms >= since_ms - HOUR_MS:
            yield from drawn_into(hour, 60, MINUTE_MS, history.key)
    yield from history.minutes
