"""The joint relative move of BTC and ETH prices at which an account reaches close-out.

Collateral and every cross position move together. In v = 1 + x (accounts settled in BTC or ETH:
v = 1 / (1 + x), because there everything else moves against the coin) value is linear and
maintenance convex, so what is left over is concave: it has at most one edge on each side of where
it is solvent. Newton's method from outside lands on an edge exactly: every step solves for one
combination of pieces, which is never below what is left over, and it ends when the combination no
longer changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from desk.margin.curve import Curve, Piece, falling_root, piece_at, rising_root
from desk.margin.rounding import unbiased, without_noise
from desk.model.instrument import Contract, Instrument
from desk.model.numbers import ONE, ZERO

MOVING = frozenset({"BTC", "ETH"})


class Leg(NamedTuple):
    """A position that moves."""

    slope: Decimal
    """Change of value for a change of 1 in v, in the account's settle asset."""
    notional: Decimal
    """At v = 1, in the position's settle asset."""
    curve: Curve
    rate: Decimal
    """Settle asset of the account for one of the position's."""


class Moves(NamedTuple):
    """Nearest close-out on each side, as signed relative moves; None: none there."""

    down: Decimal | None
    up: Decimal | None


def moving_assets(settle: str, values: Mapping[str, Decimal]) -> Decimal:
    """Return the collateral that moves with v, in the settle asset."""
    against = settle in MOVING
    return sum((v for asset, v in values.items() if (asset in MOVING) != against), ZERO)


def moves(instrument: Instrument, settle: str) -> bool:
    """Say whether the joint move changes an instrument's price as its margin sees it.

    A pair quoted in one of the two against the other does not move.
    """
    if instrument.contract is Contract.INVERSE:
        return instrument.base in MOVING
    return (instrument.base in MOVING) != (settle in MOVING)


def common_moves(
    settle: str, surplus: Decimal, collateral_slope: Decimal, legs: Sequence[Leg]
) -> Moves:
    """Return the nearest joint moves at which collateral value meets maintenance.

    `surplus` is collateral value − maintenance margin of everything but the legs, now.
    """
    slope = collateral_slope + sum((leg.slope for leg in legs), ZERO)
    scale = sum((leg.notional * leg.rate for leg in legs), abs(collateral_slope))
    constant = without_noise(surplus - slope, scale)
    low = _low_edge(constant, slope, legs)
    high = _high_edge(constant, slope, legs)
    if settle in MOVING:
        low, high = (
            None if high is None else ONE / high,
            None if low is None else ONE / low,
        )
    return _sides(low, high)


def _sides(low: Decimal | None, high: Decimal | None) -> Moves:
    """Sort the edges by side of now; an edge just reached is on the side it guards."""
    down: list[Decimal] = []
    up: list[Decimal] = []
    if low is not None:
        (down if low <= ONE else up).append(low - ONE)
    if high is not None:
        (up if high >= ONE else down).append(high - ONE)
    return Moves(
        unbiased(max(down)) if down else None,
        unbiased(min(up)) if up else None,
    )


def _low_edge(constant: Decimal, slope: Decimal, legs: Sequence[Leg]) -> Decimal | None:
    """Return the edge above which the account is solvent, from v = 0 upwards."""
    v, active = ZERO, _active(legs, ZERO)
    if constant + active.amount >= 0:
        return None
    for _ in range(_most_steps(legs)):
        if slope - active.rate <= 2 * active.square * v:
            return None  # past the peak of what is left over, and still below 0
        root = rising_root(constant + active.amount, slope - active.rate, active.square)
        if root is None:
            return None
        v, before, active = root, active, _active(legs, root)
        if active == before:
            break
    return v


def _high_edge(constant: Decimal, slope: Decimal, legs: Sequence[Leg]) -> Decimal | None:
    """Return the edge below which the account is solvent, from beyond every price downwards."""
    v: Decimal | None = None
    active = _steepest(legs)
    for _ in range(_most_steps(legs)):
        if v is not None and slope - active.rate >= 2 * active.square * v:
            return None
        root = falling_root(constant + active.amount, slope - active.rate, active.square)
        if root is None or root <= 0:
            return None
        v, before, active = root, active, _active(legs, root)
        if active == before:
            break
    return v


def _most_steps(legs: Sequence[Leg]) -> int:
    """Each step enters another combination of pieces, and none comes back."""
    return sum(len(leg.curve) for leg in legs) + 2


def _active(legs: Sequence[Leg], v: Decimal) -> Piece:
    """Return maintenance around v as one piece, in the account's settle asset."""
    return _together(legs, (piece_at(leg.curve, leg.notional * v) for leg in legs))


def _steepest(legs: Sequence[Leg]) -> Piece:
    """Return maintenance beyond every price as one piece."""
    return _together(legs, (leg.curve[-1] for leg in legs))


def _together(legs: Sequence[Leg], pieces: Iterable[Piece]) -> Piece:
    rate, amount, square = ZERO, ZERO, ZERO
    for leg, piece in zip(legs, pieces, strict=True):
        rate += leg.notional * piece.rate * leg.rate
        amount += piece.amount * leg.rate
        square += leg.notional * leg.notional * piece.square * leg.rate
    return Piece(ZERO, rate, amount, square)
