"""The ticket: a draft of text becomes one order; a preview becomes rows and reasons."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from desk.engine.snapshot import MarketView
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import SubmitOrder
from desk.model.events import Denial, Previewed
from desk.model.numbers import parse_decimal, plain
from desk.model.orders import OrderType, Side, TimeInForce
from ui.viewmodels.text import (
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

SURFACE_STALE_MS = 5_000
"""A surface whose instrument's mark is older than this disarms by itself."""

_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")
_WRITTEN = re.compile(r"(?P<number>[\d.,]+)\s*(?P<unit>[a-z%]*)", re.IGNORECASE)
_NOTIONAL_UNITS = frozenset({"usd", "usdt", "usdc"})


class Draft(msgspec.Struct, frozen=True):
    """What the trader has written so far; `id` is the client order id it will be sent with."""

    id: str
    instrument: str | None = None
    account: str | None = None
    side: Side = Side.BUY
    type: OrderType = OrderType.LIMIT
    quantity: str = ""
    price: str = ""
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False


class Problem(msgspec.Struct, frozen=True):
    """Why a draft is no order yet; `field` is empty when no field is to blame."""

    field: str
    text: str


def read_number(text: str) -> Decimal | None:
    """Read what a person writes: `1000`, `1,000.5`; None for anything else."""
    text = text.strip()
    return parse_decimal(text.replace(",", "") if _GROUPED.fullmatch(text) else text)


def read_quantity(text: str, base: str) -> Quantity | None:
    """Read `0.5`, `0.5btc`, `5000usd`, `12ct`, `25%`; None for anything else."""
    match = _WRITTEN.fullmatch(text.strip())
    value = read_number(match["number"]) if match else None
    if match is None or value is None or value <= 0:
        return None
    unit = match["unit"].lower()
    if unit in _NOTIONAL_UNITS:
        return Quantity(value, QuantityUnit.NOTIONAL)
    known = {
        "": QuantityUnit.BARE,
        "%": QuantityUnit.PERCENT,
        "ct": QuantityUnit.CONTRACTS,
        base.lower(): QuantityUnit.BASE,
    }
    return Quantity(value, known[unit]) if unit in known else None


def order_of(draft: Draft, market: MarketView | None) -> tuple[SubmitOrder | None, list[Problem]]:
    """Return the order a draft asks for, or every reason why it is not one yet."""
    if market is None or draft.instrument is None:
        return None, [Problem("", "Choose an instrument in the market watch.")]
    problems: list[Problem] = []
    quantity = read_quantity(draft.quantity, market.base)
    if not draft.quantity.strip():
        problems.append(Problem("quantity", "Enter a quantity."))
    elif quantity is None:
        problems.append(
            Problem(
                "quantity",
                f"“{draft.quantity}” is no quantity: write 0.5, 0.5{market.base.lower()}, "
                "5000usd or 25%.",
            )
        )
    is_limit = draft.type is OrderType.LIMIT
    limit = read_number(draft.price) if is_limit else None
    if is_limit and not draft.price.strip():
        problems.append(Problem("price", "Enter a limit price."))
    elif is_limit and (limit is None or limit <= 0):
        problems.append(Problem("price", f"“{draft.price}” is no price."))
    if problems or quantity is None:
        return None, problems
    return (
        SubmitOrder(
            id=draft.id,
            account=draft.account,
            instrument=draft.instrument,
            side=draft.side,
            quantity=quantity,
            type=draft.type,
            price=limit,
            tif=draft.tif if is_limit else None,
            post_only=draft.post_only and is_limit,
            reduce_only=draft.reduce_only,
        ),
        [],
    )


def add_to_quantity(text: str, step: Decimal) -> str:
    """The text of a quantity with a step added; anything unreadable counts as nothing."""
    present = read_number(text) or Decimal(0)
    return plain(max(Decimal(0), present + step))


def presets(market: MarketView | None) -> tuple[Decimal, ...]:
    """Quantities that the preset buttons add."""
    if market is not None and market.quantity_unit == "ct":
        return tuple(Decimal(n) for n in (1, 10, 100, 1000))
    return tuple(Decimal(text) for text in ("0.1", "0.5", "1", "5"))


