"""Leaving: the desk lists what would be left, the trader chooses, the desk journals it, we go."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from desk.model.commands import WindowClosing
from desk.model.events import Acknowledged, AnyEvent, ClosingAsked, Denied
from ui.panels.strips import Answer, Strip
from ui.pump import Link, Pump
from ui.viewmodels.leaving import leaving_words
from ui.viewmodels.translation import tr

ASKING = "closing"
"""The strip's name for it."""
ANSWER_MS = 5_000
"""An engine that does not answer within this cannot journal a choice: the window may end."""


class Closing(QObject):
    """Asks before the window goes; nothing is left working silently."""

    may_go = Signal()

    def __init__(self, pump: Pump, strip: Strip) -> None:
        super().__init__(pump)
        self._pump = pump
        self._strip = strip
        self._number: int | None = None
        self._chosen = ""
        self._is_alone = False
        """The question that stands is asked without the desk."""
        pump.link_changed.connect(self._see_link)
        self._overdue = QTimer(self)
        self._overdue.setSingleShot(True)
        self._overdue.setInterval(ANSWER_MS)
        self._overdue.timeout.connect(self._give_up)

    def begin(self) -> None:
        """The trader wants to leave: ask the desk what would stay."""
        if self._number is None:
            self._send(None)

    def take_event(self, event: AnyEvent) -> None:
        """Follow the desk's answers."""
        if self._number is None or event.command != self._number:
            return
        if isinstance(event, ClosingAsked):
            self._overdue.stop()
            self._number = None
            if event.orders or event.positions:
                self._ask(event)
            else:
                self._choose("leave_positions", {})
        elif isinstance(event, Acknowledged) and self._chosen not in {"", "stay"}:
            self._overdue.stop()
            self.may_go.emit()
        elif isinstance(event, Denied | Acknowledged):
            self._overdue.stop()
            self._number = None

    def _see_link(self, link: Link) -> None:
        """A desk that is back lists what would stay, before anybody leaves without it."""
        if link is Link.LIVE and self._is_alone and self._strip.asking == ASKING:
            self.begin()

    def _ask(self, event: ClosingAsked) -> None:
        self._is_alone = False
        self._strip.ask(
            ASKING,
            leaving_words(event),
            [
                Answer("stay", tr("Stay"), "accent"),
                Answer("leave_positions", tr("Cancel orders, leave positions")),
                Answer("cancel_all", tr("Cancel all and leave")),
            ],
            self._choose,
        )

    def _choose(self, choice: str, _: dict[str, str]) -> None:
        self._send(choice)
        if choice == "stay":
            self._overdue.stop()
            self._number = None

    def _send(self, choice: str | None) -> None:
        self._chosen = choice or ""
        self._number = self._pump.send(WindowClosing(choice=choice))
        if self._number is None:
            self._give_up()
        else:
            self._overdue.start()

    def _give_up(self) -> None:
        """The desk does not answer: say so, and let the trader leave without it."""
        self._number = None
        self._is_alone = True
        self._strip.ask(
            ASKING,
            tr("The desk does not answer. Leave without it? Its orders stay as they are."),
            [Answer("stay", tr("Stay"), "accent"), Answer("go", tr("Leave anyway"), "danger")],
            self._left_alone,
        )

    def _left_alone(self, answer: str, _: dict[str, str]) -> None:
        if answer == "go":
            self.may_go.emit()
