"""T03, as far as the screen: a mark that grows stale in silence is told to the window in time."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from multiprocessing import Pipe
from pathlib import Path

import msgspec
import pytest

from desk.app.options import Options
from desk.app.session import open_session
from desk.app.supervisor import Supervisor
from desk.engine.snapshot import DeskFrame, Hello, PipeMessage, Request
from desk.model.commands import Heartbeat, NextFrame

BTC = "BTCUSDT-PERP.BINANCE"
LIMIT_MS = 2_000
PATIENCE_S = 30.0
IN_TIME_MS = 200
"""An engine tick after the limit (at most 100 ms), and 100 ms more until it is shown."""


class Glass:
    """A window without a screen: takes a frame, asks for the next."""

    def __init__(self, loop, clock):
        self.connection, self._theirs = Pipe(duplex=True)
        self._clock = clock
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(PipeMessage).decode
        self._number = 0
        self.seen = asyncio.Queue()
        """(boot-time ms, the market of BTC) of each frame."""
        loop.add_reader(self._theirs.fileno(), self._read)
        self._loop = loop

    def _read(self):
        try:
            message = self._decode(self._theirs.recv_bytes())
        except (EOFError, ConnectionResetError):  # the desk has gone
            self._loop.remove_reader(self._theirs.fileno())
            return
        if isinstance(message, Hello):
            self._say(Heartbeat())
            self._say(NextFrame(selected=BTC))
        elif isinstance(message, DeskFrame):
            (market,) = [market for market in message.markets if market.instrument == BTC]
            self.seen.put_nowait((self._clock.boot_ns() / 1e6, market))
            self._say(NextFrame(selected=BTC))

    def _say(self, command):
        self._number += 1
        payload = msgspec.Raw(self._encode(command))
        self._theirs.send_bytes(self._encode(Request(number=self._number, payload=payload)))

    def ended_how(self):
        return "it is gone"

    def end(self):
        self._loop.remove_reader(self._theirs.fileno())
        self._theirs.close()

    async def until(self, quality):
        """Return when the first frame came that shows it, and the market in it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                at_ms, market = await self.seen.get()
                if market.quality == quality:
                    return at_ms, market


def market_process():
    (child,) = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return int(child)


@asynccontextmanager
async def shown(folder):
    async with open_session(Options(account=str(folder))) as session:
        glass = Glass(asyncio.get_running_loop(), session.runtime.clock)
        async with Supervisor(session, glass, []):
            await glass.until("LIVE")
            yield session, glass, market_process()


async def one_death(session, glass, market):
    """Stop the market; return how long after its limit the mark is shown stale, in ms."""
    mark = session.runtime.engine.desk.market.get(BTC)
    os.kill(market, signal.SIGSTOP)
    try:
        at_ms, _ = await glass.until("STALE")
        age_ms = mark.mark_age_ns(round(at_ms * 1e6)) / 1e6
    finally:
        os.kill(market, signal.SIGCONT)
    await glass.until("LIVE")
    return age_ms - LIMIT_MS


@pytest.mark.fault("T03")
@pytest.mark.parametrize("deaths", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_a_mark_that_falls_silent_is_shown_stale_in_time(tmp_path, deaths, figure):
    async def scenario():
        async with shown(tmp_path / "desk") as (session, glass, market):
            return [await one_death(session, glass, market) for _ in range(deaths)]

    late_ms = sorted(asyncio.run(scenario()))
    figure(f"shown stale {late_ms[0]:.0f} to {late_ms[-1]:.0f} ms after the limit, {deaths} times")
    assert late_ms[0] > 0
    if deaths > 1:  # one run beside others proves nothing about time
        assert late_ms[-1] <= IN_TIME_MS
