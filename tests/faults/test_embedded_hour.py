"""An hour of the embedded market at ten times the speed: ages, gaps, memory."""

import asyncio
import os
from collections import defaultdict
from pathlib import Path

import pytest

from desk.app.options import Options
from desk.app.session import open_session
from desk.engine.frame import build_frame
from desk.model.commands import NextFrame
from desk.sim.dialects import DIALECTS

SPEED = 10
HOUR_S = 3600 / SPEED
"""Of this machine; DESK_HOUR_S makes it longer."""
WARM_S = 600
"""Memories of texts and series fill; what grows afterwards would grow for ever."""
LOOK_S = 1.0
PAGE = os.sysconf("SC_PAGE_SIZE")


def resident_mb(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6


def children():
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


class Hour:
    """What was seen, second by second."""

    def __init__(self):
        self.ages = defaultdict(int)
        self.limits = {}
        self.kinds = {}
        self.unlike_live = defaultdict(int)
        self.memory = []
        self.looks = 0
        self.thin = 0

    def see(self, frame):
        self.looks += 1
        self.thin += any(index.votes < len(DIALECTS) for index in frame.indices)
        for stream in frame.streams:
            name = f"{stream.connection} {stream.name}"
            self.ages[name] = max(self.ages[name], stream.age_ms or 0)
            self.limits[name], self.kinds[name] = stream.limit_ms, stream.kind
        for view in frame.quality:
            self.unlike_live[view.instrument] += bool(view.blocked)
        self.memory.append((resident_mb(os.getpid()), sum(map(resident_mb, children()))))

    def told(self, frame, figure):
        """Hand over the figures."""
        gaps = sum(view.gaps for view in frame.quality)
        crossed = sum(view.crossed for view in frame.quality)
        rejected = sum(feed.rejected for feed in frame.feeds)
        figure(f"{frame.messages} events, gaps {gaps}, crossed {crossed}, rejected {rejected}")
        first, last = self.memory[min(WARM_S, len(self.memory) // 2)], self.memory[-1]
        for name, before, after in zip(("engine", "market"), first, last, strict=True):
            figure(f"{name} {before:.0f} → {after:.0f} MB")
        blocked = sum(self.unlike_live.values())
        figure(f"looks {self.looks}, instruments blocked {blocked}, fewer votes {self.thin}")
        worst = defaultdict(int)
        for name, age in self.ages.items():
            if self.limits[name] is not None:
                key = f"{name.split(' ')[0]} {self.kinds[name]}"
                worst[key] = max(worst[key], age)
        for key, age in sorted(worst.items()):
            figure(f"{key:<32} oldest {age} ms")


@pytest.mark.fault("T36")
@pytest.mark.slow
def test_an_hour_at_ten_times_the_speed_has_no_gap_and_grows_no_more(tmp_path, figure):
    hour, seconds = Hour(), float(os.environ.get("DESK_HOUR_S", HOUR_S))

    async def scenario():
        async with open_session(
            Options(account=str(tmp_path / "desk"), speed=str(SPEED))
        ) as session:
            for _ in range(round(seconds / LOOK_S)):
                await asyncio.sleep(LOOK_S)
                session.runtime.tick()
                frame = build_frame(
                    session.runtime.engine.desk,
                    NextFrame(streams=True),
                    number=1,
                    engine_ms=0.0,
                    notes=session.feeds.notes(),
                )
                if hour.looks or all(view.quality == "LIVE" for view in frame.quality):
                    hour.see(frame)
            return frame

    frame = asyncio.run(scenario())
    hour.told(frame, figure)
    assert sum(view.gaps for view in frame.quality) == 0
    assert sum(view.crossed for view in frame.quality) == 0
    assert sum(feed.rejected for feed in frame.feeds) == 0
    warm, last = hour.memory[min(WARM_S, len(hour.memory) // 2)], hour.memory[-1]
    assert last[0] - warm[0] < 30
    assert last[1] - warm[1] < 10
