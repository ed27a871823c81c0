"""The joint liquidation frontier: the moves of BTC and ETH together at which close-out begins."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import numpy as np

from desk.margin.levels import CLOSE_OUT, ORDER, UNKNOWN
from desk.margin.stress import Flags, Floats, Scenarios
from desk.model.numbers import plain
from desk.risk.shock import Shock
from desk.risk.stress_book import StressBook, scenarios_of

BTC, ETH = "BTC", "ETH"

RAYS = 72
"""One every 5 degrees, from "BTC alone rises" by "both rise" round to it."""
SAMPLES = 128
"""Along a ray, before the crossing is narrowed down."""
HALVINGS = 50
LOWEST, HIGHEST = Decimal("-0.99"), Decimal(2)
"""Moves beyond which no frontier is looked for."""

Changed: TypeAlias = Callable[[Floats], Flags]
"""Shares of the way along every ray → whether anything has entered or left close-out there."""


def frontier(book: StressBook) -> list[list[str]] | None:
    """Return where close-out begins: pairs of a BTC and an ETH move, by rising angle.

    Along each ray from now the first point at which an account, an isolated position or a loan
    enters close-out, or leaves it where it is there already: the last point before that, to 12
    digits. A ray without one has no pair. None when a level is unknown now.
    """
    here = book.measure(scenarios_of([Shock()])).units
    if (here == ORDER.index(UNKNOWN)).any():
        return None
    is_out = here == ORDER.index(CLOSE_OUT)
    btc, eth = _directions()

    def changed(lengths: Floats) -> Flags:
        moves = {BTC: lengths * btc, ETH: lengths * eth}
        units = book.measure(Scenarios(moves)).units
        return np.any((units == ORDER.index(CLOSE_OUT)) != is_out, axis=0)

    low, high, crosses = _bracketed(changed)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        beyond = changed(middle)
        high, low = np.where(beyond, middle, high), np.where(beyond, low, middle)
    return [
        [_move(low[ray] * btc[ray]), _move(low[ray] * eth[ray])] for ray in np.flatnonzero(crosses)
    ]


def _directions() -> tuple[Floats, Floats]:
    """Return a BTC and an ETH part for each ray, of the length that reaches the edge of the map."""
    angles = np.arange(RAYS) * (2 * np.pi / RAYS)
    parts = np.array([np.cos(angles), np.sin(angles)])
    lowest, highest = np.float64(LOWEST), np.float64(HIGHEST)
    reach = np.where(parts < 0, lowest, highest)
    with np.errstate(divide="ignore"):
        length = np.min(reach / parts, axis=0)
    return length * parts[0], length * parts[1]


def _bracketed(changed: Changed) -> tuple[Floats, Floats, Flags]:
    """Return for each ray the last sample before the first change, the one behind it, if any."""
    shares = np.arange(1, SAMPLES + 1) / SAMPLES
    flags = np.array([changed(np.full(RAYS, share)) for share in shares])
    first = np.argmax(flags, axis=0)
    return first / SAMPLES, (first + 1) / SAMPLES, np.any(flags, axis=0, keepdims=True)[0]


def _move(value: np.float64) -> str:
    return plain(Decimal(f"{value:.12g}"))
