"""The ticket in words: a preview becomes rows, costs and readings; buttons say what they do."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from desk.engine.setting_snapshot import SettingView
from desk.engine.snapshot import MarketView
from desk.model.command import QuantityUnit
from desk.model.commands import SubmitLadder, SubmitOco, SubmitOrder, SubmitTwap
from desk.model.events import Denial, Previewed
from desk.model.numbers import plain
from desk.model.orders import OrderType
from ui.viewmodels.draft import TicketCommand
from ui.viewmodels.names import word
from ui.viewmodels.text import (
    MINUS,
    UNKNOWN,
    age,
    distance,
    liquidation_price,
    money,
    multiple,
    number,
    price,
    ratio,
    symbol,
)
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr
from ui.viewmodels.written import read_number

SURFACE_STALE_MS = 5_000
"""A surface whose instrument's mark is older than this disarms by itself."""


def add_to_quantity(text: str, step: Decimal) -> str:
    """The text of a quantity with a step added; anything unreadable counts as nothing."""
    present = read_number(text) or Decimal(0)
    return plain(max(Decimal(0), present + step))


_IN_MONEY = frozenset({QuantityUnit.NOTIONAL, QuantityUnit.RISK})


def presets(
    market: MarketView | None, unit: QuantityUnit = QuantityUnit.BARE
) -> tuple[Decimal, ...]:
    """Quantities that the preset buttons add, in the unit that is written."""
    if unit in _IN_MONEY:
        return tuple(Decimal(n) for n in (100, 500, 1_000, 5_000))
    counts = market is not None and market.quantity_unit == "ct"
    if unit is QuantityUnit.CONTRACTS or (counts and unit is QuantityUnit.BARE):
        return tuple(Decimal(n) for n in (1, 10, 100, 1_000))
    return tuple(Decimal(text) for text in ("0.1", "0.5", "1", "5"))


class BeforeAfter(msgspec.Struct, frozen=True):
    """One figure now, and as it would be after this fill and all working orders."""

    label: str
    before: str
    after: str
    tone: Tone = Tone.TEXT


class Readings(msgspec.Struct, frozen=True):
    """One quantity in every unit, as the desk read it."""

    coin: str = ""
    value: str = ""
    contracts: str = ""
    """Empty where a contract is a coin."""


class Said(msgspec.Struct, frozen=True):
    """One thing about the order that is more than a figure of the preview."""

    what: str = ""
    strong: str = ""
    """Empty: there is nothing to say."""
    more: str = ""
    """Left out where there is no room."""


class PreviewView(msgspec.Struct, frozen=True):
    """A preview in words."""

    id: str
    accepted: bool
    rows: tuple[BeforeAfter, ...]
    costs: tuple[tuple[str, str], ...]
    denials: tuple[Denial, ...]
    readings: Readings = Readings()
    loss: Said = Said()
    """What it loses at its stop."""
    held: Said = Said()
    """That it is no more than a reduction, whatever was written."""
    largest: str = ""
    """What would pass, as a quantity to write; empty: nothing, or the order itself does."""


EMPTY_ROWS = tuple(
    BeforeAfter(label, UNKNOWN, UNKNOWN, Tone.MUTED)
    for label in (
        tr("Utilization"),
        tr("Margin ratio"),
        tr("Available"),
        tr("Close-out common"),
        tr("Liq. alone"),
        tr("Leverage"),
    )
)
EMPTY_COSTS = ((tr("Cost"), UNKNOWN), (tr("Slip"), UNKNOWN), (tr("Fee"), UNKNOWN))


def preview_view(preview: Previewed, market: MarketView) -> PreviewView:
    """Rows and reasons of an order's preview."""
    return PreviewView(
        preview.id,
        preview.accepted,
        _rows(preview, market),
        _costs(preview.cost, market),
        tuple(preview.denials),
        _readings(preview.cost),
        _loss(preview.cost),
        _held(preview),
        _plain(preview.cost.get("largest")),
    )


def change_view(preview: Previewed, market: MarketView) -> PreviewView:
    """Rows and reasons of the preview of an account's change, which costs nothing."""
    rows = _rows(preview, market)
    return PreviewView(preview.id, preview.accepted, rows, (), tuple(preview.denials))


def mode_obstacle(setting: SettingView) -> str:
    """Why the margin mode cannot be changed now; empty: it can."""
    if not setting.flat:
        return tr(
            "The margin mode changes only when flat: {account} holds a position.",
            account=setting.account,
        )
    if setting.working:
        return tr(
            "The margin mode changes only without working orders: {working} work.",
            working=setting.working,
        )
    return ""


