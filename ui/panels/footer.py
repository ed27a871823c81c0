"""The footer: what happened last, how much is journaled, where the keys are."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui import icons
from ui.controls import Button
from ui.paint import Align, painting
from ui.panels.command_line import CommandField
from ui.panels.layout_tabs import LayoutTabs
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.events import Line
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr


class Footer(QWidget):
    """32 high (28 on a small screen)."""

    help_asked = Signal()

    def __init__(self, theme: Theme, help_key: str, command_key: str, panels_key: str) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._theme = theme
        self._line = Line(0, "", tr("Waiting for the desk"), Tone.MUTED, "clock")
        self._journal = ""
        self._durable = True
        self._lock: QWidget | None = None
        self.help = Button(theme, f"{help_key} {tr('keys')}", "quiet", name=tr("Show the keys"))
        self.help.setFixedHeight(22)
        self.help.pixels = 11
        self.help.clicked.connect(self.help_asked)
        self.menu = Button(theme, f"{tr('Desk')} ▾", "quiet", name=tr("Desk menu"))
        self.menu.setFixedHeight(22)
        self.menu.pixels = 11
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 12, 0)
        row.setSpacing(4)
        self.layouts = LayoutTabs(theme, panels_key)
        row.addWidget(self.layouts)
        self._typed: Line | None = None
        self.command = CommandField(theme, command_key)
        row.addWidget(self.command)
        row.addStretch(1)
        row.addWidget(self.help)
        row.addWidget(self.menu)
        self.setFixedHeight(32)

    def add_lock(self, lock: QWidget) -> None:
        """The lock of the line that is typed."""
        self._row.insertWidget(2, lock)
        self._lock = lock

    def set_compact(self, compact: bool) -> None:
        """Lower on a small screen."""
        self.setFixedHeight(28 if compact else 32)
        self.command.setFixedWidth(300 if compact else 440)

    def say(self, line: Line) -> None:
        """Show the last event; what was said of a line that nobody is writing gives way to it."""
        self._line = line
        if not (self.command.text() and self.command.hasFocus()):
            self.say_typed(None)
        self.setAccessibleName(f"{line.time} {line.text}")
        self.setToolTip(as_text(line.text))
        self.update(self._words_box())

    def paint_now(self) -> None:
        """What was said last is on the screen when this returns; the controls beside it stay."""
        self.repaint(self._words_box())

    def _words_box(self) -> QRect:
        left = self._words_left()
        return QRect(left, 0, self.help.x() - left, self.height())

    def _words_left(self) -> int:
        return 14 if self._lock is None else self._lock.geometry().right() + 10

    def say_typed(self, line: Line | None) -> None:
        """Show what is said of the line being typed; None: the last event again."""
        self._typed = line
        said = line or self._line
        self.setAccessibleDescription("" if line is None else line.text)
        self.setToolTip(as_text(said.text))
        self.update(self._words_box())

    def show_journal(self, seq: int, *, durable: bool) -> None:
        """How far the journal has come."""
        text = tr("Journal #{seq}", seq=f"{seq:,}")
        text = text if durable else tr("{journal} · NOT DURABLE", journal=text)
        if text != self._journal:
            self._journal, self._durable = text, durable
            self.update(self._words_box())

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            painter = ink.painter
            theme, box = self._theme, QRectF(self.rect())
            ink.fill("raised", box)
            ink.fill("line", QRectF(0, 0, box.width(), 1))
            right = self.help.x() - 14.0
            journal = theme.face(11)
            token = "muted" if self._durable else "danger"
            width = ink.text(
                token, journal, self._journal, QRectF(0, 0, right, box.height()), Align.RIGHT
            )
            line = self._typed or self._line
            start = float(self._words_left())
            color = theme.color(line.tone.value).name()
            icons.draw(painter, line.icon, color, QRectF(start, box.center().y() - 6, 12, 12))
            x = start + 20
            if line.time:
                x += (
                    ink.text("muted", theme.face(11), line.time, QRectF(x, 0, 90, box.height())) + 8
                )
            painter.setClipRect(QRectF(0, 0, right - width - 16, box.height()))
            ink.text(line.tone.value, theme.face(12), line.text, QRectF(x, 0, 9000, box.height()))
