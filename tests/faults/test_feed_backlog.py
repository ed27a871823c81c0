"""T25: what waits with us is not silence of the venue's, and what is silent is left all the same.

One socket on the loopback and a clock that goes on only when it is told to: how long something
took is what the test says.
"""

import asyncio
import json
import select
from contextlib import asynccontextmanager, suppress

import pytest
from helpers import binance_frames as b
from helpers.hasty import Hasty
from helpers.live_market import Listener
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from desk.io import pump
from desk.io.clock import ManualClock
from desk.model.market_data import FeedStatus, MarkPrice, Trade
from desk.venues.protocol import SocketUrls

SILENCE_MS = 300
TAKES_MS = 1
MANY = 1_000
"""Trades: far more time than the silence that is borne, and several turns of the loop."""
BTC = "BTCUSD_PERP"
PATIENCE_S = 10.0


class Venue:
    """One socket, on which a test says what it wants."""

    def __init__(self):
        self._socket = None
        self._asked = asyncio.Event()
        self._ids = 0

    @asynccontextmanager
    async def served(self):
        async with serve(self._converse, "127.0.0.1", 0, close_timeout=0.1) as server:
            address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield SocketUrls(f"http://{address}", f"ws://{address}")

    async def _converse(self, socket):
        with suppress(ConnectionClosed):
            async for said in socket:
                request = json.loads(said)
                await socket.send(b.raw({"result": None, "id": request["id"]}).decode())
                self._socket = socket
                self._asked.set()

    async def until_asked(self):
        async with asyncio.timeout(PATIENCE_S):
            await self._asked.wait()

    def say(self, *messages):
        """Send all of them in one piece."""
        for message in messages:
            self._socket.protocol.send_text(message)
        self._socket.transport.write(b"".join(self._socket.protocol.data_to_send()))

    def mark(self, time_ms=0):
        data = b.mark(symbol=BTC, time_ms=b.START_MS + time_ms)
        return b.wrapped("btcusd_perp@markPrice@1s", data)

    def trade(self, time_ms=0):
        self._ids += 1
        data = b.trade(self._ids, "61000.0", "1", symbol=BTC, time_ms=b.START_MS + time_ms)
        return b.wrapped("btcusd_perp@trade", data)


@asynccontextmanager
async def listening(takes_ms=0):
    """A venue, and a listener that has had a first mark and takes its time with each message."""
    clock, venue = ManualClock(boot_ns=1_000_000_000, wall_ms=b.START_MS), Venue()

    class Slow(Hasty):
        def receive_frame(self, frame, ts_recv_ns):
            self._inner.receive_frame(frame, ts_recv_ns)
            clock.advance_ms(takes_ms)

    def slow(protocol):
        return Slow(protocol, silence_ms=SILENCE_MS, first_data_ms=60_000, life_ms=None)

    async with venue.served() as urls:
        listener = Listener("binance-coinm", urls, wrap=slow, clock=clock)
        async with listener.running():
            await venue.until_asked()
            clock.advance_ms(1)
            venue.say(venue.mark())
            await listener.until(lambda: listener.of(MarkPrice))
            yield venue, listener


@pytest.fixture(autouse=True)
def always_watching(monkeypatch):
    """Look at the sockets in every turn of the loop: whatever can be seen is seen."""
    monkeypatch.setattr(pump, "TICK_S", 0)


def down(listener):
    return [status.reason for status in listener.of(FeedStatus) if not status.up]


@pytest.mark.fault("T25")
@pytest.mark.parametrize("apart_ms", [1, 0])
def test_a_socket_whose_marks_wait_behind_our_own_backlog_is_kept(apart_ms):
    """Also where all that waits was told at the same time, so that the venue's seems to stand."""

    async def scene():
        async with listening(TAKES_MS) as (venue, listener):
            venue.say(*(venue.trade(n * apart_ms) for n in range(MANY)), venue.mark(MANY))
            await listener.until(lambda: len(listener.of(MarkPrice)) == 2 or down(listener))
            assert down(listener) == []
            assert len(listener.of(Trade)) == MANY

    asyncio.run(scene())


@pytest.mark.fault("T25")
def test_a_socket_whose_marks_wait_in_the_system_is_kept():
    """As after a moment in which the loop did something else: nothing is in our queue yet."""

    async def scene():
        async with listening() as (venue, listener):
            (live,) = listener.connection._live._live.values()
            venue.say(venue.mark(1_000))
            arrived = select.poll()
            arrived.register(live.socket.transport.get_extra_info("socket"), select.POLLIN)
            assert arrived.poll(PATIENCE_S * 1_000)
            listener.clock.advance_ms(2 * SILENCE_MS)
            await listener.until(lambda: len(listener.of(MarkPrice)) == 2 or down(listener))
            assert down(listener) == []

    asyncio.run(scene())


@pytest.mark.fault("T03")
def test_a_socket_with_trades_and_no_marks_is_left():
    async def scene():
        async with listening() as (venue, listener):
            for turn in range(1, 4):
                listener.clock.advance_ms(SILENCE_MS // 3)
                venue.say(venue.trade(turn))
                await listener.until(lambda turn=turn: len(listener.of(Trade)) == turn)
            assert down(listener) == []
            listener.clock.advance_ms(1)
            await listener.until(lambda: down(listener))
            assert down(listener) == [f"/stream no data for {SILENCE_MS + 1} ms"]

    asyncio.run(scene())


@pytest.mark.fault("T03")
def test_a_socket_that_repeats_itself_is_left():
    async def scene():
        async with listening() as (venue, listener):
            for turn in range(2, 5):
                listener.clock.advance_ms(SILENCE_MS // 3)
                venue.say(venue.mark())
                await listener.until(lambda turn=turn: len(listener.of(MarkPrice)) == turn)
            assert down(listener) == []
            listener.clock.advance_ms(1)
            await listener.until(lambda: down(listener))
            assert "the venue's time has stood still for 301 ms" in down(listener)[0]

    asyncio.run(scene())
