"""The desk's own protocols on the simulated venues, over real sockets, from the listing on."""

import asyncio
import json
from collections import Counter

import pytest
import websockets
from channel_client import get

from desk.market.book import Book
from desk.model.market_data import BookDelta, BookLost, BookSnapshot, MarkPrice
from desk.venues import bybit_listing, okx_listing
from desk.venues.bybit import BybitProtocol
from desk.venues.okx import OkxProtocol

LISTINGS = {"okx": okx_listing, "bybit": bybit_listing}
CONNECTIONS = {"okx": "okx", "bybit-linear": "bybit", "bybit-spot": "bybit"}
every_connection = pytest.mark.parametrize("connection", CONNECTIONS)
HEAL_MS = 12_000
"""Longest that a lost book may take to be whole again."""


async def listed(venue, name):
    """Read the listing that the simulated venue answers."""
    instruments = []
    for path in LISTINGS[name].LISTING_PATHS:
        _, document = await get(venue, path)
        listing = LISTINGS[name].read_listing(json.dumps(document).encode())
        assert not listing.refused
        instruments += listing.instruments
    return instruments


class Follower:
    """One protocol on one socket: carries bytes, keeps books and counts events."""

    def __init__(self, connection, instruments):
        self.instruments = [i for i in instruments if i.connection == connection]
        make = {"okx": OkxProtocol}.get(connection)
        own = self.instruments
        self.protocol = make(own) if make else BybitProtocol(connection, own)
        (self.endpoint,) = self.protocol.endpoints()
        self.books = {i.id: Book(i.id) for i in self.instruments}
        self.marks = {}
        self.counted = Counter()

    async def follow(self, venue, ms):
        path = self.endpoint.path
        async with websockets.connect(venue.addresses["ws"] + path, max_size=None) as socket:
            self.protocol.connection_made(path, self.now_ns(venue))
            for _ in range(ms // 50):
                await self.say(socket)
                await venue.pass_ms(50)
                self.protocol.tick(self.now_ns(venue))
                await self.hear(venue, socket)

    async def say(self, socket):
        for frame in self.protocol.frames_to_send(self.endpoint.path):
            await socket.send(frame, text=True)

    async def hear(self, venue, socket):
        """Take everything the venue has sent so far: what comes before a pong of its own."""
        pong = await socket.ping()
        while not pong.done():
            receiving = asyncio.ensure_future(socket.recv(decode=False))
            await asyncio.wait({pong, receiving}, return_when=asyncio.FIRST_COMPLETED)
            if not receiving.done():
                receiving.cancel()
                break
            self.take(receiving.result(), venue)
        while socket.recv_messages.frames.queue if False else False:
            pass

    def take(self, frame, venue):
        self.protocol.receive_frame(frame, self.now_ns(venue))
        for event in self.protocol.events_received():
            self.counted[type(event)] += 1
            if isinstance(event, BookSnapshot):
                self.books[event.instrument].apply_snapshot(event)
            elif isinstance(event, BookDelta):
                self.books[event.instrument].apply_delta(event)
            elif isinstance(event, BookLost):
                self.books[event.instrument].lose(event.reason)
            elif isinstance(event, MarkPrice):
                self.marks[event.instrument] = event

    @staticmethod
    def now_ns(venue):
        return venue.clock.wall_ms() * 1_000_000
