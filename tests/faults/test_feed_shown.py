"""T03, as far as the screen: a mark that grows stale in silence is told to the window in time."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from helpers.glass import Glass, Window
from helpers.machine_time import Waited

from desk.app.options import Options
from desk.app.session import open_session
from desk.app.supervisor import Supervisor

BTC = "BTCUSDT-PERP.BINANCE"
LIMIT_MS = 2_000
HELD_S = 5.5
"""A link that was up for so long has held: it is not left alone for ever longer."""
IN_TIME_MS = 200
"""An engine tick after the limit (at most 100 ms), and 100 ms more until it is shown."""


def children():
    return {*map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())}


@asynccontextmanager
async def shown(folder):
    before = children()
    async with open_session(Options(account=str(folder))) as session:
        window = Window()
        async with Supervisor(session, window, []):
            glass = Glass(window.theirs, BTC)
            try:
                await glass.until_quality("LIVE")
                (market,) = children() - before
                yield glass, market
            finally:
                glass.close()


async def one_death(glass, market):
    """Stop the market; return how long after its limit the mark is shown stale, in ms.

    Also without what others had of the processor meanwhile.
    """
    glass.forget()
    await glass.until_quality("LIVE")
    machine = Waited()
    os.kill(market, signal.SIGSTOP)
    try:
        at_ms, frame = await glass.until_quality("STALE")
        late_ms = glass.shown_age_ms(at_ms, frame) - LIMIT_MS
        own_ms = late_ms - machine.ms()
    finally:
        os.kill(market, signal.SIGCONT)
    await glass.until_quality("LIVE")
    return late_ms, own_ms


@pytest.mark.fault("T03")
@pytest.mark.parametrize("deaths", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_a_mark_that_falls_silent_is_shown_stale_in_time(tmp_path, deaths, figure):
    async def scenario():
        async with shown(tmp_path / "desk") as (glass, market):
            seen = [await one_death(glass, market)]
            for _ in range(deaths - 1):
                await asyncio.sleep(HELD_S)
                seen.append(await one_death(glass, market))
            return seen

    late_ms, own_ms = zip(*asyncio.run(scenario()), strict=True)
    figure(
        f"shown stale {min(late_ms):.0f} to {max(late_ms):.0f} ms after the limit, {deaths} times; "
        f"at most {max(own_ms):.0f} ms without what others had of the processor"
    )
    assert min(late_ms) > 0
    assert max(own_ms) <= IN_TIME_MS
