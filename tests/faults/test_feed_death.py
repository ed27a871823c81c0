"""T03: sockets that die in silence. The desk sees it in time, takes no risk, and comes back.

The real desk without a window, on a simulated market. The way there is blocked by a proxy: nothing
passes while the socket stays open, or only pings and pongs do. Or the network itself swallows every
packet, of the system's handshakes too.
"""

import asyncio
import random
from contextlib import asynccontextmanager
from decimal import Decimal as D
from typing import NamedTuple

import msgspec
import pytest
from helpers.live_market import live_market
from helpers.machine_time import Waited
from helpers.open_sockets import open_sockets
from helpers.own_network import run_in_own_network
from helpers.proxy import proxied

from desk.app.options import Options
from desk.app.session import open_session
from desk.model.command import Quantity
from desk.model.commands import Deposit, SubmitOrder
from desk.model.events import Acknowledged, Denied
from desk.model.orders import OrderType, Side

BTC = "BTCUSDT-PERP.BINANCE"
CONNECTION = "binance-usdm"
LIMIT_MS, LEFT_MS, BACK_MS = 2_000, 3_000, 5_000
IN_TIME_MS = 100
"""Between two ticks of the engine."""
MODES = ("black hole", "data stop")
HELD_S = 5.5
"""A link that was up for so long has held: what follows is its first failure."""
PATIENCE_S = 30.0


class Death(NamedTuple):
    """How one silent death went, in ms."""

    late: float
    """By how much the mark was older than its limit when it was called stale."""
    left: float
    """From when nothing passed until no socket was open that had been before."""
    back: float
    """From when the way was free until the desk traded again."""
    others: tuple[float, float, float]
    """What others had of the processor in each of these times; that is not the desk's doing."""


class Trader:
    """A desk whose mark of BTC is looked at all the time, and which is asked to buy meanwhile."""

    def __init__(self, session):
        self._session = session
        self._clock = session.runtime.clock
        self._orders = 0
        self.accepted = 0
        self.denials = []
        session.listen(self._answered)
        session.give(Deposit(id="money", account="perp-1", asset="USDT", quantity=D(100_000)))

    def _answered(self, event):
        if isinstance(event, Denied):
            self.denials.append({denial.code for denial in event.denials})
        elif isinstance(event, Acknowledged) and event.id.startswith("risk"):
            self.accepted += 1

    @property
    def quality(self):
        return self._session.runtime.engine.desk.quality(BTC)

    def now_s(self):
        return self._clock.boot_ns() / 1e9

    def forget(self):
        self.accepted = 0
        self.denials.clear()

    async def until(self, is_so, pause_s=0.005):
        """Look more often than the engine ticks; return how many seconds it took."""
        since = self.now_s()
        for _ in range(round(PATIENCE_S / pause_s)):
            if is_so():
                return self.now_s() - since
            await asyncio.sleep(pause_s)
        raise AssertionError("it never came")

    async def trades_again(self):
        """Wait until mark and book let it trade; return how many seconds it took."""
        live_s = await self.until(lambda: self.quality == "LIVE")
        self.forget()
        return live_s + await self.until(self.bought, 0.05)

    def bought(self):
        """Try to buy; return whether that went."""
        self.buy()
        return self.accepted > 0

    async def death(self):
        """Wait until the mark is stale; return how much older than its limit it was, in ms."""
        await self.until(lambda: self.quality == "STALE")
        market = self._session.runtime.engine.desk.market
        return market.mark_age_ms(BTC, self._clock.boot_ns()) - LIMIT_MS

    def sockets(self):
        return set(open_sockets(self._session, CONNECTION).values())

    def buy(self):
        self._orders += 1
        self._session.give(
            SubmitOrder(
                id=f"risk-{self._orders}",
                account="perp-1",
                instrument=BTC,
                side=Side.BUY,
                quantity=Quantity(D("0.01")),
                type=OrderType.MARKET,
                confirmed=True,
            )
        )


@asynccontextmanager
async def desk_on(urls, folder):
    """A trader on a desk that is fed from there."""
    market = {"binance": {"usdm": msgspec.to_builtins(urls)}}
    async with open_session(Options(account=str(folder), market=market, window=False)) as session:
        trader = Trader(session)
        await trader.trades_again()
        yield trader


