"""Pipe in, newest frame and every event out; one frame in flight, asked for after painting.

The credit is the back-pressure: a slow screen asks less often and a storm of market data never
reaches it. The pump also knows whether the engine still speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from desk.engine.snapshot import DeskFrame, EventMessage, FilmFrame, PipeMessage, Request
from desk.model.command import Command
from desk.model.commands import ChartWanted, Heartbeat, NextFrame
from ui.clock import boot_ns
from ui.viewmodels.translation import tr
from ui.wire import Wire

HEARTBEAT_MS = 250
WHOLE_AFTER_MS = 20_000
"""A window that is never painted, and so never builds its last panels, beats from here on."""

SILENT_AFTER_MS = 1_200
"""Without a frame for this long the engine is taken for dead: grey within 1.5 s."""

FIRST_FRAME_MS = 5_000
"""A starting engine is given longer than a running one."""

SLEPT_NS = 2_000_000_000
"""A window that stood still for so long slept, or hung: what waited for it meanwhile is no news."""

UNPAINTED_CREDIT_MS = 12
"""A frame that changed nothing on the screen is never painted: ask again after this."""


class Link(Enum):
    """What the pipe says about the engine."""

    WAITING = "waiting"
    """No frame yet."""
    LIVE = "live"
    SILENT = "silent"
    """Asked for a frame and got none: heals by itself."""
    LOST = "lost"
    """The pipe has ended: final."""


class Pump(QObject):
    """Reads the pipe, keeps the newest frame, hands on events in order, sends commands."""

    greeted = Signal(object)
    framed = Signal(object)
    filmed = Signal(object)
    """A picture of the past that was asked for."""
    happened = Signal(object)
    told = Signal()
    """Every event that had come has been handed on."""
    link_changed = Signal(object)
    still_silent = Signal()
    """At every beat for as long as the link is silent."""
    faulted = Signal(str)
    """The pipe broke its promise: a hole in the events, bytes that are no message."""

    def __init__(
        self, wire: Wire, parent: QObject | None = None, now_ns: Callable[[], int] = boot_ns
    ) -> None:
        super().__init__(parent)
        self._wire = wire
        self._now_ns = now_ns
        self._decoder = msgspec.msgpack.Decoder(PipeMessage)
        self._encoder = msgspec.msgpack.Encoder()
        self._sent = 0
        self._next_event: int | None = None
        self._frame_due = False
        self._is_stopped = False
        self._is_whole = False
        self._asked_ns = self._looked_ns = self._started_ns = now_ns()
        self._woke_ns = 0
        self.link = Link.WAITING
        self.frame: DeskFrame | None = None
        self.selected: str | None = None
        self.charts: list[ChartWanted] = []
        """Candles that can be seen."""
        self.streams = False
        """Somebody looks at every stream."""
        self.levels, self.group = 20, 1
        """Levels of a side of the book that are wanted, and ticks that one holds."""
        self._heart = QTimer(self)
        self._heart.setInterval(HEARTBEAT_MS)
        self._heart.timeout.connect(self.beat)
        self._credit = QTimer(self)
        self._credit.setSingleShot(True)
        self._credit.setInterval(UNPAINTED_CREDIT_MS)
        self._credit.timeout.connect(self._ask_frame)
        wire.readable.connect(self._read)

    def start(self) -> None:
        """Ask for the first frame, begin to watch the engine, read what already waits."""
        self._asked_ns = self._looked_ns = self._started_ns = self._now_ns()
        self._heart.start()
        self._ask_frame()
        self._read()

    def be_whole(self) -> None:
        """Nothing that takes long is left to build: begin to beat, and be counted on for it."""
        self._is_whole = True
        self.beat()

    def send(self, command: Command, *, urgent: bool = False) -> int | None:
        """Send a command; its number, or None when the engine cannot be reached.

        What is urgent overtakes what waits to be written; its number may then come before a
        smaller one.
        """
        if self.link is Link.LOST:
            return None
        number = self._sent + 1
        payload = msgspec.Raw(self._encoder.encode(command))
        request = self._encoder.encode(Request(number=number, payload=payload))
        if not self._wire.send(request, urgent=urgent):
            return None
        self._sent = number
        return number

    def painted(self) -> None:
        """The last frame is on the screen: ask for the next."""
        if self._credit.isActive():
            self._ask_frame()

    @property
    def why_lost(self) -> str:
        """Why the pipe ended, or empty."""
        return self._wire.ended

    def silent_ms(self) -> int:
        """How long the engine has owed a frame."""
        return (self._now_ns() - self._asked_ns) // 1_000_000

    def stop(self) -> None:
        """Stop the timers and close the pipe; what was read before is not shown any more."""
        self._is_stopped = True
        self._heart.stop()
        self._credit.stop()
        self._wire.close()

    def _ask_frame(self) -> None:
        self._credit.stop()
        wanted = NextFrame(
            selected=self.selected,
            charts=self.charts,
            streams=self.streams,
            levels=self.levels,
            group=self.group,
        )
        number = self.send(wanted)
        self._frame_due = number is not None
        self._asked_ns = self._now_ns()

    def beat(self) -> None:
        """Say that the window lives, and look whether the engine does."""
        self._look()
        if self._is_whole or self._looked_ns - self._started_ns > WHOLE_AFTER_MS * 1_000_000:
            self.send(Heartbeat())
        if self.link is Link.LOST:
            return
        if not self._frame_due and not self._credit.isActive():
            self._ask_frame()
            return
        limit_ms = FIRST_FRAME_MS if self.link is Link.WAITING else SILENT_AFTER_MS
        if self._now_ns() - self._asked_ns > limit_ms * 1_000_000:
            self._set_link(Link.SILENT)
            self.still_silent.emit()

    def _look(self) -> None:
        """Find out, by the clock that counts sleep, whether this window has slept."""
        before_ns, self._looked_ns = self._looked_ns, self._now_ns()
        if self._looked_ns - before_ns > SLEPT_NS:
            self._woke_ns = self._looked_ns

    def _read(self) -> None:
        if self._is_stopped:
            return
        self._look()
        newest: DeskFrame | None = None
        events = False
        for message in self._decoded():
            if isinstance(message, DeskFrame):
                newest = message
            elif isinstance(message, EventMessage):
                self._take_event(message)
                events = True
            elif isinstance(message, FilmFrame):
                self.filmed.emit(message)
            else:
                self.greeted.emit(message)
        if events:
            self.told.emit()
        if newest is not None and newest.ts_ns < self._woke_ns:
            self._ask_frame()
        elif newest is not None:
            self._take_frame(newest)
        if self._wire.ended:
            self._lose()

    def _decoded(self) -> list[PipeMessage]:
        messages: list[PipeMessage] = []
        for data in self._wire.receive():
            try:
                messages.append(self._decoder.decode(data))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                self._frame_due = False
                said = tr("A message of the engine could not be read: {error}", error=error)
                self.faulted.emit(said)
        return messages

    def _take_event(self, message: EventMessage) -> None:
        expected, self._next_event = self._next_event, message.number + 1
        if expected is not None and message.number != expected:
            self.faulted.emit(
                tr(
                    "Event {expected} expected, {number} came: events are missing, check orders "
                    "and fills.",
                    expected=expected,
                    number=message.number,
                )
            )
        self.happened.emit(message)

    def _take_frame(self, frame: DeskFrame) -> None:
        self._frame_due = False
        self.frame = frame
        self._credit.start()
        self._set_link(Link.LIVE)
        self.framed.emit(frame)

    def _set_link(self, link: Link) -> None:
        if link is not self.link:
            self.link = link
            self.link_changed.emit(link)

    def _lose(self) -> None:
        self._heart.stop()
        self._credit.stop()
        self._set_link(Link.LOST)
