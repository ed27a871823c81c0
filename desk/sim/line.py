"""A websocket connection under faults: what is put on it may wait, vanish or break off."""

from __future__ import annotations

from websockets.asyncio.server import ServerConnection

from desk.sim import sockets


class Line:
    """One connection and its streams."""

    def __init__(self, connection: ServerConnection, connection_id: str) -> None:
        self.connection = connection
        self.id = connection_id
        self.streams: set[str] = set()
        self._waiting: list[bytes] = []
        self._is_stalled = False
        self._is_buried = False
        self._is_cut = False

    @property
    def is_stalled(self) -> bool:
        """Tell whether data wait."""
        return self._is_stalled

    def queue(self, payload: bytes) -> None:
        """Put data where `flush` finds them, or where they wait."""
        if self._is_stalled and not self._is_buried:
            self._waiting.append(payload)
        else:
            self.queue_now(payload)

    def queue_now(self, payload: bytes) -> None:
        """Put an answer where `flush` finds it: a stall does not concern it."""
        if not self._is_buried:
            sockets.queue(self.connection, payload)

    def flush(self) -> None:
        """Hand everything queued to the system, or a part of it and then the end."""
        if self._is_cut:
            sockets.cut(self.connection)
        else:
            sockets.flush(self.connection)

    def stall(self, *, is_stalled: bool) -> None:
        """Let data wait from now on, or send what has waited."""
        self._is_stalled = is_stalled
        waiting, size = self._waiting, sum(map(len, self._waiting))
        if size > sockets.LARGEST_BACKLOG_BYTES:
            self.connection.transport.abort()
        if is_stalled and size <= sockets.LARGEST_BACKLOG_BYTES:
            return
        self._waiting = []
        for payload in waiting:
            self.queue_now(payload)

    def bury(self, *, is_buried: bool) -> None:
        """Neither read nor write from now on; a line that comes back is one that breaks."""
        if is_buried and not self._is_buried:
            self.connection.transport.pause_reading()
        elif self._is_buried and not is_buried:
            self.connection.transport.abort()
        self._is_buried = is_buried

    def cut(self) -> None:
        """Break in the middle of the next frame."""
        self._is_cut = True
