"""Where an account would be closed out, in words: the common move, the marks there, each alone."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.snapshot import AccountView, DeskFrame, PositionView
from ui.viewmodels.figure import Figure
from ui.viewmodels.positions import uncertainty_words
from ui.viewmodels.text import (
    UNKNOWN,
    distance,
    horizon,
    liquidation_price,
    price,
    sigmas,
    symbol,
)
from ui.viewmodels.tone import LEVEL_TONES, Tone
from ui.viewmodels.translation import tr

_CENT = Decimal("0.01")


class CloseOut(msgspec.Struct, frozen=True):
    """Where the account would be closed out: both coins together first, each alone after."""

    move: str
    likely: str
    """How far that is: `26.9 σ · > 30 d`; empty without history."""
    other_side: str
    marks: str
    alone: tuple[Figure, ...]
    tone: Tone
    of: str = ""
    sigma: str = ""
    """`16.3 σ(1h)`; empty without history, as the time."""
    time: str = ""
    beside: tuple[tuple[str, str], ...] = ()
    """For each alone: how far it could be off, `±61.8`, and how far away it is, `−36.3%`."""


def close_out_of(
    account: AccountView,
    positions: list[PositionView],
    ticks: dict[str, Decimal],
    frame: DeskFrame,
) -> CloseOut:
    down, up = account.common_move_down, account.common_move_up
    moves = sorted((m for m in (down, up) if m is not None), key=abs)
    tone = LEVEL_TONES.get(account.level, Tone.DANGER)
    known = all(position.liquidation_known for position in positions)
    if not moves:
        shown = tr("none") if known and account.quality == "LIVE" else UNKNOWN
    else:
        shown = _move(moves[0])
    return CloseOut(
        move=shown,
        likely=""
        if account.common_sigma is None
        else f"{sigmas(account.common_sigma)} · {horizon(account.common_minutes)}",
        sigma="" if account.common_sigma is None else f"{sigmas(account.common_sigma)}(1h)",
        time="" if account.common_minutes is None else _usual_time(account.common_minutes),
        other_side=_move(moves[1]) if len(moves) > 1 else "",
        marks="   ".join(
            f"{base} {price(mark, _tick_of(base, frame))}"
            for base, mark in sorted(account.close_out_marks.items())
        ),
        alone=tuple(
            alone(position, ticks, _short_name(position.instrument, positions, frame))
            for position in positions
        ),
        beside=tuple((_margin(position, ticks), away(position)) for position in positions),
        tone=Tone.TEXT if tone is Tone.TEXT else tone,
        of=_move_name(account.account, moves),
    )


def _move_name(account: str, moves: list[Decimal]) -> str:
    up = "_up" if moves and moves[0] > 0 else ""
    return f"{account}.common_move_to_close_out{up}"


def _move(move: Decimal) -> str:
    """A signed move whose magnitude is rounded down: `−30.4%`, `+12.0%`."""
    return ("+" if move > 0 else "") + distance(move)


def _usual_time(minutes: Decimal) -> str:
    words = horizon(minutes)
    return tr(
        "{time} at current vol", time=words if words[0] == ">" else tr("about {time}", time=words)
    )


def _margin(position: PositionView, ticks: dict[str, Decimal]) -> str:
    """How far the liquidation price could be off on its worse side: `±61.8`."""
    at, low, high = (
        position.liquidation_price, position.uncertainty_low, position.uncertainty_high,
    )  # fmt: skip
    if at is None or low is None or high is None:
        return ""
    off = max(abs(high - at), abs(at - low))
    return f"±{price(off, ticks.get(position.instrument, _CENT))}" if off else ""


def away(position: PositionView) -> str:
    """How far the mark is from liquidation, in the direction that it would take."""
    room = position.liquidation_distance
    if room is None or position.liquidation_price is None:
        return ""
    return _move(-room if position.quantity > 0 else room)


def alone(position: PositionView, ticks: dict[str, Decimal], label: str) -> Figure:
    of = f"{position.account}.{position.instrument}.liquidation_price"
    tip = uncertainty_words(position)
    if not position.liquidation_known:
        return Figure(label, UNKNOWN, Tone.MUTED, of, tip or tr("unknown: a mark is missing"))
    if position.liquidation_price is None:
        return Figure(label, tr("none"), Tone.TEXT2, of)
    tick = ticks.get(position.instrument, _CENT)
    is_long = position.quantity > 0
    shown = liquidation_price(position.liquidation_price, tick, is_long=is_long)
    return Figure(label, shown, of=of, tip=tip)


def _short_name(instrument: str, positions: list[PositionView], frame: DeskFrame) -> str:
    """The base coin where only one position has it, else the symbol."""
    bases = {market.instrument: market.base for market in frame.markets}
    base = bases.get(instrument)
    held = [bases.get(position.instrument) for position in positions]
    return base if base is not None and held.count(base) == 1 else symbol(instrument)


def _tick_of(base: str, frame: DeskFrame) -> Decimal:
    """Tick of the base coin's perpetual, to write a mark of it."""
    ordered = sorted(frame.markets, key=lambda m: m.kind != "perpetual")
    return next((m.tick_size for m in ordered if m.base == base), _CENT)
