"""What a hand on a price would do, before it does it: an order, a move, or why not."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.snapshot import DeskFrame, MarketView, OrderView
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import AmendOrder, SubmitOrder
from desk.model.numbers import plain
from desk.model.orders import OrderType, Side
from ui.viewmodels.names import word
from ui.viewmodels.own_orders import ALIVE, role_of, stands_at
from ui.viewmodels.text import price
from ui.viewmodels.translation import tr


class Terms(msgspec.Struct, frozen=True):
    """What a click sends besides its price: set before, by hand."""

    quantity: Decimal = Decimal(0)
    post_only: bool = True
    reduce_only: bool = False


class Intent(msgspec.Struct, frozen=True):
    """One order that a click would send."""

    side: Side
    price: Decimal
    type: OrderType
    terms: Terms
    refusal: str = ""
    """Why it would send nothing; empty: it would."""
    note: str = ""

    def words(self, market: MarketView) -> str:
        """`BUY 0.5 LIMIT 60,900.0`."""
        size = plain(self.terms.quantity)
        at = price(self.price, market.tick_size)
        flags = f" {word('PO')}" * (self.terms.post_only and self.type is OrderType.LIMIT)
        flags += f" {word('RO')}" * self.terms.reduce_only
        return f"{word(self.side.value)} {size} {word(self.type.value)} {at}{flags}"

    def order(self, identity: str, market: MarketView) -> SubmitOrder:
        """The order itself, under an id made with the gesture."""
        is_limit = self.type is OrderType.LIMIT
        unit = QuantityUnit.CONTRACTS if market.quantity_unit == "ct" else QuantityUnit.BARE
        return SubmitOrder(
            id=identity,
            account=None,
            instrument=market.instrument,
            side=self.side,
            quantity=Quantity(self.terms.quantity, unit),
            type=self.type,
            price=self.price if is_limit else None,
            trigger=None if is_limit else self.price,
            post_only=self.terms.post_only and is_limit,
            reduce_only=self.terms.reduce_only,
        )


def intent_at(
    side: Side, at: Decimal, market: MarketView, terms: Terms, *, stop: bool = False
) -> Intent:
    """What a click of a side at a price would send: a limit, or a stop beyond the mark."""
    kind = OrderType.STOP if stop else OrderType.LIMIT
    refusal = "" if terms.quantity > 0 else tr("Set the ladder's quantity first.")
    note = ""
    if stop and market.mark is None:
        refusal = refusal or tr("The mark is unknown: no stop can be placed against it.")
    elif stop and market.mark is not None and (at - market.mark) * side.sign <= 0:
        refusal = refusal or (
            tr("A BUY stop stands above the mark.")
            if side is Side.BUY
            else tr("A SELL stop stands below the mark.")
        )
    elif not stop:
        note = _taking(side, at, market)
    return Intent(side, at, kind, terms, refusal, note)


def _taking(side: Side, at: Decimal, market: MarketView) -> str:
    """A limit beyond the other side's best takes at once."""
    other = market.ask if side is Side.BUY else market.bid
    return tr("takes now") if other is not None and (at - other) * side.sign >= 0 else ""


class Move(msgspec.Struct, frozen=True):
    """An own order in the hand."""

    order: OrderView
    start: Decimal
    target: Decimal | None
    """None: over no price, and letting go changes nothing."""

    def words(self, tick: Decimal) -> str:
        """`MOVE BUY 4 LMT 60,900.0 → 60,880.0`."""
        order = self.order
        target = tr("nowhere") if self.target is None else price(self.target, tick)
        return tr(
            "MOVE {order} {start} → {target}",
            order=f"{word(order.side)} {plain(order.quantity - order.filled)} {role_of(order)}",
            start=price(self.start, tick),
            target=target,
        )

    def to(self, target: Decimal | None) -> Move:
        """The same over another price."""
        return msgspec.structs.replace(self, target=target)

    def amendment(self, identity: str) -> AmendOrder | None:
        """What letting go sends; None when it would change nothing.

        Of a stop with a limit both move, and the limit stays as far from the trigger.
        """
        order = self.order
        if self.target is None or self.target == self.start:
            return None
        if self.start != order.trigger:
            return AmendOrder(id=identity, order_id=order.id, price=self.target)
        limit = None if order.price is None else order.price + (self.target - self.start)
        return AmendOrder(id=identity, order_id=order.id, trigger=self.target, price=limit)

    def ended(self, frame: DeskFrame) -> str:
        """Why the order can no longer be moved as it was taken up, in words; empty: it can."""
        now = next((order for order in frame.orders if order.id == self.order.id), None)
        if now is None or now.status not in ALIVE:
            return tr("The order has ended while it was being moved: nothing was changed.")
        if now.filled != self.order.filled:
            return tr("The order was filled in part while it was being moved: nothing was changed.")
        if stands_at(now) != self.start or now.cancelling:
            return tr("The order was changed while it was being moved: nothing was sent.")
        return ""


def take_up(order: OrderView) -> Move | str:
    """Take an order into the hand, or say why it cannot be moved."""
    start = stands_at(order)
    if order.type == "TRAILING_STOP":
        return tr("A trailing stop follows the mark: change its distance instead.")
    if order.status == "UNKNOWN":
        return tr("Nobody knows whether the venue has this order: it can only be cancelled.")
    if start is None or order.amending or order.cancelling:
        return tr("This order is being changed already.")
    return Move(order, start, start)
