"""How a check says no."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from desk.model.events import Denial
from desk.model.numbers import plain, round_down, round_up
from desk.risk.context import OrderContext
from desk.risk.profile import Profile


def deny(
    code: str,
    rule: str,
    message: str,
    *,
    limit: Decimal | None = None,
    actual: Decimal | None = None,
) -> Denial:
    """Build a denial; limit and actual in plain numbers."""
    return Denial(
        code=code,
        rule=rule,
        message=message,
        limit=None if limit is None else plain(limit),
        actual=None if actual is None else plain(actual),
    )


def attributed(denials: Iterable[Denial], profile: Profile) -> list[Denial]:
    """Return denials with the origin of the rule that each names: nobody else's number is shown
    as a regulator's. One that names no rule of the profile is the house's."""
    return [
        msgspec.structs.replace(
            denial, origin="HOUSE" if (rule := profile.get(denial.rule)) is None else rule.origin
        )
        for denial in denials
    ]


def hint(context: OrderContext) -> str:
    """Name the largest quantity that would pass, for an order that would flip the position."""
    terms = context.instrument
    most = round_down(context.reducible, terms.lot_size)
    if not most or most < terms.min_quantity:
        return ""
    return f" Up to {plain(most)} reduces the position and would pass."


def with_hint(denial: Denial, context: OrderContext) -> Denial:
    """Return a denial of new risk that names what would pass, once."""
    said = hint(context)
    if not said or said in denial.message or context.state == "HALTED":
        return denial
    return msgspec.structs.replace(denial, message=denial.message + said)


def usd(context: OrderContext, quantity: Decimal, price: Decimal) -> Decimal:
    """Return the absolute value of a quantity at a price, in USD."""
    return context.instrument.notional(quantity, price) * context.usd_per_settle


def beside(amount: Decimal, limit: Decimal, places: int = 2) -> str:
    """Write a figure that is past its limit: rounded, but never to the limit itself."""
    text = f"{amount:,.{places}f}"
    if text != f"{limit:,.{places}f}":
        return text
    return over(amount, places) if amount > limit else under(amount, places)


def over(amount: Decimal, places: int = 2) -> str:
    """Write a figure rounded up: the least that is asked for."""
    return f"{round_up(amount, Decimal(1).scaleb(-places)):,.{places}f}"


def under(amount: Decimal, places: int = 2) -> str:
    """Write a figure rounded down: the most that is allowed."""
    return f"{round_down(amount, Decimal(1).scaleb(-places)):,.{places}f}"
