"""What sockets and requests of a connection share: patience with a venue that wants none."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from desk.io.clock import ManualClock
from desk.io.connect_limits import ConnectLimits
from desk.io.retry import Retries
from desk.io.world import World
from desk.venues.protocol import RestRequest, SocketUrls

WANTED = RestRequest("c", "/depth", "BTC")
LIMITED = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def world_at(urls, clock):
    return World(
        urls=urls, clock=clock, retries=Retries(lambda: 0.5), limits=ConnectLimits(), tap=None
    )


@asynccontextmanager
async def answering(*answers):
    """A REST that gives these answers in turn; gives its address and the requests it had."""
    left, had = list(answers), []

    async def serve(reader, writer):
        had.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(left.pop(0))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield SocketUrls(f"http://{address}", f"ws://{address}"), had
    finally:
        server.close()
        await server.wait_closed()


async def turns(count=20):
    """Let whatever can happen in a moment happen."""
    for _ in range(count):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [(LIMITED, 10), (LIMITED.replace(b"\r\n\r\n", b"\r\nRetry-After: 40\r\n\r\n"), 40)],
)
def test_a_venue_that_is_asked_too_much_gets_no_request_at_all_for_a_while(answer, wait_s):
    async def scene():
        clock = ManualClock(wall_ms=1_795_780_800_000)
        async with answering(answer, GOOD) as (urls, had):
            world = world_at(urls, clock)
            refused = asyncio.create_task(world.ask(WANTED))
            await turns()
            other = asyncio.create_task(world.ask(WANTED))
            clock.advance_ms(wait_s * 1_000 - 1)
            await turns()
            assert len(had) == 1
            assert not refused.done(), "it counts as outstanding, so that nobody asks again"
            clock.advance_ms(1)
            assert await refused is None
            assert await other == b"{}"
            assert len(had) == 2

    asyncio.run(scene())


def test_a_request_to_nobody_has_no_answer_and_binds_nobody():
    async def scene():
        world = world_at(SocketUrls("http://127.0.0.1:9", "ws://127.0.0.1:9"), ManualClock())
        assert await world.ask(WANTED) is None
        assert await world.ask(WANTED) is None

    asyncio.run(scene())


@pytest.mark.thorough
def test_sockets_to_the_world_keep_the_venue_s_limit_and_those_on_this_machine_have_none():
    async def scene(urls, connects):
        clock = ManualClock()
        world = world_at(urls, clock)
        tasks = [asyncio.create_task(world.turn("okx", failed=False)) for _ in range(4)]
        await turns()
        assert sum(task.done() for task in tasks) == connects
        for _ in range(2):
            clock.advance_ms(1_000)
            await turns()
        await asyncio.gather(*tasks)

    asyncio.run(scene(SocketUrls("https://venue.example", "wss://venue.example"), 2))
    asyncio.run(scene(SocketUrls("http://127.0.0.1:9", "ws://127.0.0.1:9"), 4))
