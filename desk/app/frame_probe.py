"""What a frame costs the engine on its embedded market: with charts, and without any.

Run by `desk bench charts` in a process of its own; prints one JSON document. Frames of both kinds
alternate, so that both see the same market. Each is asked for as a window does: from the last
candle it has.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from desk.app.options import Options
from desk.app.session import Session, open_session
from desk.engine.frame import build_frame
from desk.engine.snapshot import DeskFrame
from desk.model.commands import ChartWanted, NextFrame

SELECTED = "BTCUSDT-PERP.BINANCE"
SHOWN = ((SELECTED, 60), ("ETHUSDT-PERP.BINANCE", 1))
"""Instrument and seconds of a candle; the first with depth."""

WARM_UP_S = 8.0
"""Until every market speaks and the venues' past is there."""
EVERY_S = 1 / 60


class Frames:
    """Builds and encodes frames, and keeps the milliseconds of CPU that each took."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._encode = msgspec.msgpack.Encoder().encode
        self._charts = [
            ChartWanted(instrument=name, bar_s=bar_s, heat=name == SELECTED)
            for name, bar_s in SHOWN
        ]
        self.plain_ms: list[float] = []
        self.charted_ms: list[float] = []
        self.whole_ms: list[float] = []
        """Of a first frame, in which all candles are sent."""

    def whole(self) -> None:
        """Build a frame as for charts that have just been opened."""
        self.whole_ms.append(
            self._build([msgspec.structs.replace(c, from_ms=0) for c in self._charts])
        )

    def pair(self) -> None:
        """Build a frame without charts, and one with them; in turn, for the second is quicker."""
        for is_charted in (True, False) if len(self.plain_ms) % 2 else (False, True):
            took = self.charted_ms if is_charted else self.plain_ms
            took.append(self._build(self._charts if is_charted else []))

    def _build(self, charts: list[ChartWanted]) -> float:
        session = self._session
        notes = session.feeds.notes()
        wanted = NextFrame(selected=SELECTED, charts=charts)
        began = time.thread_time()  # what others do on the machine is no part of a frame
        frame = build_frame(
            session.runtime.engine.desk, wanted, number=1, engine_ms=0.0, notes=notes
        )
        self._encode(frame)
        took_ms = (time.thread_time() - began) * 1_000
        self._follow(frame)
        return took_ms

    def _follow(self, frame: DeskFrame) -> None:
        """Ask next only for what is new."""
        for at, view in enumerate(frame.charts):
            chart, heat = self._charts[at], view.heat
            self._charts[at] = msgspec.structs.replace(
                chart,
                from_ms=view.start_ms[-1] if view.start_ms else chart.from_ms,
                heat_from_ms=heat.time_ms[-1] + 1 if heat and heat.time_ms else chart.heat_from_ms,
            )


async def measured(folder: Path, speed: str, seconds: float) -> Frames:
    """Run a desk for a while and return what its frames took."""
    async with open_session(Options(account=str(folder), speed=speed)) as session:
        session.feeds.chart([ChartWanted(instrument=name, bar_s=bar_s) for name, bar_s in SHOWN])
        await asyncio.sleep(WARM_UP_S)
        frames = Frames(session)
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            frames.pair()
            if len(frames.plain_ms) % 10 == 0:
                frames.whole()
            await asyncio.sleep(EVERY_S)
        return frames


def main(speed: str, seconds: str) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        frames = asyncio.run(measured(Path(folder) / "desk", speed, float(seconds)))
    print(
        json.dumps(
            {"plain": frames.plain_ms, "charted": frames.charted_ms, "whole": frames.whole_ms}
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:3])
