"""What an order costs and what it is in every unit: told with its preview, never worked out twice.

Prices and money are text, counts are numbers, and whether an order passes only because it reduces,
and so leaves reduce-only, is yes or no; what is not known is None.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from desk.engine.desk import Desk
from desk.execution.liquidity import is_usable
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ONE, ZERO, plain
from desk.model.orders import OrderType
from desk.risk.context import OrderContext, Review
from desk.risk.largest import largest_quantity
from desk.risk.pretrade import only_as_reduction

BPS = 10_000

NAMES = (
    "quantity",
    "quantity_base",
    "contracts",
    "value",
    "notional",
    "expected_price",
    "average_price",
    "worst_price",
    "levels",
    "slippage_bps",
    "fee",
    "fee_rate",
    "fee_tier",
    "fee_asset",
    "liquidity",
    "liquidation_distance",
    "loss_at_stop",
    "loss_share",
    "largest",
    "leaves_reduce_only",
)


def no_cost() -> dict[str, Any]:
    """Return the cost of what cannot be worked out."""
    return dict.fromkeys(NAMES)


def order_cost(desk: Desk, context: OrderContext, found: Review) -> dict[str, Any]:
    """Return what an order costs: by the book walk where it takes, else at its own price."""
    terms, order, price = context.instrument, context.order, context.price
    largest = largest_quantity(context, found)
    known = no_cost() | {
        "quantity": plain(order.quantity),
        "largest": None if largest is None else plain(largest),
        "leaves_reduce_only": only_as_reduction(context),
    }
    if price is None:
        return known
    notional = terms.notional(order.quantity, price)
    rests = order.post_only
    rate = terms.maker_fee_rate if rests else terms.taker_fee_rate
    return (
        known
        | _units(terms, order.quantity, price)
        | _walk(desk, context)
        | {
            "notional": plain(notional),
            "expected_price": plain(price),
            "fee": plain(notional * rate),
            "fee_rate": plain(rate),
            "fee_tier": desk.settings.fee_tier,
            "fee_asset": terms.settle,
            "liquidity": "maker" if rests else "taker",
            "liquidation_distance": _distance(terms, found),
        }
        | _at_stop(context, found, price, rate)
    )


def _units(terms: Instrument, quantity: Decimal, price: Decimal) -> dict[str, Any]:
    linear = terms.contract is Contract.LINEAR
    one_coin = linear and terms.contract_size == ONE
    return {
        "quantity_base": plain(terms.base_quantity(quantity, price)),
        "value": plain(abs(quantity) * terms.contract_size * (price if linear else ONE)),
        # Where one contract is one coin, the coin is what is counted.
        "contracts": None if one_coin else plain(quantity),
    }


def _walk(desk: Desk, context: OrderContext) -> dict[str, Any]:
    """Return what the book gives up to the order's own limit or collar; None where it is not
    what the order meets, or does not reach."""
    terms, order, mark = context.instrument, context.order, context.market.mark
    book = desk.book(terms.id)
    if order.type.has_trigger or order.post_only or book is None or not is_usable(book):
        return {}
    worst = order.price if order.type is OrderType.LIMIT else desk.collar(order)
    left, paid, levels, last = order.quantity, ZERO, 0, None
    for ticks, lots in book.levels(order.side.opposite):
        price = terms.price(ticks)
        if left <= 0 or (worst is not None and (price - worst) * order.side.sign > 0):
            break
        taken = min(left, terms.quantity(lots))
        left, paid, levels, last = left - taken, paid + taken * price, levels + 1, price
    got = order.quantity - left
    if last is None or not got:
        return {"levels": 0}
    average = paid / got
    slip = plain(round((average / mark - 1) * order.side.sign * BPS, 2)) if mark else None
    return {
        "average_price": plain(average),
        "worst_price": plain(last),
        "levels": levels,
        "slippage_bps": slip if left <= 0 else None,
    }


def _distance(terms: Instrument, found: Review) -> str | None:
    """Return how far the position's own liquidation would be, after the fill."""
    positions = () if found.after is None else found.after.positions
    distances = [p.liquidation_distance for p in positions if p.instrument == terms.id]
    return plain(distances[0]) if distances and distances[0] is not None else None


def _at_stop(context: OrderContext, found: Review, price: Decimal, rate: Decimal) -> dict[str, Any]:
    """Return what this order's quantity loses at its protective stop, both fees included."""
    terms, order, stop = context.instrument, context.order, context.order.stop_loss
    if stop is None or stop <= 0:
        return {}
    earned = terms.pnl(order.quantity * order.side.sign, price, stop)
    fees = terms.notional(order.quantity, price) * rate
    fees += terms.notional(order.quantity, stop) * terms.taker_fee_rate
    loss = earned - fees
    equity = None if found.before is None else found.before.equity
    share = plain(round(-loss / equity, 6)) if equity is not None and equity > 0 else None
    return {"loss_at_stop": plain(loss), "loss_share": share}
