"""What happens in the simulated market, in the order in which it happens.

`at_us` is market time in microseconds: wall time multiplied by the speed.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class LevelSet(msgspec.Struct, frozen=True, gc=False):
    """A price level now rests this many lots; 0: the level is gone."""

    at_us: int
    update_id: int
    is_bid: bool
    ticks: int
    lots: int


class TopOfBook(msgspec.Struct, frozen=True, gc=False):
    """The best bid and ask after the change with this id; sent whenever one of them changed."""

    at_us: int
    update_id: int
    bid_ticks: int
    bid_lots: int
    ask_ticks: int
    ask_lots: int


class Print(msgspec.Struct, frozen=True, gc=False):
    """One fill of a taker order against one resting order."""

    at_us: int
    trade_id: int
    ticks: int
    lots: int
    buyer_is_taker: bool


class MarkUpdate(msgspec.Struct, frozen=True, gc=False):
    """Mark, index and funding of a perpetual, once a second of market time."""

    at_us: int
    mark_price: float
    index_price: float
    settle_price: float
    premium: float
    """The premium index, a fraction of the index price."""
    funding_rate: float
    """What the current interval would pay if it ended now, a fraction."""
    next_funding_ms: int
    """Market time."""
    funding_interval_h: int = 8


class Forced(msgspec.Struct, frozen=True, gc=False):
    """The taker order before it was the venue closing somebody's position; perpetuals only.

    It follows the prints of the order, which are there as those of any other.
    """

    at_us: int
    buys: bool
    """The closing order's side: it buys when a short position is closed."""
    ticks: int
    """The last and worst price of the fills."""
    lots: int
    bankruptcy_ticks: int
    """Where the position would have been worth nothing: beyond the fills."""
    first_trade_id: int
    last_trade_id: int
    """Of the order's prints, which are consecutive."""


Event: TypeAlias = LevelSet | TopOfBook | Print | MarkUpdate | Forced
