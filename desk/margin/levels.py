"""How near to close-out an account is, in four words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

NORMAL = "NORMAL"
WARNING = "WARNING"
MARGIN_CALL = "MARGIN_CALL"
CLOSE_OUT = "CLOSE_OUT"
UNKNOWN = "UNKNOWN"
"""A figure that could make it worse is missing."""

ORDER = (NORMAL, WARNING, MARGIN_CALL, UNKNOWN, CLOSE_OUT)
"""From calm to danger; unknown could be anything short of what is already the worst."""

RATIO_STEPS = (
    (Decimal("1.00"), CLOSE_OUT),
    (Decimal("0.80"), MARGIN_CALL),
    (Decimal("0.50"), WARNING),
)
"""Maintenance margin / collateral value."""
INITIAL_STEPS = ((Decimal("1.00"), MARGIN_CALL), (Decimal("0.80"), WARNING))
"""Initial margin, without that of orders, / collateral value."""
UTILIZATION_STEPS = (
    (Decimal("1.25"), CLOSE_OUT),
    (Decimal("1.00"), MARGIN_CALL),
    (Decimal("0.80"), WARNING),
)
"""Financing: loan / margin value."""


def worst(levels: Iterable[str]) -> str:
    """Return the most dangerous of several levels; NORMAL of none."""
    return max(levels, key=ORDER.index, default=NORMAL)


def reached(used: Decimal, available: Decimal, steps: tuple[tuple[Decimal, str], ...]) -> str:
    """Return the level that used / available has reached.

    Where something is used and nothing is available it is the first of the steps.
    """
    for threshold, level in steps:
        if used >= threshold * available:
            return level
    return NORMAL


def ratio_level(maintenance: Decimal | None, collateral: Decimal | None) -> str:
    """Return the level by margin ratio alone: that of an isolated position.

    Without collateral to divide by: CLOSE_OUT if anything must be maintained, else NORMAL.
    """
    if maintenance is None or collateral is None:
        return UNKNOWN
    if collateral <= 0:
        return CLOSE_OUT if maintenance > 0 else NORMAL
    return reached(maintenance, collateral, RATIO_STEPS)


def pool_level(
    initial: Decimal | None, maintenance: Decimal | None, collateral: Decimal | None
) -> str:
    """Return the level of a cross pool, by both figures; orders do not count.

    An unknown initial margin leaves a margin call standing: it could only make that one.
    """
    by_ratio = ratio_level(maintenance, collateral)
    if by_ratio in {UNKNOWN, CLOSE_OUT} or collateral is None or collateral <= 0:
        return by_ratio
    if initial is None:
        return by_ratio if by_ratio == MARGIN_CALL else UNKNOWN
    return worst((by_ratio, reached(initial, collateral, INITIAL_STEPS)))
