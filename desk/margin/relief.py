"""How much to close so that a margin ratio comes down to a target: the closed form of one step.

Closing gives back the maintenance of what is closed and costs fee and slippage:

    maintenance − n × rate = target × (value − n × cost),

so n = (maintenance − target × value) / (rate − target × cost), walked down the tiers exactly. The
same form sizes a partial liquidation on Drift (programs/drift/src/math/liquidation: shortage /
(P × (ratio − fee) − P × insurance fee)) and the sale of pledged coins against a margin loan.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from desk.margin.curve import Curve
from desk.margin.rounding import finely, required
from desk.model.numbers import ONE, ZERO


class Cover(NamedTuple):
    """What is required of a pool or a loan, and what stands behind it; one asset."""

    requirement: Decimal
    """Maintenance margin of everything; of a loan what is owed."""
    value: Decimal
    """Collateral value; of a loan the margin value."""

    def shortage(self, target: Decimal) -> Decimal:
        """Return by how much the requirement exceeds a share of the value."""
        return self.requirement - target * self.value


@finely
def closing_size(shortage: Decimal, relief: Decimal, cost: Decimal) -> Decimal | None:
    """Return how many units to close, each of which relieves and costs so much.

    0 without a shortage; None where a unit costs what it relieves or more: then only closing
    everything is left. Rounded up: one unit less would fall short.
    """
    if shortage <= 0:
        return ZERO
    net = relief - cost
    return required(shortage / net) if net > 0 else None


@finely
def notional_to_close(
    cover: Cover, curve: Curve, notional: Decimal, target: Decimal, cost_rate: Decimal
) -> Decimal | None:
    """Return how much notional of one position to close to bring requirement / value to a target.

    `cover` is that of the pool with the position in it, in the position's settle asset;
    `cost_rate` is fee and slippage as a fraction of what is closed. None where even closing all
    of the position does not reach the target.
    """
    closed = ZERO
    for piece in reversed(curve):
        left = notional - closed
        if piece.start >= left:
            continue
        size = closing_size(cover.shortage(target), piece.rate, target * cost_rate)
        if size is None:
            return None
        if size <= left - piece.start:
            return closed + size
        step = left - piece.start
        closed += step
        cover = Cover(
            cover.requirement - step * piece.rate,
            cover.value - step * cost_rate,
        )
    return ZERO if cover.shortage(target) <= 0 else None


@finely
def value_to_sell(
    cover: Cover, target: Decimal, haircut: Decimal, cost_rate: Decimal
) -> Decimal | None:
    """Return what collateral to sell, at market value, to bring loan / margin value to a target.

    What is sold repays the loan less its cost and no longer counts as margin value. None where
    selling relieves nothing. Caps on collateral are not seen here: where one binds, judge anew.
    """
    return closing_size(cover.shortage(target), ONE - target * (ONE - haircut), cost_rate)