def _rows(preview: Previewed, market: MarketView) -> tuple[BeforeAfter, ...]:
    before, after = preview.before or {}, preview.after or {}
    broken = {denial.code for denial in preview.denials}
    over_margin = any("MARGIN" in code for code in broken)
    over_leverage = any("LEVERAGE" in code for code in broken)

    def row(label: str, key: str, write: Any, *, breaks: bool = False) -> BeforeAfter:
        now, then = write(_decimal(before.get(key))), write(_decimal(after.get(key)))
        tone = Tone.DANGER if breaks else Tone.TEXT
        return BeforeAfter(label, now, then, Tone.MUTED if then == UNKNOWN else tone)

    return (
        row(tr("Utilization"), "margin_utilization", ratio, breaks=over_margin),
        row(tr("Margin ratio"), "margin_ratio", ratio),
        row(tr("Available"), "available_margin", money, breaks=over_margin),
        _common_row(before, after),
        _liquidation_row(before, after, market),
        row(tr("Leverage"), "leverage", multiple, breaks=over_leverage),
    )


def _costs(cost: dict[str, Any], market: MarketView) -> tuple[tuple[str, str], ...]:
    """Cost, slip and fee; then, where the book is taken, what it gives; and the rate assumed."""
    slip = _decimal(cost.get("slippage_bps"))
    resting = cost.get("levels") == 0
    first = (
        (tr("Cost"), money(_decimal(cost.get("notional")), 2)),
        (tr("Slip"), _slip(slip, resting=resting)),
        (tr("Fee"), money(_decimal(cost.get("fee")), 2)),
    )
    rate = _decimal(cost.get("fee_rate"))
    if rate is None:
        return first
    away = (tr("Liq. distance"), distance(_decimal(cost.get("liquidation_distance"))).lstrip(MINUS))
    fee = (word(str(cost.get("liquidity") or "taker")), f"{number(rate * 100, 3)}%")
    average = _decimal(cost.get("average_price"))
    if average is None:
        return (*first, away, ("", ""), fee)
    worst = price(_decimal(cost.get("worst_price")), market.tick_size)
    shown = tr(
        "{average} · worst {worst} · {levels} lv",
        average=price(average, market.tick_size),
        worst=worst,
        levels=cost.get("levels"),
    )
    walk = (tr("Avg"), shown)
    return (*first, walk, ("", ""), fee)


def _slip(points: Decimal | None, *, resting: bool) -> str:
    if resting:
        return "0.0 bp"
    return UNKNOWN if points is None else f"{number(points, 1)} bp"


def _readings(cost: dict[str, Any]) -> Readings:
    coin, value = _decimal(cost.get("quantity_base")), _decimal(cost.get("value"))
    if coin is None or value is None:
        return Readings()
    return Readings(plain(round(coin, 8)), plain(round(value, 2)), _plain(cost.get("contracts")))


def _held(preview: Previewed) -> Said:
    if not (preview.accepted and preview.cost.get("leaves_reduce_only")):
        return Said()
    return Said(tr("Works as"), tr("Reduce-only"), tr("it passes only because it reduces"))


def _loss(cost: dict[str, Any]) -> Said:
    amount, share = _decimal(cost.get("loss_at_stop")), _decimal(cost.get("loss_share"))
    if amount is None:
        return Said()
    said = f"{money(amount, 2)} {cost.get('fee_asset') or ''}".rstrip()
    of = "" if share is None else tr("{share}% of equity", share=number(share * 100, 2))
    return Said(tr("Loss at stop"), said, of)


def _plain(value: Any) -> str:
    figure = _decimal(value)
    return "" if figure is None else plain(figure)


def _common_row(before: dict[str, Any], after: dict[str, Any]) -> BeforeAfter:
    """The joint move to close-out; `none` where none exists."""

    def shown(row: dict[str, Any]) -> str:
        sides = ("common_move_to_close_out", "common_move_to_close_out_up")
        moves = [move for side in sides if (move := _decimal(row.get(side))) is not None]
        if moves:
            return _signed_distance(min(moves, key=abs))
        return UNKNOWN if row.get("maintenance_margin") is None else tr("none")

    then = shown(after)
    tone = Tone.MUTED if then == UNKNOWN else Tone.TEXT
    return BeforeAfter(tr("Close-out common"), shown(before), then, tone)


def _signed_distance(move: Decimal | None) -> str:
    return ("+" if move is not None and move > 0 else "") + distance(move)


