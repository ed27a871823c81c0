"""The bare way to receive: the library's loop, each message decoded into its type, and no more.

What the desk's ingest is measured against: the same library with the same settings, on the same
two sockets.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from multiprocessing.connection import Connection
from typing import Any

from bench.plain_book import decode
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from desk.bench.meter import Meter
from desk.bench.sender import MARKET, PUBLIC


def run(pipe: Connection, ready: dict[str, Any], _folder: str) -> None:
    """Receive until told to end."""
    asyncio.run(_receive(pipe, ready["binance"]["usdm"]["ws"]))


async def _receive(pipe: Connection, url: str) -> None:
    counts: Counter[str] = Counter()
    async with _opened(url + PUBLIC) as public, _opened(url + MARKET) as market:
        tasks = [asyncio.create_task(_read(socket, counts)) for socket in (public, market)]
        await Meter(pipe, lambda: counts, lambda: None).serve(dict)
        for task in tasks:
            task.cancel()


def _opened(url: str) -> connect:
    return connect(url, compression=None, proxy=None, max_size=1 << 20)


async def _read(socket: ClientConnection, counts: Counter[str]) -> None:
    try:
        while True:
            counts[decode(await socket.recv(decode=False)).stream] += 1
    except ConnectionClosed:
        pass
