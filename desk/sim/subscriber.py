"""One websocket connection to a venue of channels: its count of frames, and its pauses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from websockets.asyncio.server import ServerConnection

from desk.sim import sockets
from desk.sim.line import Line

Seal = Callable[[bytes, int], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What a venue does with a connection of its own accord; nothing, unless told otherwise."""

    welcome: Callable[[str], bytes] | None = None
    """Makes the first frame from a connection's id."""
    seal: Seal | None = None
    """Writes the connection's next number into a frame; None for frames that have none."""
    idle_ms: int = 0
    idle_frame: bytes = b""
    """Sent when nothing else was for so long."""
    silence_ms: int = 0
    """A connection on which nothing was sent for so long is closed; 0: never."""
    subscribe_ms: int = 0
    """A connection that has not subscribed to anything by then is closed; 0: never."""


NO_HABITS = Habits()


class Subscriber(Line):
    """A connection and what is its own."""

    def __init__(
        self, connection: ServerConnection, route: str, number: int, habits: Habits, now_ms: int
    ) -> None:
        super().__init__(connection, f"{number:08x}")
        self.route = route
        self.has_subscribed = False
        self._sent_ms = now_ms
        """When a frame last went, in the venue's elapsed time."""
        self._habits = habits
        self._opened_ms = now_ms
        self._number = 0

    def sealed(self, payload: bytes) -> bytes:
        """Return a frame with the connection's next number in it, where the venue counts."""
        seal = self._habits.seal
        numbered = None if seal is None else seal(payload, self._number)
        if numbered is None:
            return payload
        self._number += 1
        return numbered

    def send(self, payload: bytes, now_ms: int) -> None:
        """Queue a sealed frame of a stream."""
        if not self.is_stalled:
            self._sent_ms = now_ms
        self.queue(payload)

    def answer(self, payload: bytes, now_ms: int) -> None:
        """Queue an answer; where frames are numbered it cannot overtake those that wait."""
        numbered = self.sealed(payload)
        if numbered is payload:
            self._sent_ms = now_ms
            self.queue_now(payload)
        else:
            self.send(numbered, now_ms)

    def keep_up(self, now_ms: int) -> None:
        """Fill a pause, or end a connection that has been quiet for too long."""
        habits = self._habits
        if habits.idle_ms and self.streams and now_ms - self._sent_ms >= habits.idle_ms:
            self._sent_ms = now_ms
            self.queue_now(habits.idle_frame)
        if self._is_over(now_ms):
            sockets.say_goodbye(self.connection, 1000, "")

    def _is_over(self, now_ms: int) -> bool:
        habits = self._habits
        if habits.subscribe_ms and not self.has_subscribed:
            return now_ms - self._opened_ms >= habits.subscribe_ms
        return bool(habits.silence_ms) and now_ms - self._sent_ms >= habits.silence_ms
