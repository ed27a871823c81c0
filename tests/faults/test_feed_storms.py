"""T22: whatever is cut, and whatever is wanted meanwhile, all that is wanted flows again.

A real connection and a simulated market on real sockets, in time of the loop's own. The sockets
are cut again and again, and between, before and after a cut other instruments are wanted.
"""

import asyncio
import random
from typing import NamedTuple

import pytest
from helpers.live_market import Listener, instruments, maker, simulated
from helpers.proxy import proxied
from helpers.virtual_time import VirtualClock, run_virtually

from desk.model.market_data import FeedStatus

IN_TIME_S = 5.0
PATIENCE_S = 150.0
"""One who is cut off again and again is left alone for ever longer, a minute at most."""
LONGEST_CALM_S = 8.0
LOOK_S = 0.05
SUFFIXES = ("depth@100ms", "trade", "bookTicker", "markPrice@1s", "kline_1m", "forceOrder")
"""What the desk follows of a contract of USDⓈ-M, by the venue's names."""


class Round(NamedTuple):
    """What came of one cut."""

    took_s: float
    """Until all that was wanted was active."""
    stale: bool
    """Later than in time, and it was said in time."""
    edited: bool


class Subscriptions:
    """A connection whose sockets are cut, and of which ever other instruments are wanted."""

    def __init__(self, name, listener, way, dice):
        self._name, self._listener, self._way, self._dice = name, listener, way, dice
        self._all = instruments(name)
        self.chosen = {i.id for i in self._all}

    @property
    def _connection(self):
        return self._listener.connection

    def edit(self):
        """Want other instruments."""
        some = self._dice.sample(self._all, self._dice.randint(1, len(self._all)))
        self.chosen = {i.id for i in some}
        make = maker(self._name, terms=[i for i in self._all if i.id in self.chosen])
        self._connection.remake(make, "a test wants others")

    def wanted(self):
        endpoints = self._connection.protocol.endpoints()
        return {name for endpoint in endpoints for name in endpoint.streams}

    def streams(self):
        """Those that flow by sockets or should, by name."""
        wanted = self.wanted()
        return {s.name: s for s in self._connection.streams() if s.active or s.name in wanted}

    def complete(self):
        """Whether what is wanted is active, and is what was chosen."""
        wanted, streams = self.wanted(), self.streams()
        active = {name for name, stream in streams.items() if stream.active}
        chosen = {streams[name].instrument for name in wanted} - {None}
        return wanted <= active and chosen == self.chosen

    def silent(self):
        """The instruments whose mark should flow, and does not."""
        return {
            stream.instrument
            for stream in self.streams().values()
            if stream.kind == "mark" and not stream.active
        }

    def up(self):
        """How often it was said that a socket opened, or that new ones are in use."""
        return sum(status.up for status in self._listener.of(FeedStatus))

    async def until(self, is_so, patience_s):
        """Wait for it; return whether it came."""
        for _ in range(round(patience_s / LOOK_S)):
            if is_so():
                return True
            await asyncio.sleep(LOOK_S)
        return is_so()

    async def cut(self):
        """Cut every socket, now or amid a change of what is wanted; return what came of it."""
        loop, edits = asyncio.get_running_loop(), self._dice.choice(("none", "before", "after"))
        if edits == "before":
            self.edit()
            await asyncio.sleep(self._dice.uniform(0, 1))
        ups, since_s = self.up(), loop.time()
        self._way.reset()
        if edits == "after":
            await asyncio.sleep(self._dice.uniform(0, 1))
            self.edit()

        def again():
            return self.up() > ups and self.complete()

        stale = not await self.until(again, IN_TIME_S)
        if stale:
            qualities = self._listener.qualities()
            assert "LIVE" not in {qualities[name] for name in self.silent()}
            assert await self.until(again, PATIENCE_S)
        took_s = loop.time() - since_s
        self._listener.events.clear()
        await asyncio.sleep(self._dice.uniform(0, LONGEST_CALM_S))
        assert await self.until(self.complete, IN_TIME_S)
        return Round(took_s, stale, edits != "none")


async def forced_reconnects(name, rounds, seed):
    """Cut again and again; return the rounds, and what the venue says is subscribed at the end."""
    clock, dice = VirtualClock(), random.Random(seed)
    dialect = name.partition("-")[0]
    async with (
        simulated(dialect, clock=clock) as (simulator, urls),
        proxied(urls.get(name) or urls[dialect]) as way,
    ):
        listener = Listener(name, way.urls, clock=clock, jitter=dice.random)
        subscriptions = Subscriptions(name, listener, way, dice)
        async with listener.running():
            assert await subscriptions.until(subscriptions.complete, PATIENCE_S)
            came = []
            for _ in range(rounds):
                came.append(await subscriptions.cut())
                if name == "binance-usdm":
                    assert_of_one_mind(simulator, subscriptions)
        return came


def assert_of_one_mind(simulator, subscriptions):
    """What the venue sends is what is wanted, and that is every stream of what was chosen."""
    symbols = {name.partition("-")[0].lower() for name in subscriptions.chosen}
    expected = {f"{symbol}@{suffix}" for symbol in symbols for suffix in SUFFIXES}
    served = simulator._dialects["binance"]._sections["usdm"]._subscribers
    assert subscriptions.wanted() == expected
    assert {stream for one in served for stream in one.streams} == expected


def tell(came, figure, name):
    late = [one for one in came if one.stale]
    in_time = max(one.took_s for one in came if not one.stale)
    figure(
        f"{name}: wanted == active after {len(came)} of {len(came)} cuts, amid "
        f"{sum(one.edited for one in came)} changes of what is wanted; {len(came) - len(late)} "
        f"within {in_time:.1f} s, {len(late)} later and not called live until then"
    )


@pytest.mark.fault("T22")
@pytest.mark.thorough
@pytest.mark.parametrize("name", ["binance-usdm", "okx", "bybit-linear"])
def test_after_a_forced_reconnect_every_wanted_stream_is_active(name, figure):
    came = run_virtually(forced_reconnects(name, 12, seed=4))
    tell(came, figure, name)
    assert len(came) == 12
    assert any(one.edited for one in came)


@pytest.mark.fault("T22")
@pytest.mark.slow
def test_five_hundred_forced_reconnects(figure):
    came = run_virtually(forced_reconnects("binance-usdm", 500, seed=1))
    tell(came, figure, "binance-usdm")
    assert len(came) == 500
    assert any(one.stale for one in came), "none was left alone: the dice of the retries were not"
