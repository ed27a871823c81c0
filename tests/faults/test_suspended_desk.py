"""T20: the real engine and its market stand still for a minute, as on a machine that is suspended.

Orders wait in the pipe meanwhile, the link is cut, and the world's clock and the one that counts
sleep run on by an hour that the loops' have not seen.
"""

import asyncio
import json
import signal
from collections import Counter
from contextlib import asynccontextmanager

import msgspec
import pytest
from helpers.glass import Glass
from helpers.processes import Market
from helpers.proxy import proxied
from helpers.real_engine import SLEEPY_COMMAND, RealEngine

from desk.io.addresses import market_urls
from desk.model.commands import TypedLine
from desk.model.events import Acknowledged, Alerted, Denied, StateChanged

BTC = "BTCUSDT-PERP.BINANCE"
READY_S = 5.0
SLACK = 3
"""A machine that does other work may take so much longer."""


@asynccontextmanager
async def desk_behind_a_way(folder):
    """A desk with money and alerts, its market, the way between them, its window."""
    with Market(folder, program=("-c", SLEEPY_COMMAND)) as market:
        urls = market_urls(json.loads(market.ready.read_text()))["binance-usdm"]
        async with proxied(urls) as way:
            ready = {"binance": {"usdm": msgspec.to_builtins(way.urls)}}
            market.ready.write_text(json.dumps(ready))
            with RealEngine(folder / "desk", "--market", str(market.ready)) as engine:
                glass = Glass(engine.theirs, BTC)
                try:
                    yield engine, market, way, glass
                finally:
                    market.process.send_signal(signal.SIGCONT)
                    glass.close()


def typed(glass, text):
    """Give a line as from an armed window; its number."""
    glass.lines = getattr(glass, "lines", 0) + 1
    return glass.give(TypedLine(id=f"line-{glass.lines}", text=text, armed=True))


def buys(glass, count=1):
    """Orders that add risk; their numbers."""
    return [typed(glass, f"buy 0.0{glass.lines % 80 + 10} {BTC} market") for _ in range(count)]


async def traded(glass):
    """Buy until it is taken; when that was, and the numbers of all that were given."""
    given = []
    for _ in range(1_500):
        given += buys(glass)
        answer = await glass.answer(given[-1])
        if isinstance(answer, Acknowledged):
            return glass.now_ms(), given
        await asyncio.sleep(0.02)
    raise AssertionError(f"nothing is taken: {answer}")


async def suspend(folder, pause_s, *, apart):
    """Stop all for a while; (ready again after s, orders denied, alerts since)."""
    async with desk_behind_a_way(folder) as (engine, market, way, glass):
        await glass.until_quality("LIVE")
        for line in (
            "deposit 1000000 USDT",
            f"alert price {BTC} above 100",
            f"alert stale {BTC}",
        ):
            assert isinstance(await glass.answer(typed(glass, line)), Acknowledged)
        await traded(glass)
        for process in (engine.process, market.process):
            process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(pause_s / 2)
        way.set("reset")
        waiting = buys(glass, 5)
        for process in (engine.process, market.process) if apart else ():
            process.send_signal(signal.SIGUSR1)  # comes when it goes on
        await asyncio.sleep(pause_s / 2)
        while not glass.seen.empty():
            glass.seen.get_nowait()
        before = Counter(alerts(glass))
        way.set("pass")
        began_ms = glass.now_ms()
        for process in (market.process, engine.process):
            process.send_signal(signal.SIGCONT)
        _, first = await glass.until(lambda frame: True)
        assert glass.market(first).quality == "STALE"
        ready_ms, given = await traded(glass)
        denied = [await glass.answer(number) for number in (*waiting, *given[:-1])]
        assert all(isinstance(event, Denied) for event in denied)
        assert all("STALE_MARK" in {d.code for d in event.denials} for event in denied[:5])
        taken = await glass.answer(given[-1])
        assert (taken.data["quality"], taken.data["mark_age_ms"] <= 2_000) == ("LIVE", True)
        await asyncio.sleep(1)  # what would be said again, would be by now
        assert not [event for event in glass.events if isinstance(event, StateChanged)]
        assert glass.gaps == 0
        return (ready_ms - began_ms) / 1000, len(denied), Counter(alerts(glass)) - before


def alerts(glass):
    return [(e.code, e.alert) for e in glass.events if isinstance(e, Alerted)]


@pytest.mark.fault("T20")
@pytest.mark.parametrize(
    ("pause_s", "apart"),
    [
        pytest.param(6, False, marks=pytest.mark.thorough),
        pytest.param(4, True, marks=pytest.mark.thorough),
        pytest.param(60, False, marks=pytest.mark.slow),
        pytest.param(60, True, marks=pytest.mark.slow),
    ],
)
def test_a_desk_that_slept_takes_no_risk_before_a_fresh_mark(tmp_path, pause_s, apart, figure):
    """The first frame is STALE, no order passes before a fresh mark, no alert comes twice."""
    ready_s, denied, since = asyncio.run(suspend(tmp_path, pause_s, apart=apart))
    figure(
        f"stopped {pause_s} s{', an hour asleep' if apart else ''}: first frame STALE, "
        f"{denied} orders denied, the first taken {ready_s:.2f} s after (target {READY_S:g}), "
        f"alerts since: {sum(since.values())}, none twice"
    )
    assert max(since.values(), default=0) <= 1
    assert all(code != "PRICE" for code, _ in since)
    assert ready_s <= SLACK * READY_S
