"""The chart's points and lines: accumulated from frames, only as many as are looked at."""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal

import msgspec

from desk.engine.snapshot import DeskFrame, PositionView, SeriesView
from desk.model.numbers import plain
from ui.viewmodels.own_orders import alive_orders, chip_of
from ui.viewmodels.text import distance, liquidation_price, price
from ui.viewmodels.watch import market_of

POINT_LIMIT = 90_000
"""A day of seconds, and a little."""


class Series:
    """Mark and last of one instrument, one point a second, oldest first."""

    def __init__(self) -> None:
        self.instrument: str | None = None
        self.time_s: list[float] = []
        self.mark: list[float] = []
        self.last: list[float] = []

    def choose(self, instrument: str | None) -> None:
        """Begin anew for another instrument."""
        if instrument != self.instrument:
            self.instrument = instrument
            self.time_s, self.mark, self.last = [], [], []

    def take(self, points: SeriesView | None) -> bool:
        """Add points; the last known second is replaced. True if anything came."""
        if points is None or points.instrument != self.instrument or not points.time_ms:
            return False
        cut = bisect_left(self.time_s, points.time_ms[0] / 1_000)
        unknown = float("nan")
        self.time_s[cut:] = [ms / 1_000 for ms in points.time_ms]
        self.mark[cut:] = [unknown if value is None else value for value in points.mark]
        self.last[cut:] = [unknown if value is None else value for value in points.last]
        if len(self.time_s) > POINT_LIMIT:
            spare = len(self.time_s) - POINT_LIMIT
            del self.time_s[:spare], self.mark[:spare], self.last[:spare]
        return True

    def next_from_ms(self) -> int:
        """Ask for points from here: the last second may still change."""
        return int(self.time_s[-1] * 1_000) if self.time_s else 0


class PriceLine(msgspec.Struct, frozen=True):
    """A price that matters, drawn across the chart or told below it."""

    key: str
    price: float
    text: str
    """What it is: `ENTRY 50.000`, `BUY 4 LMT`, `LIQ alone`."""
    shown: str
    """The price as written."""
    note: str
    """How far: `−49.4%`."""
    token: str
    style: str
    """`solid`, `dash`, `dot`."""
    order: str = ""
    """The own order that it is: it can be moved and cancelled."""
    band: tuple[float, float] | None = None
    """How far the price is uncertain."""


def price_lines(frame: DeskFrame, instrument: str | None) -> tuple[PriceLine, ...]:
    """Entry, liquidation, common close-out and working orders of the chosen instrument."""
    market = market_of(frame, instrument)
    if market is None:
        return ()
    tick = market.tick_size
    lines: list[PriceLine] = []
    for position in frame.positions:
        if position.instrument != instrument:
            continue
        is_long = position.quantity > 0
        size = plain(abs(position.quantity))
        lines.append(
            PriceLine(
                f"entry {position.account}",
                float(position.entry_price),
                f"ENTRY {'▲' if is_long else '▼'} {size}",
                price(position.entry_price, tick),
                "",
                "text2",
                "dash",
            )
        )
        if position.break_even_price is not None:
            lines.append(
                PriceLine(
                    f"break-even {position.account}",
                    float(position.break_even_price),
                    "B/E",
                    price(position.break_even_price, tick),
                    "",
                    "text2",
                    "dot",
                )
            )
        lines += _liquidation_lines(position, market.base, tick)
    lines += _common_lines(frame, instrument, market.base)
    lines += _order_lines(frame, instrument, tick)
    return tuple(lines)


_LOOKS = {"sent": ("muted", "dash"), "unknown": ("warning", "dash")}
"""Token and style of what is not known to work."""


def _order_lines(frame: DeskFrame, instrument: str | None, tick: Decimal) -> list[PriceLine]:
    """Own orders where they stand: `▲ BUY 4 LMT`; what waits for its trigger is dotted."""
    lines: list[PriceLine] = []
    for order in alive_orders(frame, instrument):
        chip = chip_of(order)
        if chip is not None:
            token, style = _LOOKS.get(chip.state, ("accent", "dot" if chip.waits else "solid"))
            state = f" {chip.state}" if chip.state else ""
            lines.append(
                PriceLine(
                    f"order {order.id}",
                    float(chip.price),
                    f"{chip.arrow} {chip.side} {chip.size} {chip.role}{state}",
                    price(chip.price, tick),
                    "",
                    token,
                    style,
                    order.id,
                )
            )
    return lines


def _liquidation_lines(position: PositionView, base: str, tick: Decimal) -> list[PriceLine]:
    prices = (position.liquidation_price, position.liquidation_price_upper)
    is_long = position.quantity > 0
    return [
        PriceLine(
            f"liquidation {position.account} {number}",
            float(value),
            f"LIQ {base} alone",
            liquidation_price(value, tick, is_long=is_long),
            distance(position.liquidation_distance),
            "danger",
            "solid",
            band=_band(position) if number == 0 else None,
        )
        for number, value in enumerate(prices)
        if value is not None
    ]


def _band(position: PositionView) -> tuple[float, float] | None:
    low, high = position.uncertainty_low, position.uncertainty_high
    return None if low is None or high is None else (float(low), float(high))


def _common_lines(frame: DeskFrame, instrument: str | None, base: str) -> list[PriceLine]:
    market = market_of(frame, instrument)
    held = {p.account for p in frame.positions if p.instrument == instrument}
    lines: list[PriceLine] = []
    for account in frame.accounts:
        mark = account.close_out_marks.get(base)
        if account.account in held and mark is not None and market is not None:
            moves = [m for m in (account.common_move_down, account.common_move_up) if m is not None]
            near = min(moves, key=abs, default=None)
            lines.append(
                PriceLine(
                    f"close-out {account.account}",
                    float(mark),
                    "CLOSE-OUT common",
                    price(mark, market.tick_size),
                    distance(near),
                    "danger",
                    "dash",
                )
            )
    return lines
