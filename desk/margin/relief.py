"""How much to close so that a margin ratio comes down to a target: the closed form of one step.

Closing gives back the maintenance of what is closed and costs fee and slippage. With a notional
`left` of the position the pool is at the target where

    maintenance(left) + others = target × (value − (notional − left) × cost),

one root on the curve that maintenance is of the notional left. The same form sizes a partial
liquidation on Drift (programs/drift/src/math/liquidation: shortage / (P × (ratio − fee) − P ×
insurance fee)) and the sale of pledged coins against a margin loan.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from desk.margin.curve import Curve, falling_root, maintenance_at, parabola
from desk.margin.inputs import PositionInput
from desk.margin.models import Lack, convex, curve_of
from desk.margin.rounding import finely, required
from desk.margin.wallet import closing_fee, entry_notional
from desk.model.instrument import Contract
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
def closing_curve(position: PositionInput) -> Curve | None:
    """Return maintenance at the present mark by the notional that is left of a position.

    The curve of `desk.margin.models` holds the quantity and moves the price; here it is the other
    way round. Of OKX it is the line of the present tier: that closing may reach a lower one is
    left out, which asks for more, never for less. None without a mark, or what the model needs.
    """
    curve = curve_of(position)
    if isinstance(curve, Lack) or position.mark is None:
        return None
    notional = position.instrument.notional(position.quantity, position.mark)
    if position.terms.model == "bybit-2025":
        return _tiers_of(position, entry_notional(position) / notional, ZERO)
    if position.terms.model == "bybit-2026":
        fee = closing_fee(position)
        return None if fee is None else _tiers_of(position, ONE, fee / notional)
    return _deribit(position, curve) if position.terms.model == "deribit" else curve


def _tiers_of(position: PositionInput, entry: Decimal, fee: Decimal) -> Curve | None:
    """Return the tiers over a notional that is `entry` times the one left, and a fee on top."""
    tiers = convex(position)
    if isinstance(tiers, Lack):
        return None
    return tuple(p._replace(start=p.start / entry, rate=p.rate * entry + fee) for p in tiers)


def _deribit(position: PositionInput, curve: Curve) -> Curve:
    """Return a rate that falls with the coins; those of a linear contract are notional / mark."""
    base, slope = position.terms.base_rate, position.terms.slope
    inverse = position.instrument.contract is Contract.INVERSE
    own = position.maintenance_rate is not None
    if inverse or own or base is None or slope is None or position.mark is None:
        return curve
    return parabola(base, slope / position.mark)


@finely
def notional_to_close(
    cover: Cover, curve: Curve, notional: Decimal, target: Decimal, cost_rate: Decimal
) -> Decimal | None:
    """Return how much notional of one position to close to bring requirement / value to a target.

    `cover` is that of the pool with the position in it, in the position's settle asset; `curve`
    is its closing curve; `cost_rate` is fee and slippage as a fraction of what is closed. Rounded
    up. None where even closing all of the position does not reach the target.
    """
    if cover.shortage(target) <= 0:
        return ZERO
    others = cover.requirement - maintenance_at(curve, notional)
    room = target * (cover.value - notional * cost_rate) - others
    for piece in reversed(curve):
        if piece.start >= notional:
            continue
        left = falling_root(room + piece.amount, target * cost_rate - piece.rate, piece.square)
        if left is None or left > notional:
            return None  # what is closed costs more than it relieves
        if left >= piece.start:
            return required(notional - left)
    return None
