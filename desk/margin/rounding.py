"""Which way a margin figure is rounded: requirements up, collateral down, towards safety.

A venue's money has 8 decimals, a coin-margined requirement may be a few of those, and a check
that equity meets maintenance to one part in 10⁹ must still hold for it. So figures are kept to
20 significant digits, not to a fixed increment: products are exact there, only quotients round.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from desk.model.numbers import ZERO

SIGNIFICANT_DIGITS = 20

_NOISE = Decimal("1e-18")
"""Of what was subtracted; figures are kept a hundred times finer."""

_UP = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_CEILING)
_DOWN = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_FLOOR)
_NEAREST = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_EVEN)

required = _UP.plus
"""Round a requirement, towards plus infinity."""

counted = _DOWN.plus
"""Round what counts as collateral, towards minus infinity."""

unbiased = _NEAREST.plus
"""Round what is neither: prices, distances, moves."""


def ratio_up(requirement: Decimal, collateral: Decimal) -> Decimal | None:
    """Divide, rounding up: rising is danger. None where there is nothing to divide by."""
    return _UP.divide(requirement, collateral) if collateral > 0 else None


def without_noise(amount: Decimal, scale: Decimal) -> Decimal:
    """Return 0 for what only rounding has left of 0, lest it give a price beyond all prices."""
    return ZERO if abs(amount) <= scale * _NOISE else amount
