"""What a chart says: one candle in figures, and why there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from ui.viewmodels.candles import Bar, Candles
from ui.viewmodels.chart import FillMark
from ui.viewmodels.chart_scale import BARS, moment_words
from ui.viewmodels.text import MINUS, UNKNOWN, number
from ui.viewmodels.translation import tr

SIZES = {seconds: name for name, seconds in BARS.items()}


class Reading(msgspec.Struct, frozen=True):
    """A candle in words: what stands above the plot, and what is read aloud."""

    cells: tuple[tuple[str, str, str], ...] = ()
    """Label, value, token, the most important first."""
    spoken: str = ""


def reading(
    candles: Candles, place: int | None, decimals: int, fills: Sequence[FillMark] = ()
) -> Reading:
    """The candle at a place; empty without one."""
    if place is None or not len(candles):
        return Reading()
    bar = candles.bar(place)
    prices = [number(value, decimals) for value in (bar.open, bar.high, bar.low, bar.close)]
    volume, change = volume_words(bar.volume), _change(bar)
    token = "bid" if change[0] == "+" else "ask" if change[0] == MINUS else "text2"
    cells = [
        *((name, value, "text") for name, value in zip("OHLC", prices, strict=True)),
        ("", change, token),
        (tr("Vol"), volume, "text2"),
    ]
    extra = _extra(candles, bar, fills)
    cells += [(label, words, "text2") for label, words in extra]
    opened, high, low, close = prices
    spoken = tr(
        "{size} candle {time}: open {open}, high {high}, low {low}, close {close}, {change}, "
        "volume {volume}",
        size=SIZES.get(candles.bar_s, f"{candles.bar_s}s"),
        time=moment_words(bar.start_s, candles.bar_s),
        open=opened,
        high=high,
        low=low,
        close=close,
        change=change,
        volume=volume,
    )
    spoken = ", ".join([spoken, *(f"{label} {words}" for label, words in extra)])
    return Reading(tuple(cells), spoken)


def _change(bar: Bar) -> str:
    points = (bar.close / bar.open - 1) * 100 if bar.open else math.nan
    if not math.isfinite(points):
        return UNKNOWN
    text = number(points, 2)
    return f"{'+' if points > 0 and text.strip('0.') else ''}{text}%"


def _extra(candles: Candles, bar: Bar, fills: Sequence[FillMark]) -> list[tuple[str, str]]:
    """Funding that was settled and own fills within a candle."""
    end = bar.start_s + candles.bar_s
    rates = [rate for ms, rate in candles.funding.items() if bar.start_s <= ms / 1_000 < end]
    found: list[tuple[str, str]] = []
    if rates:
        total = number(sum(rates) * 100, 4) + "%"
        times = "" if len(rates) == 1 else f" ×{len(rates)}"
        found.append((tr("Funding") + times, f"+{total}" if sum(rates) > 0 else total))
    own = [fill.text for fill in fills if bar.start_s <= fill.time_s < end]
    if len(own) > 2:
        own = [own[0], tr("{count} more fills", count=len(own) - 1)]
    return found + [("", text) for text in own]


def volume_words(value: float) -> str:
    """A volume in base coins: three figures are enough."""
    if not math.isfinite(value):
        return UNKNOWN
    for limit, suffix in ((1e9, "B"), (1e6, "M"), (1e4, "K")):
        if value >= limit:
            return number(value / (1e3 if suffix == "K" else limit), 1) + suffix
    return number(value, 0 if value >= 1_000 else 1 if value >= 100 else 3)


def why_empty(candles: Candles | None, *, lost: bool) -> tuple[str, str]:
    """What stands where candles would, and how they come about."""
    if candles is None:
        return tr("No instrument is chosen"), tr("Choose a row of the market watch.")
    if lost:
        return tr("The desk does not answer"), tr("No candle was seen before.")
    if not candles.is_heard:
        return tr("Candles are being asked for"), tr("The desk has not answered yet.")
    size = SIZES.get(candles.bar_s, f"{candles.bar_s}s")
    teach = tr("A candle is made of trades; a time without trades has none.")
    source = candles.source
    return tr("No {size} candle yet", size=size), f"{teach} {source}".strip()
