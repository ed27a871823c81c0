"""Stress of one account: a map of joint moves with its frontiers, basis and depeg in rows.

Floats, for a picture: nothing here becomes money. Frontiers are drawn through a grid twice as
fine as the map, on which what is left before a threshold is all but straight.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from desk.margin.levels import ORDER
from desk.margin.stress import Floats, Scenarios
from desk.model.numbers import ZERO
from desk.risk.contour import Point, contour
from desk.risk.shock import Shock
from desk.risk.stress import BASES, BTC, DEPEGS, ETH, STABLECOINS
from desk.risk.stress_subject import Figures, Subject

MAP_AXIS = tuple(Decimal(step) / 20 for step in range(-8, 5))
"""Moves of a coin by cell: −40 % to +20 %."""

_FINE = [float(Decimal(step) / 40) for step in range(-17, 10)]
"""Middles and edges of the cells; the middles are the odd ones."""
_COUNT = len(_FINE)
_GRID = {BTC: np.repeat(_FINE, _COUNT), ETH: np.tile(_FINE, _COUNT)}
_STILL = np.zeros(_COUNT**2)
_MIDDLES = np.arange(_COUNT**2).reshape(_COUNT, -1)[1::2, 1::2].reshape(-1)

_CELLS = [Shock(moves={BTC: b, ETH: e}) for b in MAP_AXIS for e in MAP_AXIS]
_BASIS = [Shock(basis=basis) for basis in BASES]


def stress_map(subject: Subject) -> dict[str, Any]:
    """Return the stress of an account; `cells` and `lines` go by BTC, then by ETH.

    Numbers are floats, null is unknown, or has nothing left to divide by where the level is
    CLOSE_OUT. `required` is initial margin and that of orders; of a loan, what is owed.
    """
    falls = [(coin, fall) for coin in STABLECOINS if coin in subject.assets for fall in DEPEGS]
    depeg = [Shock(moves={coin: fall}) for coin, fall in falls]
    found = subject.measure(_grid_and([Shock(), *_BASIS, *depeg]))
    behind = np.arange(_STILL.size, found.level.size)
    here, based, depegged = np.split(behind, [1, 1 + len(_BASIS)])
    now = found.at(here)
    return {
        "currency": subject.currency,
        "by_ratio": subject.by_ratio,
        "axis": [float(move) for move in MAP_AXIS],
        "now": _columns(subject, now, now, [Shock()]),
        "cells": _columns(subject, found.at(_MIDDLES), now, _CELLS),
        "call_line": _line(found.to_call),
        "close_out_line": _line(found.to_close_out),
        "basis": {
            "shock": [float(basis) for basis in BASES],
            **_columns(subject, found.at(based), now, _BASIS),
        },
        "depeg": {
            "asset": [coin for coin, _ in falls],
            "shock": [float(fall) for _, fall in falls],
            **_columns(subject, found.at(depegged), now, depeg),
        },
    }


def _grid_and(shocks: Sequence[Shock]) -> Scenarios:
    """Return the fine grid, and behind it these: one more costs little, to ask again costs much."""
    assets = {*_GRID, *(asset for shock in shocks for asset in shock.moves)}
    moves = {
        asset: _behind(_GRID.get(asset, _STILL), (one.moves.get(asset, ZERO) for one in shocks))
        for asset in sorted(assets)
    }
    return Scenarios(moves, _behind(_STILL, (one.basis for one in shocks)))


def _behind(grid: Floats, more: Iterable[Decimal]) -> Floats:
    return np.append(grid, [float(move) for move in more])


def _line(left: Floats) -> list[list[Point]]:
    """Return the frontier on the fine grid where nothing is left."""
    return contour(left[: _STILL.size].reshape(_COUNT, _COUNT), _FINE)


def _columns(
    subject: Subject, found: Figures, now: Figures, shocks: Sequence[Shock]
) -> dict[str, Any]:
    """Return figures by scenario; a level that a float cannot decide is worked out exactly."""
    levels = [ORDER[int(code)] for code in found.level]
    for index in np.flatnonzero(found.near):
        levels[int(index)] = subject.exact_level(shocks[int(index)])
    return {
        "equity_change": _known(found.equity - now.equity),
        "value": _known(found.value),
        "required": _known(found.required),
        "utilization": _known(_share(found.required, found.value)),
        "margin_ratio": _known(found.ratio),
        "level": levels,
    }


def _share(part: Floats, whole: Floats) -> Floats:
    nothing = np.where(part > 0, np.nan, 0.0)
    return np.divide(part, whole, out=nothing, where=whole > 0)


def _known(values: Floats) -> list[float | None]:
    known: list[bool] = np.isfinite(values).tolist()
    found: list[float] = values.tolist()
    return [value if finite else None for value, finite in zip(found, known, strict=True)]
