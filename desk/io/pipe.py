"""The engine's end of the pipe to the window: it never blocks and never grows without bound.

The wire is that of `multiprocessing.Connection` (a 4-byte length, then the message), so that
the window may read it with the standard library; here it is read and written without waiting,
because a window that hangs must not stop the engine. POSIX only: a window on Windows needs the
overlapped pipe of the platform instead.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable
from multiprocessing.connection import Connection

HEADER = struct.Struct("!i")
MAX_MESSAGE_BYTES = 1 << 20
MAX_BACKLOG_BYTES = 16 << 20
"""A window that far behind is not painting any more."""
READ_BYTES = 1 << 16


class WindowPipe:
    """Sends messages to a window and hands on what it says.

    That it has closed is told in a turn of the loop of its own: a pipe breaks in the middle of
    whatever was being sent, when its owner could not act on it.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        on_message: Callable[[bytes], None],
        on_closed: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._fd = connection.fileno()
        self._on_message = on_message
        self._on_closed = on_closed
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._open = True
        os.set_blocking(self._fd, False)
        asyncio.get_running_loop().add_reader(self._fd, self._read)

    def send(self, body: bytes) -> None:
        """Queue a message and write what the pipe takes now."""
        if not self._open:
            return
        self._outgoing += HEADER.pack(len(body))
        self._outgoing += body
        if len(self._outgoing) > MAX_BACKLOG_BYTES:
            self.close(f"the window is {len(self._outgoing)} bytes behind")
            return
        self._write()

    def close(self, reason: str = "closed") -> None:
        """Close the pipe and say why, once and soon."""
        if not self._open:
            return
        self._open = False
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._fd)
        loop.remove_writer(self._fd)
        self._connection.close()
        loop.call_soon(self._on_closed, reason)

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self.close(f"the pipe broke: {error.strerror}")
            return
        if not data:
            self.close("the window ended")
            return
        self._incoming += data
        self._take_messages()

    def _take_messages(self) -> None:
        while self._open and len(self._incoming) >= HEADER.size:
            (size,) = HEADER.unpack_from(self._incoming)
            if not 0 <= size <= MAX_MESSAGE_BYTES:
                self.close(f"the window sent a message of {size} bytes")
                return
            end = HEADER.size + size
            if len(self._incoming) < end:
                return
            body = bytes(self._incoming[HEADER.size : end])
            del self._incoming[:end]
            self._on_message(body)

    def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._outgoing:
                written = os.write(self._fd, self._outgoing)
                del self._outgoing[:written]
        except BlockingIOError:
            loop.add_writer(self._fd, self._write)
            return
        except (BrokenPipeError, ConnectionResetError):
            # What the window said before it went is still to be read; reading finds the end.
            self._outgoing.clear()
        except OSError as error:
            self.close(f"the pipe broke: {error.strerror}")
            return
        loop.remove_writer(self._fd)
