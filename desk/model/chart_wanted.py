"""What a chart asks for, of the desk as it is and of the film."""

from __future__ import annotations

import msgspec


class ChartWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Candles that a chart shows."""

    instrument: str
    bar_s: int
    """Seconds of a candle: 1, 5, 15, 60, 300, 900, 3600, 14400, 86400."""
    from_ms: int = 0
    """Candles that start at or after this time are wanted (0: all there are)."""
    heat: bool = False
    """How the depth of the book developed is wanted too, from the same time on."""
    heat_from_ms: int | None = None
    """Columns of depth at or after this time are wanted; None: from `from_ms` on."""
