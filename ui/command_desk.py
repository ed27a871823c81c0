"""The typed line at work: asked about while it is written, sent once, answered beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from desk.model.commands import Ask, TypedLine
from desk.model.events import Answered
from ui.actions import new_id
from ui.arming import Arming
from ui.exchange import Answer, Exchange
from ui.panels.command_line import CommandField, CompletionList
from ui.viewmodels.command_line import (
    Completions,
    History,
    Reading,
    completions_of,
    outcome_of,
    reading_of,
    takes_risk_away,
)
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr
from ui.window_file import WindowFile

GROUP = "command"
SENT = Reading(tr("Sent, waiting for the desk"), Tone.MUTED, "clock")
UNSENT = Reading(tr("The desk cannot be reached: nothing was sent."), Tone.DANGER, "triangle")


class CommandDesk(QObject):
    """One question of each kind in flight, always about the newest line."""

    kept = Signal()
    """The history is to be written."""

    def __init__(
        self,
        field: CommandField,
        options: CompletionList,
        exchange: Exchange,
        arming: Arming,
        say: Callable[[Reading | None], None],
    ) -> None:
        """`say` shows a reading beside the line, None the events again."""
        super().__init__(field)
        self._field, self._options, self._exchange = field, options, exchange
        self._arming, self._say = arming, say
        self._store: WindowFile | None = None
        self.history = History()
        self.completions = Completions()
        self._asked: dict[str, str] = {}
        """Kind of question → the line that it is about."""
        self._waits = False
        self._ids: dict[str, str] = {}
        """Line → its id, while no answer has come: the same line once more is the same command."""
        field.options = options
        field.textChanged.connect(self._look)
        field.entered.connect(self._send)
        field.completed.connect(self._complete)
        field.stepped.connect(self._step)
        field.searched.connect(self._search)
        options.picked.connect(self._complete)

    def remember(self, store: WindowFile) -> None:
        """Keep the history over restarts."""
        self._store = store
        kept = store.group(GROUP).get("history", "")
        self.history = History([line for line in kept.split("\n") if line.strip()])

    # ---- while it is typed ------------------------------------------------------------------

    def _look(self, text: str) -> None:
        self._options.let_go()
        if not text.strip():
            self._options.hide()
            self._say(None)
            return
        self._ask("line", text)
        self._ask("complete", text)

    def _ask(self, about: str, text: str) -> None:
        if about in self._asked:
            return
        self._asked[about] = text

        def answered(answer: Answer) -> None:
            self._take(about, answer)

        if not self._exchange.send(Ask(about=about, of=text), answered):
            del self._asked[about]

    def _take(self, about: str, answer: Answer) -> None:
        """Show what is said of the line as it stands; else ask about that."""
        asked, now = self._asked.pop(about), self._field.text()
        if asked != now:
            if now.strip() and answer is not None:
                self._ask(about, now)
        elif isinstance(answer, Answered) and not self._waits:
            if about == "line":
                reading = reading_of(answer.data)
                self._say(reading if reading.text else None)
            elif self._field.hasFocus() and not self._options.is_moved_in():
                # A row that is chosen stays: Return must take it, and not send the line.
                self.completions = completions_of(answer.data, now)
                self._options.show_options(self.completions, self._field)

    def _complete(self, row: int) -> None:
        found = self.completions
        if row < len(found.options):
            kept = self._field.text()[: found.start]
            self._options.hide()
            self._field.setText(f"{kept}{found.options[row].text} ")

    def _step(self, direction: int) -> None:
        self._field.setText(self.history.step(self._field.text(), direction))

    def _search(self) -> None:
        found = self.history.search(self._field.text())
        if found:
            self._field.setText(found)

    # ---- sent -------------------------------------------------------------------------------

    def _send(self) -> None:
        """Once; what is on its way is not sent again."""
        text = self._field.text().strip()
        if not text or self._waits or not self._field.hasFocus():
            return
        identity = self._ids.setdefault(text, new_id())
        line = TypedLine(id=identity, text=text, armed=self._arming.is_armed("command"))
        self._options.hide()
        self._waits = True
        self._say(SENT)

        def answered(answer: Answer) -> None:
            self._answered(text, answer)

        if not self._exchange.send(line, answered):
            self._waits = False
            self._say(UNSENT)

    def _answered(self, text: str, answer: Answer) -> None:
        """What was done is cleared; what was refused stays to be mended."""
        self._waits = False
        said = outcome_of(answer)
        if answer is not None:
            self._keep(text)
        if answer is not None or takes_risk_away(text):
            self._ids.pop(text, None)
        if said.tone is Tone.TEXT2 and self._field.text().strip() == text:
            self._field.clear()
        self._say(said)

    def _keep(self, text: str) -> None:
        self.history.add(text)
        if self._store is not None:
            self._store.put(GROUP, {"history": "\n".join(self.history.kept())})
            self.kept.emit()
