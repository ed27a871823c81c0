"""The trader's own orders on a scale of prices: chips on the ladder, lines on the chart."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.snapshot import DeskFrame, OrderView
from desk.model.numbers import plain
from ui.viewmodels.names import word
from ui.viewmodels.orders import WORKING
from ui.viewmodels.translation import tr

ALIVE = WORKING | {"UNKNOWN"}
"""What may still fill, as far as anybody knows."""

_TYPES = {
    "LIMIT": "LMT",
    "STOP": "STP",
    "STOP_LIMIT": "STL",
    "TAKE_PROFIT": "TP",
    "TRAILING_STOP": "TRAIL",
}
_ROLES = {"stop_loss": "SL", "take_profit": "TP"}


class Chip(msgspec.Struct, frozen=True):
    """One own order where it stands."""

    id: str
    side: str
    price: Decimal
    """Where it is drawn: its limit, or the trigger it waits for."""
    size: str
    """What is left of it."""
    role: str
    """`LMT`, `STP`, `SL`, `TP`, …"""
    waits: bool
    """In no book: a trigger."""
    state: str = ""
    """`sent`, `unknown`, `moving`, `cancelling`; empty: it works."""
    ahead: str = ""
    """Quantity of others before it."""

    @property
    def arrow(self) -> str:
        """The side as a shape."""
        return "▲" if self.side == "BUY" else "▼"

    def words(self) -> str:
        """The chip in a sentence."""
        parts = [f"{word(self.side)} {self.size} {self.role}"]
        parts += [tr("{quantity} ahead", quantity=self.ahead)] * bool(self.ahead)
        parts += [word(self.state)] * bool(self.state)
        return ", ".join(parts)


def alive_orders(frame: DeskFrame, instrument: str | None) -> list[OrderView]:
    """Own orders in an instrument that may still fill."""
    return [o for o in frame.orders if o.instrument == instrument and o.status in ALIVE]


def stands_at(order: OrderView) -> Decimal | None:
    """The price an order is drawn at; None: at market."""
    if order.trigger is not None and (order.waiting or order.price is None):
        return order.trigger
    return order.price


def role_of(order: OrderView) -> str:
    """What an order is, in two or three letters."""
    return word(_ROLES.get(order.role) or _TYPES.get(order.type, order.type))


def chip_of(order: OrderView) -> Chip | None:
    """An order as a chip; None for one that stands at no price."""
    at = stands_at(order)
    if at is None:
        return None
    return Chip(
        id=order.id,
        side=order.side,
        price=at,
        size=plain(order.quantity - order.filled),
        role=role_of(order),
        waits=order.trigger is not None and at == order.trigger,
        state=_state(order),
        ahead="" if order.queue_ahead is None else plain(order.queue_ahead),
    )


def _state(order: OrderView) -> str:
    if order.status == "UNKNOWN":
        return "unknown"
    if order.cancelling:
        return "cancelling"
    if order.amending:
        return "moving"
    return "sent" if order.status == "PENDING" else ""


class Mark(msgspec.Struct, frozen=True):
    """A price of a position that matters: entry, break-even, liquidation, close-out."""

    word: str
    price: Decimal
    token: str
    note: str = ""


def position_marks(frame: DeskFrame, instrument: str | None, base: str) -> list[Mark]:
    """What the desk says about positions in an instrument; unknown is left out."""
    marks: list[Mark] = []
    held = [p for p in frame.positions if p.instrument == instrument]
    for position in held:
        named = f" {position.account}" if len(held) > 1 else ""
        marks.append(Mark(f"{tr('ENTRY')}{named}", position.entry_price, "text2"))
        if position.break_even_price is not None:
            marks.append(Mark(f"{tr('B/E')}{named}", position.break_even_price, "text2"))
        prices = (position.liquidation_price, position.liquidation_price_upper)
        marks += [
            Mark(f"{tr('LIQ')}{named}", price, "danger") for price in prices if price is not None
        ]
    accounts = {position.account for position in held}
    for account in frame.accounts:
        out = account.close_out_marks.get(base)
        if account.account in accounts and out is not None:
            marks.append(Mark(tr("CLOSE-OUT"), out, "danger"))
    return marks
