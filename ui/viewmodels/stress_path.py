"""Where BTC and ETH went today, as the window has seen it: for the map of stress."""

from __future__ import annotations

from desk.engine.snapshot import DeskFrame

MINUTE_MS, DAY_MS, HKT_MS = 60_000, 86_400_000, 28_800_000
BASES = ("BTC", "ETH")


class StressPath:
    """A pair of marks a minute since midnight in Hong Kong: at most 1,440."""

    def __init__(self) -> None:
        self._day = self._minute = -1
        self._sources: dict[str, str] = {}
        """Coin → the instrument whose marks are followed all day."""
        self._points: list[tuple[float, float]] = []
        self._now: tuple[float, float] | None = None

    def take(self, frame: DeskFrame) -> None:
        """Note the marks of a frame; a mark that is not of now is passed over."""
        day = (frame.wall_ms + HKT_MS) // DAY_MS
        if day != self._day:
            self._day, self._minute = day, -1
            self._points.clear()
        marks = self._marks(frame)
        if marks is None:
            return
        self._now = marks
        minute = frame.wall_ms // MINUTE_MS
        if minute != self._minute:
            self._minute = minute
            self._points.append(marks)

    def _marks(self, frame: DeskFrame) -> tuple[float, float] | None:
        found = {base: self._mark(frame, base) for base in BASES}
        btc, eth = (found[base] for base in BASES)
        return None if btc is None or eth is None else (btc, eth)

    def _mark(self, frame: DeskFrame, base: str) -> float | None:
        source = self._sources.get(base)
        for market in frame.markets:
            followed = market.instrument == source if source else market.kind == "perpetual"
            if market.base == base and followed and market.mark and market.quality == "LIVE":
                self._sources[base] = market.instrument
                return float(market.mark)
        return None

    def moves(self) -> tuple[tuple[float, float], ...]:
        """Where they were, oldest first, as moves from now; the last is now itself."""
        if self._now is None:
            return ()
        btc, eth = self._now
        return (*((b / btc - 1, e / eth - 1) for b, e in self._points), (0.0, 0.0))
