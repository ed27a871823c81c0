"""Buttons, fields and choices in the desk's look, without Qt's traps for trading.

The wheel changes nothing that has no focus; Enter presses no button; keys do not repeat; a
quantity or a price is text.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QEnterEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPushButton,
)

from ui import icons
from ui.paint import Align, Ink, painting
from ui.theme import Theme

# kind → (edge, fill, text); checked and hovered are told apart in `_paint`.
_KINDS: dict[str, tuple[str, str | None, str]] = {
    "plain": ("edge", None, "text"),
    "quiet": ("line", None, "text2"),
    "bare": ("line", None, "text2"),
    "accent": ("accent", "accent_tint", "accent"),
    "danger": ("danger", None, "danger"),
    "solid": ("danger_fill", "danger_fill", "on_danger"),
    "warn": ("warning", "warn_tint", "warning"),
    "buy": ("bid", "bid_fill", "bid"),
    "sell": ("ask", "ask_fill", "ask"),
    "armed": ("accent", "accent", "on_accent"),
    "stale": ("line", None, "stale"),
}


class Button(QPushButton):
    """A flat button with an optional second line; pressed on release, by mouse or Space."""

    def __init__(
        self, theme: Theme, text: str, kind: str = "plain", *, icon: str = "", name: str = ""
    ) -> None:
        super().__init__(text)
        self.theme = theme
        self.kind = kind
        self.icon_name = icon
        self.second = ""
        self.dashed = False
        self.is_old = False
        """The second line is a figure that is not one of now."""
        self.pixels = 12
        self.rooms: tuple[str, ...] = ()
        """Words that it may come to say: there is always room for them."""
        self.setAutoDefault(False)
        self.setAccessibleName(name or text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def say(self, text: str, *, second: str = "", kind: str | None = None) -> None:
        """Change the words; repaint only if they differ."""
        kind = kind or self.kind
        if (text, second, kind) != (self.text(), self.second, self.kind):
            self.second, self.kind = second, kind
            self.setText(text)
            self.setAccessibleName(f"{text} {second}".strip())
            self.update()

    def show_old(self, old: bool) -> None:
        """Paint the second line as an old figure, or not any more."""
        if old != self.is_old:
            self.is_old = old
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space presses, on release; Return means nothing: it can be no accidental default."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        face = self.theme.face(self.pixels, 600)
        width = max(face.width(text) for text in (self.text(), *self.rooms)) + 20
        return QSize(int(width) + (18 if self.icon_name else 0), 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width() - 8, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self.theme) as ink:
            painter = ink.painter
            box = QRectF(self.rect())
            edge, fill, text = _KINDS[self.kind]
            if self.isCheckable() and not self.isChecked():
                edge, fill, text = "line", None, "text2"
            elif self.isCheckable() and fill is None:
                edge, fill, text = "edge", "sel", "text"
            if self.kind == "stale":
                text = "stale"
            if not self.isEnabled():
                edge, fill, text = "line", None, "muted"
            if self.isDown() or (self.underMouse() and self.isEnabled() and fill is None):
                fill = "sel"
            if self.kind == "bare" and fill is None:
                pass  # one of many in a row: only the chosen one has a box
            elif self.dashed:
                painter.setPen(QPen(self.theme.color(edge), 1, Qt.PenStyle.DashLine))
                painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
            else:
                ink.frame(edge, fill, box, radius=4)
            self._words(ink, box, text)
            if self.hasFocus():
                focus_ring(ink, box)

    def _words(self, ink: Ink, box: QRectF, token: str) -> None:
        face = self.theme.face(self.pixels, 600 if self.kind != "quiet" else 500)
        label = self.text().replace("&", "")
        if self.second:
            upper = QRectF(box.left(), box.top() + 5, box.width(), box.height() / 2 - 4)
            lower = QRectF(box.left(), box.center().y() + 1, box.width(), box.height() / 2 - 6)
            ink.text(token, face, label, upper, Align.CENTER)
            second = "stale" if self.is_old else token
            ink.text(second, self.theme.face(11), self.second, lower, Align.CENTER)
            return
        if not self.icon_name:
            ink.text(token, face, label, box, Align.CENTER)
            return
        width = face.width(label) + 18
        left = box.center().x() - width / 2
        color = self.theme.color(token).name()
        icons.draw(ink.painter, self.icon_name, color, QRectF(left, box.center().y() - 6, 12, 12))
        ink.text(token, face, label, QRectF(left + 18, box.top(), width, box.height()))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()


def focus_ring(ink: Ink, box: QRectF) -> None:
    """The focus mark: an accent border and a ring inside it."""
    ink.frame("accent", None, box, radius=4)
    ink.frame("accent", None, box.adjusted(1, 1, -1, -1), radius=3)


class Field(QLineEdit):
    """A line of text with its label inside on the left and its unit on the right."""

    def __init__(self, theme: Theme, label: str, unit: str = "", *, figure: bool = True) -> None:
        super().__init__()
        self.theme = theme
        self.label = label
        self.unit = unit
        self.wrong = False
        self.setAccessibleName(label)
        self.setFrame(False)
        self.setFixedHeight(28)
        self.setMaxLength(80)
        face = theme.face(13 if figure else 12, 500 if figure else 400)
        self.setFont(face.font)
        if figure:
            self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._fit()

    def set_unit(self, unit: str) -> None:
        """Change the unit shown at the right."""
        if unit != self.unit:
            self.unit = unit
            self._fit()
            self.update()

    def set_label(self, label: str) -> None:
        """Change the label inside."""
        if label != self.label:
            self.label = label
            self.setAccessibleName(label)
            self._fit()
            self.update()

    def mark_wrong(self, wrong: bool) -> None:
        """Outline the field when its text is no value."""
        if wrong != self.wrong:
            self.wrong = wrong
            self.update()

    def _fit(self) -> None:
        face = self.theme.face(11)
        unit = face.width(self.unit) + 8 if self.unit else 0
        self.setTextMargins(int(face.width(self.label)) + 14, 0, int(unit) + 4, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter means nothing in a field: it can be no accidental default."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
            return
        super().keyPressEvent(event)

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        super().paintEvent(arg__1)
        with painting(self, self.theme) as ink:
            box = QRectF(self.rect())
            ink.frame("danger" if self.wrong else "edge", None, box, radius=4)
            inner = box.adjusted(9, 0, -9, 0)
            ink.text("muted", self.theme.face(11), self.label, inner)
            if self.unit:
                ink.text("muted", self.theme.face(11), self.unit, inner, Align.RIGHT)
            if self.hasFocus():
                focus_ring(ink, box)


class Choice(QComboBox):
    """A list of few choices; the wheel is ignored while it has no focus."""

    def __init__(
        self, theme: Theme, name: str, choices: list[str], words: Callable[[str], str] = str
    ) -> None:
        """`words` are what a choice is called; its `value` is what was given."""
        super().__init__()
        self.theme = theme
        self.label = ""
        """Written inside at the left, where there is room for it."""
        self.setAccessibleName(name)
        self.view().setAccessibleName(name)
        for choice in choices:
            self.addItem(words(choice), choice)
        self.setFont(theme.face(11).font)
        self.setFixedHeight(24)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def value(self) -> str:
        """What is chosen, as it was given."""
        return str(self.currentData() or self.currentText())

    def wheelEvent(self, e: QWheelEvent) -> None:
        """Never change what the trader does not look at."""
        if self.hasFocus():
            super().wheelEvent(e)
        else:
            e.ignore()

    def sizeHint(self) -> QSize:
        face = self.theme.face(11)
        widest = max((face.width(self.itemText(n)) for n in range(self.count())), default=20.0)
        return QSize(int(widest) + 34, 24)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, e: QPaintEvent) -> None:
        with painting(self, self.theme) as ink:
            painter = ink.painter
            box = QRectF(self.rect())
            enabled = self.isEnabled()
            ink.frame("edge" if enabled else "line", "field", box, radius=4)
            token = "text" if enabled else "muted"
            inner = box.adjusted(9, 0, -20, 0)
            if self.label:
                used = ink.text("muted", self.theme.face(11), self.label, inner)
                inner.setLeft(inner.left() + used + 10)
            ink.text(token, self.theme.face(11), self.currentText(), inner)
            arrow = QRectF(box.right() - 18, box.center().y() - 5, 10, 10)
            icons.draw(painter, "reduce", self.theme.color("muted").name(), arrow)
            if self.hasFocus():
                focus_ring(ink, box)


class Check(QCheckBox):
    """A tick box with its words."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(text)
        self.theme = theme
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        return QSize(int(self.theme.face(12).width(self.text())) + 26, 22)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        with painting(self, self.theme) as ink:
            painter = ink.painter
            box = QRectF(1, self.height() / 2 - 7, 14, 14)
            checked = self.isChecked()
            ink.frame(
                "accent" if checked else "edge", "accent" if checked else "field", box, radius=2
            )
            if checked:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(self.theme.color("on_accent"), 2))
                left, top = box.left(), box.top()
                painter.drawLine(QPointF(left + 3, top + 7), QPointF(left + 6, top + 10))
                painter.drawLine(QPointF(left + 6, top + 10), QPointF(left + 11, top + 4))
            words = QRectF(22, 0, self.width() - 22, self.height())
            token = "text2" if self.isEnabled() else "muted"
            ink.text(token, self.theme.face(12), self.text(), words)
            if self.hasFocus():
                focus_ring(ink, QRectF(self.rect()))
