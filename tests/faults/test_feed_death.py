"""T03: sockets that die in silence. The desk sees it in time, takes no risk, and comes back.

The real desk without a window, on a simulated market behind a proxy that blocks the way: nothing
passes while the socket stays open, or only pings and pongs do.
"""

import asyncio
import random
from contextlib import asynccontextmanager
from decimal import Decimal as D

import msgspec
import pytest
from helpers.live_market import live_market
from helpers.proxy import proxied

from desk.app.options import Options
from desk.app.session import open_session
from desk.model.command import Quantity
from desk.model.commands import Deposit, SubmitOrder
from desk.model.events import Acknowledged, Denied
from desk.model.orders import OrderType, Side

BTC = "BTCUSDT-PERP.BINANCE"
LIMIT_MS = 2_000
MODES = ("black hole", "data stop")
PATIENCE_S = 30.0


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
async def trading(folder):
    """A trader, and the way to the market."""
    async with live_market("binance") as urls, proxied(urls["binance-usdm"]) as way:
        market = {"binance": {"usdm": msgspec.to_builtins(way.urls)}}
        options = Options(account=str(folder), market=market, window=False)
        async with open_session(options) as session:
            trader = Trader(session)
            await trader.trades_again()
            yield trader, way


async def die(trader, way, mode, still_s):
    """One silent death; returns (lateness ms, recovery s)."""
    trader.forget()
    way.set(mode)
    late_ms = await trader.death()
    for _ in range(5):
        trader.buy()
    await asyncio.sleep(still_s)
    trader.buy()
    way.set("pass")
    trader.buy()
    assert (trader.accepted, len(trader.denials)) == (0, 7)
    assert all("STALE_MARK" in codes for codes in trader.denials)
    return late_ms, await trader.trades_again()


@pytest.mark.fault("T03")
@pytest.mark.parametrize("mode", MODES)
def test_a_silent_death_is_stale_and_lets_no_risk_in_until_it_is_over(tmp_path, mode):
    async def scene():
        async with trading(tmp_path / "desk") as (trader, way):
            late_ms, _ = await die(trader, way, mode, 0.5)
            assert late_ms >= 0

    asyncio.run(scene())


@pytest.mark.fault("T03")
@pytest.mark.slow
def test_fifty_silent_deaths(tmp_path, figure):
    async def scene():
        dice, seen = random.Random(11), []
        async with trading(tmp_path / "desk") as (trader, way):
            for n in range(50):
                await asyncio.sleep(5.5)  # so that it counts as a link that held
                seen.append(await die(trader, way, MODES[n % 2], dice.uniform(0, 3.0)))
        return seen

    seen = asyncio.run(scene())
    late, back = [one[0] for one in seen], [one[1] for one in seen]
    figure(
        f"silent death: {len(seen)} of 50 stale, at most {max(late)} ms after the limit; "
        f"live again at most {max(back):.2f} s after heal; 0 risk accepted meanwhile"
    )
    assert min(late) > 0
    assert max(late) <= 100
    assert max(back) <= 5.0


@pytest.mark.fault("T03")
@pytest.mark.slow
def test_stamps_that_stand_still_are_a_death_too(tmp_path):
    async def scene():
        faults = "freeze@usdm:at=8s:for=6s"
        async with live_market("binance", faults=faults) as urls:
            market = {"binance": {"usdm": msgspec.to_builtins(urls["binance-usdm"])}}
            options = Options(account=str(tmp_path / "desk"), market=market, window=False)
            async with open_session(options) as session:
                trader = Trader(session)
                await trader.trades_again()
                assert await trader.death() >= 0
                trader.forget()
                trader.buy()
                assert (trader.accepted, len(trader.denials)) == (0, 1)
                await trader.trades_again()

    asyncio.run(scene())
