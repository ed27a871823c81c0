"""The command line of the footer: a field, and a list over it of how the line may go on.

The list is a child of the window and never a popup: panic keys work while it is open.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.controls import Field
from ui.paint import painting
from ui.theme import Theme
from ui.viewmodels.command_line import Completions
from ui.viewmodels.translation import said, tr

ROW = 20
MOST_ROWS = 8


class CompletionList(QWidget):
    """Rows of words with notes; it never takes the focus."""

    picked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._found = Completions()
        self.at = -1
        """The row that the arrows have moved to; −1: none yet."""
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(tr("How the line may go on"))
        self.hide()

    def show_options(self, found: Completions, anchor: QWidget) -> None:
        """Show the words above the field that they are for; none hides the list."""
        self._found, self.at = found, -1
        parent = self.parentWidget()
        rows = min(MOST_ROWS, len(found.options))
        if not rows or parent is None:
            self.hide()
            return
        top = anchor.mapTo(parent, QPoint(0, 0))
        height = rows * ROW + 8
        self.setGeometry(top.x(), top.y() - height - 4, anchor.width(), height)
        self.show()
        self.raise_()
        self.update()

    def move_by(self, step: int) -> None:
        """Go up or down in the list, around its ends."""
        self.at = (self.at + step) % len(self._found.options)
        self.setAccessibleDescription(self._found.options[self.at].text)
        self.update()

    def is_moved_in(self) -> bool:
        """Whether a hand has chosen a row: what Return takes."""
        return self.isVisible() and self.at >= 0

    def let_go(self) -> None:
        """The line has changed: no row is chosen any more."""
        self.at = -1
        self.update()

    def _first(self) -> int:
        return max(0, self.at - MOST_ROWS + 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._first() + int((event.position().y() - 4) // ROW)
        if 0 <= row < len(self._found.options):
            self.picked.emit(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            theme, width = self._theme, float(self.width())
            ink.frame("edge", "raised", QRectF(self.rect()), radius=4)
            y = 4.0
            first = self._first()
            for number, one in enumerate(self._found.options[first : first + MOST_ROWS], first):
                box = QRectF(2, y, width - 4, ROW)
                if number == self.at:
                    ink.fill("sel", box)
                inner = box.adjusted(8, 0, -8, 0)
                used = ink.text("text", theme.face(11, code=True), one.text, inner)
                ink.text(
                    "muted", theme.face(11), said(one.note), inner.adjusted(used + 12, 0, 0, 0)
                )
                y += ROW


class CommandField(Field):
    """One line; Return sends it, from its own focus only and never repeated."""

    entered = Signal()
    completed = Signal(int)
    """Take this row of the list."""
    stepped = Signal(int)
    searched = Signal()
    left = Signal()

    def __init__(self, theme: Theme, key: str) -> None:
        super().__init__(theme, "›", figure=False)
        self.setAccessibleName(tr("Command line"))
        self.setPlaceholderText("buy 0.5btc BTCUSDT-PERP.BINANCE limit 60900 sl 60000")
        self.setFont(theme.face(11, code=True).font)
        self.setMaxLength(1_000)
        self.setFixedHeight(22)
        self.set_unit(key)
        self.options: CompletionList | None = None

    def event(self, arg__1: QEvent) -> bool:
        """Tab takes the word that is offered; without one it moves the focus."""
        if (
            isinstance(arg__1, QKeyEvent)
            and arg__1.type() == QEvent.Type.KeyPress
            and arg__1.key() == Qt.Key.Key_Tab
            and self._is_open()
        ):
            assert self.options is not None
            self.completed.emit(max(0, self.options.at))
            return True
        return super().event(arg__1)

    def _is_open(self) -> bool:
        return self.options is not None and self.options.isVisible()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return, arrows, Escape; anything else is text."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._return()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._arrow(-1 if key == Qt.Key.Key_Up else 1)
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif key == Qt.Key.Key_R and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.searched.emit()
        else:
            super().keyPressEvent(event)

    def _return(self) -> None:
        """Take the row that was moved to; else send the line."""
        if self.options is not None and self.options.is_moved_in():
            self.completed.emit(self.options.at)
        else:
            self.entered.emit()

    def _arrow(self, step: int) -> None:
        """Down moves into the list; Up is the line typed before, unless the list is moved in."""
        if self.options is not None and self._is_open() and (step > 0 or self.options.at >= 0):
            self.options.move_by(step)
        else:
            self.stepped.emit(step)

    def _escape(self) -> None:
        if self.options is not None and self._is_open():
            self.options.hide()
        elif self.text():
            self.clear()
        else:
            self.left.emit()

    def focusOutEvent(self, arg__1: QFocusEvent) -> None:
        super().focusOutEvent(arg__1)
        if self.options is not None:
            self.options.hide()
