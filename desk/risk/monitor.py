"""Margin levels with memory: entered at once, left only when it has been better for a while.

Thresholds are those of `desk.margin.levels`; a level is left when its figure has been 0.05 below
for 10 s (risk-model section 4), so that a figure on the edge does not flap.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from desk.margin.inputs import IsolatedLevel, MarginFigures
from desk.margin.levels import pool_level, ratio_level, worst
from desk.margin.pool import total
from desk.model.numbers import ONE, ZERO

RELIEF = Decimal("0.05")
RELIEF_NS = 10_000_000_000

CURE_MINUTES = Decimal(120)
"""How long a perpetual account in margin call has to cure it (HOUSE)."""

SEVERITY = ("NORMAL", "WARNING", "MARGIN_CALL", "CLOSE_OUT")


class LevelMemory(msgspec.Struct, frozen=True):
    """The level an account is held at, and since when its figures have been better."""

    level: str
    better_since_ns: int | None = None


def memory_of(known: Mapping[str, LevelMemory], account: str, held: str) -> LevelMemory:
    """Return what is remembered of an account, unless it is held at another level by now."""
    found = known.get(account)
    return found if found is not None and found.level == held else LevelMemory(held)


def next_level(memory: LevelMemory, figures: MarginFigures, now_ns: int) -> LevelMemory:
    """Return the level after looking at figures; unknown figures change nothing.

    What cannot be known must neither raise an alarm by itself (the data quality does that) nor
    end one.
    """
    if not figures.known:
        return LevelMemory(memory.level)
    return remembered(memory, _level(figures, ZERO), _level(figures, RELIEF), now_ns)


def remembered(memory: LevelMemory, raw: str, relieved: str, now_ns: int) -> LevelMemory:
    """Return the level held after looking at figures.

    `raw` is the level they are at, `relieved` the one they would be at if they were worse by what
    must be gained before a level is left.
    """
    if SEVERITY.index(raw) >= SEVERITY.index(memory.level):
        return LevelMemory(raw)
    if SEVERITY.index(relieved) >= SEVERITY.index(memory.level):
        return LevelMemory(memory.level)
    since = now_ns if memory.better_since_ns is None else memory.better_since_ns
    if now_ns - since >= RELIEF_NS:
        return LevelMemory(relieved)
    return LevelMemory(memory.level, since)


def _level(figures: MarginFigures, relief: Decimal) -> str:
    """Return the level with every figure made worse by a relief, a fraction of collateral."""
    collateral = figures.collateral_value
    worse = None if collateral is None else relief * collateral
    initial = total((figures.initial_margin, worse))
    maintenance = total((figures.maintenance_margin, worse))
    pool = pool_level(initial, maintenance, collateral)
    return worst([pool, *(_isolated_level(one, relief) for one in figures.isolated)])


def _isolated_level(position: IsolatedLevel, relief: Decimal) -> str:
    if position.margin_ratio is None:
        return position.level
    return ratio_level(position.margin_ratio + relief, ONE)
