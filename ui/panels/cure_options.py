"""Ways out of a loan's call, one chosen: it fills in a form, or is copied for the broker."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ui.controls import Button
from ui.paint import Align, painting
from ui.theme import Theme
from ui.viewmodels.cures import Cure, CureLine, cure_lines
from ui.viewmodels.translation import tr

MOST, ROW, HEAD = 3, 42, 30
LEFT, TOP = 12, 10
"""Pixels that the box keeps off what stands beside it."""


class CureOptions(QWidget):
    """The desk's first three, one chosen; nothing is sent from here."""

    stage_asked = Signal(object)
    """The cure that a form shall be filled in with."""
    compare_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._cures: tuple[Cure, ...] = ()
        self._group = QButtonGroup(self)
        self.options = [_Option(theme) for _ in range(MOST)]
        self.prepare = Button(theme, tr("Fill in the form…"), "accent")
        self.copy = Button(theme, tr("Copy to broker"))
        self.prepare.clicked.connect(self._prepare)
        self.copy.clicked.connect(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(12 + LEFT, TOP + HEAD, 12, 12)
        column.setSpacing(6)
        for number, option in enumerate(self.options):
            self._group.addButton(option, number)
            column.addWidget(option)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.prepare, 1)
        row.addWidget(self.copy, 1)
        column.addLayout(row)
        column.addStretch(1)
        self._group.idToggled.connect(self._look)
        self.options[0].setChecked(True)
        self.hide()

    def show_cures(self, cures: tuple[Cure, ...]) -> None:
        """Show what the desk found; the chosen one stays chosen wherever it stands now."""
        chosen = self.chosen()
        self._cures = cures[:MOST]
        lines = cure_lines(self._cures)
        for number, option in enumerate(self.options):
            option.show_line(lines[number] if number < len(lines) else None)
        same = (
            n for n, one in enumerate(self._cures) if chosen is not None and one.is_same(chosen)
        )
        self.options[next(same, 0)].setChecked(True)
        self.setVisible(bool(lines))
        self._look()

    def chosen(self) -> Cure | None:
        """The chosen cure."""
        number = self._group.checkedId()
        return self._cures[number] if 0 <= number < len(self._cures) else None

    def _look(self) -> None:
        cure = self.chosen()
        self.prepare.setEnabled(cure is not None)
        self.copy.setEnabled(cure is not None)
        self.copy.say(tr("Copy to broker"))

    def _prepare(self) -> None:
        if (cure := self.chosen()) is not None:
            self.stage_asked.emit(cure)

    def _copy(self) -> None:
        if (cure := self.chosen()) is not None:
            (line,) = cure_lines((cure,))
            QGuiApplication.clipboard().setText(
                f"{cure.account}: {line.words} ({line.second}), {line.after}"
            )
            self.copy.say(tr("Copied"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            ink.fill("panel", QRectF(self.rect()))
            box = QRectF(self.rect()).adjusted(LEFT, TOP, 0, 0)
            ink.frame("accent", "accent_tint", box, radius=4)
            row = QRectF(box.left() + 12, box.top() + 4, box.width() - 24, 24)
            ink.text("text", self._theme.face(12, 600), tr("Smallest cure"), row)
            said = tr("each alone, as the desk finds it")
            ink.text("muted", self._theme.face(11), said, row, Align.RIGHT)


class _Option(QPushButton):
    """One way out: a dot, what to do, what it costs, what it leaves."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._line: CureLine | None = None
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setFixedHeight(ROW)
        self.hide()

    def show_line(self, line: CureLine | None) -> None:
        self.setVisible(line is not None)
        if line is not None and line != self._line:
            self._line = line
            self.setAccessibleName(f"{line.words}, {line.second}, {line.after}")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, ROW)

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        line, theme = self._line, self._theme
        if line is None:
            return
        with painting(self, theme) as ink:
            box = QRectF(self.rect())
            on = self.isChecked()
            ink.frame("accent" if on or self.hasFocus() else "line", "field", box, radius=4)
            if self.hasFocus():
                ink.frame("accent", None, box.adjusted(1, 1, -1, -1), radius=3)
            painter = ink.painter
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("accent" if on else "edge"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            center = QPointF(17, box.center().y())
            painter.drawEllipse(center, 5.5, 5.5)
            if on:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("accent"))
                painter.drawEllipse(center, 2.5, 2.5)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            upper = QRectF(32, 4, box.width() - 44, 17)
            lower = QRectF(32, 21, box.width() - 44, 16)
            face = theme.face(11, 600)
            used = ink.text("text", theme.face(12, 600), line.words, upper)
            fits = used + face.width(line.after) + 12 <= upper.width()
            after = upper.united(lower) if fits else lower
            ink.text(line.tone.value, face, line.after, after, Align.RIGHT)
            ink.text("muted", theme.face(11), line.second, lower)
