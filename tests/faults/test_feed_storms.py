"""T21, T22: a venue that refuses is not hammered, and after every reconnect all is asked for."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from helpers.live_market import Listener, live_market
from helpers.proxy import proxied
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from desk.io.clock import SystemClock
from desk.model.market_data import FeedStatus
from desk.venues.protocol import SocketUrls

FAST = 100
"""Ten minutes pass in six seconds; much faster, and ticks would look like sleep."""


class FastClock(SystemClock):
    """Time that flies."""

    def __init__(self):
        super().__init__()
        self._start_ns = super().boot_ns()

    def boot_ns(self):
        return self._start_ns + FAST * (super().boot_ns() - self._start_ns)


def wanted(connection):
    return {name for e in connection.protocol.endpoints() for name in e.streams}


def active(connection):
    """Those that flow; what is polled by REST is among them."""
    return {stream.name for stream in connection.streams() if stream.active}


async def forced_reconnects(name, rounds):
    """Reset every socket again and again; return how often all streams were active again."""
    complete = 0
    async with (
        live_market(name.split("-")[0]) as urls,
        proxied(urls.get(name) or urls[name.split("-")[0]]) as way,
    ):
        listener = Listener(name, way.urls, jitter=lambda: 0.0)
        connection = listener.connection
        async with listener.running():
            sockets = len(connection.protocol.endpoints())
            for _ in range(rounds):
                await listener.until(lambda: wanted(connection) <= active(connection))
                complete += 1
                ups = opened(listener)
                way.reset()
                await listener.until(lambda ups=ups: opened(listener) >= ups + sockets)
            await listener.until(lambda: wanted(connection) <= active(connection))
        return complete


def opened(listener):
    """How often a socket opened."""
    return sum(status.reason.endswith(" connected") for status in listener.of(FeedStatus))


@pytest.mark.fault("T22")
@pytest.mark.parametrize("name", ["binance-usdm", "okx", "bybit-linear"])
def test_after_a_forced_reconnect_every_wanted_stream_is_active(name):
    assert asyncio.run(forced_reconnects(name, 10)) == 10


@pytest.mark.fault("T22")
@pytest.mark.slow
def test_five_hundred_forced_reconnects(figure):
    complete = asyncio.run(forced_reconnects("binance-usdm", 500))
    figure(f"forced reconnects: wanted == active {complete} of 500")
    assert complete == 500


def limited(connection, request):
    return Response(429, "Too Many Requests", Headers({"Content-Length": "0"}))


async def hang_up(socket):
    with suppress(Exception):
        await socket.close()


@asynccontextmanager
async def refusing(how, knocks):
    """A server that refuses every socket in some way, and counts them."""

    def note(connection, request):
        knocks.append(1)
        return limited(connection, request) if how == "429" else None

    async def cut(reader, writer):
        knocks.append(1)
        writer.transport.abort()

    if how == "reset":
        server = await asyncio.start_server(cut, "127.0.0.1", 0)
    else:
        server = await serve(hang_up, "127.0.0.1", 0, process_request=note, close_timeout=0.1)
    try:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield SocketUrls(f"http://{address}", f"ws://{address}")
    finally:
        server.close()
        await server.wait_closed()


async def ten_minutes_of(how):
    knocks, clock = [], FastClock()
    async with refusing(how, knocks) as urls:
        listener = Listener("binance-usdm", urls, clock=clock)
        async with listener.running():
            await asyncio.sleep(600 / FAST)
            tasks = len(asyncio.all_tasks())
        assert tasks <= 20, "nothing is left of what was refused"
        assert all(not s.up for s in listener.of(FeedStatus) if how != "accept then close")
    return len(knocks)


@pytest.mark.fault("T21")
@pytest.mark.slow
@pytest.mark.parametrize(
    "how",
    [
        "reset",
        pytest.param("429", marks=pytest.mark.slow),
        pytest.param("accept then close", marks=pytest.mark.slow),
    ],
)
def test_ten_minutes_of_refusals_are_thirty_attempts_at_most(how, figure):
    count = asyncio.run(ten_minutes_of(how))
    figure(f"ten simulated minutes of {how}: {count} attempts (at most 30)")
    assert 10 <= count <= 30
