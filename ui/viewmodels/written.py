"""What a person writes into a field: numbers, quantities, distances, moments, durations."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from desk.model.command import Quantity, QuantityUnit
from desk.model.numbers import parse_decimal, round_down, round_up

_GROUPED = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
"""No group begins with 0: `0,500` is half a coin where a comma is the decimal sign."""
_QUANTITY = re.compile(r"(?P<number>[\d.,]+)\s*(?P<unit>[a-z%]*)", re.IGNORECASE)
_DISTANCE = re.compile(r"(?P<sign>[+\-−]?)\s*(?P<number>[\d.,]+)\s*(?P<percent>%?)")
_DURATION = re.compile(r"(?P<number>\d{1,5})\s*(?P<unit>[smhd]?)", re.IGNORECASE)
_TIME = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})")
_DATE = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(\s+(?P<time>\d{1,2}:\d{2}))?")

_NOTIONAL_UNITS = frozenset({"usd", "usdt", "usdc"})
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_HKT = timezone(timedelta(hours=8))
_HUNDRED = Decimal(100)
_NEAR = Decimal("0.2")
"""An unsigned number below this part of the entry price is a distance from it: no stop and no
target that a person means lies there."""
_DAY = timedelta(days=1)
_LONGEST_S = 366 * 86_400


def read_number(text: str) -> Decimal | None:
    """Read what a person writes: `1000`, `1,000.5`; None for anything else."""
    text = text.strip()
    return parse_decimal(text.replace(",", "") if _GROUPED.fullmatch(text) else text)


def read_quantity(text: str, base: str, bare: QuantityUnit = QuantityUnit.BARE) -> Quantity | None:
    """Read `0.5`, `0.5btc`, `5000usd`, `12ct`, `25%`; a number alone is in the unit `bare`."""
    match = _QUANTITY.fullmatch(text.strip())
    value = read_number(match["number"]) if match else None
    if match is None or value is None or value <= 0:
        return None
    unit = match["unit"].lower()
    if unit in _NOTIONAL_UNITS:
        return Quantity(value, QuantityUnit.NOTIONAL)
    known = {
        "": bare,
        "%": QuantityUnit.PERCENT,
        "ct": QuantityUnit.CONTRACTS,
        base.lower(): QuantityUnit.BASE,
    }
    return Quantity(value, known[unit]) if unit in known else None


def read_level(text: str, entry: Decimal | None, direction: int, tick: Decimal) -> Decimal | None:
    """Read a protective price, or how far it lies from the entry: `59900`, `1%`, `500`, `+500`.

    `direction` is +1 where it lies above the entry. A distance is rounded to the tick that is
    nearer to the entry. None: unreadable, or a distance from an entry that is not known.
    """
    match = _DISTANCE.fullmatch(text.strip())
    value = read_number(match["number"]) if match else None
    if match is None or value is None or value <= 0:
        return None
    relative = match["percent"] or match["sign"] or (entry is not None and value < entry * _NEAR)
    if not relative:
        return value
    if entry is None:
        return None
    away = entry * value / _HUNDRED if match["percent"] else value
    sign = {"+": 1, "-": -1, "−": -1}.get(match["sign"], direction)
    level = entry + sign * away
    if level <= 0:
        return None
    return round_down(level, tick) if sign > 0 else round_up(level, tick)


def read_duration(text: str) -> int | None:
    """Read seconds of `90`, `90s`, `15m`, `2h`, `1d`; None for anything else, and for nothing."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    seconds = int(match["number"]) * _SECONDS[match["unit"].lower() or "s"]
    return seconds if 0 < seconds <= _LONGEST_S else None


def read_moment(text: str, now_ms: int) -> int | None:
    """Read a moment in Hong Kong: `15:30` (its next one), `90m`, `2026-11-30`, with a time or not.

    A date alone is the end of that day. Wall clock, UTC, ms; None: unreadable, or over already.
    """
    text = text.strip()
    if text and text[-1].lower() in _SECONDS and (seconds := read_duration(text)) is not None:
        return now_ms + seconds * 1_000
    now = datetime.fromtimestamp(now_ms // 1_000, _HKT)
    try:
        moment = _time_of_day(text, now) or _date(text)
    except ValueError:  # 25:00, the 31st of February
        return None
    if moment is None or moment <= now:
        return None
    return int(moment.timestamp()) * 1_000


def _time_of_day(text: str, now: datetime) -> datetime | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"])
    moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return moment if moment > now else moment + _DAY


def _date(text: str) -> datetime | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    written = f"{match['date']} {match['time'] or '00:00'} +0800"
    moment = datetime.strptime(written, "%Y-%m-%d %H:%M %z")
    return moment if match["time"] else moment + _DAY
