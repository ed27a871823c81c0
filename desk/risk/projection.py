"""What an order would make of its account: computed once, looked at by many checks."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.margin.account import account_figures
from desk.margin.inputs import AccountFigures, AccountInput
from desk.margin.whatif import after_fill, after_working_orders
from desk.model.instrument import Kind
from desk.risk.context import OrderContext


class Projection(msgspec.Struct, frozen=True, kw_only=True):
    """Figures before and after; None where there is no margin pool or no price."""

    before: AccountFigures | None = None
    after: AccountFigures | None = None
    """After this fill, with the other orders still working."""
    after_orders: AccountFigures | None = None
    """After this fill and the worse side of all working orders; None without any."""
    unknown: str = ""
    """Why there is no `after`."""


def project(context: OrderContext) -> Projection:
    """Work an order out on its account."""
    if context.instrument.kind is Kind.SPOT:
        return Projection()
    if context.account is None:
        return Projection(unknown="the account has no margin pool")
    before = account_figures(context.account)
    price = context.price
    if price is None:
        return Projection(before=before, unknown=f"{context.instrument.id} has no price")
    filled = _filled(context, context.account, price)
    return Projection(
        before=before,
        after=account_figures(filled),
        after_orders=_after_orders(filled),
    )


def _after_orders(filled: AccountInput) -> AccountFigures | None:
    if all(order.reduce_only for order in filled.orders):
        return None  # none of them can fill as one that opens
    return account_figures(after_working_orders(filled))


def _filled(context: OrderContext, account: AccountInput, price: Decimal) -> AccountInput:
    terms, order = context.instrument, context.order
    fee_rate = terms.maker_fee_rate if order.post_only else terms.taker_fee_rate
    return after_fill(account, terms, order.side, order.quantity, price, fee_rate)
