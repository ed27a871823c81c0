"""T21: a venue that lets nobody in for ten minutes is not hammered, and never given up.

The sockets are real, and time is the loop's own: ten minutes take a second. What is counted is
what this process wanted to connect to, requests by REST among it.
"""

import asyncio
import random
import socket
from contextlib import AsyncExitStack, suppress
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.live_market import Listener
from helpers.virtual_time import VirtualClock, run_virtually
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from desk.io.world import SLICE_S
from desk.model.market_data import FeedStatus
from desk.venues.protocol import SocketUrls

TEN_MINUTES_S, FIVE_MINUTES_S = 600.0, 300.0
MOST, CAP_S, SPREAD = 30, 60.0, 0.5
DESKS = 8
"""That are refused at the same time."""
WAITS = 8
"""Each desk's first, whose spread is looked at: later ones are kept apart as well as random."""
HOWS = ("refuse", "429", "reset", "accept then close")


class Refusing:
    """A port at which nobody gets in, in one of four ways, until it is told to let all in."""

    def __init__(self, how):
        self._how = how
        self._lets_in = False
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))  # taken, and nobody listens yet
        port = self._socket.getsockname()[1]
        self.urls = SocketUrls(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}")
        self._stack = AsyncExitStack()

    async def __aenter__(self):
        if self._how == "reset":
            await self._serve_resets()
        elif self._how != "refuse":
            await self._serve()
        return self

    async def __aexit__(self, *_):
        await self._stack.aclose()
        self._socket.close()

    async def _serve(self):
        server = serve(
            self._converse, sock=self._socket, process_request=self._answer, close_timeout=0.1
        )
        await self._stack.enter_async_context(server)

    async def _serve_resets(self):
        server = await asyncio.start_server(self._cut, sock=self._socket)
        await self._stack.enter_async_context(server)

    async def let_in(self):
        self._lets_in = True
        if self._how == "reset":
            self._socket = self._socket.dup()  # the server closes its own
            await self._stack.aclose()
        if self._how in ("reset", "refuse"):
            await self._serve()

    def _answer(self, connection, request):
        if self._how == "429" and not self._lets_in:
            return Response(429, "Too Many Requests", Headers({"Content-Length": "0"}))
        return None

    async def _converse(self, connection):
        if self._lets_in:
            await connection.wait_closed()
        else:
            with suppress(Exception):
                await connection.close()

    async def _cut(self, reader, writer):
        writer.transport.abort()


def in_use():
    """Tasks of this loop, and open files of this process."""
    return len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").iterdir()))


def is_up(listener):
    return any(status.up for status in listener.of(FeedStatus)[-2:])


async def refused(how, jitter):
    """Knock for ten minutes, then get in.

    Return when it was tried, how long it took to get in, and what was in use before, meanwhile,
    and after.
    """
    loop = asyncio.get_running_loop()
    async with Refusing(how) as venue:
        before = in_use()
        listener = Listener("binance-usdm", venue.urls, clock=VirtualClock(), jitter=jitter)
        async with listener.running():
            await asyncio.sleep(TEN_MINUTES_S)
            tried_s, meanwhile = list(loop.connects_s), in_use()
            listener.events.clear()
            await venue.let_in()
            freed_s = loop.time()
            await listener.until(lambda: is_up(listener), patience_s=2 * CAP_S)
            back_s = loop.time() - freed_s
        await asyncio.sleep(1)
        return tried_s, back_s, before, meanwhile, in_use()


@pytest.mark.fault("T21")
@pytest.mark.thorough
@pytest.mark.parametrize(("how", "dice"), [*((how, "any") for how in HOWS), ("reset", "soonest")])
def test_ten_minutes_of_refusals_are_thirty_attempts_at_most_and_not_the_end(how, dice, figure):
    jitter = random.Random(1).random if dice == "any" else lambda: 0.0
    tried_s, back_s, before, meanwhile, after = run_virtually(refused(how, jitter))
    gaps_s = [later - earlier for earlier, later in pairwise(tried_s)]
    figure(
        f"ten minutes of {how}, {dice} dice: {len(tried_s)} attempts, at most {max(gaps_s):.0f} s "
        f"apart; connected {back_s:.0f} s after it was let in; {after[0] - before[0]} tasks and "
        f"{after[1] - before[1]} files left"
    )
    assert 10 <= len(tried_s) <= MOST
    assert max(gaps_s) <= CAP_S + SLICE_S
    assert back_s <= CAP_S + SLICE_S
    assert meanwhile[0] <= before[0] + 10
    assert after == before


async def refused_together(how):
    """Many desks at once; return by desk when it was tried, as far as the venue refused it."""
    async with Refusing(how) as venue, AsyncExitStack() as stack:
        listeners = [
            Listener(
                "binance-spot", venue.urls, clock=VirtualClock(), jitter=random.Random(n).random
            )
            for n in range(DESKS)
        ]
        for listener in listeners:
            await stack.enter_async_context(listener.running())
        await asyncio.sleep(TEN_MINUTES_S)
        return [[s.ts_recv_ns / 1e9 for s in one.of(FeedStatus) if not s.up] for one in listeners]


@pytest.mark.fault("T21")
@pytest.mark.thorough
def test_desks_that_were_refused_together_do_not_come_back_together(figure):
    by_desk = run_virtually(refused_together("reset"))
    waits = [[later - earlier for earlier, later in pairwise(tried)] for tried in by_desk]
    together = list(zip(*(one[:WAITS] for one in waits), strict=True))
    spreads = [(max(nth) - min(nth)) / max(nth) for nth in together]
    figure(f"waits of {DESKS} desks: spread of at least {min(spreads):.0%} of the longest")
    assert len(spreads) == WAITS
    assert min(spreads) >= SPREAD
    assert max(max(one) for one in waits) <= CAP_S + SLICE_S
