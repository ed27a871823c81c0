"""The window's end of the pipe: whole messages both ways, and never a wait.

A `multiprocessing` Connection blocks in the middle of a message when the other side stops there,
and blocks on a full pipe; either would freeze the window with the engine. So the frames of a
Connection (four bytes of length, then the message) are read and written here without blocking.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from multiprocessing.connection import Connection
from typing import TypeAlias

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal

from ui.viewmodels.translation import tr

READ_BYTES = 1 << 18
OUTGOING_LIMIT_BYTES = 1 << 18
"""More than this unsent: the engine does not read, and a command is refused instead of queued."""

MESSAGE_LIMIT_BYTES = 1 << 26
POLL_MS = 4

_LENGTH = struct.Struct("!i")


class SocketWire(QObject):
    """On POSIX: the Connection's descriptor, read and written without blocking."""

    readable = Signal()

    def __init__(self, connection: Connection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._fd = connection.fileno()
        os.set_blocking(self._fd, False)
        self._incoming = bytearray()
        self._begun = b""
        """The rest of a message of which the pipe has taken the beginning."""
        self._urgent: deque[bytes] = deque()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._ended = ""
        self._reader = QSocketNotifier(self._fd, QSocketNotifier.Type.Read, self)
        self._reader.activated.connect(self.readable)
        self._writer = QSocketNotifier(self._fd, QSocketNotifier.Type.Write, self)
        self._writer.setEnabled(False)
        self._writer.activated.connect(self._flush)

    @property
    def ended(self) -> str:
        """Why the pipe is gone, or empty."""
        return self._ended

    def receive(self) -> list[bytes]:
        """Drain the pipe; return the whole messages."""
        while not self._ended:
            try:
                chunk = os.read(self._fd, READ_BYTES)
            except BlockingIOError:
                break
            except OSError as error:
                self._end(error.strerror or tr("error"))
                break
            if not chunk:
                self._end(tr("closed"))
                break
            self._incoming += chunk
            if len(chunk) < READ_BYTES:
                break
        return self._whole_messages()

    def _whole_messages(self) -> list[bytes]:
        messages: list[bytes] = []
        buffer, start = self._incoming, 0
        while len(buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(buffer, start)
            if not 0 <= length <= MESSAGE_LIMIT_BYTES:
                self._end(tr("a message of {length} bytes", length=length))
                break
            end = start + _LENGTH.size + length
            if len(buffer) < end:
                break
            messages.append(bytes(buffer[start + _LENGTH.size : end]))
            start = end
        del buffer[:start]
        return messages

    def send(self, message: bytes, *, urgent: bool = False) -> bool:
        """Write what the pipe takes now, keep the rest for when it is writable.

        What is urgent goes before everything that has not begun, and is never refused as too much.
        """
        if self._ended or (self._waiting_bytes > OUTGOING_LIMIT_BYTES and not urgent):
            return False
        framed = _LENGTH.pack(len(message)) + message
        if urgent:
            self._urgent.append(framed)
        else:
            self._waiting.append(framed)
            self._waiting_bytes += len(framed)
        self._flush()
        return not self._ended

    def _flush(self) -> None:
        while self._begun or self._urgent or self._waiting:
            try:
                self._begin()
                self._begun = self._begun[os.write(self._fd, self._begun) :]
            except BlockingIOError:
                break
            except OSError:
                # What the engine sent before it went is still to be read; reading finds the end.
                self._forget()
                QTimer.singleShot(0, self.readable.emit)
        self._writer.setEnabled(bool(self._begun or self._urgent or self._waiting))

    def _begin(self) -> None:
        """Take the next message, if none is begun."""
        if self._begun:
            return
        if self._urgent:
            self._begun = self._urgent.popleft()
        else:
            self._begun = self._waiting.popleft()
            self._waiting_bytes -= len(self._begun)

    def _forget(self) -> None:
        self._begun = b""
        self._urgent.clear()
        self._waiting.clear()
        self._waiting_bytes = 0

    def _end(self, reason: str) -> None:
        self._ended = reason
        self._reader.setEnabled(False)
        self._writer.setEnabled(False)

    def close(self) -> None:
        """Stop watching and close the descriptor."""
        self._end(self._ended or tr("closed by the window"))
        self._connection.close()


class PolledWire(QObject):
    """Where pipes are no descriptors (Windows): ask every few milliseconds."""

    readable = Signal()

    def __init__(self, connection: Connection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._ended = ""
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    @property
    def ended(self) -> str:
        """Why the pipe is gone, or empty."""
        return self._ended

    def _look(self) -> None:
        try:
            waiting = self._connection.poll(0)
        except OSError:
            waiting = True
        if waiting:
            self.readable.emit()

    def receive(self) -> list[bytes]:
        """Drain the pipe; return the messages."""
        messages: list[bytes] = []
        try:
            while self._connection.poll(0):
                messages.append(self._connection.recv_bytes(MESSAGE_LIMIT_BYTES))
        except EOFError:
            self._end(tr("closed"))
        except OSError as error:
            self._end(error.strerror or tr("error"))
        return messages

    def send(self, message: bytes, *, urgent: bool = False) -> bool:
        """Send a message, nothing is ever queued here; False when the pipe is gone."""
        if self._ended:
            return False
        try:
            self._connection.send_bytes(message)
        except OSError:
            self.readable.emit()
            return False
        return True

    def _end(self, reason: str) -> None:
        self._ended = reason
        self._timer.stop()

    def close(self) -> None:
        """Stop asking and close the pipe."""
        self._end(self._ended or tr("closed by the window"))
        self._connection.close()


Wire: TypeAlias = SocketWire | PolledWire


def wire_for(connection: Connection, parent: QObject | None = None) -> Wire:
    """Return the wire that this platform can have."""
    return PolledWire(connection, parent) if os.name == "nt" else SocketWire(connection, parent)
