"""What balances are worth as collateral."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from desk.margin.inputs import AccountInput, CollateralFigures, Slice
from desk.margin.rounding import counted, unbiased
from desk.model.numbers import ONE, ZERO

IN_FULL = (Slice(up_to=None, rate=ZERO),)


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """The balances of one account, in its settle asset; None is unknown."""

    rows: tuple[CollateralFigures, ...]
    market_value: Decimal | None
    """Without haircuts."""
    value: Decimal | None
    """As collateral."""
    values: dict[str, Decimal]
    """Asset → value as collateral."""
    unpriced: tuple[str, ...]


def price_of(account: AccountInput, asset: str) -> Decimal | None:
    """Return what one unit of an asset is worth in the settle asset."""
    return ONE if asset == account.settle else account.prices.get(asset)


def haircut_value(quantity: Decimal, slices: Sequence[Slice]) -> Decimal:
    """Return the quantity that counts after marginal haircuts.

    Each slice takes its rate off the part of the holding up to `up_to`, as tax brackets do;
    what lies beyond the last slice does not count. A negative balance counts in full.
    """
    if quantity < 0:
        return quantity
    counts, start = ZERO, ZERO
    for part in slices:
        end = quantity if part.up_to is None else min(quantity, part.up_to)
        if end > start:
            counts += (end - start) * (ONE - part.rate)
            start = end
    return counts


def _row(account: AccountInput, asset: str, quantity: Decimal) -> CollateralFigures:
    slices = account.haircuts.get(asset, IN_FULL if asset == account.settle else ())
    price = price_of(account, asset)
    counts = haircut_value(quantity, slices)
    if not counts and not slices:
        return CollateralFigures(
            asset=asset, quantity=quantity, price=price, haircut=None, value=ZERO
        )
    return CollateralFigures(
        asset=asset,
        quantity=quantity,
        price=price,
        haircut=unbiased(ONE - counts / quantity),
        value=None if price is None else counted(counts * price),
    )


def holdings(account: AccountInput) -> Holdings:
    """Value every balance: the settle asset in full unless haircuts name it, others by entry.

    Only a missing price of what counts makes the collateral unknown; any missing price makes
    the market value unknown. Empty balances need no price.
    """
    rows = tuple(
        _row(account, asset, quantity) for asset, quantity in account.balances.items() if quantity
    )
    unpriced = tuple(row.asset for row in rows if row.price is None)
    values = {row.asset: row.value for row in rows if row.value is not None}
    market_value = None
    if not unpriced:
        market_value = sum((row.quantity * row.price for row in rows if row.price), ZERO)
    complete = len(values) == len(rows)
    return Holdings(
        rows=rows,
        market_value=market_value,
        value=sum(values.values(), ZERO) if complete else None,
        values=values,
        unpriced=unpriced,
    )