@asynccontextmanager
async def trading(folder):
    """A trader, and the way to the market."""
    async with (
        live_market("binance") as urls,
        proxied(urls[CONNECTION]) as way,
        desk_on(way.urls, folder) as trader,
    ):
        yield trader, way


async def die(trader, way, mode, still_s):
    """One silent death; the way is free again a while after the desk has left its sockets."""
    trader.forget()
    sockets, since_s, machine = trader.sockets(), trader.now_s(), Waited()
    way.set(mode)
    late_ms, others_late = await trader.death(), machine.ms()
    for _ in range(5):
        trader.buy()
    await trader.until(lambda: not sockets & trader.sockets())
    left_ms, others_left = (trader.now_s() - since_s) * 1_000, machine.ms()
    await asyncio.sleep(still_s)
    trader.buy()
    machine = Waited()
    way.set("pass")
    trader.buy()
    assert (trader.accepted, len(trader.denials)) == (0, 7)
    assert all("STALE_MARK" in codes for codes in trader.denials)
    back_ms = await trader.trades_again() * 1_000
    return Death(late_ms, left_ms, back_ms, (others_late, others_left, machine.ms()))


async def die_often(trader, way, modes):
    """Die again and again, once in each mode."""
    dice, deaths = random.Random(11), []
    for mode in modes:
        await asyncio.sleep(HELD_S)
        deaths.append(await die(trader, way, mode, dice.uniform(0, 3.0)))
    return deaths


def tell(deaths, wanted, figure, how):
    """Print what came of them, and hold the desk's own part of it to the limits."""
    late, left, back = (max(times) for times in list(zip(*deaths, strict=True))[:3])
    figure(
        f"{how}: {len(deaths)} of {wanted} stale, at most {(LIMIT_MS + late) / 1_000:.3f} s after "
        f"the last mark; sockets left {left / 1_000:.2f} s after the cut at most; live again "
        f"{back / 1_000:.2f} s after heal at most; 0 risk accepted meanwhile"
    )
    assert len(deaths) == wanted
    for death in deaths:
        late, left, back = (ms - taken for ms, taken in zip(death[:3], death.others, strict=True))
        assert late <= IN_TIME_MS
        assert left <= LEFT_MS
        assert back <= BACK_MS


@pytest.mark.fault("T03")
@pytest.mark.thorough
@pytest.mark.parametrize("mode", MODES)
def test_a_silent_death_is_stale_and_lets_no_risk_in_until_it_is_over(tmp_path, mode):
    async def scene():
        async with trading(tmp_path / "desk") as (trader, way):
            await die(trader, way, mode, 0.5)

    asyncio.run(scene())


@pytest.mark.fault("T03")
@pytest.mark.slow
def test_fifty_silent_deaths(tmp_path, figure):
    async def scene():
        async with trading(tmp_path / "desk") as (trader, way):
            return await die_often(trader, way, MODES * 25)

    tell(asyncio.run(scene()), 50, figure, "silent death behind a proxy")


@pytest.mark.fault("T03")
@pytest.mark.slow
@pytest.mark.parametrize("deaths", [1, 50])
def test_silent_deaths_in_a_network_that_swallows_every_packet(tmp_path, figure, deaths):
    async def scene(network):
        async with (
            live_market("binance") as urls,
            desk_on(urls[CONNECTION], tmp_path / "desk") as trader,
        ):
            return await die_often(trader, network, ["black hole"] * deaths)

    came = run_in_own_network(scene)
    tell(came, deaths, figure, "silent death of the network")


@pytest.mark.fault("T03")
@pytest.mark.slow
def test_stamps_that_stand_still_are_a_death_too(tmp_path):
    async def scene():
        faults = "freeze@usdm:at=8s:for=6s"
        async with (
            live_market("binance", faults=faults) as urls,
            desk_on(urls[CONNECTION], tmp_path / "desk") as trader,
        ):
            assert await trader.death() >= 0
            trader.forget()
            trader.buy()
            assert (trader.accepted, len(trader.denials)) == (0, 1)
            await trader.trades_again()

    asyncio.run(scene())