class BeforeAfter(msgspec.Struct, frozen=True):
    """One figure now, and as it would be after this fill and all working orders."""

    label: str
    before: str
    after: str
    tone: Tone = Tone.TEXT


class PreviewView(msgspec.Struct, frozen=True):
    """A preview in words."""

    id: str
    accepted: bool
    rows: tuple[BeforeAfter, ...]
    costs: tuple[tuple[str, str], ...]
    denials: tuple[Denial, ...]


EMPTY_ROWS = tuple(
    BeforeAfter(label, UNKNOWN, UNKNOWN, Tone.MUTED)
    for label in (
        "Utilization",
        "Margin ratio",
        "Available",
        "Close-out common",
        "Liq. alone",
        "Leverage",
    )
)
EMPTY_COSTS = (("Cost", UNKNOWN), ("Slip", UNKNOWN), ("Fee", UNKNOWN))


def preview_view(preview: Previewed, market: MarketView) -> PreviewView:
    """Rows and reasons of a preview."""
    before, after = preview.before or {}, preview.after or {}
    broken = {denial.code for denial in preview.denials}
    over_margin = any("MARGIN" in code for code in broken)
    over_leverage = any("LEVERAGE" in code for code in broken)

    def row(label: str, key: str, write: Any, *, breaks: bool = False) -> BeforeAfter:
        now, then = write(_decimal(before.get(key))), write(_decimal(after.get(key)))
        tone = Tone.DANGER if breaks else Tone.TEXT
        return BeforeAfter(label, now, then, Tone.MUTED if then == UNKNOWN else tone)

    rows = (
        row("Utilization", "margin_utilization", ratio, breaks=over_margin),
        row("Margin ratio", "margin_ratio", ratio),
        row("Available", "available_margin", money, breaks=over_margin),
        _common_row(before, after),
        _liquidation_row(before, after, market),
        row("Leverage", "leverage", multiple, breaks=over_leverage),
    )
    cost = preview.cost
    slip = _decimal(cost.get("slippage_bps"))
    costs = (
        ("Cost", money(_decimal(cost.get("notional")), 2)),
        ("Slip", UNKNOWN if slip is None else f"{number(slip, 1)} bp"),
        ("Fee", money(_decimal(cost.get("fee")), 2)),
    )
    return PreviewView(preview.id, preview.accepted, rows, costs, tuple(preview.denials))


def _common_row(before: dict[str, Any], after: dict[str, Any]) -> BeforeAfter:
    """The joint move to close-out; `none` where none exists."""

    def shown(row: dict[str, Any]) -> str:
        sides = ("common_move_to_close_out", "common_move_to_close_out_up")
        moves = [move for side in sides if (move := _decimal(row.get(side))) is not None]
        if moves:
            return _signed_distance(min(moves, key=abs))
        return UNKNOWN if row.get("maintenance_margin") is None else "none"

    then = shown(after)
    tone = Tone.MUTED if then == UNKNOWN else Tone.TEXT
    return BeforeAfter("Close-out common", shown(before), then, tone)


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
                    return "none" if row.get("maintenance_margin") is not None else UNKNOWN
                return liquidation_price(value, market.tick_size, is_long=is_long)
        return "none" if row else UNKNOWN

    now, then = shown(before), shown(after)
    label = f"Liq. {market.base} alone"
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
        shown.append(("mark", _age_text(market.mark_age_ms), Tone.TEXT2 if live else Tone.DANGER))
    book = _age_text(market.book_age_ms) if synced else market.book_state
    shown.append(("book", book, Tone.TEXT2 if synced else Tone.WARNING))
    return tuple(shown)


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


def submit_words(order: SubmitOrder, market: MarketView) -> str:
    """What the submit button says it will do."""
    unit = {
        QuantityUnit.BARE: "",
        QuantityUnit.BASE: "",
        QuantityUnit.NOTIONAL: " USD",
        QuantityUnit.CONTRACTS: " ct",
        QuantityUnit.PERCENT: "%",
    }[order.quantity.unit]
    at = "at market" if order.price is None else f"@ {price(order.price, market.tick_size)}"
    return f"{order.side.value} {plain(order.quantity.value)}{unit} {symbol(order.instrument)} {at}"
