"""Rows of the settings: what is set on the left, what sets it on the right, a refusal below."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QKeyCombination, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import Button, Check, Field
from ui.paint import painting
from ui.segments import Segments
from ui.theme import Theme
from ui.viewmodels.settings import NO, YES, Kind, Setting
from ui.viewmodels.translation import tr
from ui.words import PlainWords

WORDS_WIDTH, CONTROL_WIDTH = 300, 340

_MODIFIERS = frozenset(
    {Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr}
)


class KeyButton(Button):
    """Shows a key; pressed, it takes the next one that goes down.

    Escape leaves it as it was, Backspace brings back the key that ships: neither can be a key of
    the map, which needs Ctrl, Alt or a function key.

    Panic keys stay what they are: they act, whoever waits for a key.
    """

    taken = Signal(str)
    """The key, as `keys.toml` writes it; empty: the one that ships."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__(theme, setting.value, name=f"{setting.label}: {setting.value}")
        self._setting = setting
        self.waits = False
        self.clicked.connect(self._begin)

    def show_key(self, setting: Setting) -> None:
        """Show what is set."""
        self._setting, self.waits = setting, False
        self.say(setting.value, kind="plain")
        self.setAccessibleName(f"{setting.label}: {setting.value}")

    def _begin(self) -> None:
        self.waits = True
        self.say(tr("Press the keys · Esc leaves · ⌫ as shipped"), kind="accent")

    def event(self, e: QEvent) -> bool:
        """While it waits a key is neither a shortcut nor a step to the next control."""
        if self.waits and isinstance(e, QKeyEvent):
            if e.type() == QEvent.Type.ShortcutOverride:
                e.accept()
                return True
            if e.type() == QEvent.Type.KeyPress:
                self._take(e)
                return True
        return super().event(e)

    def _take(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _MODIFIERS or event.isAutoRepeat():
            return
        if key == Qt.Key.Key_Escape and not event.modifiers():
            self.show_key(self._setting)
            return
        self.show_key(self._setting)
        if key == Qt.Key.Key_Backspace and not event.modifiers():
            self.taken.emit("")
            return
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        pressed = QKeySequence(QKeyCombination(held, key))
        self.taken.emit(pressed.toString(QKeySequence.SequenceFormat.PortableText))

    def focusOutEvent(self, arg__1: QFocusEvent) -> None:
        super().focusOutEvent(arg__1)
        if self.waits:
            self.show_key(self._setting)


class Heading(QWidget):
    """A section's name over a line."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__()
        self._theme, self._text = theme, text
        self.setAccessibleName(text)
        self.setFixedHeight(34)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect()).adjusted(0, 8, 0, -2)
            ink.text("text2", self._theme.face(12, 600), self._text, box)
            ink.rule(box)


class SettingRow(QWidget):
    """One setting with its control."""

    wanted = Signal(str, str)
    """The setting's name and the value that a hand chose."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__()
        self._theme = theme
        self.setting = setting
        self.control = self._control(setting)
        self.problem = PlainWords(theme, "", "danger", WORDS_WIDTH)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(PlainWords(theme, setting.label, "text", WORDS_WIDTH))
        if setting.about:
            words.addWidget(PlainWords(theme, setting.about, "muted", WORDS_WIDTH, pixels=11))
        words.addWidget(self.problem)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(16)
        row.addLayout(words, 1)
        row.addWidget(self.control, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def show_setting(self, setting: Setting) -> None:
        """Show what is set now; whoever is asked to show it was not touched by a hand."""
        self.setting = setting
        self.blockSignals(True)
        if isinstance(self.control, Segments):
            self.control.choose(setting.value)
        elif isinstance(self.control, Check):
            self.control.setChecked(setting.value == YES)
        elif isinstance(self.control, Field):
            if not self.problem.text:
                self.control.setText(setting.value)
        elif isinstance(self.control, KeyButton):
            self.control.show_key(setting)
        self.blockSignals(False)

    def say(self, problem: str) -> None:
        """Say why it could not be set, or that it was."""
        self.problem.say(problem)
        if isinstance(self.control, Field):
            self.control.mark_wrong(bool(problem))

    def _control(self, setting: Setting) -> QWidget:
        makers = {
            Kind.CHOICE: self._segments,
            Kind.SWITCH: self._check,
            Kind.FIGURE: self._field,
            Kind.KEY: self._key,
            Kind.ACTION: self._button,
            Kind.FACT: self._fact,
        }
        return makers[setting.kind](setting)

    def _want(self, value: str) -> None:
        if value != self.setting.value:
            self.wanted.emit(self.setting.key, value)

    def _switch(self, on: bool) -> None:
        self._want(YES if on else NO)

    def _act(self, key: str, _: bool = False) -> None:
        self.wanted.emit(key, "")

    def _segments(self, setting: Setting) -> QWidget:
        choices = [(value, word, "plain") for value, word in setting.choices]
        segments = Segments(self._theme, setting.label, choices, height=26)
        segments.choose(setting.value)
        segments.chosen.connect(self._want)
        return segments

    def _check(self, setting: Setting) -> QWidget:
        check = Check(self._theme, setting.label)
        check.setChecked(setting.value == YES)
        check.toggled.connect(self._switch)
        return check

    def _field(self, setting: Setting) -> QWidget:
        field = Field(self._theme, "", setting.unit)
        field.setAccessibleName(setting.label)
        field.setText(setting.value)
        field.setFixedWidth(120)
        field.editingFinished.connect(lambda: self._want(field.text().replace(",", "").strip()))
        return field

    def _key(self, setting: Setting) -> QWidget:
        button = KeyButton(self._theme, setting)
        button.setFixedHeight(24)
        button.taken.connect(partial(self.wanted.emit, setting.key))
        return button

    def _button(self, setting: Setting) -> QWidget:
        button = Button(self._theme, setting.value)
        button.clicked.connect(partial(self._act, setting.key))
        return button

    def _fact(self, setting: Setting) -> QWidget:
        return PlainWords(self._theme, setting.value, "text", CONTROL_WIDTH, pixels=12, code=True)
