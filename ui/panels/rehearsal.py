"""A close-out rehearsed: what the desk would do after a shock, step by step, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from desk.model.commands import Ask
from ui.asking import AskingPanel
from ui.controls import Field
from ui.grid import Grid
from ui.paint import Align, painting
from ui.theme import Theme
from ui.viewmodels.rehearsal import (
    REHEARSAL_COLUMNS,
    RehearsalView,
    move_text,
    read_move,
    rehearsal_view,
    summary,
)
from ui.viewmodels.text import ARROW
from ui.viewmodels.translation import said, tr
from ui.words import PlainWords

SHOCKS = {"BTC": Decimal("-0.20"), "ETH": Decimal("-0.25")}
"""What stands in the fields at first."""
STEP = Decimal("0.01")


class MoveField(Field):
    """A move in percent as text; Up and Down change it by one."""

    def __init__(self, theme: Theme, coin: str, move: Decimal) -> None:
        super().__init__(theme, coin)
        self.setText(move_text(move))
        self.setFixedWidth(112)
        self.setFixedHeight(26)

    def move_of(self) -> Decimal | None:
        """What is written, as a fraction; None for what is no move."""
        return read_move(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step on the arrows; anything else is text."""
        direction = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        move = self.move_of()
        if not direction or move is None:
            super().keyPressEvent(event)
        elif read_move(stepped := move_text(move + direction * STEP)) is not None:
            self.setText(stepped)


class RehearsalPanel(AskingPanel):
    """Shock fields, the ratio before and after, the steps; the desk's own planner answers."""

    every_ms = 2_000

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, tr("Account of the rehearsal"))
        self._data: Mapping[str, Any] | None = None
        self._view: RehearsalView | None = None
        self._answered: Ask | None = None
        """What `_data` is the answer to."""
        self.fields = {coin: MoveField(theme, coin, move) for coin, move in SHOCKS.items()}
        self.summary = _Summary(theme)
        self.problem = PlainWords(theme, "", "danger", 400)
        self.steps = Grid(theme, REHEARSAL_COLUMNS, tr("Steps of the rehearsal"), padding=6)
        self.steps.table_id = "rehearsal"
        self.steps.sorts = False  # one after the other is what they say
        self.steps.teach(
            tr("No step to show"),
            tr("Write a shock above: the steps of what would be closed out come here."),
        )
        self.foot = _Foot(theme)
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 12, 0)
        head.setSpacing(8)
        head.addWidget(_Label(theme, tr("Shock")))
        for field in self.fields.values():
            field.textChanged.connect(self._typed)
            head.addWidget(field)
        head.addWidget(self.summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.problem)
        column.addWidget(self.steps, 1)
        column.addWidget(self.foot)
        self.setMinimumSize(380, 160)
        self._complain(tr("Waiting for the desk."), "muted")

    def show_old(self, old: bool) -> None:
        """Dim steps and summary."""
        self.steps.dimmed = old
        self.steps.viewport().update()
        self.summary.set_dimmed(old)

    # ---- asking -----------------------------------------------------------------------------

    def question(self, account: str) -> Ask | None:
        """The rehearsal of the shock; None while a field holds no move."""
        moves = {coin: field.move_of() for coin, field in self.fields.items()}
        shocks = {coin: move for coin, move in moves.items() if move is not None}
        return Ask(about="rehearse", of=account, shocks=shocks) if shocks == moves else None

    def _typed(self) -> None:
        for field in self.fields.values():
            field.mark_wrong(field.move_of() is None)
        asked = self.question(self.chosen)
        if asked is None:
            wrong = tr("A move is a percentage above −100% and at most +1000%.")
            self.take_refusal(wrong)
        elif asked != self._answered:
            # The steps of another shock are no answer to the one that stands in the fields.
            self._data = self._answered = None
            self._show()
            self._complain(tr("Waiting for the desk."), "muted")
            self.look_again()

    def take_answer(self, data: Mapping[str, Any]) -> None:
        """Show the steps."""
        self._data, self._answered = data, self.question(self.chosen)
        self._show()

    def take_refusal(self, words: str) -> None:
        """No steps, and why."""
        self._data = self._answered = None
        self._show()
        self._complain(words, "danger")

    def forget(self) -> None:
        """Another account."""
        self.take_refusal("")

    # ---- showing ----------------------------------------------------------------------------

    def _show(self) -> None:
        frame, data = self._frame, self._data
        view = self._view_of(frame, data)
        self._view = view
        self.summary.show_view(view)
        self.steps.show_rows(() if view is None else view.rows)
        self.foot.say("" if view is None else view.prices, "" if view is None else view.left)
        self.noted.emit("" if view is None else view.preference)
        if view is None and data is not None:
            self._complain(
                tr("The desk's answer cannot be read: nothing is shown of it."), "danger"
            )
        elif view is not None:
            notes = [view.sentence] if view.sentence else [said(note) for note in view.notes]
            self._complain(" ".join(notes), "text2" if view.sentence else "warning")

    def _view_of(
        self, frame: DeskFrame | None, data: Mapping[str, Any] | None
    ) -> RehearsalView | None:
        if frame is None or data is None:
            return None
        return rehearsal_view(data, self.chosen, frame, self._answered_ms)

    def _complain(self, text: str, token: str) -> None:
        self.problem.setContentsMargins(12, 2, 12, 2)
        self.problem.say(text, token)
        self.problem.setVisible(bool(text))


class _Label(QWidget):
    """A muted word before a field."""

    def __init__(self, theme: Theme, word: str) -> None:
        super().__init__()
        self._theme, self._word = theme, word
        self.setFixedSize(int(theme.face(11).width(word)) + 4, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.text("muted", self._theme.face(11), self._word, QRectF(self.rect()))


class _Summary(QWidget):
    """The ratio at the shock, an arrow, the ratio after the plan; the target at the right."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._view: RehearsalView | None = None
        self._dimmed = False
        self.setFixedHeight(26)

    def show_view(self, view: RehearsalView | None) -> None:
        """Show a rehearsal."""
        self._view = view
        self.setAccessibleName("" if view is None else summary(view))
        self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Paint everything as stale."""
        self._dimmed = dimmed
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        view, theme = self._view, self._theme
        if view is None:
            return
        label, figure = theme.face(11), theme.face(13, 600)
        row = QRectF(self.rect()).adjusted(8, 0, 0, 0)
        words = [("muted", label, tr("ratio at shock")), ("", figure, view.at_shock.text),
                 ("muted", label, ARROW), ("muted", label, tr("after plan")),
                 ("", figure, view.after.text)]  # fmt: skip
        tones = iter((view.at_shock.tone.value, view.after.tone.value))
        with painting(self, theme) as ink:
            for token, face, text in words:
                own = token or ("stale" if self._dimmed else next(tones))
                row.setLeft(row.left() + ink.text(own, face, text, row) + 8)
            if label.width(view.target) + 8 < row.width():
                ink.text("muted", label, view.target, row, Align.RIGHT)


class _Foot(QWidget):
    """Where prices come from, and what is left at the end."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._prices = self._left = ""
        self.setFixedHeight(26)

    def say(self, prices: str, left: str) -> None:
        """Change the words."""
        if (prices, left) != (self._prices, self._left):
            self._prices, self._left = prices, left
            self.setAccessibleName(f"{prices}, {left}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("line", QRectF(0, 0, box.width(), 1))
            inner, face = box.adjusted(12, 0, -12, 0), self._theme.face(11)
            used = ink.text("text2", face, self._left, inner, Align.RIGHT)
            if face.width(self._prices) + used + 16 <= inner.width():
                ink.text("muted", face, self._prices, inner)
