"""Positions by danger: what is held, where it would be liquidated, how far that is."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.snapshot import DeskFrame, MarketView, OrderView, PositionView
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.names import word
from ui.viewmodels.position_totals import own_positions, settled_in
from ui.viewmodels.text import (
    UNKNOWN,
    countdown_short,
    distance,
    funding,
    horizon,
    liquidation_price,
    money,
    multiple,
    price,
    quantity,
    rate,
    ratio,
    sigmas,
    signed,
    symbol,
)
from ui.viewmodels.ticket import SURFACE_STALE_MS
from ui.viewmodels.tone import Tone, of_profit, rank
from ui.viewmodels.translation import said, tr

COLUMNS = (
    Column("instrument", "Instrument", "BTCUSDT-PERP", Side.LEFT),
    Column("position", "Position", "▲ 200.000"),
    Column("entry", "Entry", "88,888.8", keep=5),
    Column("mark", "Mark", "88,888.8", fixed=True),
    Column("liquidation", "Liquidation¦price", "88,888.8", fixed=True),
    Column("distance", "Distance ↑", "", Side.LEFT, width=172, tip="σ of one hour · usual time"),
    Column("unrealized", "Unrealized", "−888,888"),
    Column("realized", "Realized", "+88,888", keep=1),
    Column("funding", "Funding · next", "−0.0888%", keep=4),
    Column("margin", "Margin · lev", "8,888,888", keep=2),
    Column("close", "Close %", "", width=156, acts=True),
)

FIGURES = {
    "position": "quantity",
    "entry": "entry_price",
    "mark": "mark_price",
    "liquidation": "liquidation_price",
    "distance": "liquidation_distance",
    "unrealized": "unrealized_pnl",
    "margin": "initial_margin",
}
"""Column → the engine's name of its figure, by which it can be explained."""

STOPS = frozenset({"STOP", "STOP_LIMIT", "TRAILING_STOP"})
STANDING = frozenset({"WAITING", "WORKING", "PARTIALLY_FILLED"})
"""Known to be at the venue."""

WARNING_DISTANCE = Decimal("0.10")
DANGER_DISTANCE = Decimal("0.05")
WATCHED = "watched"
"""In place of the close buttons: another broker holds it, this desk cannot close it."""

FULL_SCALE = Decimal("0.50")
"""A distance bar is empty at this distance and beyond."""


def position_key(account: str, instrument: str) -> str:
    """The row's key; `split_key` takes it apart."""
    return f"{account}|{instrument}"


def split_key(key: str) -> tuple[str, str]:
    """Account and instrument of a row."""
    account, _, instrument = key.partition("|")
    return account, instrument


def position_rows(frame: DeskFrame, *, short: bool = False) -> tuple[Row, ...]:
    """Rows, the nearest to liquidation first; what is unknown counts as near.

    `short` leaves σ and minutes, and when funding is paid, to the tool tip.
    """
    markets = {market.instrument: market for market in frame.markets}
    watched = {account.account for account in frame.accounts if account.watched}
    aged = {account.account for account in frame.accounts if account.quality != "LIVE"}
    return tuple(
        _row(
            position,
            markets.get(position.instrument),
            frame.wall_ms,
            short=short,
            watched=position.account in watched,
            aged=position.account in aged and position.margin_mode == "cross",
            stops=protecting(frame, position),
        )
        for position in sorted(frame.positions, key=_danger)
    )


def position_tip(frame: DeskFrame, key: str) -> str:
    """How far and how sure a position's liquidation is, in a few lines."""
    account, instrument = split_key(key)
    found = next(
        (p for p in frame.positions if (p.account, p.instrument) == (account, instrument)), None
    )
    if found is None:
        return ""
    lines = [f"{symbol(instrument)} · {account}", uncertainty_words(found)]
    if found.distance_sigma is not None:
        lines.append(
            tr("Alone: {likely} at the usual pace of one hour", likely=likely_words(found))
        )
    if found.funding_rate is not None:
        market = next((m for m in frame.markets if m.instrument == instrument), None)
        lines.append(f"{tr('Funding')} {_funding(found, market, frame.wall_ms)}")
    return "\n".join(line for line in lines if line)


