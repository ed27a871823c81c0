"""How finely margin is worked out, and which way figures are rounded: requirements up.

A figure is written to 20 significant digits, and all 20 are right: sums and products are exact
there, only quotients round. To keep that through divisions and through differences of large
numbers, margin is worked out in a wider context of its own and its figures are kept twice as fine
as they are written. Nothing is rounded to a fixed increment: a venue's money has 8 decimals, and a
coin-margined requirement may be a few of those.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    getcontext,
    setcontext,
)
from functools import wraps
from typing import ParamSpec, TypeVar

from desk.model.numbers import ZERO

P = ParamSpec("P")
T = TypeVar("T")

WRITTEN_DIGITS = 20
KEPT_DIGITS = 2 * WRITTEN_DIGITS

_WORKING = Context(prec=3 * WRITTEN_DIGITS)

_NOISE = Decimal("1e-38")
"""Of what was subtracted; figures are kept a hundred times finer."""

_UP = Context(prec=KEPT_DIGITS, rounding=ROUND_CEILING)
_DOWN = Context(prec=KEPT_DIGITS, rounding=ROUND_FLOOR)
_NEAREST = Context(prec=KEPT_DIGITS, rounding=ROUND_HALF_EVEN)

_settled = Context(prec=KEPT_DIGITS + 10, rounding=ROUND_HALF_EVEN).plus
"""Take off what a rate such as 1/6 has left behind: a sixth of 6 is 1, and no more is required."""

unbiased = _NEAREST.plus
"""Round what is neither: prices, distances, moves."""

written = Context(prec=WRITTEN_DIGITS, rounding=ROUND_HALF_EVEN).plus
"""Round any figure for a report."""


def required(amount: Decimal) -> Decimal:
    """Round a requirement, towards plus infinity."""
    return _UP.plus(_settled(amount))


def counted(amount: Decimal) -> Decimal:
    """Round what counts as collateral, towards minus infinity."""
    return _DOWN.plus(_settled(amount))


def finely(function: Callable[P, T]) -> Callable[P, T]:
    """Let a calculation of margin work in the wider context, of which there is one."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        before = getcontext()
        if before is _WORKING:
            return function(*args, **kwargs)
        setcontext(_WORKING)
        try:
            return function(*args, **kwargs)
        finally:
            setcontext(before)

    return wrapped


def ratio_up(requirement: Decimal, collateral: Decimal) -> Decimal | None:
    """Divide, rounding up: rising is danger. None where there is nothing to divide by."""
    if collateral <= 0:
        return None
    return _UP.divide(requirement, collateral) if requirement else ZERO  # never written 0E+8


def without_noise(amount: Decimal, scale: Decimal) -> Decimal:
    """Return 0 for what only rounding has left of 0, lest it give a price beyond all prices."""
    return ZERO if abs(amount) <= scale * _NOISE else amount
