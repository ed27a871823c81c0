"""The joint relative move of BTC and ETH prices at which an account reaches close-out.

Collateral and every cross position move together. In v = 1 + x (accounts settled in BTC or ETH:
v = 1 / (1 + x), because there everything else moves against the coin) value is linear and
maintenance convex, so what is left over is concave: it has at most one edge on each side of where
it is solvent. Newton's method from outside lands on an edge exactly: every step solves for one
combination of pieces, which is never below what is left over, and it ends when the combination no
longer changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from desk.margin.curve import Curve, falling_root, rising_root
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


BEYOND = Decimal("1e30")
"""A factor that no price takes: there meets what rounding has left of two parallel lines."""


def common_moves(
    settle: str, surplus: Decimal, collateral_slope: Decimal, legs: Sequence[Leg]
) -> Moves:
    """Return the nearest joint moves at which collateral value meets maintenance.

    `surplus` is collateral value − maintenance margin of everything but the legs, now.
    """
    slope = collateral_slope + sum((leg.slope for leg in legs), ZERO)
    scale = sum((leg.notional * leg.rate for leg in legs), abs(collateral_slope))
    constant = without_noise(surplus - slope, scale)
    low, high = (
        None if edge is None or edge >= BEYOND else edge for edge in _edges(constant, slope, legs)
    )
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


def _edges(
    constant: Decimal, slope: Decimal, legs: Sequence[Leg]
) -> tuple[Decimal | None, Decimal | None]:
    """Return the v above which the account is solvent, and the one below which it is."""
    walk = _Walk(legs, [0] * len(legs))
    low = None
    if constant + walk.amount < 0:
        low = _low_edge(constant, slope, walk)
        if low is None:
            return None, None
    return low, _high_edge(constant, slope, walk, legs)


def _low_edge(constant: Decimal, slope: Decimal, walk: _Walk) -> Decimal | None:
    """Walk up from v = 0 to the edge; None where there is solvency nowhere."""
    v = ZERO
    while True:
        gain = slope - walk.rate
        if gain <= 2 * walk.square * v:
            return None  # past the peak of what is left over, and still below 0
        root = rising_root(constant + walk.amount, gain, walk.square)
        if root is None or not walk.up(root):
            return root
        v = root


def _high_edge(
    constant: Decimal, slope: Decimal, walk: _Walk, legs: Sequence[Leg]
) -> Decimal | None:
    """Walk down to the edge, from where the pieces of the low one say, or from beyond all prices.

    Any combination of pieces ends at or above the edge: it is never below what is left over.
    """
    v = falling_root(constant + walk.amount, slope - walk.rate, walk.square)
    if v is not None and not walk.up(v):
        return v if v > 0 else None
    if v is None:
        walk = _Walk(legs, [len(leg.curve) - 1 for leg in legs])
    while True:
        gain = slope - walk.rate
        if v is not None and gain >= 2 * walk.square * v:
            return None
        v = falling_root(constant + walk.amount, gain, walk.square)
        if v is None or v <= 0:
            return None
        if not walk.down(v):
            return v


class _Walk:
    """The pieces that give maintenance around v, added up as one, in the account's settle asset.

    It goes up and then down, once each, so that there is an end to it.
    """

    def __init__(self, legs: Sequence[Leg], pieces: list[int]) -> None:
        self._legs = legs
        self._pieces = pieces
        self.rate, self.amount, self.square = ZERO, ZERO, ZERO
        for (slope, notional, curve, rate), index in zip(legs, pieces, strict=True):
            piece = curve[index]
            if piece.rate:
                self.rate += abs(slope) * piece.rate
            if piece.amount:
                self.amount += rate * piece.amount
            if piece.square:
                self.square += abs(slope) * notional * piece.square

    def up(self, v: Decimal) -> bool:
        """Enter the pieces at a higher v; say whether any is another."""
        changed = False
        pieces = self._pieces
        for number, (_, notional, curve, _) in enumerate(self._legs):
            index, last = pieces[number], len(curve) - 1
            if index == last:
                continue
            there = notional * v
            while index < last and there >= curve[index + 1].start:
                index += 1
            if index != pieces[number]:
                changed = True
                self._enter(number, index)
        return changed

    def down(self, v: Decimal) -> bool:
        """Enter the pieces at a lower v; say whether any is another."""
        changed = False
        pieces = self._pieces
        for number, (_, notional, curve, _) in enumerate(self._legs):
            index = pieces[number]
            if not index:
                continue
            there = notional * v
            while there < curve[index].start:
                index -= 1
            if index != pieces[number]:
                changed = True
                self._enter(number, index)
        return changed

    def _enter(self, number: int, index: int) -> None:
        """Take one piece for another; a curve of several has no squares."""
        slope, _, curve, rate = self._legs[number]
        before, piece = curve[self._pieces[number]], curve[index]
        self.rate += abs(slope) * (piece.rate - before.rate)
        self.amount += rate * (piece.amount - before.amount)
        self._pieces[number] = index
