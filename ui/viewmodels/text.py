"""How figures are written: one rule a kind, for every panel.

Unknown is a dash, never 0; a rounded ratio never shows a threshold it has not reached; a
liquidation price is rounded towards the market, a distance towards zero.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import lru_cache

UNKNOWN = "—"
MINUS = "−"
TIMES = "×"
ARROW = "→"

RATIO_THRESHOLDS = tuple(Decimal(text) for text in ("0.5", "0.75", "0.8", "0.95", "1", "1.25"))
"""A ratio just below one of these is rounded down, never up to it."""

_FIXED = tuple(f",.{decimals}f" for decimals in range(100))
"""How a number with so many decimals is written."""
_HUNDRED = Decimal(100)
_TEN_THOUSAND = Decimal(10_000)
_TENTH = Decimal("0.1")
_RATIO_CEILING = Decimal("9.99")


@lru_cache(maxsize=256)
def decimals_of(increment: Decimal) -> int:
    """Decimals that show every multiple of a tick or lot."""
    exponent = increment.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def number(value: Decimal | float | None, decimals: int) -> str:
    """`1,234.50`, with a true minus sign."""
    if value is None:
        return UNKNOWN
    text = format(value, _FIXED[decimals])
    if text[0] != "-":
        return text
    return MINUS + text[1:] if text.strip("-0.,") else text[1:]


def signed(value: Decimal | None, decimals: int = 0) -> str:
    """A change or a profit: `+1,234`, `−5`, `0`."""
    text = number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and text.strip("0.,") else text


def price(value: Decimal | None, tick: Decimal) -> str:
    """A price with the decimals of its tick."""
    return number(value, decimals_of(tick))


def quantity(value: Decimal | None, lot: Decimal) -> str:
    """A quantity without sign, with the decimals of its lot."""
    return number(None if value is None else abs(value), decimals_of(lot))


def liquidation_price(value: Decimal | None, tick: Decimal, *, is_long: bool) -> str:
    """To the tick and towards the market: a long's upwards, a short's downwards."""
    if value is None:
        return UNKNOWN
    rounding = ROUND_CEILING if is_long else ROUND_FLOOR
    return price((value / tick).to_integral_value(rounding) * tick, tick)


def money(value: Decimal | None, decimals: int = 0) -> str:
    """An amount: no decimals in panels, two in the ticket."""
    return number(value, decimals)


def ratio(value: Decimal | None) -> str:
    """`63.9%`, below 10 % `1.76%`, `> 999%`; never a threshold that is not reached."""
    if value is None:
        return UNKNOWN
    if value > _RATIO_CEILING:
        return "> 999%"
    increment = Decimal("0.0001") if abs(value) < _TENTH else Decimal("0.001")
    shown = value.quantize(increment, ROUND_HALF_EVEN)
    if any(value < threshold <= shown for threshold in RATIO_THRESHOLDS):
        shown = value.quantize(increment, ROUND_FLOOR)
    return number(shown * _HUNDRED, 2 if abs(value) < _TENTH else 1) + "%"


def distance(value: Decimal | None) -> str:
    """A distance to liquidation: `17.2%`, the magnitude rounded down."""
    if value is None:
        return UNKNOWN
    return number((value * _HUNDRED).quantize(_TENTH, ROUND_DOWN), 1) + "%"


def rate(value: Decimal | None) -> str:
    """A funding rate: `+0.0068%`."""
    return UNKNOWN if value is None else signed(value * _HUNDRED, 4) + "%"


def change(value: Decimal | None, decimals: int = 2) -> str:
    """A relative change: `+1.20%`."""
    return UNKNOWN if value is None else signed(value * _HUNDRED, decimals) + "%"


def bps(value: Decimal | None) -> str:
    """A deviation in basis points: `+1.0 bp`, from a hundred on without decimals."""
    if value is None:
        return UNKNOWN
    points = value * _TEN_THOUSAND
    return signed(points, 0 if abs(points) >= _HUNDRED else 1) + " bp"


def funding(value: Decimal | None, interval_h: int | None, *, continuous: bool) -> str:
    """A funding rate with what it is for: `+0.0100% /8h`; `8h eq.` where it accrues all the time.

    The interval is the venue's and may change at run time; one that was not told is `/?`.
    """
    if value is None:
        return UNKNOWN
    if interval_h is None:
        return f"{rate(value)} /?"
    return f"{rate(value)} {interval_h}h eq." if continuous else f"{rate(value)} /{interval_h}h"


def usd(value: Decimal | None) -> str:
    """An index in US dollars, which has no tick: decimals by size."""
    if value is None:
        return UNKNOWN
    size = abs(value)
    return number(value, 1 if size >= _TEN_THOUSAND else 2 if size >= _HUNDRED else 4)


def multiple(value: Decimal | None) -> str:
    """A leverage: `2.96×`, `5×`."""
    if value is None:
        return UNKNOWN
    whole = value == value.to_integral_value()
    return number(value, 0 if whole else 2) + TIMES


def compact(value: Decimal | None) -> str:
    """A large count in three figures: `8.1B`, `84.2K`."""
    if value is None:
        return UNKNOWN
    for limit, suffix in (("1e9", "B"), ("1e6", "M"), ("1e3", "K")):
        if abs(value) >= Decimal(limit):
            return number(value / Decimal(limit), 1) + suffix
    return number(value, 0)


def age(ms: int | None) -> str:
    """An age: bare milliseconds below a second, then `6.4 s`, `12 min`, `1 h 36`."""
    if ms is None:
        return UNKNOWN
    if ms < 1_000:
        return str(max(0, ms))
    if ms < 60_000:
        return f"{ms / 1_000:.1f} s"
    minutes = ms // 60_000
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def skew(ms: int | None) -> str:
    """A clock's difference: `+12 ms`, `−1.27 s`, `+1 h 00`."""
    if ms is None:
        return UNKNOWN
    sign = "+" if ms > 0 else MINUS if ms < 0 else ""
    size = abs(ms)
    if size < 1_000:
        return f"{sign}{size} ms"
    return sign + (f"{size / 1_000:.2f} s" if size < 60_000 else age(size))


