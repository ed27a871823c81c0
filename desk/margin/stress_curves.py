"""Margin curves of many positions in float64: initial and maintenance margin by notional.

The pieces and rates are those of `desk.margin.models` and `desk.margin.tiers`. The initial rate
jumps from tier to tier: where a notional stands on such an edge the answer says so. Maintenance
bends there and does not jump. A notional is looked up in the whole table of its position at once:
a few calls of numpy for all, whatever the number of tiers.
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
Places: TypeAlias = NDArray[np.intp]

NEAR = 1e-9
"""What stands this near to an edge or a threshold is left to the exact figures."""

BY_NOTIONAL_NOT = frozenset({"okx", "deribit"})
"""Models whose initial rate hangs on contracts or coins, not on the notional's tier."""

_NEVER = Decimal("inf")
"""Where a step begins that no notional reaches."""

Entry: TypeAlias = tuple[Decimal | None, ...]
"""Of a table: the notional that it holds from, and its numbers; None is unknown."""


class Measured(NamedTuple):
    """By position and notional; nan is unknown."""

    initial: Floats
    maintenance: Floats
    on_edge: Flags
    """By column: some notional stands where the initial rate jumps."""


class Curves:
    """The margin curves of positions, one a row."""

    def __init__(self, positions: Sequence[PositionInput]) -> None:
        self._pieces = _Tables([_pieces(one) for one in positions])
        self._tiers = _Tables([_tiers(one) for one in positions])
        self._own_rate = _column([_own_rate(one) for one in positions])
        self._slope = _column([_slope(one) for one in positions])
        self._fee = _column([closing_fee(one) for one in positions])

    def measure(self, notional: Floats) -> Measured:
        """Return the margins; a row of notionals for each position."""
        tier = self._tiers.holding(notional)
        (rate,) = self._tiers.at(tier)
        rate = np.maximum(self._own_rate, rate + self._slope * notional)
        on_edge = self._tiers.on_edge(notional, tier)
        return Measured(notional * rate + self._fee, self._maintenance(notional), on_edge)

    def _maintenance(self, notional: Floats) -> Floats:
        rate, amount, square = self._pieces.at(self._pieces.holding(notional))
        return notional * (rate + square * notional) - amount


class _Tables:
    """Tables of positions, one a row: each entry holds from its notional on to the next."""

    def __init__(self, rows: Sequence[Sequence[Entry]]) -> None:
        """Take rows whose first entry holds from 0 on."""
        self._rows = np.arange(len(rows))[:, np.newaxis]
        never = (_NEVER, *(ZERO for _ in rows[0][0][1:]))
        entries = [entry for step in zip_longest(*rows, fillvalue=never) for entry in step]
        starts, *self._numbers = np.array([[*map(_number, entry)] for entry in entries]).T
        later = starts[len(rows) :]
        self._later = later.reshape(-1, len(rows), 1)
        nothing = np.full(len(rows), np.inf)
        self._low = np.concatenate([-nothing, later * (1 + NEAR)])
        self._high = np.concatenate([later * (1 - NEAR), nothing])
        """Between them an entry is at no edge."""

    def holding(self, notional: Floats) -> Places:
        """Return where the entry stands that holds each notional."""
        passed = np.sum(notional >= self._later, axis=0, dtype=np.int16)
        return np.multiply(passed, len(self._rows), dtype=np.intp) + self._rows

    def at(self, places: Places) -> list[Floats]:
        """Return the numbers of entries."""
        return [each.take(places) for each in self._numbers]

    def on_edge(self, notional: Floats, places: Places) -> Flags:
        """Say by column whether a notional stands where its entry begins or ends."""
        near = (notional < self._low.take(places)) | (notional > self._high.take(places))
        return np.any(near, axis=0, keepdims=True)[0]


def _pieces(position: PositionInput) -> list[Entry]:
    curve = curve_of(position)
    if isinstance(curve, Lack):
        return [(ZERO, None, None, None)]
    return [(piece.start, piece.rate, piece.amount, piece.square) for piece in curve]


def _own_rate(position: PositionInput) -> Decimal:
    """Return the rate of the leverage that was set; 0 where none was."""
    return ZERO if position.leverage is None else ONE / position.leverage


def _slope(position: PositionInput) -> Decimal:
    """Return what each unit of notional adds to the initial rate."""
    terms = position.terms
    inverse = position.instrument.contract is Contract.INVERSE
    grows = terms.model == "deribit" and inverse and terms.max_leverage is not None
    return terms.slope or ZERO if grows else ZERO


def _tiers(position: PositionInput) -> list[Entry]:
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


def _column(values: Sequence[Decimal | None]) -> Floats:
    return np.array([*map(_number, values)])[:, np.newaxis]


def _number(value: Decimal | None) -> float:
    return np.nan if value is None else float(value)
