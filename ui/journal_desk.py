"""Asks the desk for the journal of a day, a page at a time, and shows it in every journal panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desk.engine.snapshot import DeskFrame
from desk.model.events import Answered, Denied
from desk.model.film import AskMoments
from ui.exchange import Answer
from ui.panels.journal import JournalPanel
from ui.replay import Replay
from ui.viewmodels.events import denial_sentence
from ui.viewmodels.journal import JournalDay

if TYPE_CHECKING:
    from ui.window import DeskWindow


EVERY_MS = 250
"""Between two looks for what is new: every row of the day is gone through for each."""


class JournalDesk(QObject):
    """One day, in the live panel and in that of the replay; asks only while one is looked at."""

    def __init__(self, window: DeskWindow) -> None:
        super().__init__(window)
        self._exchange = window.exchange
        self.day = JournalDay()
        self._waits = self._begun = False
        self._asked_ms = 0
        self._lost: tuple[AskMoments, int] | None = None
        """A question that the desk went away from: asked again when it is back."""
        self.replay = Replay(window, self.day.step)
        self.replay.moved.connect(self._show_at)
        self._panels: list[JournalPanel] = []
        self._behind: list[JournalPanel] = []
        """Not in front, and not shown what has come meanwhile."""
        self._add(window.journal)
        window.pump.framed.connect(self.show_frame)

    def _add(self, panel: JournalPanel) -> None:
        self._panels.append(panel)
        panel.day_chosen.connect(self.choose)
        panel.row_opened.connect(self.open_row)
        panel.timeline.sought.connect(self.replay.go_to)
        panel.timeline.stepped.connect(self.replay.step)
        panel.timeline.toggled.connect(self.replay.toggle)
        if self._begun:
            panel.show_day(self.day)

    def show_frame(self, frame: DeskFrame) -> None:
        """The journal has come so far: what is new is asked for while somebody looks."""
        self.replay.see_live(frame)
        if self._waits or not any(panel.is_seen() for panel in self._panels):
            return
        if self._lost is not None:
            self._ask(*self._lost)
        elif not self._begun:
            self.choose("")
        elif self._has_more(frame) and not 0 <= frame.wall_ms - self._asked_ms < EVERY_MS:
            self._asked_ms = frame.wall_ms
            self._ask(*self.day.newer())

    def _has_more(self, frame: DeskFrame) -> bool:
        """Whether the day that is shown is today, and goes on."""
        return frame.journal_seq > self.day.newest_seq and self.day.day in self.day.days[:1]

    def choose(self, day: str) -> None:
        """Turn to a day; empty: today."""
        self._begun = True
        self._ask(*self.day.begin(day))

    def open_row(self, key: str) -> None:
        """Show the screen at a row."""
        moment = self.day.of(key)
        if moment is not None:
            self.replay.show_moment(moment)
            self._show_at(moment.time_ms)
            for panel in self._panels:
                panel.grid.select_key(key)

    def _ask(self, asked: AskMoments, generation: int) -> None:
        def answered(answer: Answer) -> None:
            self._waits = False
            if isinstance(answer, Answered):
                self._take(answer, asked, generation)
            elif isinstance(answer, Denied):
                words = " ".join(denial_sentence(denial) for denial in answer.denials)
                for panel in self._panels:
                    panel.show_trouble(words)
            else:
                self._lost = (asked, generation)

        self._lost = None
        self._waits = self._exchange.send(asked, answered)

    def _take(self, answer: Answered, asked: AskMoments, generation: int) -> None:
        if not self.day.take(answer.data, asked, generation):
            return
        self._behind = self._panels[:]
        self._show_in_front()
        self.replay.bar.timeline.show_day(self.day)
        if (older := self.day.older()) is not None:
            self._ask(*older)

    def _show_at(self, wall_ms: int | None) -> None:
        stage = self.replay.stage
        if stage is not None and stage.panes.journal not in self._panels:
            self._add(stage.panes.journal)
        self._show_in_front()
        for panel in self._panels:
            panel.show_at(wall_ms)

    def _show_in_front(self) -> None:
        """Show the day to the panel that can be seen: to the other when its turn comes."""
        panel = self._panels[-1 if self.replay.is_on else 0]
        if panel in self._behind:
            self._behind.remove(panel)
            panel.show_day(self.day)
