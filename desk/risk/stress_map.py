"""Stress of one account: a map of joint moves with its frontiers, basis and depeg in rows.

Floats, for a picture: nothing here becomes money. Frontiers are drawn through a grid twice as
fine as the map, on which what is left before a threshold is all but straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from desk.margin.levels import ORDER
from desk.margin.stress import Floats, Scenarios
from desk.risk.contour import contour
from desk.risk.shock import Shock
from desk.risk.stress import BASES, BTC, DEPEGS, ETH, STABLECOINS
from desk.risk.stress_book import scenarios_of
from desk.risk.stress_subject import Figures, Subject

MAP_AXIS = tuple(Decimal(step) / 20 for step in range(-8, 5))
"""Moves of a coin by cell: −40 % to +20 %."""

_FINE = [float(Decimal(step) / 40) for step in range(-17, 10)]
"""Middles and edges of the cells; the middles are the odd ones."""
_MIDDLES = np.arange(len(_FINE) ** 2).reshape(len(_FINE), -1)[1::2, 1::2].reshape(-1)
_NONE = np.empty(0, dtype=int)


def stress_map(subject: Subject) -> dict[str, Any]:
    """Return the stress of an account; `cells` and `lines` go by BTC, then by ETH.

    Numbers are floats, null is unknown, or has nothing left to divide by where the level is
    CLOSE_OUT. `required` is initial margin and that of orders; of a loan, what is owed.
    """
    count = len(_FINE)
    btc, eth = np.repeat(_FINE, count), np.tile(_FINE, count)
    fine = subject.measure(Scenarios({BTC: btc, ETH: eth}))
    now = subject.measure(scenarios_of([Shock()]))
    shocks = [Shock(moves={BTC: b, ETH: e}) for b in MAP_AXIS for e in MAP_AXIS]
    return {
        "currency": subject.currency,
        "by_ratio": subject.by_ratio,
        "axis": [float(move) for move in MAP_AXIS],
        "now": _columns(subject, now, now, [Shock()]),
        "cells": _columns(subject, fine.at(_MIDDLES), now, shocks),
        "call_line": contour(fine.to_call.reshape(count, count), _FINE),
        "close_out_line": contour(fine.to_close_out.reshape(count, count), _FINE),
        "basis": _basis(subject, now),
        "depeg": _depeg(subject, now),
    }


def _basis(subject: Subject, now: Figures) -> dict[str, Any]:
    shocks = [Shock(basis=basis) for basis in BASES]
    found = subject.measure(scenarios_of(shocks))
    return {"shock": [float(b) for b in BASES], **_columns(subject, found, now, shocks)}


def _depeg(subject: Subject, now: Figures) -> dict[str, Any]:
    """Return a column for each fall of each stablecoin that the account hangs on."""
    pairs = [(coin, fall) for coin in STABLECOINS if coin in subject.assets for fall in DEPEGS]
    shocks = [Shock(moves={coin: fall}) for coin, fall in pairs]
    named = {"asset": [coin for coin, _ in pairs], "shock": [float(fall) for _, fall in pairs]}
    if not shocks:
        return {**named, **_columns(subject, now.at(_NONE), now, [])}
    return {**named, **_columns(subject, subject.measure(scenarios_of(shocks)), now, shocks)}


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
    return [
        float(value) if finite else None
        for value, finite in zip(values, np.isfinite(values), strict=True)
    ]
