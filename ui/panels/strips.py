"""Strips: one question at a time, inside the window, never modal, never a default by Enter.

A strip asks what a single press must not do. It takes the focus to its answer, Escape leaves it,
and while it stands everything else keeps working.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from ui.controls import Button, Field
from ui.hold import HoldButton, press
from ui.paint import painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.translation import tr

REASON_MIN = 10
DEFAULT_KILL_REASON = tr("stopped by the trader")


class Answer(msgspec.Struct, frozen=True):
    """One button of a strip."""

    key: str
    text: str
    kind: str = "plain"
    hold_ms: int = 0
    """Held for so long instead of pressed."""


class Strip(QWidget):
    """The one strip of the window; asking again replaces the question."""

    left = Signal(str)
    """Escape, or the last button: the question's name."""
    gone = Signal()
    """No question stands any more."""
    let_go = Signal(int)
    """An answer that has to be held was held too short: milliseconds."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.asking = ""
        self.buttons: dict[str, Button] = {}
        self.fields: dict[str, Field] = {}
        self._danger = False
        self._label = QLabel()
        self._answered: Callable[[str, dict[str, str]], None] | None = None
        self._parts: list[QWidget] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 12, 0)
        self._row.setSpacing(10)
        self.setFixedHeight(44)
        self.hide()

    def ask(
        self,
        name: str,
        question: str,
        answers: list[Answer],
        answered: Callable[[str, dict[str, str]], None],
        *,
        fields: dict[str, tuple[str, str, int]] | None = None,
        danger: bool = False,
        focus: bool = True,
    ) -> None:
        """Ask; `fields` are key → (label, text, least length) and gate the first answer."""
        self._clear()
        self.asking, self._danger, self._answered = name, danger, answered
        label = self._label = QLabel(question)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFont(self._theme.face(12, 500).font)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setToolTip(as_text(question))
        self._add(label, 3)
        self._least = {key: least for key, (_, _, least) in (fields or {}).items()}
        for key, (title, text, _) in (fields or {}).items():
            field = Field(self._theme, title, figure=False)
            field.setText(text)
            field.textChanged.connect(self._gate)
            self.fields[key] = field
            self._add(field, 2)
        for answer in answers:
            button = self.buttons[answer.key] = self._button(answer)
            self._add(button)
        self.setAccessibleName(question)
        self.setVisible(True)
        self._gate()
        if focus:
            self.take_focus()

    def _button(self, answer: Answer) -> Button:
        if answer.hold_ms:
            held = HoldButton(self._theme, answer.text, answer.hold_ms, answer.kind)
            held.held.connect(partial(self._held, answer.key))
            held.let_go.connect(self.let_go)
            return held
        button = Button(self._theme, answer.text, answer.kind)
        button.clicked.connect(lambda _=False, key=answer.key: self.answer(key))
        return button

    def _held(self, key: str, _: int) -> None:
        self.answer(key)

    def take_focus(self) -> None:
        """To the first field that is empty, else to the first answer."""
        empty = next((f for f in self.fields.values() if not f.text()), None)
        first = empty or next(iter(self.buttons.values()), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def press_first(self) -> None:
        """The key that asked, once more: press the first answer, or take hold of it."""
        first = next(iter(self.buttons.values()), None)
        if first is not None and first.isEnabled():
            press(first)

    def release(self) -> None:
        """The key that held is up."""
        for button in self.buttons.values():
            if isinstance(button, HoldButton):
                button.end("key")

    def say(self, question: str) -> None:
        """Change the words of the question that stands."""
        self._label.setText(question)
        self._label.setToolTip(as_text(question))
        self.setAccessibleName(question)

    def _gate(self) -> None:
        """The first answer needs every field long enough."""
        ready = all(
            len(field.text().strip()) >= self._least[key] for key, field in self.fields.items()
        )
        first = next(iter(self.buttons.values()), None)
        if first is not None:
            first.setEnabled(ready)

    def answer(self, key: str) -> None:
        """Press an answer, if it can be pressed."""
        button = self.buttons.get(key)
        if button is None or not button.isEnabled() or self._answered is None:
            return
        answered, name = self._answered, self.asking
        written = {field: widget.text().strip() for field, widget in self.fields.items()}
        self.dismiss()
        answered(key, written)
        self.left.emit(name)

    def dismiss(self) -> None:
        """Take the question away."""
        self._clear()
        self.asking = ""
        self.hide()
        self.gone.emit()

    def _clear(self) -> None:
        self.buttons.clear()
        self.fields.clear()
        for widget in self._parts:
            self._row.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._parts.clear()

    def _add(self, widget: QWidget, stretch: int = 0) -> None:
        self._row.addWidget(widget, stretch)
        self._parts.append(widget)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves the question unanswered."""
        if event.key() == Qt.Key.Key_Escape and self.asking != "gone":
            name = self.asking
            self.dismiss()
            self.left.emit(name)
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("danger_tint" if self._danger else "accent_tint", box)
            ink.fill("danger_fill" if self._danger else "accent", QRectF(0, 0, 3, box.height()))
            ink.rule(box)
            share = max(
                (b.share for b in self.buttons.values() if isinstance(b, HoldButton)), default=0.0
            )
            ink.fill("text", QRectF(0, box.height() - 4, box.width() * share, 4))
