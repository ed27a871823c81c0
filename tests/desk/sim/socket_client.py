"""A small Binance client of the tests' own: plain sockets, books by the venue's written rule."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from contextlib import asynccontextmanager

import websockets
from simulated_day import START_MS, instruments

from desk.io.clock import ManualClock
from desk.sim.faults import parse_faults
from desk.sim.simulator import Settings, Simulator

PERPETUALS_AND_SPOT = ("usdm", "spot")


@asynccontextmanager
async def served(
    *, dialect="binance", faults="", saved=None, wall_ms=START_MS + 500, made_ms=0, **settings
):
    """A simulator of one dialect on loopback whose clock moves only when told.

    `made_ms`: how long it took to make, before it began to listen.
    """
    clock = ManualClock(wall_ms=wall_ms)
    settings = Settings(dialects=(dialect,), faults=tuple(parse_faults(faults)), **settings)
    simulator = Simulator(instruments(), settings, wall_ms=clock.wall_ms, saved=saved)
    clock.advance_ms(made_ms)
    venue = Venue(simulator, clock, (await simulator.start())[dialect])
    try:
        yield venue
    finally:
        await simulator.stop()


class Venue:
    """The simulator as a test sees it."""

    def __init__(self, simulator, clock, addresses):
        self.simulator = simulator
        self.clock = clock
        self.addresses = addresses

    async def pass_ms(self, ms, step_ms=50):
        """Let time pass, giving sockets a turn after each step."""
        for _ in range(ms // step_ms):
            self.clock.advance_ms(step_ms)
            self.simulator.step()
            await asyncio.sleep(0)

    def url(self, section, path):
        return self.addresses[section]["ws"] + path

    @asynccontextmanager
    async def client(self, section, path):
        async with websockets.connect(self.url(section, path), max_size=None) as connection:
            yield Client(connection)

    async def get(self, section, path):
        """GET a path; return (status, document)."""
        return await asyncio.to_thread(fetch, self.addresses[section]["rest"] + path)


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


class Client:
    """Collects what comes; `settle` waits until everything sent so far is here."""

    def __init__(self, connection):
        self.connection = connection
        self.frames = []
        self.pings = 0

    async def ask(self, method, params=()):
        """Send a command and return its answer; data that comes before it is kept."""
        self.pings += 1
        message = {"method": method, "params": list(params), "id": self.pings}
        await self.connection.send(json.dumps(message))
        while True:
            frame = json.loads(await self.connection.recv())
            if frame.get("id") == self.pings:
                return frame
            self.frames.append(frame)

    async def settle(self):
        """Everything the server has sent before its answer comes before it."""
        await self.ask("LIST_SUBSCRIPTIONS")
        return self.frames

    async def until_broken(self):
        """Collect what comes until the end; `goodbye` is the closing frame, None when broken."""
        try:
            while True:
                self.frames.append(json.loads(await self.connection.recv()))
        except websockets.ConnectionClosedError as error:
            self.goodbye = error.rcvd
        return self.frames


class DictBook:
    """A book kept by the rule the venue publishes; raises AssertionError when it cannot be."""

    def __init__(self, *, futures):
        self.futures = futures
        self.sides = {"b": {}, "a": {}}
        self.last_id = None
        self.applied = 0

    def load(self, snapshot):
        self.last_id = snapshot["lastUpdateId"]
        for side, name in (("b", "bids"), ("a", "asks")):
            self.sides[side] = {float(p): float(q) for p, q in snapshot[name]}
        self.first = True

    def apply(self, diff):
        """Apply a diff or drop it as stale; return whether it was applied."""
        last = self.last_id
        if self.first:
            if diff["u"] < last + (0 if self.futures else 1):
                return False
            start = diff["U"] if self.futures else diff["U"] - 1
            follows = start <= last or (self.futures and diff["pu"] == last)
            self.first = False
        else:
            follows = diff["pu"] == last if self.futures else diff["U"] == last + 1
        assert follows, f"gap: at {last}, got {diff['U']}-{diff['u']}"
        for side in ("b", "a"):
            for price, quantity in diff[side]:
                if float(quantity):
                    self.sides[side][float(price)] = float(quantity)
                else:
                    self.sides[side].pop(float(price), None)
        self.last_id = diff["u"]
        self.applied += 1
        return True

    def top(self):
        bid, ask = max(self.sides["b"]), min(self.sides["a"])
        return bid, self.sides["b"][bid], ask, self.sides["a"][ask]
