"""A client of the tests' own for venues of one port: plain sockets, answers sorted by the test."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from contextlib import asynccontextmanager
from decimal import Decimal

import websockets
from socket_client import fetch


@asynccontextmanager
async def talking(venue, path):
    async with websockets.connect(venue.addresses["ws"] + path, max_size=None) as connection:
        yield Talk(connection)


async def get(venue, path):
    """GET a path; return (status, document)."""
    return await asyncio.to_thread(fetch, venue.addresses["rest"] + path)


async def post(venue, path, body):
    """POST a body to a path; return (status, document)."""
    request = urllib.request.Request(venue.addresses["rest"] + path, body)
    return await asyncio.to_thread(fetch, request)


class Talk:
    """Sends, and collects what comes until an awaited answer."""

    def __init__(self, connection):
        self.connection = connection
        self.frames = []

    async def say(self, message, answers=1):
        """Send a message; return the answers to it: frames that are no data."""
        text = message if isinstance(message, str) else json.dumps(message)
        await self.connection.send(text)
        found = []
        while len(found) < answers:
            raw = await asyncio.wait_for(self.connection.recv(), 10)
            frame = raw if raw == "pong" else json.loads(raw)
            is_data = isinstance(frame, dict) and "data" in frame
            (self.frames if is_data else found).append(frame)
        return found[0] if answers == 1 else found


class DictBook:
    """Prices and sizes by side, as both venues' rules say: a size of 0 removes a level."""

    def __init__(self):
        self.bids = {}
        self.asks = {}

    def load(self, bids, asks):
        self.bids.clear()
        self.asks.clear()
        self.change(bids, asks)

    def change(self, bids, asks):
        for side, levels in ((self.bids, bids), (self.asks, asks)):
            for price, size, *_ in levels:
                if Decimal(size):
                    side[Decimal(price)] = Decimal(size)
                else:
                    del side[Decimal(price)]  # the venue removes nothing that is not there

    def top(self):
        bid, ask = max(self.bids), min(self.asks)
        return bid, self.bids[bid], ask, self.asks[ask]


def market_levels(venue, name, depth, size=Decimal(1)):
    """The simulator's own book as the client should have it; `size`: base coin a unit."""
    listing = venue.simulator.market.listings[name]
    tick, lot = listing.instrument.tick_size, listing.instrument.lot_size
    return tuple(
        {ticks * tick: lots * lot / size for ticks, lots in side.levels(depth)}
        for side in (listing.book.bids, listing.book.asks)
    )
