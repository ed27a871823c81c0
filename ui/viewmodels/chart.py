"""The chart's lines and marks: prices that matter, own fills."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.snapshot import DeskFrame, PositionView
from desk.model.numbers import plain
from ui.viewmodels.names import word
from ui.viewmodels.own_orders import alive_orders, chip_of
from ui.viewmodels.text import distance, liquidation_price, price
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import market_of


class Shown(msgspec.Struct, frozen=True):
    """What of a chart can be switched."""

    mark: bool = True
    index: bool = False
    last: bool = False
    volume: bool = True
    profile: bool = True
    heat: bool = False
    fills: bool = True


SWITCH_KEYS = {
    "mark": "M", "index": "I", "last": "L", "volume": "V", "profile": "D", "heat": "H",
    "fills": "F",
}  # fmt: skip
"""The bare key of each switch, while the chart has the focus."""


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


CALM = ("entry", "break-even")
"""Lines, by the first word of their keys, whose prices at the axis give way to others."""


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
                f"{tr('ENTRY')} {'▲' if is_long else '▼'} {size}",
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
                    tr("B/E"),
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
            state = f" {word(chip.state)}" if chip.state else ""
            lines.append(
                PriceLine(
                    f"order {order.id}",
                    float(chip.price),
                    f"{chip.arrow} {word(chip.side)} {chip.size} {chip.role}{state}",
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
            tr("LIQ {base} alone", base=base),
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
                    tr("CLOSE-OUT common"),
                    price(mark, market.tick_size),
                    distance(near),
                    "danger",
                    "dash",
                )
            )
    return lines


class FillMark(msgspec.Struct, frozen=True):
    """An own fill: where and when."""

    time_s: float
    price: float
    is_buy: bool
    text: str
    """`BUY 4 at 60,884.3`."""


def fill_marks(frame: DeskFrame, instrument: str | None) -> tuple[FillMark, ...]:
    """Own fills of an instrument, oldest first."""
    market = market_of(frame, instrument)
    if market is None:
        return ()
    return tuple(
        FillMark(
            fill.time_ms / 1_000,
            float(fill.price),
            fill.side == "BUY",
            tr(
                "{side} {size} at {price}",
                side=word(fill.side),
                size=plain(fill.quantity),
                price=price(fill.price, market.tick_size),
            ),
        )
        for fill in reversed(frame.fills)
        if fill.instrument == instrument
    )
