"""Where the message buses are, and whether one answers at all.

Qt waits for a bus that takes the connection and then says nothing, and the whole window with it.
So a bus is first asked over a socket of our own, which waits for nobody.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from PySide6.QtCore import QObject, QTimer
from PySide6.QtNetwork import QLocalSocket

WAIT_MS = 5_000
SYSTEM = "unix:path=/run/dbus/system_bus_socket"


def system_address() -> str:
    """Address of the system's bus."""
    return os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", SYSTEM)


def session_address() -> str:
    """Address of the desktop's bus; empty: there is none. None is started for the asking."""
    usual = Path(os.environ.get("XDG_RUNTIME_DIR", "")) / "bus"
    fallback = f"unix:path={usual}" if usual.is_socket() else ""
    return os.environ.get("DBUS_SESSION_BUS_ADDRESS", fallback)


class BusCall(QObject):
    """Says hello to a bus as every client does; what it answers, or that it does not, ends it."""

    def __init__(self, parent: QObject, address: str, answered: Callable[[], None]) -> None:
        super().__init__(parent)
        self._answered = answered
        place, abstract = place_of(address)
        self._socket = QLocalSocket(self)
        if abstract:
            self._socket.setSocketOptions(QLocalSocket.SocketOption.AbstractNamespaceOption)
        self._socket.connected.connect(self._greet)
        self._socket.readyRead.connect(self._hear)
        self._socket.errorOccurred.connect(self.deleteLater)
        patience = QTimer(self)
        patience.timeout.connect(self.deleteLater)
        patience.start(WAIT_MS)
        self._socket.connectToServer(place)

    def _greet(self) -> None:
        who = str(os.getuid()).encode().hex()
        self._socket.write(f"\0AUTH EXTERNAL {who}\r\n".encode())

    def _hear(self) -> None:
        said = bytes(self._socket.readAll().data())
        self._socket.abort()
        self.deleteLater()
        if said.startswith(b"OK "):
            self._answered()


def place_of(address: str) -> tuple[str, bool]:
    """The socket of the first address of a list, and whether it is an abstract one.

    Empty where it is none of this machine's.
    """
    kind, _, rest = address.partition(";")[0].partition(":")
    parts = dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
    key = "abstract" if "abstract" in parts else "path"
    return (unquote(parts.get(key, "")) if kind == "unix" else ""), key == "abstract"
