"""A window without a screen, on the real pipe: takes a frame, asks for the next, keeps all."""

import asyncio
from multiprocessing import Pipe

import msgspec

from desk.engine.snapshot import DeskFrame, EventMessage, Hello, PipeMessage, Request
from desk.io.clock import SystemClock
from desk.model.commands import Heartbeat, NextFrame

PATIENCE_S = 30.0
BEAT_S = 0.25


class Window:
    """Stands where the window's process stands; a glass may read at the other end."""

    failed = False

    def __init__(self):
        self.connection, self.theirs = Pipe(duplex=True)

    def ended_how(self):
        return "it is gone"

    def end(self):
        self.theirs.close()


class Glass:
    """Reads `connection` on the loop of the test; `seen` holds (boot-time ms, frame)."""

    def __init__(self, connection, selected):
        self._connection, self._selected = connection, selected
        self._loop = asyncio.get_running_loop()
        self._clock = SystemClock()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(PipeMessage).decode
        self._number = 0
        self.seen = asyncio.Queue()
        self.events = []
        self.gaps = 0
        """Events that should have come before the one that came."""
        self._last_event = 0
        self._loop.add_reader(connection.fileno(), self._read)
        self._beat = None

    def now_ms(self):
        return self._clock.boot_ns() / 1e6

    def _read(self):
        try:
            message = self._decode(self._connection.recv_bytes())
        except (EOFError, ConnectionResetError):  # the desk has gone
            self.close()
            return
        if isinstance(message, Hello):
            self._heart()
            self.give(NextFrame(selected=self._selected))
        elif isinstance(message, DeskFrame):
            self.seen.put_nowait((self.now_ms(), message))
            self.give(NextFrame(selected=self._selected))
        elif isinstance(message, EventMessage):
            self.gaps += message.number - self._last_event - 1
            self._last_event = message.number
            self.events.append(message.event)

    def _heart(self):
        self.give(Heartbeat())
        self._beat = self._loop.call_later(BEAT_S, self._heart)

    def give(self, command):
        """Send a command; its number."""
        self._number += 1
        payload = msgspec.Raw(self._encode(command))
        self._connection.send_bytes(self._encode(Request(number=self._number, payload=payload)))
        return self._number

    def market(self, frame):
        """What a frame says of the market that is looked at."""
        return next(m for m in frame.markets if m.instrument == self._selected)

    def shown_age_ms(self, at_ms, frame):
        """How old the mark of a frame was when the frame was there."""
        return self.market(frame).mark_age_ms + at_ms - frame.ts_ns / 1e6

    def forget(self):
        """Look at what comes from now on only."""
        while not self.seen.empty():
            self.seen.get_nowait()

    async def until(self, condition):
        """The first frame from now on that fulfils it, and when it came."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                at_ms, frame = await self.seen.get()
                if condition(frame):
                    return at_ms, frame

    async def until_quality(self, quality):
        """The first frame from now on that shows the market so."""
        return await self.until(lambda frame: self.market(frame).quality == quality)

    async def answer(self, number):
        """The event that answers a command."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in self.events:
                    if event.command == number:
                        return event
                await asyncio.sleep(0.005)

    def close(self):
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None
        self._loop.remove_reader(self._connection.fileno())
