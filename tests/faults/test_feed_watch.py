"""What a socket does not tell: that it brings nothing, nothing new, or slept through an hour."""

import asyncio

import pytest
from helpers.hasty import Hasty
from helpers.live_market import Listener, SleepyClock, live_market
from helpers.proxy import proxied

from desk.model.market_data import BookTop, FeedStatus, MarkPrice, Trade


def down(listener):
    return [status.reason for status in listener.of(FeedStatus) if not status.up]


def is_live(listener):
    return set(listener.qualities().values()) == {"LIVE"}


@pytest.mark.fault("T20")
@pytest.mark.parametrize("name", ["binance-usdm", "okx"])
@pytest.mark.thorough
def test_after_a_sleep_every_socket_is_new_at_once(name):
    async def scene():
        clock = SleepyClock()
        async with live_market(name.split("-")[0], clock=clock) as urls:
            # Any wait before a retry would be longer than the test's patience.
            listener = Listener(name, urls[name], clock=clock, jitter=lambda: 0.999)
            async with listener.running():
                await listener.until(lambda: is_live(listener))
                clock.sleep_s(31)
                assert not is_live(listener), "what was known before is old now"
                sockets = len(listener.connection.protocol.endpoints())
                await listener.until(lambda: len(down(listener)) == sockets)
                assert all("half-open after 31 s" in reason for reason in down(listener))
                await listener.until(lambda: is_live(listener), patience_s=10.0)
                assert len(down(listener)) == sockets

    asyncio.run(scene())


@pytest.mark.fault("T20")
def test_a_short_pause_is_no_sleep():
    async def scene():
        clock = SleepyClock()
        async with live_market("okx", clock=clock) as urls:
            listener = Listener("okx", urls["okx"], clock=clock)
            async with listener.running():
                await listener.until(lambda: is_live(listener))
                clock.sleep_s(2)
                await listener.until(lambda: is_live(listener))
                assert down(listener) == []

    asyncio.run(scene())


@pytest.mark.fault("T03")
@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "fault"), [("binance-usdm", "freeze@usdm:at=0s"), ("okx", "freeze@okx:at=0s")]
)
def test_a_feed_that_repeats_itself_is_left(name, fault):
    async def scene():
        async with live_market(name.split("-")[0], faults=fault) as urls:
            listener = Listener(name, urls[name])
            async with listener.running():
                await listener.until(lambda: down(listener))
                assert "the venue's time has stood still for" in down(listener)[0]
                tops = len(listener.of(BookTop))
                assert tops > 20, "it said a lot, and nothing new"

    asyncio.run(scene())


class Steady(Hasty):
    """Its marks are never silent for long, its trades may be."""

    def streams(self):
        streams = self._inner.streams()
        for stream in streams:
            is_steady = "markPrice" in stream.name or "depth" in stream.name
            stream.limit_ms = 2_000 if is_steady else None
        return streams


@pytest.mark.fault("T03")
@pytest.mark.thorough
def test_trades_alone_do_not_keep_a_socket():
    async def scene():
        faults = "silent@usdm@btcusdt@depth:at=1s,silent@usdm@ethusdt@depth:at=1s"
        async with live_market("binance", faults=faults) as urls:
            listener = Listener("binance-usdm", urls["binance-usdm"], wrap=Steady)
            async with listener.running():
                await listener.until(lambda: listener.of(Trade))
                await listener.until(lambda: down(listener))
                assert down(listener)[0].startswith("/public/stream no data for")
                before = [e.ts_recv_ns for e in listener.of(Trade)]
                ended_ns = next(s.ts_recv_ns for s in listener.of(FeedStatus) if not s.up)
                assert ended_ns - before[-1] < 2_000_000_000, "trades came all the time"

    asyncio.run(scene())


@pytest.mark.thorough
def test_a_way_that_is_blocked_and_free_again_is_taken_again():
    async def scene():
        async with live_market("okx") as urls, proxied(urls["okx"]) as way:
            listener = Listener("okx", way.urls)
            async with listener.running():
                await listener.until(lambda: is_live(listener))
                way.set("reset")
                await listener.until(lambda: "LIVE" not in listener.qualities().values())
                marks = len(listener.of(MarkPrice))
                way.set("pass")
                await listener.until(lambda: is_live(listener))
                assert len(listener.of(MarkPrice)) > marks

    asyncio.run(scene())
