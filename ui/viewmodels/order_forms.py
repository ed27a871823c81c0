"""The form that amends a working order. No Qt."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.order_snapshot import OrderView
from desk.model.command import Quantity
from desk.model.numbers import plain
from desk.model.order_commands import AmendOrder
from ui.viewmodels.forms import Entry, Form, FormError, Values, amount
from ui.viewmodels.names import word
from ui.viewmodels.text import symbol
from ui.viewmodels.translation import tr


def amend_form(order: OrderView) -> Form:
    """Return the terms that may change; what is left as it is is not sent."""
    asked = order.price if order.price is not None else order.trigger
    is_stop_limit = order.price is not None and order.trigger is not None
    label = tr("Price") if order.price is not None else tr("Trigger")

    def read(values: Values, identity: str) -> AmendOrder:
        price = amount(values, "price", label)
        quantity = amount(values, "quantity", tr("Quantity"))
        trigger = amount(values, "trigger", tr("Trigger")) if is_stop_limit else None
        changed = _changed(price, asked), _changed(quantity, order.quantity)
        new_trigger = None if trigger is None else _changed(trigger, order.trigger)
        if (*changed, new_trigger) == (None, None, None):
            raise FormError("price", tr("Nothing is changed yet"))
        return AmendOrder(
            id=identity,
            order_id=order.id,
            price=changed[0],
            trigger=new_trigger,
            quantity=None if changed[1] is None else Quantity(changed[1]),
        )

    entries = [
        Entry(key="price", label=label, value=_text(asked), is_figure=True),
        Entry(key="quantity", label=tr("Quantity"), value=_text(order.quantity), is_figure=True),
    ]
    if is_stop_limit:
        entries.append(
            Entry(key="trigger", label=tr("Trigger"), value=_text(order.trigger), is_figure=True)
        )
    return Form(
        title=tr("Amend {id}", id=order.id),
        about=tr(
            "{side} {quantity} {instrument}, {filled} filled. The quantity is of the whole order. "
            "A new price, or more, goes to the end of the queue.",
            side=word(order.side),
            quantity=plain(order.quantity),
            instrument=symbol(order.instrument),
            filled=plain(order.filled),
        ),
        entries=tuple(entries),
        send=tr("Amend"),
        read=read,
    )


def _changed(value: Decimal, before: Decimal | None) -> Decimal | None:
    return None if value == before else value


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain(value)
