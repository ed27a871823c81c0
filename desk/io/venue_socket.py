"""The socket of a venue: whole text messages are handed on as the library makes them.

Nearly everything that a venue sends is one text message in one frame. The library would put each
into a queue and wake a task for it, which costs as much as to read it. Here they are handed on
together, in order, in turns. From the first message in parts or of bytes on it is the library's
queue as ever, read with `recv`: nothing of before is still on its way then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from websockets.asyncio.client import ClientConnection
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.protocol import Event

_TEXT = Opcode.TEXT
_TURN = 256
"""Messages after which others get a turn."""

Take: TypeAlias = Callable[[list[bytes]], None]


class VenueSocket(ClientConnection):
    """Hands on the messages of one venue; see `hand_to`."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._take: Take | None = None
        self._waiting: list[bytes] = []
        self._is_queued = False
        """From the first message on that is out of the ordinary."""
        self._turn: asyncio.Handle | None = None
        """When the next messages are handed on; meanwhile nothing is read."""

    def hand_to(self, take: Take) -> None:
        """Hand messages to somebody, from the first on; those that `recv` returns come after."""
        self._take = take
        self._hand_on(_TURN)

    @property
    def has_waiting(self) -> bool:
        """Whether it has read messages that nobody has taken yet."""
        return bool(self._waiting) or len(self.recv_messages.frames) > 0

    def process_event(self, event: Event) -> None:
        """Keep a whole text message for the next turn; anything else is the library's."""
        if not self._is_queued and isinstance(event, Frame):
            if event.opcode is _TEXT and event.fin:
                self._waiting.append(bytes(event.data))
                return
            if event.opcode in DATA_OPCODES:
                self._is_queued = True
                self._hand_on(len(self._waiting))
        super().process_event(event)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        super().data_received(data)
        if self._turn is None:
            self._hand_on(_TURN)

    def eof_received(self) -> None:
        """Hand on what still waits, and end."""
        self._hand_on(len(self._waiting))
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on what still waits, and end."""
        self._hand_on(len(self._waiting))
        super().connection_lost(exc)

    def _hand_on(self, most: int) -> None:
        """Hand on so many, and the rest in turns to come."""
        if self._take is None or not self._waiting:
            return
        now, self._waiting = self._waiting[:most], self._waiting[most:]
        self._take(now)
        if self._waiting and self._turn is None:
            self.transport.pause_reading()
            self._turn = self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._turn = None
        self.transport.resume_reading()
        self._hand_on(_TURN)
