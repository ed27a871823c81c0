"""From an event's sending to its pixels: in the real window, and on one line of text alone.

Set `DESK_EVENT_PROBE` to a path: milliseconds from every event that comes until the footer that
tells of it is painted are written there as JSON when the pipe ends, and the window ends with it.
"""

from __future__ import annotations

import json
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from desk.engine.snapshot import EventMessage, PipeMessage
from ui.clock import boot_ns
from ui.measure.probe import WARM_UP_MS
from ui.pump import Link
from ui.window import DeskWindow
from ui.wire import wire_for


class Times:
    """Events that are not painted yet, and how long the others took."""

    def __init__(self, report: str) -> None:
        self._report = Path(report)
        self._since_ns = boot_ns() + WARM_UP_MS * 1_000_000
        self._sent_ns: list[int] = []
        self._times_ms: list[float] = []

    def take(self, message: EventMessage) -> None:
        """One has come; what comes while everything is imported does not count."""
        if message.sent_ns > self._since_ns:
            self._sent_ns.append(message.sent_ns)

    def painted(self) -> None:
        """Those that have come are on the screen."""
        now_ns = boot_ns()
        self._times_ms += [(now_ns - sent_ns) / 1e6 for sent_ns in self._sent_ns]
        self._sent_ns.clear()

    def finish(self) -> None:
        """Write the report and end the application."""
        self._report.write_text(json.dumps({"events_ms": self._times_ms}))
        QCoreApplication.quit()


class EventsProbe(QObject):
    """In the window: an event counts when a paint has had the footer in it."""

    def __init__(self, window: DeskWindow, path: str) -> None:
        super().__init__(window)
        self._times = Times(path)
        self._told = False
        window.pump.happened.connect(self._times.take)
        window.pump.link_changed.connect(self._end)
        window.painted.connect(self._painted)
        window.footer.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The footer is being painted, in the update that `painted` ends."""
        self._told = self._told or event.type() == QEvent.Type.Paint
        return False

    def _painted(self) -> None:
        if self._told:
            self._told = False
            self._times.painted()

    def _end(self, link: Link) -> None:
        if link is Link.LOST:
            self._times.finish()


class Line(QWidget):
    """The last event as it came."""

    def __init__(self, times: Times) -> None:
        super().__init__()
        self._times = times
        self._text = ""
        self.resize(1_160, 32)

    def say(self, text: str) -> None:
        """Show another one."""
        self._text = text
        self.update()

    def event(self, event: QEvent) -> bool:
        """Qt paints inside UpdateRequest."""
        done = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest:
            self._times.painted()
        return done

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawText(self.rect(), 0, self._text)
        painter.end()


def run_line(connection: Connection, report: str) -> None:
    """Show events until the pipe ends, then write the report."""
    app = QApplication(sys.argv[:1])
    times = Times(report)
    line = Line(times)
    line.show()
    wire = wire_for(connection)
    decode = msgspec.msgpack.Decoder(PipeMessage).decode

    def read() -> None:
        for data in wire.receive():
            message = decode(data)
            if isinstance(message, EventMessage):
                times.take(message)
                line.say(str(message.event))
        if wire.ended:
            times.finish()

    wire.readable.connect(read)
    app.exec()
