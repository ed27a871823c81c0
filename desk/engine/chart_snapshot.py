"""What a chart shows: candles of one instrument, and how its book's depth developed.

Columns of equal length, oldest first; prices are float64, for the eye alone.
"""

from __future__ import annotations

import msgspec


class HeatView(msgspec.Struct, frozen=True, kw_only=True):
    """The book's depth over time, in buckets of price: one column a moment."""

    step: float
    """Price that one bucket spans."""
    time_ms: list[int]
    low: list[float]
    """Lower edge of each column's lowest bucket."""
    sizes: list[list[float]]
    """Each column's quantities in base coins from the lowest bucket up, bids and asks alike."""


class CandlesView(msgspec.Struct, frozen=True, kw_only=True):
    """Candles from the time that was asked for; the last one may still be running."""

    instrument: str
    bar_s: int
    start_ms: list[int]
    """UTC; a time without trades has no candle. The first may lie two bars before the time asked
    for: all that a chart has from the first on is replaced."""
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float]
    """In base coins."""
    mark: list[float | None]
    """The last mark within the candle; None: none was heard."""
    index: list[float | None]
    funding: list[tuple[int, float]] = []
    """Settlements in this span: time and rate, a fraction."""
    source: str = ""
    """Where candles come from that this desk did not see trade by trade, a short sentence."""
    heat: HeatView | None = None
    revision: int = 0
    """Counts changes of candles that were over (history came, a gap was filled): another number
    than before says that all of them have to be asked for again."""
