"""One way out of a call, and how the smallest size of one is found."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from desk.model.numbers import ZERO, round_up
from desk.risk.prices import FIAT
from desk.risk.report_rows import text

CALLED = frozenset({"MARGIN_CALL", "CLOSE_OUT"})

MOST_STEPS = 10**18
"""Minor units beyond which nobody pays in."""

_MINOR_UNITS = {"JPY": Decimal(1), "KRW": Decimal(1)}
_STABLE = frozenset({"USDT", "USDC", "FDUSD", "USDE", "DAI", "PYUSD"})


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What a person could do, and what comes of it."""

    account: str
    kind: str
    """`add_cash`, `add_collateral`, `add_margin`, `reduce`, `repay`, `pledge`."""
    asset_or_instrument: str
    quantity: Decimal
    cost: Decimal | None
    """Fee and slippage, in the report's currency; None is unknown."""
    size: Decimal | None
    """What is moved, in the report's currency."""
    margin_ratio_after: Decimal | None
    """Of a loan: its utilization."""
    utilization_after: Decimal | None
    """Initial margin / collateral value of a pool; of a loan its utilization."""
    sufficient: bool

    def row(self) -> dict[str, Any]:
        """Return the action as the answer writes it."""
        return {
            "account": self.account,
            "kind": self.kind,
            "asset_or_instrument": self.asset_or_instrument,
            "quantity": text(self.quantity),
            "cost": text(self.cost),
            "margin_ratio_after": text(self.margin_ratio_after),
            "utilization_after": text(self.utilization_after),
            "sufficient": self.sufficient,
        }


def order_of(action: Action) -> tuple[bool, Decimal, Decimal, str, str]:
    """Sort by what it costs, then by what it moves; those that are not enough come last.

    An unknown cost or size is larger than any.
    """
    without_end = Decimal("Infinity")
    return (
        not action.sufficient,
        without_end if action.cost is None else action.cost,
        without_end if action.size is None else action.size,
        action.kind,
        action.asset_or_instrument,
    )


def minor_unit(asset: str) -> Decimal:
    """Return what an amount of an asset is counted in."""
    money = asset in FIAT or asset in _STABLE
    return _MINOR_UNITS.get(asset, Decimal("0.01") if money else Decimal("1e-8"))


def steps_in(amount: Decimal, unit: Decimal) -> int:
    """Return how many units cover an amount, the last one perhaps in part."""
    return int(round_up(amount, unit) / unit)


def smallest(is_enough: Callable[[int], bool], most: int) -> int | None:
    """Return the smallest number of steps from 1 that is enough; None when `most` is not.

    What is enough stays enough when there is more of it.
    """
    if most < 1 or not is_enough(most):
        return None
    high = 1
    while high < most and not is_enough(high):
        high *= 2
    low, high = high // 2, min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        if is_enough(middle):
            high = middle
        else:
            low = middle
    return high


def in_currency(amount: Decimal | None, rate: Decimal | None) -> Decimal | None:
    """Convert; nothing is nothing in any currency."""
    if amount is None or amount == ZERO:
        return amount
    return None if rate is None else amount * rate