def likely_words(position: PositionView) -> str:
    """`26.9 σ · 11 d`, or empty without history."""
    if position.distance_sigma is None:
        return ""
    return f"{sigmas(position.distance_sigma)} · {horizon(position.distance_minutes)}"


def uncertainty_words(position: PositionView) -> str:
    """Why the liquidation price is no sharper, or empty."""
    causes = "; ".join(map(said, position.uncertainty_causes))
    return tr("Liquidation price uncertain: {causes}", causes=causes) if causes else ""


def nearest(position: PositionView) -> Decimal | None:
    """The nearer of the position's own liquidation and the account's common move."""
    known = [
        abs(move) if move is position.common_move else move
        for move in (position.liquidation_distance, position.common_move)
        if move is not None
    ]
    return min(known, default=None)


def _danger(position: PositionView) -> tuple[int, Decimal, str]:
    near = nearest(position)
    if near is None:
        near = Decimal(0) if not position.liquidation_known else Decimal(10**6)
    return -rank(position.level), near, position.instrument


def _row(
    position: PositionView,
    market: MarketView | None,
    wall_ms: int,
    *,
    short: bool,
    watched: bool,
    aged: bool,
    stops: list[OrderView],
) -> Row:
    """Make a row; `aged`: where it is liquidated rests on old figures of the whole account."""
    tick = market.tick_size if market else Decimal("0.01")
    lot = market.lot_size if market else Decimal("0.001")
    live = position.quality == "LIVE"
    figure = Tone.TEXT2 if live else Tone.STALE
    strong = Tone.TEXT if live else Tone.STALE
    is_long = position.quantity > 0
    direction = Tone.BID if is_long else Tone.ASK
    carry = position.funding_per_day
    return Row(
        position_key(position.account, position.instrument),
        (
            Cell(
                symbol(position.instrument),
                Tone.TEXT,
                strong=True,
                second=f"{position.account} · {_mode(position, watched=watched)}",
            ),
            Cell(
                f"{'▲' if is_long else '▼'} {quantity(position.quantity, lot)}",
                direction,
                strong=True,
                second=word("LONG") if is_long else word("SHORT"),
            ),
            Cell(price(position.entry_price, tick), Tone.TEXT2),
            Cell(
                mark := price(position.mark_price, tick),
                Tone.MUTED if mark == UNKNOWN else strong,
                second="" if watched else stop_words(position, stops, tick),
            ),
            _liquidation_cell(position, tick, Tone.STALE if aged else strong, is_long=is_long),
            distance_cell(
                position, "" if short else likely_words(position), live=live and not aged
            ),
            Cell(
                signed(position.unrealized_pnl),
                of_profit(position.unrealized_pnl) if live else Tone.STALE,
                second=position.settle,
            ),
            Cell(signed(position.realized_pnl), of_profit(position.realized_pnl)),
            Cell(
                rate(position.funding_rate) if short else _funding(position, market, wall_ms),
                figure,
                second="" if carry is None else tr("{carry} / day", carry=signed(carry)),
            ),
            Cell(
                money(position.initial_margin),
                figure,
                second=multiple(position.leverage),
            ),
            Cell(WATCHED if watched else ""),
        ),
    )


def _mode(position: PositionView, *, watched: bool) -> str:
    return tr("WATCHED") if watched else word(position.margin_mode)


def is_stale(position: PositionView) -> bool:
    """Its mark is too old, or unknown, for anything but closing."""
    age_ms = position.mark_age_ms
    return age_ms is None or age_ms > SURFACE_STALE_MS


def positions_note(frame: DeskFrame | None) -> str:
    """What the title says beside the word: what amounts are in, or that only closing is left."""
    if frame is not None and frame.positions and all(map(is_stale, frame.positions)):
        return tr("CLOSING ONLY: every mark is stale")
    held = [] if frame is None else own_positions(frame)
    return tr("amounts in {currencies}", currencies=settled_in(held)) if held else ""


