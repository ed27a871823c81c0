"""Margin curves of many positions in float64: initial and maintenance margin by notional.

The pieces and rates are those of `desk.margin.models` and `desk.margin.tiers`. Maintenance is
convex, so it is the highest of its pieces, wherever it is asked. The initial rate jumps from tier
to tier: where a notional stands on such an edge the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desk.margin.inputs import PositionInput
from desk.margin.models import Lack, curve_of
from desk.margin.tiers import highest_leverage, size_of
from desk.margin.wallet import closing_fee
from desk.model.instrument import Contract
from desk.model.numbers import ONE, ZERO

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

NEAR = 1e-9
"""What stands this near to an edge or a threshold is left to the exact figures."""

BY_NOTIONAL_NOT = frozenset({"okx", "deribit"})
"""Models whose initial rate hangs on contracts or coins, not on the notional's tier."""

_NO_STEP = (Decimal("inf"), ZERO)
"""A step that no notional reaches."""


class Measured(NamedTuple):
    """By position and notional; nan is unknown."""

    initial: Floats
    maintenance: Floats
    on_edge: Flags
    """By column: some notional stands where the initial rate jumps."""


class Curves:
    """The margin curves of positions, one a row."""

    def __init__(self, positions: Sequence[PositionInput]) -> None:
        self._pieces = _columns([_pieces(one) for one in positions], (ZERO, ZERO, ZERO))
        self._steps = _columns([_steps(one) for one in positions], _NO_STEP)
        self._own_rate = _column([_own_rate(one) for one in positions])
        self._slope = _column([_slope(one) for one in positions])
        self._fee = _column([closing_fee(one) for one in positions])

    def measure(self, notional: Floats) -> Measured:
        """Return the margins; a row of notionals for each position."""
        rate, on_edge = self._rate(notional)
        rate = np.maximum(self._own_rate, rate + self._slope * notional)
        return Measured(notional * rate + self._fee, self._maintenance(notional), on_edge)

    def _maintenance(self, notional: Floats) -> Floats:
        (rate, amount, square), *others = self._pieces
        highest = notional * (rate + square * notional) - amount
        for rate, amount, _ in others:  # a curve of several pieces has no squares
            np.maximum(highest, notional * rate - amount, out=highest)
        return highest

    def _rate(self, notional: Floats) -> tuple[Floats, Flags]:
        """Return the tier's initial rate, and where it is on an edge."""
        (_, first), *others = self._steps
        rates = np.broadcast_to(first, notional.shape)
        on_edge = np.zeros(notional.shape[1], dtype=bool)
        for floor, rate in others:
            rates = np.where(notional >= floor, rate, rates)
            near = np.abs(notional - floor) < floor * NEAR
            on_edge |= np.any(near, axis=0, keepdims=True)[0]
        return rates, on_edge


def _pieces(position: PositionInput) -> list[tuple[Decimal | None, ...]]:
    curve = curve_of(position)
    if isinstance(curve, Lack):
        return [(None, None, None)]
    return [(piece.rate, piece.amount, piece.square) for piece in curve]


def _own_rate(position: PositionInput) -> Decimal:
    """Return the rate of the leverage that was set; 0 where none was."""
    return ZERO if position.leverage is None else ONE / position.leverage


def _slope(position: PositionInput) -> Decimal:
    """Return what each unit of notional adds to the initial rate."""
    terms = position.terms
    inverse = position.instrument.contract is Contract.INVERSE
    grows = terms.model == "deribit" and inverse and terms.max_leverage is not None
    return terms.slope or ZERO if grows else ZERO


def _steps(position: PositionInput) -> list[tuple[Decimal | None, ...]]:
    """Return the tiers' initial rates, each from its notional on.

    Unknown without tiers, unless a leverage was set: that one then holds.
    """
    terms = position.terms
    if terms.model not in BY_NOTIONAL_NOT and terms.tiers:
        return [(tier.notional_floor, ONE / tier.max_leverage) for tier in terms.tiers]
    size = size_of(position.instrument, position.quantity, position.entry_price)
    if _slope(position):
        size = size._replace(coins=ZERO)  # the slope adds what the coins do
    highest = highest_leverage(terms, size)
    if highest is None:
        return [(ZERO, None if position.leverage is None else ZERO)]
    return [(ZERO, ONE / highest)]


def _columns(
    rows: Sequence[Sequence[tuple[Decimal | None, ...]]], filling: tuple[Decimal, ...]
) -> list[list[Floats]]:
    """Return the n-th entry of every row as columns, for each n; short rows are filled."""
    return [
        [_column([entry[part] for entry in entries]) for part in range(len(filling))]
        for entries in zip_longest(*rows, fillvalue=filling)
    ]


def _column(values: Sequence[Decimal | None]) -> Floats:
    numbers = [np.nan if value is None else float(value) for value in values]
    return np.array(numbers)[:, np.newaxis]
