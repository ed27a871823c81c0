"""Working orders as margin and spot balances see them: what each would cost at its worst.

Two orders of which one cancels the other never both fill: they count once, as the larger of the
two at the dearer of their prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from desk.execution.order import Order
from desk.margin.inputs import OrderInput
from desk.model.instrument import Instrument
from desk.model.numbers import ZERO
from desk.model.orders import OrderTerms, OrderType
from desk.model.trailing import trailing_trigger

if TYPE_CHECKING:
    from desk.engine.desk import Desk


def spoken_for(desk: Desk, account: str, asset: str, without: str | None) -> Decimal:
    """Return what working orders in spot will pay of an asset.

    Reduce-only orders are held to what is there, and speak for nothing.
    """
    orders = (o for o in desk.state.others(account, without) if not o.terms.reduce_only)
    return sum((max(_cost(desk, order, asset) for order in one) for one in rivals(orders)), ZERO)


def rivals(orders: Iterable[Order]) -> Iterator[list[Order]]:
    """Return orders, those together of which only one can fill."""
    known: dict[tuple[str, bool], list[Order]] = {}
    for order in orders:
        name = order.id if order.terms.oco is None else order.terms.oco
        known.setdefault((name, order.terms.reduce_only), []).append(order)
    return iter(known.values())


def order_input(desk: Desk, together: list[Order]) -> OrderInput:
    """Return what margin is held for, of orders of which only one can fill."""
    first, instrument = together[0].terms, _instrument(desk, together[0])
    prices = [dearest_price(desk, order, instrument) for order in together]
    known = [price for price in prices if price is not None]
    return OrderInput(
        instrument=instrument,
        side=first.side,
        quantity=max(order.largest - order.filled for order in together),
        price=_dearest(desk, first, instrument, known) if len(known) == len(prices) else None,
        reduce_only=first.reduce_only,
    )


def _instrument(desk: Desk, order: Order) -> Instrument:
    instrument = desk.catalogue.get(order.terms.instrument)
    assert instrument is not None, f"an order in {order.terms.instrument}, which is unknown"
    return instrument


def dearest_price(desk: Desk, order: Order, instrument: Instrument) -> Decimal | None:
    """Return what an order is margined at; while it is being amended, the worse of both.

    A stop takes at market once it is triggered: its trigger is its mark.
    """
    terms, amending = order.terms, order.amending
    possible = (terms,) if amending is None else (terms, amending.of(terms))
    prices = [p for t in possible if (p := _expected(desk, order, t)) is not None]
    if not prices:
        return None
    if not terms.type.has_price:
        prices = [p * (1 + desk.rules.limits.collar_rate * terms.side.sign) for p in prices]
    return _dearest(desk, terms, instrument, prices)


def _expected(desk: Desk, order: Order, terms: OrderTerms) -> Decimal | None:
    if terms.type is not OrderType.TRAILING_STOP:
        return terms.expected_price
    best = desk.mark(terms.instrument) if order.trailed is None else order.trailed.best
    tick = _instrument(desk, order).tick_size
    return None if best is None else max(tick, trailing_trigger(terms, best, tick))


def _dearest(
    desk: Desk, terms: OrderTerms, instrument: Instrument, prices: list[Decimal]
) -> Decimal:
    if len(set(prices)) == 1:
        return prices[0]
    leverage, mark = desk.leverage(terms.account, instrument.id), desk.mark(instrument.id)

    def margin(price: Decimal) -> Decimal:
        loss = ZERO if mark is None else -instrument.pnl(Decimal(terms.side.sign), price, mark)
        return instrument.notional(Decimal(1), price) / leverage + max(ZERO, loss)

    return max(prices, key=margin)


def _cost(desk: Desk, order: Order, asset: str) -> Decimal:
    instrument = _instrument(desk, order)
    buying, left = order.terms.side.sign > 0, order.largest - order.filled
    if asset != (instrument.quote if buying else instrument.base):
        return ZERO
    if not buying:
        return left
    price = dearest_price(desk, order, instrument) or desk.state.collars.get(order.id)
    return instrument.notional(left, price or ZERO) * (1 + instrument.taker_fee_rate)
