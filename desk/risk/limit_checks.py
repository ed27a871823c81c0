"""Checks against the numbers of the profile: size, value, positions, orders, rate."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from desk.model.events import Denial
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import ZERO, plain
from desk.model.orders import Side
from desk.risk.context import OrderContext
from desk.risk.denial import beside, deny, hint, under, usd

LEASTS = (
    "perp.maintenance_margin",
    "perp.maintenance_margin.buffer",
    "perp.loss_limited_to_margin.slippage_reserve",
)
"""What equity has to be at least: one that the profile lacks would be 0, and refuse nothing."""


def limits_present(context: OrderContext) -> Denial | None:
    """No limit, no trade: a limit that the profile lacks is 0, and is named before it refuses."""
    limits = context.limits
    numbers = {
        "ord.price_collar": limits.collar_rate,
        "ord.max_value": limits.max_value_usd,
        "ord.max_messages.open_orders": Decimal(limits.max_open_orders),
        "perp.max_leverage": limits.max_leverage,
        "perp.position_limit.instrument": limits.instrument_limit_usd,
        "perp.position_limit.account": limits.account_limit_usd,
    }
    missing = [name for name, number in numbers.items() if not number > 0]
    missing += [name for name in LEASTS if not _is_said(context, name)]
    if not missing:
        return None
    said = f"No limits are configured for {', '.join(missing)}: nothing is traded without."
    return deny("NO_LIMIT", "ord.no_limit_no_trade", said)


def _is_said(context: OrderContext, name: str) -> bool:
    rule = context.profile.get(name)
    return rule is not None and rule.status != "off"


def day_loss(context: OrderContext) -> Denial | None:
    """Where a day may lose only so much, what it has lost is known."""
    if context.around is None or not context.around.day_loss_unknown:
        return None
    said = "A day may lose only so much, and what this one has lost is unknown."
    return deny("DAY_LOSS_UNKNOWN", "risk.max_daily_loss", said)


def value(context: OrderContext) -> Denial | None:
    """One order may be worth only so much."""
    if context.price is None:
        return None
    worth = usd(context, context.order.quantity, context.price)
    limit = context.limits.max_value_usd
    if worth <= limit:
        return None
    return deny(
        "MAX_VALUE",
        "ord.max_value",
        f"The order is worth {beside(worth, limit, 0)} USD; one order may be worth "
        f"{under(limit, 0)}.",
        limit=limit,
        actual=worth,
    )


def max_quantity(context: OrderContext) -> Denial | None:
    """One order may be only so large in coin."""
    limit = context.limits.max_quantity.get(context.instrument.base)
    if limit is None or context.price is None:
        return None
    coin = abs(context.instrument.base_quantity(context.order.quantity, context.price))
    if coin <= limit:
        return None
    base = context.instrument.base
    return deny(
        "MAX_QUANTITY",
        "ord.max_value",
        f"The order is {plain(coin)} {base}; one order may be {plain(limit)} {base}.",
        limit=limit,
        actual=coin,
    )


def if_filled(context: OrderContext) -> Decimal:
    """Return the position with this order and the working orders on its side, as if filled."""
    return context.position + context.order.side.sign * (context.order.quantity + context.beside)


def position_limit(context: OrderContext) -> Denial | None:
    """Position and working orders, as if filled, stay within the instrument's limit."""
    mark = context.market.mark
    if mark is None:
        return None
    worth = usd(context, if_filled(context), mark)
    limit = context.limits.instrument_limit_usd
    if worth <= limit:
        return None
    return deny(
        "POSITION_LIMIT",
        "perp.position_limit",
        "Filled with the working orders the position would be worth "
        f"{beside(worth, limit, 0)} USD; the limit is {under(limit, 0)}.",
        limit=limit,
        actual=worth,
    )


def account_limit(context: OrderContext) -> Denial | None:
    """All positions of an account, with working orders as if filled, stay within its limit."""
    mark = context.market.mark
    if mark is None:
        return None
    here = context.instrument.notional(if_filled(context), mark)
    worth = sum(_elsewhere(context), here) * context.usd_per_settle
    limit = context.limits.account_limit_usd
    if worth <= limit:
        return None
    return deny(
        "ACCOUNT_LIMIT",
        "perp.position_limit",
        "All positions together, filled with the working orders, would be worth "
        f"{beside(worth, limit, 0)} USD; the limit is {under(limit, 0)}.",
        limit=limit,
        actual=worth,
    )


def _elsewhere(context: OrderContext) -> Iterator[Decimal]:
    """Return the worse side of every other instrument of the pool, in the settle asset.

    One without a mark is passed over: margin after the fill is unknown then, which denies.
    """
    if context.account is None:
        return
    account = context.account
    held: dict[str, Decimal] = {p.instrument.id: p.quantity for p in account.positions}
    terms: dict[str, Instrument] = {
        one.instrument.id: one.instrument for one in (*account.positions, *account.orders)
    }
    marks: dict[str, Decimal | None] = {**account.marks}
    marks |= {p.instrument.id: p.mark for p in account.positions}
    for name, instrument in terms.items():
        mark = marks.get(name)
        if name == context.instrument.id or mark is None:
            continue
        quantity = held.get(name, ZERO)
        sides = [
            quantity
            + side.sign
            * sum(
                (
                    own.quantity
                    for own in account.orders
                    if own.instrument.id == name and own.side is side and not own.reduce_only
                ),
                ZERO,
            )
            for side in Side
        ]
        yield instrument.notional(max((quantity, *sides), key=abs), mark)


def open_orders(context: OrderContext) -> Denial | None:
    """Only so many orders work at once."""
    limit = context.limits.max_open_orders
    if len(context.working) < limit:
        return None
    return deny(
        "OPEN_ORDERS",
        "ord.max_messages",
        f"{len(context.working)} orders are working; the limit is {limit}.",
        limit=Decimal(limit),
        actual=Decimal(len(context.working)),
    )


def rate(context: OrderContext) -> Denial | None:
    """Only so many orders may be sent at once."""
    if not context.over_rate:
        return None
    number = context.profile.number
    per_second, burst = number("ord.max_messages"), number("ord.max_messages", "burst")
    said = f"Too many orders at once: {per_second:f} a second, {burst:f} in a burst."
    return deny("RATE", "ord.max_messages", said, limit=per_second)


def concentration(context: OrderContext) -> Denial | None:
    """A position is only so large a share of all that is open in the contract."""
    around, mark = context.around, context.market.mark
    if context.instrument.kind is not Kind.PERPETUAL or around is None or mark is None:
        return None
    rule, name = "perp.position_limit", context.instrument.id
    limit = context.profile.number(rule, "open_interest_share")
    if around.open_interest is None:
        said = f"The open interest of {name} is unknown, of which a position is a limited share."
        return deny("CONCENTRATION", rule, said, limit=limit) if around.live else None
    coins = abs(context.instrument.base_quantity(if_filled(context), mark))
    if coins <= limit * around.open_interest:
        return None
    most = limit * around.open_interest
    return deny(
        "CONCENTRATION",
        rule,
        f"Filled with the working orders the position would be {plain(coins)} "
        f"{context.instrument.base}; {plain(limit * 100)}% of the open interest is "
        f"{under(most, 4)}.{hint(context)}",
        limit=most,
        actual=coins,
    )
