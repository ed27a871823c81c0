"""The window opened again, for another language, zone or keys: the desk goes on meanwhile.

What is written and not sent is lost, so whoever asks for it says so before. The desk answers that
it will open another window; one that does not answer keeps this one open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from desk.engine.snapshot import EventMessage
from desk.model.commands import WindowClosing
from desk.model.events import Acknowledged
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr

if TYPE_CHECKING:
    from ui.window import DeskWindow

REOPEN, STAY = "reopen", "stay"
ANSWER_MS = 3_000


class Reopening(QObject):
    """Asks the desk for another window, and closes this one when it is promised."""

    def __init__(self, window: DeskWindow) -> None:
        super().__init__(window)
        self._window = window
        self._number: int | None = None
        self._overdue = QTimer(self)
        self._overdue.setSingleShot(True)
        self._overdue.setInterval(ANSWER_MS)
        self._overdue.timeout.connect(self._give_up)
        window.pump.happened.connect(self._take_event)

    def begin(self) -> None:
        """Disarm and ask."""
        if self._number is not None:
            return
        self._window.arming.disarm(tr("the window opens again"))
        self._number = self._window.pump.send(WindowClosing(choice=REOPEN))
        if self._number is None:
            self._give_up()
        else:
            self._overdue.start()

    def _take_event(self, message: EventMessage) -> None:
        event = message.event
        promised = isinstance(event, Acknowledged) and event.about == REOPEN
        if promised and event.command == self._number:
            self._overdue.stop()
            self._window.let_go()
            self._window.close()

    def _give_up(self) -> None:
        """Stay, and let the desk know: a window that ends later has not asked for another."""
        if self._number is not None:
            self._window.pump.send(WindowClosing(choice=STAY))
        self._number = None
        self._window.say(
            tr("The desk does not answer: the window stays open."), Tone.DANGER, "triangle"
        )