def _liquidation_row(
    before: dict[str, Any], after: dict[str, Any], market: MarketView
) -> BeforeAfter:
    """The instrument's own liquidation price; `none` where no price liquidates."""

    def shown(row: dict[str, Any]) -> str:
        for position in row.get("positions") or ():
            if position.get("instrument") == market.instrument:
                value = _decimal(position.get("liquidation_price"))
                is_long = not str(position.get("quantity", "")).startswith("-")
                if value is None:
                    return tr("none") if row.get("maintenance_margin") is not None else UNKNOWN
                return liquidation_price(value, market.tick_size, is_long=is_long)
        return tr("none") if row else UNKNOWN

    now, then = shown(before), shown(after)
    label = tr("Liq. {base} alone", base=market.base)
    return BeforeAfter(label, now, then, Tone.MUTED if then == UNKNOWN else Tone.TEXT)


def _decimal(value: Any) -> Decimal | None:
    """A figure of the risk report: text, number or absent."""
    if value is None:
        return None
    try:
        figure = Decimal(str(value))
    except InvalidOperation:
        return None
    return figure if figure.is_finite() else None


def needs(market: MarketView | None) -> tuple[tuple[str, str, Tone], ...]:
    """What the ticket stands on, with ages: (name, age, tone)."""
    if market is None:
        return ()
    synced = market.book_state == "SYNCED"
    live = market.quality == "LIVE"
    shown: list[tuple[str, str, Tone]] = []
    if market.mark is not None or market.mark_age_ms is not None or market.kind == "perpetual":
        shown.append(
            (tr("mark"), _age_text(market.mark_age_ms), Tone.TEXT2 if live else Tone.DANGER)
        )
    book = _age_text(market.book_age_ms) if synced else word(market.book_state)
    shown.append((tr("book"), book, Tone.TEXT2 if synced else Tone.WARNING))
    return tuple(shown)


def needs_words(shown: tuple[tuple[str, str, Tone], ...]) -> str:
    """`Needs mark 38 ms, book 41 ms`; empty where nothing is known of the market."""
    if not shown:
        return ""
    return tr("Needs {what}", what=", ".join(f"{name} {age}" for name, age, _ in shown))


def _age_text(ms: int | None) -> str:
    text = age(ms)
    return f"{text} ms" if ms is not None and ms < 1_000 else text


class Staleness:
    """Whether an instrument's mark is too old for its surface to stay armed.

    An unknown age is stale from 5 s after it was first seen unknown: a desk that has just
    started, or just been armed, waits for its first mark that long.
    """

    def __init__(self) -> None:
        self._unknown_since_ms: int | None = None

    def forget(self) -> None:
        """Begin to count anew."""
        self._unknown_since_ms = None

    def is_stale(self, market: MarketView | None, wall_ms: int) -> bool:
        """Look at the instrument as it is now."""
        if market is not None and market.mark_age_ms is not None:
            self._unknown_since_ms = None
            return market.mark_age_ms > SURFACE_STALE_MS
        if self._unknown_since_ms is None:
            self._unknown_since_ms = wall_ms
        return wall_ms - self._unknown_since_ms > SURFACE_STALE_MS


UNITS = {
    QuantityUnit.BARE: "",
    QuantityUnit.BASE: "",
    QuantityUnit.NOTIONAL: " USD",
    QuantityUnit.CONTRACTS: tr(" ct"),
    QuantityUnit.PERCENT: "%",
    QuantityUnit.RISK: tr(" at risk"),
}


def submit_words(command: TicketCommand, market: MarketView) -> str:
    """What the submit button says it will do."""
    one = command.first if isinstance(command, SubmitOco) else command
    quantity = f"{plain(one.quantity.value)}{UNITS[one.quantity.unit]}"
    return f"{word(one.side.value)} {quantity} {symbol(one.instrument)} {_how(command, market)}"


def _how(command: TicketCommand, market: MarketView) -> str:
    tick = market.tick_size
    match command:
        case SubmitLadder():
            ends = f"{price(command.first_price, tick)}–{price(command.last_price, tick)}"
            return tr("in {count} @ {ends}", count=command.count, ends=ends)
        case SubmitTwap():
            return tr("over {over} s, every {every} s", over=command.over_s, every=command.every_s)
        case SubmitOco(first=first, second=second):
            return tr(
                "@ {limit} or stop {stop}",
                limit=price(first.price, tick),
                stop=price(second.trigger, tick),
            )
        case SubmitOrder():
            return _at(command, tick)


def _at(order: SubmitOrder, tick: Decimal) -> str:
    if order.trail_rate is not None:
        return tr("trailing {trail}", trail=f"{number(order.trail_rate * 100, 2)}%")
    if order.trail is not None:
        return tr("trailing {trail}", trail=price(order.trail, tick))
    limit = tr("at market") if order.price is None else f"@ {price(order.price, tick)}"
    if order.trigger is None:
        return limit
    at = price(order.trigger, tick)
    target = order.type is OrderType.TAKE_PROFIT
    words = tr("target {price}", price=at) if target else tr("stop {price}", price=at)
    return words if order.price is None else f"{words} {limit}"