def countdown(ms: int | None) -> str:
    """Time left: `1:53:28`; nothing left is `0:00:00`."""
    if ms is None:
        return UNKNOWN
    seconds = max(0, ms) // 1_000
    return f"{seconds // 3_600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def countdown_short(ms: int | None) -> str:
    """Hours and minutes left: `5:35`, `0:52`."""
    if ms is None:
        return UNKNOWN
    minutes = max(0, ms) // 60_000
    return f"{minutes // 60}:{minutes % 60:02d}"


def sigmas(value: Decimal | None) -> str:
    """A distance in standard deviations of one hour: `26.9 σ`."""
    return UNKNOWN if value is None else f"{number(value.quantize(_TENTH, ROUND_DOWN), 1)} σ"


def horizon(minutes: Decimal | None) -> str:
    """How long a usual path takes: `52 min`, `31 h`, `11 d`, `> 30 d`."""
    if minutes is None:
        return UNKNOWN
    for most, size, unit in ((120, 1, "min"), (2_880, 60, "h"), (43_200, 1_440, "d")):
        if minutes < most:
            return f"{int(minutes / size)} {unit}"
    return "> 30 d"


HONG_KONG, UNIVERSAL = "HKT", "UTC"
ZONES = {HONG_KONG: 8, UNIVERSAL: 0}
"""Zones that clocks are shown in → hours ahead of UTC; neither has summer time."""
_shown = {"zone": HONG_KONG}


def use_zone(zone: str) -> None:
    """Show every clock in a zone from now on; an unheard-of one is Hong Kong's."""
    _shown["zone"] = zone if zone in ZONES else HONG_KONG


def zone_name() -> str:
    """The zone in force: `HKT`, `UTC`."""
    return _shown["zone"]


def zone_hours() -> int:
    """Hours that the zone in force is ahead of UTC."""
    return ZONES[zone_name()]


def date_time(wall_ms: int, offset_hours: int | None = None) -> str:
    """Day and time to the minute in the zone in force: `2026-11-19 10:24`."""
    hours = zone_hours() if offset_hours is None else offset_hours
    zone = timezone(timedelta(hours=hours))
    return datetime.fromtimestamp(wall_ms // 1_000, zone).strftime("%Y-%m-%d %H:%M")


def clock(wall_ms: int, offset_hours: int | None = None) -> str:
    """Time of day, 24 hours, in the zone in force, or so many hours ahead of UTC."""
    hours = zone_hours() if offset_hours is None else offset_hours
    seconds = wall_ms // 1_000 + hours * 3_600
    return f"{seconds // 3_600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def moment(wall_ms: int) -> str:
    """A time of day with its zone: `10:24:31 HKT`."""
    return f"{clock(wall_ms)} {zone_name()}"


@lru_cache(maxsize=1024)
def symbol(instrument: str) -> str:
    """`BTCUSDT-PERP` of `BTCUSDT-PERP.BINANCE`."""
    return instrument.rpartition(".")[0] or instrument


@lru_cache(maxsize=1024)
def short_symbol(instrument: str) -> tuple[str, str]:
    """`BTCUSDT` and `P` for a perpetual, for narrow tables."""
    name = symbol(instrument)
    stem = name.removesuffix("-PERP")
    return stem, "" if stem == name else "P"


@lru_cache(maxsize=1024)
def venue(instrument: str) -> str:
    """`BINANCE` of `BTCUSDT-PERP.BINANCE`."""
    return instrument.rpartition(".")[2]


_SHORT_VENUES = {
    "BINANCE": "BIN",
    "BYBIT": "BYB",
    "COINBASE": "CB",
    "DERIBIT": "DRB",
    "HYPERLIQUID": "HL",
    "KRAKEN": "KRK",
}


def short_venue(name: str) -> str:
    """A venue in two or three letters, as on its lamp."""
    return _SHORT_VENUES.get(name, name[:3])