def protecting(frame: DeskFrame, position: PositionView) -> list[OrderView]:
    """Stops that only reduce this position, the nearest to its mark first.

    One that is being cancelled, or that the venue may not have, is no protection.
    """
    side = "SELL" if position.quantity > 0 else "BUY"
    found = [
        order
        for order in frame.orders
        if (order.account, order.instrument) == (position.account, position.instrument)
        and order.type in STOPS
        and order.reduce_only
        and order.side == side
        and order.status in STANDING
        and order.trigger is not None
        and not order.cancelling
    ]
    return sorted(found, key=lambda order: order.trigger or 0, reverse=side == "SELL")


def stop_words(position: PositionView, stops: list[OrderView], tick: Decimal) -> str:
    """`SL 59,900.0`, `part 59,900.0` where the stops cover only a part, or `no stop`."""
    if not stops:
        return tr("no stop")
    covered = sum((order.quantity - order.filled for order in stops), Decimal(0))
    word_ = word("SL") if covered >= abs(position.quantity) else tr("part")
    return f"{word_} {price(stops[0].trigger, tick)}"


def _funding(position: PositionView, market: MarketView | None, wall_ms: int) -> str:
    """The rate with what it is for, and the time to the next one where there is one."""
    next_ms = position.next_funding_ms
    interval_h = market.funding_interval_h if market else None
    text = funding(position.funding_rate, interval_h, continuous=next_ms is None)
    if position.funding_rate is None or next_ms is None:
        return text
    return f"{text} {countdown_short(next_ms - wall_ms)}"


def _liquidation_cell(position: PositionView, tick: Decimal, tone: Tone, *, is_long: bool) -> Cell:
    if not position.liquidation_known:
        return Cell(UNKNOWN, Tone.MUTED)
    if position.liquidation_price is None:
        return Cell(tr("none"), Tone.TEXT2)
    shown = liquidation_price(position.liquidation_price, tick, is_long=is_long)
    second = ""
    if position.liquidation_price_upper is not None:
        upper = liquidation_price(position.liquidation_price_upper, tick, is_long=False)
        second = tr("and {price}", price=upper)
    else:
        second = _span(position, tick)
    return Cell(shown, tone, strong=True, second=second)


def _span(position: PositionView, tick: Decimal) -> str:
    """`±38.4` where the span is even on both sides, else both ends."""
    low, high, at = position.uncertainty_low, position.uncertainty_high, position.liquidation_price
    if low is None or high is None or at is None:
        return ""
    if high - at == at - low:
        return f"±{price(high - at, tick)}"
    return f"{price(low, tick)}–{price(high, tick)}"


def distance_cell(position: PositionView, likely: str = "", *, live: bool = True) -> Cell:
    """The row's thermometer: fill towards liquidation; both distances in words, and how likely.

    One that is not of now is told to be old, unless what it warns of is worse.
    """
    alone, common = position.liquidation_distance, position.common_move
    near = nearest(position)
    if near is None:
        none_exists = position.liquidation_known
        return Cell(
            tr("none") if none_exists else UNKNOWN, Tone.TEXT2 if none_exists else Tone.MUTED
        )
    tone = distance_tone(near)
    if not live and tone is Tone.TEXT:
        tone = Tone.STALE
    value = float(1 - max(Decimal(0), min(near, FULL_SCALE)) / FULL_SCALE)
    if common is not None and abs(common) == near:
        second = _alone(alone) if alone is not None else tr("none alone")
        return Cell(_common(near), tone, True, _joined(second, likely), value=value)
    second = _common(abs(common)) if common is not None else ""
    if not second and position.margin_ratio is not None:
        second = tr("ratio {ratio}", ratio=ratio(position.margin_ratio))
    return Cell(_alone(near), tone, True, _joined(likely, second), value=value)


def _alone(move: Decimal) -> str:
    return tr("{distance} alone", distance=distance(move))


def _common(move: Decimal) -> str:
    return tr("{distance} common", distance=distance(move))


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def distance_tone(near: Decimal) -> Tone:
    """Text above 10 %, warning to 5 %, danger below."""
    if near <= DANGER_DISTANCE:
        return Tone.DANGER
    return Tone.WARNING if near <= WARNING_DISTANCE else Tone.TEXT
